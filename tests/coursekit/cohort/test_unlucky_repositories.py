"""Repositories in every odd state are read and updated, or named with a remedy."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from update_course import FILES, UpdateCourse

from coursekit.cohort.status import TeamStatus, read_status
from coursekit.course.course import load_course
from coursekit.git.objects import Author, File
from coursekit.git.repository import open_repository
from coursekit.template.commits import Commit, add_commits

AUTHOR = Author("Ada", "ada@example.org", 1793000000)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = UpdateCourse(tmp_path_factory.mktemp("unlucky"))
    course.start()
    return course.folder


@pytest.fixture
def course(fresh: Path, tmp_path: Path) -> UpdateCourse:
    shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)
    course = UpdateCourse(tmp_path)
    course.template({"README.md": "# New\n", "NEW.md": "New\n"})
    return course


def status(course: UpdateCourse) -> TeamStatus:
    at = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
    (team,) = read_status(load_course(course.folder / "course"), at=at).teams
    return team


def push_tree(course: UpdateCourse, *entries: tuple[str, str, bytes]) -> None:
    """Add entries (mode, object, name) that git's porcelain would not let one commit."""
    listing = subprocess.run(
        ["git", "ls-tree", "-z", "main"], cwd=course.bare, capture_output=True, check=True
    ).stdout
    extra = b"".join(
        f"{mode} {'commit' if mode == '160000' else 'blob'} {oid}\t".encode() + name + b"\0"
        for mode, oid, name in entries
    )
    tree = subprocess.run(
        ["git", "mktree", "-z", "--missing"], cwd=course.bare, input=listing + extra,
        capture_output=True, check=True,
    ).stdout.decode().strip()  # fmt: skip
    commit = course.git(
        "commit-tree", tree, "-p", "main", "-m", "Odd", cwd=course.bare
    ).strip()  # fmt: skip
    course.git("update-ref", "refs/heads/main", commit, cwd=course.bare)


def blob(course: UpdateCourse, content: bytes) -> str:
    return subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=course.bare, input=content,
        capture_output=True, check=True,
    ).stdout.decode().strip()  # fmt: skip


def test_names_that_are_no_text_survive_an_update(course):
    """A file from another system may have a name in any encoding, or with control characters."""
    oid = blob(course, b"ours\n")
    names = (b"caf\xe9.md", b"\x1b[31mred\n.md", b'quote".md', b" space.md")
    push_tree(course, *(("100644", oid, name) for name in names))
    assert course.update().state == "updated"
    listing = course.git("ls-tree", "-z", "--name-only", "main", cwd=course.bare)
    for name in names:
        assert os.fsdecode(name) in listing.split("\0")
    assert course.read("NEW.md") == b"New\n"
    assert status(course).state == "ready"


def test_submodule_and_link_in_the_place_of_files_stay(course):
    """They are the team's; what they lead to is never read."""
    push_tree(course, ("160000", "1" * 40, b"NEW.md"))
    outcome = course.update()
    assert [(finding.kind, finding.path) for finding in outcome.findings] == [
        ("occupied", "NEW.md")
    ]


def test_detached_head_is_named_with_its_remedy(course):
    """Nobody knows which branch the team works on."""
    commit = course.tips()["main"]
    (course.bare / "HEAD").write_text(f"{commit}\n", encoding="ascii")
    outcome = course.update()
    assert outcome.state == "failed"
    assert "symbolic-ref" in outcome.problem


def test_shallow_repository_is_updated_by_what_its_files_say(course):
    """History that is not there is not needed."""
    course.team({"README.md": FILES["README.md"].replace("Two", "Ours")})
    course.team({"own.md": "# Ours, too\n"})
    shutil.move(course.bare, course.folder / "full.git")
    subprocess.run(
        ["git", "clone", "-q", "--bare", "--depth", "1", "--no-single-branch",
         (course.folder / "full.git").as_uri(), course.bare], check=True,
    )  # fmt: skip
    course.template({"README.md": FILES["README.md"].replace("Four", "Newer")})
    outcome = course.update()
    assert (outcome.state, outcome.findings) == ("updated", ())
    lines = course.read("README.md").decode().splitlines()
    assert (lines[3], lines[5]) == ("Ours", "Newer")
    assert status(course).state == "ready"


def test_programs_that_a_repository_names_are_never_run(course):
    """Hooks, monitors, filters and drivers of a team do not run on the staff's machine."""
    proof = course.folder / "proof"
    script = course.folder / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch '{proof}'\n", encoding="utf-8")
    script.chmod(0o755)
    hooks = course.bare / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-receive", "update", "post-update", "post-merge", "post-commit",
                 "reference-transaction", "pre-merge-commit"):  # fmt: skip
        shutil.copy(script, hooks / name)
    config = course.bare / "config"
    config.write_text(
        config.read_text(encoding="utf-8")
        + f'[core]\n\tfsmonitor = "{script}"\n\thooksPath = hooks\n'
        + f'[filter "x"]\n\tsmudge = "{script}"\n\tclean = "{script}"\n'
        + f'[merge "x"]\n\tdriver = "{script}"\n[diff "x"]\n\ttextconv = "{script}"\n',
        encoding="utf-8",
    )
    tip = course.tips()["main"]
    files = {".gitattributes": File(b"* filter=x merge=x diff=x\n"), "README.md": File(b"# O\n")}
    add_commits(course.bare, [Commit("main", (tip,), "Work", files)], AUTHOR)
    assert course.update().state == "updated"
    assert status(course).state == "ready"
    assert not proof.exists()


def test_large_file_is_neither_read_nor_merged(course):
    """A model file in the place of a README must not fill the memory."""
    course.team({"README.md": b"x" * 6_000_000})
    outcome = course.update()
    assert [(finding.kind, finding.path) for finding in outcome.findings] == [
        ("unreadable", "README.md")
    ]
    with open_repository(course.bare) as repository:
        assert repository.files()["README.md"].size == 6_000_000


def test_repository_that_vanishes_in_between_is_listed(course):
    """Somebody moved it while the command ran."""
    shutil.rmtree(course.bare / "objects")
    assert course.update().state == "failed"
    assert status(course).state == "unreadable"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_repository_is_named(course):
    """A shared drive may be mounted without the right to write."""
    for path in course.bare.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    outcome = course.update()
    assert outcome.state == "failed"


def test_checked_out_branch_is_not_moved_under_somebodys_hands(course):
    """In a working copy, dirty or not, the update waits on its own branch."""
    bare = course.bare
    shutil.move(bare, course.folder / "origin.git")
    shutil.copytree(course.clone, bare)
    course.git("fetch", "-q", str(course.folder / "origin.git"), "template:template", cwd=bare)
    (bare / "README.md").write_text("# Not committed\n", encoding="utf-8")
    refused = course.update(apply=True)
    assert refused.state == "failed"
    assert "checked out" in refused.problem
    assert course.update(apply=False).state == "updated"
    assert (bare / "README.md").read_text(encoding="utf-8") == "# Not committed\n"
    assert course.git("show", "template-update:README.md", cwd=bare) == "# New\n"
