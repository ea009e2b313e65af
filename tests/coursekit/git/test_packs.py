"""Objects are read without git exactly as git reads them, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from site_teams import commit

from coursekit.errors import RepositoryError
from coursekit.git.packs import ObjectFiles, apply_delta
from coursekit.git.repository import open_repository

MANY = 10_000_000


def git(repository: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(
        ["git", f"--git-dir={repository}", *arguments],
        input=stdin, capture_output=True, check=True,
        env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
    ).stdout  # fmt: skip


def names(repository: Path) -> list[str]:
    listing = git(repository, "cat-file", "--batch-all-objects", "--batch-check")
    return [line.split()[0] for line in listing.decode().splitlines()]


def contents(repository: Path, oids: list[str]) -> list[bytes]:
    """What git says that the objects hold."""
    stream = git(repository, "cat-file", "--batch", stdin="\n".join([*oids, ""]).encode())
    found = []
    while stream:
        header, _, stream = stream.partition(b"\n")
        size = int(header.split()[2])
        found.append(stream[:size])
        stream = stream[size + 1 :]
    return found


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty commits to a long text and a large file, so that packs hold chains of deltas."""
    draw = random.Random(7)
    repository = tmp_path_factory.mktemp("history") / "team.git"
    lines = [f"{number} {draw.random()}\n" for number in range(2000)]
    noise = draw.randbytes(200_000)
    for day in range(1, 12):
        lines[draw.randrange(len(lines))] = f"changed on day {day}\n"
        files = {"notes/a.md": "".join(lines), "notes/empty.md": "", "b.bin": noise * (1 + day % 3)}
        commit(repository, files, day=day)
    git(repository, "repack", "-adfq", "--window=50")
    (index,) = (repository / "objects" / "pack").glob("*.idx")
    assert b"chain length = 3" in git(repository, "verify-pack", "-v", str(index))
    return repository


@pytest.fixture(scope="module")
def truth(history: Path) -> dict[str, bytes]:
    oids = names(history)
    return dict(zip(oids, contents(history, oids), strict=True))


@pytest.mark.parametrize("packed", ["loose", "pack", "old pack", "two packs"])
def test_every_object_reads_as_git_reads_it(history, tmp_path, packed):
    """Loose, in a chain of deltas by place or by name, or in one pack of several."""
    repository = tmp_path / "team.git"
    git(history, "clone", "--quiet", "--bare", "--no-hardlinks", str(history), str(repository))
    settings = ["-c", f"repack.useDeltaBaseOffset={'false' if packed == 'old pack' else 'true'}"]
    git(repository, *settings, "repack", "-adfq", "--window=50")
    if packed == "loose":
        (pack,) = (repository / "objects" / "pack").glob("*.pack")
        data = pack.read_bytes()
        for path in pack.parent.iterdir():
            path.unlink()
        git(repository, "unpack-objects", "-q", stdin=data)
    elif packed == "two packs":
        commit(repository, {"c.md": "One more\n"}, day=30)
        git(repository, "repack", "-q")
    oids = names(repository)
    with contextlib.closing(ObjectFiles(repository / "objects")) as objects:
        assert [objects.read(oid, MANY) for oid in oids] == contents(repository, oids)


def test_what_is_not_there_or_not_a_name_is_left_to_git(history):
    """A name with a path in it opens nothing."""
    with contextlib.closing(ObjectFiles(history / "objects")) as objects:
        for name in ("0" * 40, "../../etc/passwd", "HEAD", "", "a" * 64, "é" * 40):
            assert objects.read(name, MANY) is None
    with contextlib.closing(ObjectFiles(history / "nowhere")) as objects:
        assert objects.read("0" * 40, MANY) is None


@pytest.mark.parametrize("packed", [False, True])
def test_an_object_that_unfolds_is_never_unpacked(tmp_path, packed):
    """A hundred kilobytes can hold a hundred megabytes of zeros."""
    import tracemalloc

    repository = commit(tmp_path / "team.git", {"zeros.md": b"\0" * 100_000_000})
    if packed:
        git(repository, "repack", "-adq")
    oid = git(repository, "rev-parse", "HEAD:zeros.md").decode().strip()
    tracemalloc.start()
    try:
        refused = pytest.raises(RepositoryError, match=r"100\.0 MB, more than the 1 MB")
        with open_repository(repository) as opened, refused:
            opened.read_object(oid, max_bytes=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_content_under_another_name_is_not_returned(tmp_path):
    """An object's name is the hash of its content; anything else is somebody's trick."""
    data = b"blob 5\0trick"
    oid = hashlib.sha1(b"blob 5\0truth").hexdigest()
    path = tmp_path / "objects" / oid[:2] / oid[2:]
    path.parent.mkdir(parents=True)
    path.write_bytes(zlib.compress(data))
    with contextlib.closing(ObjectFiles(tmp_path / "objects")) as objects:
        assert objects.read(oid, MANY) is None
        path.write_bytes(zlib.compress(b"blob 5\0truth"))
        assert objects.read(oid, MANY) == b"truth"


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_pack_gives_the_right_content_or_none(history, truth, tmp_path_factory, data):
    """Whatever stands in the files, nothing but the true content comes out, and no exception."""
    folder = tmp_path_factory.mktemp("damaged") / "objects" / "pack"
    folder.mkdir(parents=True)
    for path in sorted((history / "objects" / "pack").glob("pack-*")):
        content = bytearray(path.read_bytes())
        for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=20)):
            content[place] ^= data.draw(st.integers(1, 255))
        cut = data.draw(st.sampled_from([None, None, len(content) // 2]))
        (folder / path.name).write_bytes(content[:cut])
    with contextlib.closing(ObjectFiles(folder.parent)) as objects:
        for oid, content in truth.items():
            assert objects.read(oid, MANY) in (None, content)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_delta_makes_more_than_is_allowed(base, delta):
    """A few bytes of copies could fill the memory."""
    with contextlib.suppress(ValueError, IndexError):
        assert len(apply_delta(base, delta, 1000)) <= 1000
