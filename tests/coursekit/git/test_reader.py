"""Objects are read exactly as git reads them, within limits, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from site_teams import commit

from coursekit.errors import GitError, RepositoryError
from coursekit.git import reader
from coursekit.git.reader import ObjectError, ObjectReader, QuickReader
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


EITHER = pytest.mark.parametrize("kind", [ObjectReader, QuickReader])


@EITHER
@pytest.mark.parametrize("packed", ["loose", "pack", "old pack", "two packs"])
def test_every_object_reads_as_git_reads_it(history, tmp_path, packed, kind):
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
    with contextlib.closing(kind(repository)) as objects:
        assert [objects.read(oid, MANY) for oid in oids] == contents(repository, oids)


@EITHER
def test_what_is_not_there_or_not_a_name_is_an_error_that_says_so(history, kind):
    """A name with a path, an option or a line break in it never reaches git."""
    with contextlib.closing(kind(history)) as objects:
        for name in (
            "../../etc/passwd",
            "HEAD",
            "",
            "é" * 40,
            "0" * 39 + "\n",
            "--help" + "0" * 34,
        ):
            with pytest.raises(ObjectError, match="is not an object's name"):
                objects.read(name, MANY)
        with pytest.raises(ObjectError, match="object 000000000000 is missing or damaged"):
            objects.read("0" * 40, MANY)
        # And the next question gets its own answer.
        oid = names(history)[0]
        assert [objects.read(oid, MANY)] == contents(history, [oid])


@pytest.mark.slow
@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_an_object_that_unfolds_is_never_unpacked(tmp_path, packed, quick):
    """A hundred kilobytes can hold a hundred megabytes of zeros."""
    import tracemalloc

    repository = commit(tmp_path / "team.git", {"zeros.md": b"\0" * 100_000_000})
    if packed:
        git(repository, "repack", "-adq")
    oid = git(repository, "rev-parse", "HEAD:zeros.md").decode().strip()
    tracemalloc.start()
    try:
        refused = pytest.raises(RepositoryError, match=r"100\.0 MB, more than the 1 MB")
        with open_repository(repository, quick=quick) as opened, refused:
            opened.read_object(oid, max_bytes=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@EITHER
def test_content_under_another_name_is_not_returned(tmp_path, kind):
    """An object's name is the hash of its content; anything else is somebody's trick."""
    git(tmp_path, "init", "--quiet", "--bare", str(tmp_path / "team.git"))
    oid = hashlib.sha1(b"blob 5\0truth").hexdigest()
    path = tmp_path / "team.git" / "objects" / oid[:2] / oid[2:]
    path.parent.mkdir(parents=True)
    path.write_bytes(zlib.compress(b"blob 5\0trick"))
    with contextlib.closing(kind(tmp_path / "team.git")) as objects:
        with pytest.raises(ObjectError, match="damaged"):
            objects.read(oid, MANY)
        path.write_bytes(zlib.compress(b"blob 5\0truth"))
        assert objects.read(oid, MANY) == b"truth"


@EITHER
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_a_damaged_pack_gives_the_right_content_or_an_error(
    history, truth, tmp_path_factory, kind, data
):
    """Whatever stands in the files, nothing but the true content comes out."""
    folder = tmp_path_factory.mktemp("damaged")
    git(folder, "init", "--quiet", "--bare", str(folder))
    for path in sorted((history / "objects" / "pack").glob("pack-*")):
        content = bytearray(path.read_bytes())
        for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=20)):
            content[place] ^= data.draw(st.integers(1, 255))
        cut = data.draw(st.sampled_from([None, None, len(content) // 2]))
        (folder / "objects" / "pack" / path.name).write_bytes(content[:cut])
    with contextlib.closing(kind(folder)) as objects:
        for oid, content in list(truth.items())[:8]:
            with contextlib.suppress(ObjectError):
                assert objects.read(oid, MANY) == content


def test_the_quick_way_starts_no_git(history, truth, monkeypatch):
    """Starting it is most of the work of reading a small repository."""
    pytest.importorskip("pygit2", reason="the quick way needs pygit2")
    monkeypatch.setattr(reader.subprocess, "Popen", None)
    with contextlib.closing(QuickReader(history)) as objects:
        assert {oid: objects.read(oid, MANY) for oid in truth} == truth


def write_pack(repository: Path, objects: dict[bytes, bytes]) -> None:
    """Write a pack with an index, of entries that may be anything."""
    git(repository, "init", "--quiet", "--bare", str(repository))
    body = b"PACK" + struct.pack(">II", 2, len(objects))
    rows = []
    for name, entry in objects.items():
        rows.append((name, zlib.crc32(entry), len(body)))
        body += entry
    checksum = hashlib.sha1(body).digest()
    rows.sort()
    totals = [sum(name[0] <= head for name, _, _ in rows) for head in range(256)]
    index = b"\377tOc" + struct.pack(">I256I", 2, *totals) + b"".join(row[0] for row in rows)
    index += b"".join(struct.pack(">I", crc) for _, crc, _ in rows)
    index += b"".join(struct.pack(">I", place) for _, _, place in rows) + checksum
    path = repository / "objects" / "pack" / f"pack-{checksum.hex()}.pack"
    path.write_bytes(body + checksum)
    path.with_suffix(".idx").write_bytes(index + hashlib.sha1(index).digest())


def packed(kind: int, content: bytes, base: bytes = b"") -> bytes:
    """An entry of a pack; 3 is a blob, 6 and 7 are deltas."""
    byte, size = (kind << 4) | (len(content) & 15), len(content) >> 4
    header = bytearray()
    while size:
        header.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    return bytes([*header, byte]) + base + zlib.compress(content, 9)


def test_a_delta_whose_length_never_ends_is_refused_in_milliseconds(tmp_path):
    """848 bytes of pack cost a reader of arbitrary numbers 18 seconds."""
    base, bomb = packed(3, b"base"), b"\xff" * 800_000
    wanted = hashlib.sha1(b"bomb").digest()
    entries = {
        hashlib.sha1(b"blob 4\0base").digest(): base,
        wanted: packed(6, bomb, bytes([len(base)])),
    }
    write_pack(tmp_path / "team.git", entries)
    before = os.times()
    with contextlib.closing(ObjectReader(tmp_path / "team.git")) as objects:
        with pytest.raises(ObjectError, match="damaged"):
            objects.read(wanted.hex(), MANY)
        assert objects.read(hashlib.sha1(b"blob 4\0base").hexdigest(), MANY) == b"base"
    after = os.times()
    assert sum(after[:4]) - sum(before[:4]) < 2, "told at once, not after half a minute"


@pytest.mark.slow
def test_deltas_that_refer_to_each_other_end_with_their_time(tmp_path, monkeypatch):
    """Git itself follows them without end; the team's problem is told in one sentence."""
    monkeypatch.setattr(reader, "ANSWER_SECONDS", 0.5)
    one, two = hashlib.sha1(b"1").digest(), hashlib.sha1(b"2").digest()
    delta = bytes([4, 4, 4]) + b"abcd"
    write_pack(tmp_path / "team.git", {one: packed(7, delta, two), two: packed(7, delta, one)})
    with (
        open_repository(tmp_path / "team.git") as repository,
        pytest.raises(RepositoryError, match=r"was not read within 0\.5 s"),
    ):
        repository.read_object(one.hex())


