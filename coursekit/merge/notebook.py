"""Merge Jupyter notebooks cell by cell, so that the result is always a notebook.

The team's cells keep their order; outputs and counters, which every run changes,
do not count. What the template changed in a cell is merged into the team's text
of it, a new cell comes behind the one that it follows in the template, and a
removed one goes unless the team has worked in it. A notebook in which nothing
arrives keeps every byte.

Reference: https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coursekit.merge.cells import Cell, match, source, token
from coursekit.merge.lines import merge_text

_INDENT = re.compile(rb"\s*\{\r?\n( {1,8})\"")


class NotebookError(ValueError):
    """A file that ends in `.ipynb` and is no notebook of version 4."""


@dataclass(frozen=True, slots=True)
class CellClash:
    """A cell that both sides changed: the team's stands.

    Attributes:
        cell: Its place in the merged notebook, counted from 1.
        theirs: The source as the template has it now; empty where the template
            removed the cell.
    """

    cell: int
    theirs: str


@dataclass(frozen=True, slots=True)
class MergedNotebook:
    """A merged notebook, and what of the template did not arrive."""

    content: bytes
    clashes: tuple[CellClash, ...]


def merge_notebook(base: bytes, ours: bytes, theirs: bytes) -> MergedNotebook:
    """Merge three versions of a notebook.

    Args:
        base: The template's notebook when the two were last the same.
        ours: The team's notebook.
        theirs: The template's notebook now.

    Raises:
        NotebookError: If one of them is no notebook.
        GitError: If git cannot be started.
    """
    old, mine, new = (_load(content) for content in (base, ours, theirs))
    merged = _Merger(old["cells"], mine["cells"], new["cells"])
    cells = merged.merge()
    minor = mine.get("nbformat_minor", 0)
    if cells != mine["cells"]:
        cells = _with_identifiers(cells, mine["cells"], minor)
    result = {**mine, "cells": cells}
    result["metadata"] = _merge_values(
        old.get("metadata", {}), mine.get("metadata", {}), new.get("metadata", {})
    )
    content = ours if result == mine else _written(result, ours)
    return MergedNotebook(content, tuple(merged.clashes))


def _written(notebook: dict[str, Any], ours: bytes) -> bytes:
    """The notebook as JSON in the form that the team's file has, so that little differs."""
    indent = _INDENT.match(ours)
    escaped = ours.isascii() and b"\\u" in ours
    text = json.dumps(notebook, ensure_ascii=escaped, indent=len(indent[1]) if indent else 1)
    end = "\n" if ours.endswith(b"\n") or not indent else ""
    content = (text + end).encode("utf-8", "surrogatepass")
    return content.replace(b"\n", b"\r\n") if b"\r\n" in ours[:1000] else content


def _load(content: bytes) -> dict[str, Any]:
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise NotebookError("is not valid JSON") from error
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise NotebookError("is not a notebook of format 4")
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(_is_cell(cell) for cell in cells):
        raise NotebookError("has cells that are none")
    return notebook


def _is_cell(cell: object) -> bool:
    if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
        return False
    text = cell.get("source", "")
    return isinstance(text, str) or (
        isinstance(text, list) and all(isinstance(line, str) for line in text)
    )


