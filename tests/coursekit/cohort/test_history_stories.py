"""Random terms: a team writes, merges and rewrites its history while the template changes.

The checker knows the stories and nothing of the code: every file has places that are far
apart, and for each place it knows the last word of the team and of the template. More
stories than a test run needs: `COURSEKIT_STORIES=1000 pytest …`.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from story_files import PATHS, PLACES, content, words_in
from update_course import UpdateCourse

from coursekit.git.objects import Author, File
from coursekit.git.repository import open_repository
from coursekit.template.commits import Commit, add_commits

STORIES = int(os.environ.get("COURSEKIT_STORIES", "10"))
START = int(os.environ.get("COURSEKIT_FIRST_STORY", "0"))
ADA = Author("Ada", "ada@example.org", 1_790_000_000)
WAYS = (
    "merge", "squash", "rebase", "squash and delete", "squash and amend", "begin anew",
    "rewrite", "leave", "set back", "decline",
)  # fmt: skip


@dataclass
class Story:
    """One term, and what the checker knows."""

    course: UpdateCourse
    chance: random.Random
    template: dict[str, list[str]]
    team: dict[tuple[str, int], str] = field(default_factory=dict)
    windows: set[str] = field(default_factory=set)
    moved: bool = False
    told: list[str] = field(default_factory=list)
    version: int = 1

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        return subprocess.run(
            ["git", *who, f"--git-dir={self.course.bare}", *arguments],
            check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip

    def place(self, path: str) -> str:
        return path.replace("1_Data/", "1_Dataset/") if self.moved else path

    def commit(self, changes: dict[str, File | None], parents: tuple[str, ...] = ()) -> None:
        parents = parents or (self.git("rev-parse", "main"),)
        add_commits(self.course.bare, [Commit("main", parents, "Work", changes)], ADA)

    def write(self) -> None:
        """The team changes a word, the endings of a file, or the name of a folder."""
        kind = self.chance.choice(["word", "word", "word", "endings", "folder"])
        path = self.chance.choice(PATHS)
        with open_repository(self.course.bare) as repository:
            files = repository.files("main")
            if kind == "folder" and not self.moved:
                changes: dict[str, File | None] = {}
                for old in files:
                    if old.startswith("1_Data/"):
                        changes[old] = None
                        changes[old.replace("1_Data/", "1_Dataset/")] = File(
                            repository.read(old, ref="main")
                        )
                self.moved = True
                self.commit(changes)
            elif kind == "endings" and not path.endswith(".ipynb"):
                data = repository.read(self.place(path), ref="main").replace(b"\r\n", b"\n")
                self.commit({self.place(path): File(data.replace(b"\n", b"\r\n"))})
            else:
                at = self.chance.randrange(PLACES)
                data = repository.read(self.place(path), ref="main")
                words = words_in(path, data)
                words[at] = f"team {len(self.told)} at {at}"
                self.team[path, at] = words[at]
                fresh = content(path, words)
                fresh = fresh.replace(b"\n", b"\r\n") if b"\r\n" in data else fresh
                self.commit({self.place(path): File(fresh)})
        self.told.append(f"write {kind} {path}")

    def change_template(self) -> None:
        self.version += 1
        for path in self.chance.sample(PATHS, self.chance.randint(1, len(PATHS))):
            at = self.chance.randrange(PLACES)
            self.template[path][at] = f"template {self.version} at {at}"
        self.course.template({path: content(path, w) for path, w in self.template.items()})
        self.told.append(f"template {self.version}")

    def merge(self) -> None:
        """What becomes of the proposal."""
        way = self.chance.choice(WAYS)
        self.told.append(way)
        main = self.git("rev-parse", "main")
        if "refs/heads/template-update" not in self.git("for-each-ref", "--format=%(refname)"):
            return
        tree = self.git("rev-parse", "template-update^{tree}")
        if way == "decline":
            self.git("update-ref", "-d", "refs/heads/template-update")
        elif way in ("leave", "set back"):
            self._set_back(main, way)
        elif self.git("merge-base", "main", "template-update") != main:
            return  # The team has gone on; a host would merge anew.
        else:
            self._take(way, main, tree)

    def _set_back(self, main: str, way: str) -> None:
        parents = self.git("rev-list", "--first-parent", "--max-count=2", "main").split()
        if way == "set back" and len(parents) == 2:
            with open_repository(self.course.bare) as repository:
                before = repository.files(parents[1])
                if set(before) != set(repository.files(main)):
                    return
                for path, at in list(self.team):
                    words = words_in(path, repository.read(self.place(path), ref=parents[1]))
                    if words[at] != self.team[path, at]:
                        return  # The team would take back its own words.
            self.git("update-ref", "refs/heads/main", parents[1])

    def _take(self, way: str, main: str, tree: str) -> None:
        waiting = self.git("rev-parse", "template-update")
        if way == "merge":
            oid = self.git("commit-tree", tree, "-p", main, "-p", waiting, "-m", "Merge")
        elif way == "begin anew":
            oid = self.git("commit-tree", tree, "-m", "Everything")
        elif way == "rewrite":
            first = self.git("commit-tree", f"{main}^{{tree}}", "-m", "Rewritten")
            oid = self.git("commit-tree", tree, "-p", first, "-m", "Rewritten, too")
        else:
            message = "Amended" if way == "squash and amend" else "Squash"
            oid = self.git("commit-tree", tree, "-p", main, "-m", message)
        self.git("update-ref", "refs/heads/main", oid)
        if way in ("squash and delete", "squash and amend"):
            self.git("update-ref", "-d", "refs/heads/template-update")

    def check(self, *, complete: bool) -> None:
        """No word of the team is gone, no marker came; with `complete`, all that can has come."""
        with open_repository(self.course.bare) as repository:
            files = repository.files("main")
            for path in PATHS:
                assert self.place(path) in files, self.told
                data = repository.read(self.place(path), ref="main")
                assert b"<<<<<<<" not in data and b">>>>>>>" not in data, self.told  # noqa: PT018
                found = words_in(path, data)
                assert len(found) == PLACES, (self.told, path, found)
                for at, word in enumerate(found):
                    mine = self.team.get((path, at))
                    if mine is not None:
                        assert word == mine, (self.told, path, at, word)
                    elif complete:
                        assert word == self.template[path][at], (self.told, path, at, word)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("start") / "term"
    words = {path: [f"template 1 at {n}" for n in range(PLACES)] for path in PATHS}
    files: dict[str, str | bytes] = {path: content(path, w) for path, w in words.items()}
    UpdateCourse(folder, files=files).start()
    return folder


@pytest.mark.parametrize("number", range(START, START + STORIES))
def test_no_word_is_lost_and_every_change_arrives(start: Path, tmp_path: Path, number: int) -> None:
    """Whatever the team does with a proposal, the next update finds its way."""
    shutil.copytree(start, tmp_path / "term")
    words = {path: [f"template 1 at {n}" for n in range(PLACES)] for path in PATHS}
    files: dict[str, str | bytes] = {path: content(path, w) for path, w in words.items()}
    course = UpdateCourse(tmp_path / "term", files=files)
    story = Story(course, random.Random(number), words)
    for _ in range(story.chance.randint(2, 4)):
        for _ in range(story.chance.randint(0, 3)):
            story.write()
        story.change_template()
        apply = story.chance.random() < 0.25
        outcome = course.update(apply=apply)
        story.told.append(f"update {outcome.state}")
        assert outcome.state != "failed", (story.told, outcome.problem)
        story.check(complete=apply)
        story.merge()
    outcome = course.update(apply=True)
    assert outcome.state != "failed", (story.told, outcome.problem)
    story.check(complete=True)
