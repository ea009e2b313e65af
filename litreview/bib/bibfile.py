"""Split a BibTeX file into entries and fields, and go on after what is broken.

Files of a few hundred entries, collected over years, always hold a brace too few.
An entry ends at the latest where the next one begins, at the start of a line or behind
a brace, so that a missing brace costs one entry and not the rest of the file.

Reference: https://ctan.org/pkg/bibtex (btxdoc, section 3)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_START = re.compile(r"(?:^|(?<=[})]))[ \t\ufeff]*@[ \t]*(\w+)\s*([{(])", re.MULTILINE)
# Behind a value may stand a comment, which biber allows and people write.
_FIELD = re.compile(r"(?:[\s,]+|%[^\n]*\n)*([^\s={}\"#%',()]+)\s*=\s*")
_BARE = re.compile(r"[^\s,#{}\"]+")
_JOINT = re.compile(r"\s*#\s*")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
# What an entry takes from the one that its `crossref` names, under which name.
_INHERITED = {"title": "booktitle", "subtitle": "booksubtitle", "booktitle": "booktitle"}
_OWN = frozenset({"crossref", "author", "abstract", "doi", "url", "pages", "keywords", "note"})
MAX_VALUE_CHARACTERS = 100_000


@dataclass(frozen=True)
class Entry:
    """One entry of a file.

    Attributes:
        kind: `article`, `inproceedings` …, in lower case.
        key: As it is written, perhaps empty.
        line: Where it starts, from 1.
        fields: By lower-case name, braces and LaTeX as they are.
    """

    kind: str
    key: str
    line: int
    fields: dict[str, str]


class _BrokenEntryError(ValueError):
    """A brace, a quotation mark or an equals sign is missing."""


def read_entries(text: str, name: str) -> tuple[list[Entry], tuple[str, ...]]:
    """Read the entries of a file.

    Args:
        text: The file's content.
        name: What to call the file in notes.

    Returns:
        The entries, each completed from the one that its `crossref` names, and notes
        on what could not be read or has a key that was there before.
    """
    entries: list[Entry] = []
    notes: list[str] = []
    keys: set[str] = set()
    macros = {month: month.capitalize() for month in _MONTHS.split()}
    for kind, line, body in _blocks(text):
        try:
            if kind == "string":
                macros |= _fields(body, macros)
                continue
            key, comma, rest = body.partition(",")
            if "=" in key or not comma:
                key, rest = "", body
            fields = _fields(rest, macros)
        except _BrokenEntryError:
            notes.append(f"{name}, line {line}: an entry cannot be read; check braces and commas")
            continue
        key = key.strip()
        if key and key.lower() in keys:
            notes.append(f"{name}, line {line}: the key stands there twice; both are read")
        keys.add(key.lower())
        entries.append(Entry(kind, key, line, fields))
    _inherit(entries)
    return entries, tuple(notes)


def _inherit(entries: list[Entry]) -> None:
    """Give each entry what it leaves to its parent, which may stand before or behind it."""
    parents: dict[str, Entry] = {}
    for entry in entries:
        parents.setdefault(entry.key.lower(), entry)
    for _ in range(2):  # a chapter of a volume of a series
        for entry in entries:
            parent = parents.get(entry.fields.get("crossref", "").strip().lower())
            if parent is None or parent is entry:
                continue
            for name, value in parent.fields.items():
                if name not in _OWN:
                    entry.fields.setdefault(_INHERITED.get(name, name), value)


def _blocks(text: str) -> Iterator[tuple[str, int, str]]:
    """Each entry's kind, its line, and what stands between it and the next one."""
    starts = list(_START.finditer(text))
    line, counted = 1, 0
    for index, start in enumerate(starts):
        kind = start[1].lower()
        end = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        line += text.count("\n", counted, start.start(1))
        counted = start.start(1)
        if kind not in ("comment", "preamble"):
            yield kind, line, text[start.end() : end]


def _fields(body: str, macros: dict[str, str]) -> dict[str, str]:
    """The fields up to the entry's closing brace, which must be there."""
    fields: dict[str, str] = {}
    position = 0
    while True:
        match = _FIELD.match(body, position)
        if match is None:
            rest = body[position:].lstrip(" \t\r\n,")
            if rest[:1] not in ("}", ")"):
                raise _BrokenEntryError
            return fields
        value, position = _value(body, match.end(), macros)
        fields.setdefault(match[1].lower(), value)


def _value(body: str, position: int, macros: dict[str, str]) -> tuple[str, int]:
    """A value, which may be put together with `#`, and where it ends."""
    parts: list[str] = []
    while True:
        letter = body[position : position + 1]
        if letter in ("{", '"'):
            end = _closing(body, position, letter)
            parts.append(body[position + 1 : end])
            position = end + 1
        else:
            bare = _BARE.match(body, position)
            if bare is None:
                raise _BrokenEntryError
            parts.append(macros.get(bare[0].lower(), bare[0]))
            position = bare.end()
        joint = _JOINT.match(body, position)
        if joint is None:
            return "".join(parts), position
        position = joint.end()


def _closing(body: str, start: int, opener: str) -> int:
    """Where the brace or quotation mark at `start` is closed."""
    depth = 0
    for position in range(start + 1, min(len(body), start + MAX_VALUE_CHARACTERS)):
        letter = body[position]
        if letter == "{":
            depth += 1
        elif letter == "}":
            if opener == "{" and depth == 0:
                return position
            depth -= 1
            if depth < 0:
                break
        elif letter == '"' and opener == '"' and depth == 0:
            return position
    raise _BrokenEntryError