class _Merger:
    """One merge of three lists of cells."""

    def __init__(self, base: Sequence[Cell], ours: Sequence[Cell], theirs: Sequence[Cell]) -> None:
        self.base = base
        self.ours = ours
        self.theirs = theirs
        self.mine = match(base, ours, moved=True)
        self.new = match(base, theirs, moved=False)
        self.clashes: list[CellClash] = []

    def merge(self) -> list[Cell]:
        """The merged cells, in the team's order."""
        base_of = {place: old for old, place in self.mine.items()}
        following = self._new_cells()
        missed = self._missed()
        merged = following.get(-1, [])
        self._clash(len(merged) + 1, missed.get(-1, ()))
        for place, cell in enumerate(self.ours):
            old = base_of.get(place)
            if old is None:
                merged.append(cell)
            elif old in self.new:
                merged.append(self._cell(old, cell, len(merged) + 1))
            elif token(self.base[old]) != token(cell):
                # The template has removed it, but the team has worked in it.
                merged.append(cell)
                self._clash(len(merged), [""])
            merged += following.get(place, [])
            self._clash(max(len(merged), 1), missed.get(place, ()))
        return merged

    def _clash(self, cell: int, texts: Iterable[str]) -> None:
        self.clashes += [CellClash(cell, text) for text in texts]

    def _new_cells(self) -> dict[int, list[Cell]]:
        """The template's new cells, by the place of the team's cell that they come behind."""
        base_of = {place: old for old, place in self.new.items()}
        own = set(range(len(self.ours))) - set(self.mine.values())
        copied = Counter(token(self.ours[place]) for place in own)
        found: dict[int, list[Cell]] = {}
        for place, cell in enumerate(self.theirs):
            if place in base_of:
                continue
            if copied[token(cell)]:
                copied[token(cell)] -= 1  # The team has it already.
                continue
            found.setdefault(self._place_behind(place, base_of), []).append(cell)
        return found

    def _place_behind(self, place: int, base_of: Mapping[int, int]) -> int:
        for before in range(place - 1, -1, -1):
            mine = self.mine.get(base_of.get(before, -1))
            if mine is not None:
                return mine
        for after in range(place + 1, len(self.theirs)):
            mine = self.mine.get(base_of.get(after, -1))
            if mine is not None:
                return mine - 1
        # Nothing is left of what the template had: what stood last comes last.
        follows = any(before in base_of for before in range(place))
        return len(self.ours) - 1 if follows else -1

    def _missed(self) -> dict[int, list[str]]:
        """Changes of cells that the team has removed, by the team's cell before."""
        found: dict[int, list[str]] = {}
        before = -1
        for old, cell in enumerate(self.base):
            if old in self.mine:
                before = self.mine[old]
            elif old in self.new and token(self.theirs[self.new[old]]) != token(cell):
                found.setdefault(before, []).append(source(self.theirs[self.new[old]]))
        return found

    def _cell(self, place: int, mine: Cell, number: int) -> Cell:
        """Merge one cell that all three have."""
        old, new = self.base[place], self.theirs[self.new[place]]
        before, my_token, your_token = token(old), token(mine), token(new)
        if old.get("metadata") != new.get("metadata"):
            parts = [cell.get("metadata", {}) for cell in (old, mine, new)]
            merged = _merge_values(*parts)
            if merged != mine.get("metadata", {}):
                mine = {**mine, "metadata": merged}
        if your_token in (before, my_token):
            return mine
        if my_token == before:
            identifier = {"id": mine["id"]} if "id" in mine else {}
            return {**new, **identifier}
        if not old["cell_type"] == mine["cell_type"] == new["cell_type"]:
            self._clash(number, [source(new)])
            return mine
        texts = (source(cell).encode("utf-8", "surrogatepass") for cell in (old, mine, new))
        result = merge_text(*texts)
        for clash in result.clashes:
            self._clash(number, [b"\n".join(clash.theirs).decode("utf-8", "replace")])
        text = result.content.decode("utf-8", "surrogatepass")
        return mine if text == source(mine) else {**mine, "source": text.splitlines(keepends=True)}


def _with_identifiers(cells: Sequence[Cell], ours: Sequence[Cell], minor: object) -> list[Cell]:
    """Give cells from the template the identifiers that the notebook's version asks for.

    Before version 4.5 a cell has none; from then on each has its own.
    """
    known = {id(cell) for cell in ours}
    seen: set[str] = set()
    result = []
    for number, cell in enumerate(cells):
        name = cell.get("id")
        if not isinstance(minor, int) or minor < 5:
            if id(cell) not in known and "id" in cell and not any("id" in one for one in ours):
                cell = {key: value for key, value in cell.items() if key != "id"}
        elif (isinstance(name, str) and name in seen) or (name is None and id(cell) not in known):
            digest = hashlib.sha256(f"{name}{number}".encode("utf-8", "surrogatepass"))
            cell = {**cell, "id": digest.hexdigest()[:12]}
        if isinstance(cell.get("id"), str):
            seen.add(cell["id"])
        result.append(cell)
    return result


def _merge_values(old: Any, mine: Any, new: Any) -> Any:
    """Merge settings key by key; the team's value stands where both changed one."""
    if not all(isinstance(part, dict) for part in (old, mine, new)):
        return new if mine == old else mine
    merged = {}
    for key in [*mine, *(key for key in new if key not in mine)]:
        if key in mine and key in new:
            merged[key] = _merge_values(old.get(key), mine[key], new[key])
        elif key in mine:
            # Removed by the template, unless the team had changed it.
            if key not in old or mine[key] != old[key]:
                merged[key] = mine[key]
        elif key not in old:
            merged[key] = new[key]
    return merged
