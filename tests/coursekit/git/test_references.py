"""References are told as git tells them, mostly without starting it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from coursekit.git import references
from coursekit.git.references import read_references


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True,
        env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull},
    ).stdout.strip()  # fmt: skip


def as_git_says(folder: Path, *prefixes: str) -> dict[str, str]:
    listing = git(folder, "for-each-ref", "--format=%(refname) %(objectname)", *prefixes)
    return dict(line.split(" ") for line in listing.splitlines())


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Some references in files of their own, some in the list, some in both; a tag; a lock."""
    folder = tmp_path / "team.git"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(folder))
    who = ("-c", "user.name=T", "-c", "user.email=t@x.org")
    tree = git(folder, "mktree", "--missing")
    first = git(folder, *who, "commit-tree", tree, "-m", "first")
    second = git(folder, *who, "commit-tree", tree, "-p", first, "-m", "second")
    for name in ("heads/main", "heads/a/b", "heads/a.b", "coursekit/received", "tags/v1"):
        git(folder, "update-ref", f"refs/{name}", first)
    git(folder, *who, "tag", "-a", "v2", "-m", "Two", first)
    git(folder, "pack-refs", "--all")
    git(folder, "update-ref", "refs/heads/main", second)
    git(folder, "update-ref", "refs/heads/new-one", second)
    (folder / "refs" / "heads" / "main.lock").touch()
    return folder


@pytest.mark.parametrize(
    "prefixes", [(), ("refs/heads/",), ("refs/heads/", "refs/coursekit/"), ("refs/none/",)]
)
def test_usual_references_are_read_from_files(bare, monkeypatch, prefixes):
    wanted = as_git_says(bare, *prefixes)
    monkeypatch.setattr(references.git, "run", None)
    found = read_references(bare, *prefixes)
    assert found == wanted
    assert list(found) == list(wanted)
    assert len(found) == {0: 7, 1: 4, 2: 5}[len(prefixes)] or prefixes == ("refs/none/",)


@pytest.mark.parametrize("kind", ["umlaut", "symbolic", "worktree", "zero", "damaged"])
def test_unusual_references_are_gits(bare, tmp_path, kind):
    """An odd name, a reference to another one, a worktree, what stands for nothing."""
    place = bare
    if kind == "umlaut":
        git(bare, "update-ref", "refs/heads/Größe", "refs/heads/main")
    elif kind == "symbolic":
        git(bare, "symbolic-ref", "refs/heads/other", "refs/heads/main")
    elif kind == "worktree":
        git(bare, "worktree", "add", "-q", str(tmp_path / "tree"), "a/b")
        place = bare / "worktrees" / "tree"
    elif kind == "zero":
        (bare / "refs" / "heads" / "zero").write_text("0" * 40)
    else:
        (bare / "refs" / "heads" / "damaged").write_bytes(b"\xff\xfe nonsense")
    wanted = as_git_says(place)
    assert "refs/heads/main" in wanted
    assert read_references(place) == wanted