def many_commits(folder: Path) -> tuple[Path, str]:
    """Merges, equal and backward moments, an older encoding, odd names and messages."""
    draw = random.Random(3)
    repository = folder / "team.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(repository)], check=True)
    tree = git(repository, "mktree").decode().strip()
    made: list[str] = []
    for number in range(120):
        parents = draw.sample(made[-6:], min(len(made), draw.choice([0, 1, 1, 1, 2, 3])))
        seconds = 1_790_000_000 + draw.randrange(40)
        name = draw.choice(["Ada", "Ada  Lovelace", "Jürgen", "A. <b", ""]).split("<")[0]
        encoding = draw.choice(["", "ISO-8859-1"])
        lines = [
            f"tree {tree}", *(f"parent {one}" for one in parents),
            f"author {name} <a{number}@x.org> {seconds - 5} +0100",
            f"committer Grüße <c@x.org> {seconds} -0800",
            *([f"encoding {encoding}"] if encoding else []), "",
            draw.choice(["Größe", "\n\nSubject\n\nBody\n\n", "", "Merge branch 'main' of x\n"]),
        ]  # fmt: skip
        data = "\n".join(lines).encode(encoding or "utf-8")
        made.append(
            git(repository, "hash-object", "-t", "commit", "-w", "--stdin", "--literally",
                stdin=data).decode().strip()
        )  # fmt: skip
    top = [f"parent {one}" for one in made[-20:]]
    who = "Ada <a@x.org> 1790000100 +0000"
    text = "\n".join([f"tree {tree}", *top, f"author {who}", f"committer {who}", "", "Top\n"])
    tip = git(repository, "hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode())
    return repository, tip.decode().strip()


def test_the_quick_way_tells_the_same_history_as_git(tmp_path, monkeypatch):
    """The same commits in the same order, with every word."""
    pytest.importorskip("pygit2")
    repository, tip = many_commits(tmp_path)
    wanted = ObjectReader(repository).log(tip, MANY)
    assert len(wanted) > 40
    assert {"Jürgen", "Ada  Lovelace"} <= {one.name for one in wanted}
    assert {"Größe", "Subject\n\nBody\n\n"} <= {one.message for one in wanted}
    quick = QuickReader(repository)
    monkeypatch.setattr(reader.git, "run", None)
    assert quick.log(tip, MANY) == wanted
    assert quick.log(tip, 7) == wanted[:7]


def test_a_history_that_the_quick_way_cannot_tell_is_gits(tmp_path):
    """Where a clone leaves out what is older, only git knows where it ends."""
    pytest.importorskip("pygit2")
    repository, tip = many_commits(tmp_path)
    whole = ObjectReader(repository).log(tip, MANY)
    (repository / "shallow").write_text(f"{tip}\n")
    assert [one.oid for one in QuickReader(repository).log(tip, MANY)] == [tip]
    (repository / "shallow").unlink()
    lost = whole[30].oid
    (repository / "objects" / lost[:2] / lost[2:]).unlink()
    with pytest.raises(GitError):
        QuickReader(repository).log(tip, MANY)
