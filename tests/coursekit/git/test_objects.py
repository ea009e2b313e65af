"""What is written in git's formats is what git itself would have written."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.git.objects import Author, File, commit_name, make_blueprint, write_repository

AUTHOR = Author("Zoë Ümlaut", "z@example.org", 1_793_347_200)
# Names whose order differs between folders and files, and sizes around the header's limits.
NAMES = st.sampled_from(["a", "a-b", "a.b", "a0", "aa", "B", "é", "数", "z z", ".x", "_"])
CONTENTS = st.one_of(
    st.sampled_from([0, 1, 15, 16, 17, 2047, 2048, 2049, 70_000]).map(lambda size: b"x" * size),
    st.binary(max_size=300),
)
FILES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=4).map("/".join),
    st.builds(File, CONTENTS, st.booleans()),
    min_size=1, max_size=25,
).map(
    # A name cannot be a file and a folder at once.
    lambda files: {
        path: file
        for path, file in files.items()
        if not any(other.startswith(f"{path}/") for other in files)
    }
)  # fmt: skip


def git(folder: Path, *arguments: str, **variables: str) -> str:
    result = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True,
        env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull} | variables,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    return result.stdout


@pytest.mark.slow
@given(FILES, st.data())
@settings(max_examples=20, deadline=None)
def test_the_commit_is_the_one_that_git_makes_of_the_same_files(files, data):
    """Every byte of trees and commits counts: names are their checksums."""
    common = {path for path in files if data.draw(st.booleans())}
    own = {path: file for path, file in files.items() if path not in common}
    blueprint = make_blueprint({path: files[path] for path in sorted(common)}, own)
    with tempfile.TemporaryDirectory() as place:
        ours, theirs = Path(place) / "ours.git", Path(place) / "theirs"
        commit = write_repository(
            ours, blueprint, own, AUTHOR, "Über\n\nText", ["main", "template"], "d"
        )
        for path, file in files.items():
            (theirs / path).parent.mkdir(parents=True, exist_ok=True)
            (theirs / path).write_bytes(file.content)
            (theirs / path).chmod(0o755 if file.executable else 0o644)
        git(theirs, "init", "-q", "-b", "main")
        git(theirs, "add", "-f", ".")
        who = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (
                ("NAME", AUTHOR.name), ("EMAIL", AUTHOR.email), ("DATE", f"{AUTHOR.seconds} +0000"),
            )
        }  # fmt: skip
        git(theirs, "commit", "-qm", "Über\n\nText", **who)
        assert commit == git(theirs, "rev-parse", "HEAD").strip()
        assert commit == commit_name(blueprint, own, AUTHOR, "Über\n\nText")
        assert git(ours, "fsck", "--strict", "--full") == ""
        pack = next((ours / "objects" / "pack").glob("*.idx"))
        git(ours, "verify-pack", str(pack))
