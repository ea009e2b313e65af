"""Thousands of random terms, without git: how a base is found, and what a merge makes of it.

The same stories as in `test_history_stories`, whose repositories are real; here the
references and histories are kept in memory, so that a second is worth hundreds of
them. The checker knows the last word of the team and of the template at each place, and
nothing of the code. More of them: `COURSEKIT_TERMS=20000 pytest …`.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from story_files import PATHS, PLACES, content, words_in

from coursekit.cohort.record import Note, certain_record
from coursekit.git.history import History
from coursekit.git.objects import File
from coursekit.git.repository import Entry, blob_name
from coursekit.merge.base import Proposal, find_base
from coursekit.merge.moves import MoveFinder
from coursekit.merge.tree import Version, merge_trees

TERMS = int(os.environ.get("COURSEKIT_TERMS", "150"))
FIRST = int(os.environ.get("COURSEKIT_FIRST_TERM", "0"))
WAYS = ("merge", "squash", "rebase", "begin anew", "rewrite", "leave", "set back", "decline")
Tree = dict[str, Entry]


@dataclass
class Waiting:
    """A proposal: what it was made from, what it makes, and the version that it brings."""

    main: Tree
    tree: Tree
    version: int


@dataclass
class Term:
    """A repository and its references, and what the checker knows."""

    chance: random.Random
    blobs: dict[str, bytes] = field(default_factory=dict)
    template: dict[str, list[str]] = field(default_factory=dict)
    team: dict[tuple[str, int], str] = field(default_factory=dict)
    versions: list[Tree] = field(default_factory=list)
    # The branch's states, the newest last.
    states: list[Tree] = field(default_factory=list)
    # For each state, the newest version of the template in its ancestry; -1 without one.
    ancestors: list[int] = field(default_factory=lambda: [0])
    # The newest one is on record; a name of a commit goes with each.
    records: dict[str, Tree] = field(default_factory=dict)
    record: str = "record 0"
    # The version that it begins from.
    begins: int = 0
    notes: list[Note] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    proposal: tuple[int, dict[str, str]] | None = None
    waiting: Waiting | None = None
    moved: bool = False
    told: list[str] = field(default_factory=list)
    finder: MoveFinder = field(default_factory=MoveFinder)

    def begin(self) -> None:
        self.template = {path: [f"template 1 at {n}" for n in range(PLACES)] for path in PATHS}
        first = {path: self.entry(data) for path, data in self.rendered().items()}
        self.versions, self.states, self.names = [first], [dict(first)], ["start"]
        self.records[self.record] = dict(first)

    def rendered(self) -> dict[str, bytes]:
        return {path: content(path, words) for path, words in self.template.items()}

    def entry(self, data: bytes) -> Entry:
        oid = blob_name(data)
        self.blobs[oid] = data
        return Entry(oid, len(data), "100644")

    @property
    def ancestor(self) -> int:
        return self.ancestors[-1]

    def commit(self, tree: Tree, ancestor: int | None = None) -> None:
        self.ancestors.append(self.ancestor if ancestor is None else ancestor)
        self.states.append(tree)
        self.names.append(f"commit {next(self.numbers)}")

    @property
    def main(self) -> Tree:
        return self.states[-1]

    def place(self, path: str) -> str:
        return path.replace("1_Data/", "1_Dataset/") if self.moved else path

    def history(self) -> History:
        order: dict[str, int] = {}
        places: dict[str, set[str]] = {}
        before: list[Tree] = [{}, *self.states[:-1]]
        for old, new in zip(reversed(before), reversed(self.states), strict=True):
            for path, entry in sorted(new.items()):
                if path not in old or old[path].oid != entry.oid:
                    order.setdefault(entry.oid, len(order))
                    places.setdefault(path, set()).add(entry.oid)
        trees = [folder(tree) for tree in self.states]
        return History(order, places, dict(zip(self.names, trees, strict=True)))

    # What people do ----------------------------------------------------------

    def write(self) -> None:
        """The team changes a word, the endings of a file, or the name of a folder."""
        kind = self.chance.choice(["word", "word", "word", "endings", "folder"])
        path = self.chance.choice(PATHS)
        tree = dict(self.main)
        if kind == "folder" and not self.moved:
            tree = {path.replace("1_Data/", "1_Dataset/"): entry for path, entry in tree.items()}
            self.moved = True
        elif kind == "endings" and not path.endswith(".ipynb"):
            data = self.blobs[tree[self.place(path)].oid].replace(b"\r\n", b"\n")
            tree[self.place(path)] = self.entry(data.replace(b"\n", b"\r\n"))
        else:
            at = self.chance.randrange(PLACES)
            data = self.blobs[tree[self.place(path)].oid]
            words = words_in(path, data)
            words[at] = self.team[path, at] = f"team {len(self.told)} at {at}"
            fresh = content(path, words)
            tree[self.place(path)] = self.entry(
                fresh.replace(b"\n", b"\r\n") if b"\r\n" in data else fresh
            )
        self.commit(tree)
        self.told.append(f"write {kind} {path}")

    def change_template(self) -> None:
        for path in self.chance.sample(PATHS, self.chance.randint(1, len(PATHS))):
            at = self.chance.randrange(PLACES)
            self.template[path][at] = f"template {len(self.told) + 2} at {at}"
        self.told.append("template")

    def update(self, *, apply: bool) -> None:
        """What `coursekit update` does, by the functions that it does it with."""
        fresh = {path: self.entry(data) for path, data in self.rendered().items()}
        base, begins = self.base()
        if fresh != self.versions[-1]:
            self.versions.append(fresh)
        newest = len(self.versions) - 1
        renames = {path: self.place(path) for path in base if self.place(path) != path}
        main = self.main
        merged = merge_trees(
            Version(base, lambda path: self.blobs[base[path].oid]),
            Version(main, lambda path: self.blobs[main[path].oid]),
            {path: File(self.blobs[entry.oid]) for path, entry in fresh.items()},
            renames,
            self.finder,
        )
        tree = dict(main)
        for path, change in merged.changes.items():
            if change is None:
                del tree[path]
            else:
                tree[path] = change if isinstance(change, Entry) else self.entry(change.content)
        if not any(n.commit == self.names[-1] and n.name == self.record for n in self.notes):
            self.put_on_record(base, begins)
            note = Note(self.names[-1], folder(main), self.record, "")
            self.notes.insert(0, note)
        if apply:
            self.commit(tree, newest)
            self.put_on_record(fresh, newest)
            self.waiting = None
        else:
            back = {self.place(path): path for path in base}
            results = {back.get(p, p): tree[p].oid for p in merged.changes if p in tree}
            self.proposal = (newest, results)
            self.waiting = Waiting(main, tree, newest)

    def put_on_record(self, files: Tree, begins: int) -> None:
        self.record = f"record {len(self.records)}"
        self.records[self.record] = dict(files)
        self.begins = begins

    def base(self) -> tuple[Tree, int]:
        """What the branch contains, and the version that has most of it."""
        if self.ancestor == len(self.versions) - 1:
            return dict(self.versions[-1]), self.ancestor
        for note in self.notes:
            if note.commit == self.names[-1]:
                return self.records[note.name], self.begins
        start = max(self.ancestor, 0)
        proposal = Proposal()
        if self.proposal and self.proposal[0] >= start:
            proposal = Proposal(self.proposal[0] - start, self.proposal[1])
        moved = {path: self.place(path) for path in PATHS if self.place(path) != path}
        history = self.history()
        known = self.ancestor >= 0 and self.begins <= self.ancestor
        sure = certain_record(self.notes, history, self.record, known=known)
        found = find_base(
            self.versions[start:], self.main, history, lambda e: self.blobs[e.oid],
            None if sure == self.record else self.records[self.record], proposal, moved,
            self.records[sure] if sure else None,
        )  # fmt: skip
        shared = [sum(v[p].oid == e.oid for p, e in found.items()) for v in self.versions]
        return found, max(range(start, len(shared)), key=lambda k: (shared[k], k))

    def decide(self) -> None:
        """What becomes of the proposal."""
        way = self.chance.choice(WAYS)
        self.told.append(way)
        waiting = self.waiting
        if waiting is None:
            return
        if way == "decline":
            self.waiting = None
        elif way == "set back":
            self.set_back()
        elif way != "leave" and waiting.main == self.main:
            if way == "begin anew":
                self.states, self.names, self.ancestors = [], [], [-1]
            elif way == "rewrite":
                self.states, self.names, self.ancestors = (
                    [self.main],
                    [f"new {len(self.told)}"],
                    [-1],
                )
            self.commit(waiting.tree, waiting.version if way == "merge" else None)
            self.ancestors = self.ancestors[-len(self.states) :]

    def set_back(self) -> None:
        if len(self.states) < 2 or set(self.states[-2]) != set(self.main):
            return
        before = self.states[-2]
        for (path, at), word in self.team.items():
            if words_in(path, self.blobs[before[self.place(path)].oid])[at] != word:
                return  # The team would take back its own words.
        self.states.pop()
        self.names.pop()
        self.ancestors.pop()

    # What the checker knows --------------------------------------------------

    def lost(self, *, complete: bool) -> list[str]:
        """Words that are gone, markers that came, changes that did not arrive."""
        found = []
        for path in PATHS:
            data = self.blobs[self.main[self.place(path)].oid]
            if b"<<<<<<<" in data or b">>>>>>>" in data:
                found.append(f"{path}: marker")
            words = words_in(path, data)
            if len(words) != PLACES:
                found.append(f"{path}: {words}")
                continue
            for at, word in enumerate(words):
                mine = self.team.get((path, at))
                wanted = mine if mine is not None else self.template[path][at]
                if word != wanted and (mine is not None or complete):
                    found.append(f"{path} at {at}: {word!r} instead of {wanted!r}")
        return found


def folder(tree: Tree) -> str:
    """A name that two trees with the same content share."""
    return blob_name(repr(sorted((path, entry.oid) for path, entry in tree.items())).encode())


def play(number: int) -> Term:
    term = Term(random.Random(number))
    term.begin()
    for _ in range(term.chance.randint(2, 4)):
        for _ in range(term.chance.randint(0, 3)):
            term.write()
        term.change_template()
        apply = term.chance.random() < 0.25
        term.update(apply=apply)
        term.told.append("apply" if apply else "propose")
        assert term.lost(complete=apply) == [], (number, term.told)
        term.decide()
    term.update(apply=True)
    assert term.lost(complete=True) == [], (number, term.told)
    return term


@pytest.mark.slow
def test_in_random_terms_no_word_is_lost_and_every_change_arrives() -> None:
    """Text, notebooks, renamed folders, endings, and every way to take a proposal over."""
    played = [play(number).told for number in range(FIRST, FIRST + TERMS)]
    assert {way for told in played for way in told} >= set(WAYS)
