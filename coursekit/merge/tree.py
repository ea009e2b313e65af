"""Merge a newer template into a team's files: every path, with the moves of both followed.

Nothing is checked out and nothing is written: the result is a list of changes
for the team's branch, and a list of what did not arrive and why. What the team
wrote, moved or deleted stays as they left it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from coursekit.errors import RepositoryError
from coursekit.git.objects import File
from coursekit.git.repository import Entry, blob_name
from coursekit.merge.lines import merge_text
from coursekit.merge.moves import MoveFinder
from coursekit.merge.notebook import NotebookError, merge_notebook

MAX_MERGE_BYTES = 5_000_000
# What a finding says; the first three stay open until the team changes the file.
CLASH = "clash"
REPLACED = "replaced"
UNREADABLE = "unreadable"
KEPT = "kept"
DELETED = "deleted"
OCCUPIED = "occupied"
OLD_NAME = "outdated"
_TEXT_EXCERPT = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """A change of the template that did not arrive in full.

    Attributes:
        kind: `clash` (both changed the same lines or cells), `replaced` (both
            replaced a file that cannot be merged), `unreadable` (the team's file
            is damaged or too large), `kept` (the template removed a file that
            the team has edited), `deleted` (the team deleted a file that the
            template has changed), `occupied` (the team has something else at
            the place of a new file), `outdated` (a file of the team's own calls a
            module by the name that it had before the template moved it).
        path: The file in the team's repository.
        line: Line or cell, counted from 1; 0 where the whole file is meant.
        message: One sentence, with what was kept.
        theirs: An excerpt of what the template has now.
    """

    kind: str
    path: str
    line: int
    message: str
    theirs: str = ""


@dataclass
class TreeMerge:
    """What to change on the team's branch, and what did not arrive.

    Attributes:
        changes: From path to the new file, or None where it is removed.
        findings: What did not arrive.
        moved: From a path of the template to where the team has it.
        carried: From where the team had a file to the place that the template has
            moved it to, with the team's edits.
    """

    changes: dict[str, File | None] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    carried: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version:
    """One side of a merge: what is where, and how to read it.

    Attributes:
        files: From path to entry.
        read: Returns the content of a path.
    """

    files: Mapping[str, Entry]
    read: Callable[[str], bytes]


def merge_trees(
    base: Version,
    ours: Version,
    theirs: Mapping[str, File],
    renames: Mapping[str, str],
    finder: MoveFinder | None = None,
) -> TreeMerge:
    """Merge three versions of a repository's files.

    Args:
        base: The template when the two were last the same.
        ours: The team's files.
        theirs: The template's files now.
        renames: From paths of `base` to where git finds them in `ours`.
        finder: Finds what the template has moved; one that has seen other teams'
            repositories is faster.

    Raises:
        GitError: If git cannot be started.
    """
    gone = {path: entry for path, entry in base.files.items() if path not in theirs}
    new = {path: file for path, file in theirs.items() if path not in base.files}
    moves = (finder or MoveFinder()).find(gone, new, base.read)
    return _Merger(base, ours, theirs, renames).merge(moves)


class _Merger:
    """One merge; keeps the three versions at hand."""

    def __init__(
        self, base: Version, ours: Version, theirs: Mapping[str, File], renames: Mapping[str, str]
    ) -> None:
        self.base = base
        self.ours = ours
        self.theirs = theirs
        self.result = TreeMerge()
        self.renames = dict(renames)
        self.folders = _moved_folders(base.files, ours.files, renames)
        self.taken = {path.casefold(): path for path in ours.files}
        self.taken_folders = {
            parent.casefold() for path in ours.files for parent in _folders_above(path)
        }

    def merge(self, moves: Mapping[str, str]) -> TreeMerge:
        """Merge every path; `moves` says where the template has moved its files."""
        for path, target in sorted(moves.items()):
            self._move(path, target)
        done = {*moves, *moves.values()}
        for path in sorted({*self.base.files, *self.theirs} - done):
            old, new = self.base.files.get(path), self.theirs.get(path)
            if old is not None and new is not None and same_file(old, new):
                continue
            place = self._place(path, old)
            if place != path:
                self.result.moved[path] = place
            if old is None and new is not None:
                self._add(place, new)
            elif old is not None and new is None:
                self._remove(path, place, old)
            elif old is not None and new is not None:
                self._change(path, place, old, new)
        return self.result

    def _place(self, path: str, old: Entry | None) -> str:
        """Where the team has a path of the template."""
        if path in self.ours.files and old is not None:
            return path
        if path in self.renames:
            return self.renames[path]
        # A folder that is new to the team lies where they have moved the one above it.
        above = next((p for p in _folders_above(path) if p in self.folders), None)
        if above is None:
            return path
        place = f"{self.folders[above]}{path[len(above) :]}".lstrip("/")
        if old is not None and place in self.base.files:
            return path
        return place

    def _move(self, path: str, target: str) -> None:
        """Follow a file that the template has moved, with what the team wrote in it."""
        old, new = self.base.files[path], self.theirs[target]
        place, goal = self._place(path, old), self._place(target, None)
        if place != path:
            self.result.moved[path] = place
        if goal != target:
            self.result.moved[target] = goal
        entry = self.ours.files.get(place)
        if goal == place:
            # The team has moved it there, too.
            self._change(path, goal, old, new)
        elif entry is None and self._is_free(goal, new):
            self._find(DELETED, goal, f"the team has deleted {path}; it stays deleted", new)
        elif entry is not None and path in self.renames and place != self._in_folder(path):
            self._find(
                KEPT, place, f"the template has moved it to {goal}; the team's own file stays here"
            )
            self._add(goal, new)
        elif entry is not None and self._is_free(goal, new):
            self.result.carried[place] = goal
            self._change(path, place, old, new, goal)
            if self.result.changes.get(goal) is None:
                # What cannot be merged stays where it is.
                del self.result.carried[place]
                self._add(goal, new)

    def _in_folder(self, path: str) -> str:
        """Where a path is if the team has moved nothing but its folder."""
        folder, _, name = path.rpartition("/")
        moved = self.folders.get(folder, folder)
        return f"{moved}/{name}" if moved else name

    def _add(self, place: str, new: File) -> None:
        entry = self.ours.files.get(place)
        if entry is not None and same_file(entry, new):
            return
        if self._is_free(place, new):
            self.result.changes[place] = new

    def _is_free(self, place: str, new: File) -> bool:
        """Whether a new file can lie there; says why not."""
        if place in self.ours.files:
            self._find(OCCUPIED, place, "the team has a file of its own there, which stays", new)
            return False
        twin = self.taken.get(place.casefold())
        parents = _folders_above(place)
        in_the_way = [parent for parent in parents if parent in self.ours.files]
        if twin is not None or in_the_way or place.casefold() in self.taken_folders:
            what = repr(twin or (in_the_way or [place])[0])
            self._find(OCCUPIED, place, f"the team's {what} is in its place and stays", new)
            return False
        return True

    def _remove(self, path: str, place: str, old: Entry) -> None:
        entry = self.ours.files.get(place)
        if entry is None:
            return
        if entry.oid == old.oid or self._only_endings_differ(path, place, entry):
            self.result.changes[place] = None
        else:
            self._find(
                KEPT,
                place,
                "the template no longer has it, but the team has worked in it; it stays",
            )

    def _only_endings_differ(self, path: str, place: str, entry: Entry) -> bool:
        if not entry.is_file or entry.size > MAX_MERGE_BYTES:
            return False
        before, mine = self.base.read(path), self.ours.read(place)
        return before.splitlines() == mine.splitlines()

    def _change(self, path: str, place: str, old: Entry, new: File, goal: str = "") -> None:
        """Merge one file of the team; `goal` is where the result lies, if elsewhere."""
        goal = goal or place
        entry = self.ours.files.get(place)
        if entry is None:
            self._find(DELETED, place, "the team has deleted it; it stays deleted", new)
        elif not entry.is_file:
            self._find(
                OCCUPIED, place, "the team has a link or a submodule there, which stays", new
            )
        elif entry.oid == old.oid or same_file(entry, new):
            self._put(place, goal, new.content, entry, _executable(old, entry, new))
        elif blob_name(new.content) == old.oid:
            # Only the place or the permission to execute has changed.
            self._put(place, goal, self.ours.read(place), entry, _executable(old, entry, new))
        else:
            self._merge_content(path, place, old, new, goal)

    def _merge_content(self, path: str, place: str, old: Entry, new: File, goal: str) -> None:
        entry = self.ours.files[place]
        if entry.size > MAX_MERGE_BYTES:
            self._find(
                UNREADABLE,
                place,
                f"has {entry.size / 1e6:.0f} MB, too much to merge; it stays",
                new,
            )
            return
        try:
            before, mine = self.base.read(path), self.ours.read(place)
        except RepositoryError as error:
            self._find(UNREADABLE, place, f"cannot be read ({error}); it stays", new)
            return
        if path.endswith(".ipynb"):
            try:
                merged = merge_notebook(before, mine, new.content)
            except NotebookError as error:
                self._find(UNREADABLE, place, f"{error}; it stays", new)
                return
            for cell in merged.clashes:
                self._find(
                    CLASH, goal, "both changed this cell; the team's stands",
                    line=cell.cell, theirs=cell.theirs,
                )  # fmt: skip
            self._put(place, goal, merged.content, entry, entry.mode == "100755")
        elif any(b"\0" in content for content in (before, mine, new.content)):
            self._find(
                REPLACED, place, "the team has replaced it with a file of its own, which stays", new
            )
        else:
            text = merge_text(before, mine, new.content)
            for clash in text.clashes:
                self._find(
                    CLASH,
                    goal,
                    "both changed these lines; the team's stand",
                    line=clash.line,
                    theirs=b"\n".join(clash.theirs).decode("utf-8", "replace"),
                )
            self._put(place, goal, text.content, entry, _executable(old, entry, new))

    def _put(self, place: str, goal: str, content: bytes, entry: Entry, executable: bool) -> None:
        """Write a file of the team anew, if anything about it has changed."""
        file = File(content, executable)
        if goal != place:
            self.result.changes[place] = None
            self.result.changes[goal] = file
        elif not same_file(entry, file):
            self.result.changes[place] = file

    def _find(
        self,
        kind: str,
        path: str,
        message: str,
        new: File | None = None,
        *,
        line: int = 0,
        theirs: str = "",
    ) -> None:
        if new is not None and b"\0" not in new.content and not path.endswith(".ipynb"):
            theirs = new.content[: 4 * _TEXT_EXCERPT].decode("utf-8", "replace")
        if len(theirs) > _TEXT_EXCERPT:
            theirs = theirs[:_TEXT_EXCERPT].rstrip() + " …"
        self.result.findings.append(Finding(kind, path, line, message, theirs))


def same_file(entry: Entry, file: File) -> bool:
    """Whether a path of a commit is this file: content and permission to execute."""
    return (
        entry.is_file
        and entry.size == len(file.content)
        and entry.oid == _name(file.content)
        and (entry.mode == "100755") == file.executable
    )


# Most files of the template are the same for all teams.
_name = lru_cache(maxsize=2_000)(blob_name)


@lru_cache(maxsize=20_000)
def _folders_above(path: str) -> tuple[str, ...]:
    """The folders that a path lies in, the innermost first, without the top."""
    parts = path.split("/")
    return tuple("/".join(parts[:k]) for k in range(len(parts) - 1, 0, -1))


def _executable(old: Entry, entry: Entry, new: File) -> bool:
    """The permission to execute, three-way."""
    return new.executable if entry.mode == old.mode else entry.mode == "100755"


def _moved_folders(
    base: Mapping[str, Entry], ours: Mapping[str, Entry], renames: Mapping[str, str]
) -> dict[str, str]:
    """Folders of the template that the team has renamed: where most of their files went."""
    votes: dict[str, Counter[str]] = {}
    for source, target in renames.items():
        folder, target_folder = source.rpartition("/")[0], target.rpartition("/")[0]
        if folder and folder != target_folder:
            votes.setdefault(folder, Counter())[target_folder] += 1
    moved = {}
    for folder, counter in votes.items():
        target, count = counter.most_common(1)[0]
        staying = sum(path.rpartition("/")[0] == folder and path in ours for path in base)
        if count > staying and target not in {path.rpartition("/")[0] for path in base}:
            moved[folder] = target
    # A folder below a renamed one has moved with it.
    for path in base if moved else ():
        folder = path.rpartition("/")[0]
        for parent in _folders_above(folder):
            if parent in moved and folder not in moved:
                moved[folder] = f"{moved[parent]}{folder[len(parent) :]}"
                break
    return moved
