"""Find the files that the template has moved.

A file counts as moved where one path has gone from the template, another has come,
and both hold mostly the same lines: the rule of `git diff -M`, computed without a
repository, since a trial run writes none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import PurePosixPath

from coursekit.git.objects import File
from coursekit.git.repository import Entry, blob_name

# Shared text, as a part of the longer file; for a file that kept its name, of the shorter one,
# since a module that is split leaves most of itself behind.
LEAST_SHARED = 0.5
# A file with less text than this is like many others.
_LEAST_BYTES = 40
_MAX_BYTES = 2_000_000

_Lines = Counter[bytes]


class MoveFinder:
    """Finds moved files; what it has learnt of one team's template serves the next."""

    def __init__(self) -> None:
        self._lines: dict[str, _Lines | None] = {}
        self._likeness: dict[tuple[str, str, bool], float] = {}

    def find(
        self, gone: Mapping[str, Entry], new: Mapping[str, File], read: Callable[[str], bytes]
    ) -> dict[str, str]:
        """Where the template has moved its files.

        Args:
            gone: Files that it no longer has, by path.
            new: Files that it did not have before, by path.
            read: Returns the content of a path of `gone`.

        Returns:
            From old path to new path; no path stands twice on either side.
        """
        if not gone or not new:
            return {}
        names = {path: blob_name(file.content) for path, file in new.items()}
        found = []
        for old, entry in gone.items():
            for path, file in new.items():
                if PurePosixPath(old).suffix != PurePosixPath(path).suffix:
                    continue
                same_name = PurePosixPath(old).name == PurePosixPath(path).name
                likeness = self._alike(
                    (entry.oid, names[path], same_name), entry, partial(read, old), file
                )
                if likeness >= LEAST_SHARED:
                    found.append((-likeness, not same_name, old, path))
        moves: dict[str, str] = {}
        taken: set[str] = set()
        for _, _, old, path in sorted(found):
            if old not in moves and path not in taken:
                moves[old] = path
                taken.add(path)
        return moves

    def _alike(
        self, key: tuple[str, str, bool], entry: Entry, read: Callable[[], bytes], file: File
    ) -> float:
        """How much two files share, from 0 to 1; above 1 where they are the same."""
        if key not in self._likeness:
            before, after, same_name = key
            if not entry.is_file or entry.size < _LEAST_BYTES:
                likeness = 0.0
            elif before == after:
                likeness = 2.0
            else:
                likeness = _shared(
                    self._known(before, read), self._known(after, lambda: file.content), same_name
                )
            self._likeness[key] = likeness
        return self._likeness[key]

    def _known(self, oid: str, read: Callable[[], bytes]) -> _Lines | None:
        if oid not in self._lines:
            self._lines[oid] = _lines(read())
        return self._lines[oid]


def _lines(content: bytes) -> _Lines | None:
    """The lines that say something; None for a picture or what is too large to compare."""
    if b"\0" in content or len(content) > _MAX_BYTES:
        return None
    return Counter(line for raw in content.splitlines() if (line := raw.strip()))


def _shared(before: _Lines | None, after: _Lines | None, same_name: bool) -> float:
    if before is None or after is None:
        return 0.0
    shared, old, new = (_weight(lines) for lines in (before & after, before, after))
    whole = min(old, new) if same_name else max(old, new)
    return shared / whole if whole >= _LEAST_BYTES else 0.0


def _weight(lines: _Lines) -> int:
    return sum(len(line) * count for line, count in lines.items())
