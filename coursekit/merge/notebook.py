"""Merge Jupyter notebooks cell by cell, so that the result is always a notebook.

A cell is the same where its kind and source are; outputs and counters, which
every run changes, do not count. Where both sides edited one cell, its source is
merged as text. What the team ran stays as they ran it.

Reference: https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coursekit.merge.lines import Clash, merge_sequences, merge_text

Cell = dict[str, Any]


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
    cells, clashes = _merge_cells(old["cells"], mine["cells"], new["cells"])
    merged = {**mine, "cells": cells}
    merged["metadata"] = _merge_values(
        old.get("metadata", {}), mine.get("metadata", {}), new.get("metadata", {})
    )
    if any("id" in cell for cell in cells):
        merged["nbformat_minor"] = max(5, mine.get("nbformat_minor", 0))
    if merged == mine:
        return MergedNotebook(ours, tuple(clashes))
    text = json.dumps(merged, ensure_ascii=False, indent=1) + "\n"
    return MergedNotebook(text.encode("utf-8", "surrogatepass"), tuple(clashes))


def source(cell: Cell) -> str:
    """A cell's text; the format allows a string or a list of lines."""
    value = cell.get("source", "")
    return value if isinstance(value, str) else "".join(value)


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


def _token(cell: Cell) -> bytes:
    text = f"{cell['cell_type']}\0{source(cell)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest().encode()


def _merge_cells(
    base: Sequence[Cell], ours: Sequence[Cell], theirs: Sequence[Cell]
) -> tuple[list[Cell], list[CellClash]]:
    """Align the cells by content, then merge what remains one region at a time."""
    pools = {"base": _Pool(base), "ours": _Pool(ours), "theirs": _Pool(theirs)}
    tokens = [[_token(cell) for cell in cells] for cells in (base, ours, theirs)]
    merged: list[Cell] = []
    clashes: list[CellClash] = []
    for region in merge_sequences(*tokens):
        if isinstance(region, Clash):
            pieces = (
                pools["base"].take_all(region.base),
                pools["ours"].take_all(region.ours),
                pools["theirs"].take_all(region.theirs),
            )
            _merge_region(*pieces, merged, clashes)
            continue
        for token in region:
            old = pools["base"].take(token)
            mine = pools["ours"].take(token)
            new = pools["theirs"].take(token)
            cell = mine or new
            if cell is None:
                continue
            if old and mine and new and old.get("metadata") != new.get("metadata"):
                meta = [part.get("metadata", {}) for part in (old, mine, new)]
                cell = {**mine, "metadata": _merge_values(*meta)}
            merged.append(cell)
    return _with_unique_ids(merged), clashes


class _Pool:
    """The cells of one version, handed out in order to those who name their content."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._cells: dict[bytes, list[Cell]] = {}
        for cell in cells:
            self._cells.setdefault(_token(cell), []).append(cell)

    def take(self, token: bytes) -> Cell | None:
        found = self._cells.get(token)
        return found.pop(0) if found else None

    def take_all(self, tokens: Sequence[bytes]) -> list[Cell]:
        return [cell for token in tokens if (cell := self.take(token)) is not None]


def _merge_region(
    base: Sequence[Cell],
    ours: Sequence[Cell],
    theirs: Sequence[Cell],
    merged: list[Cell],
    clashes: list[CellClash],
) -> None:
    """Merge neighbouring cells that both sides touched."""
    if len(base) == len(ours) == len(theirs):
        for old, mine, new in zip(base, ours, theirs, strict=True):
            _merge_cell(old, mine, new, merged, clashes)
        return
    places = [_by_id(cells) for cells in (base, ours, theirs)]
    if any(place is None for place in places):
        merged += ours
        clashes += [CellClash(len(merged), source(cell)) for cell in theirs]
        return
    old_cells, my_cells, new_cells = (place or {} for place in places)
    _merge_by_id(old_cells, my_cells, new_cells, merged, clashes)


def _merge_by_id(
    base: dict[str, Cell],
    ours: dict[str, Cell],
    theirs: dict[str, Cell],
    merged: list[Cell],
    clashes: list[CellClash],
) -> None:
    # New cells of the template go behind the cell that they follow there.
    following: dict[str, list[Cell]] = {}
    anchor = ""
    for name, cell in theirs.items():
        if name in ours:
            anchor = name
        elif name not in base:
            following.setdefault(anchor, []).append(cell)
        elif _token(base[name]) != _token(cell):
            # The team removed a cell that the template has changed.
            clashes.append(CellClash(len(merged) + 1, source(cell)))
    merged += following.get("", [])
    for name, mine in ours.items():
        old, new = base.get(name), theirs.get(name)
        if old is None:
            merged.append(mine)
        elif new is None:
            # Removed by the template: gone, unless the team has worked in it.
            if _token(old) != _token(mine):
                merged.append(mine)
                clashes.append(CellClash(len(merged), ""))
        else:
            _merge_cell(old, mine, new, merged, clashes)
        merged += following.get(name, [])


def _merge_cell(
    old: Cell, mine: Cell, new: Cell, merged: list[Cell], clashes: list[CellClash]
) -> None:
    before, my_token, your_token = _token(old), _token(mine), _token(new)
    if your_token in (before, my_token):
        merged.append(mine)
    elif my_token == before:
        merged.append(new)
    elif not old["cell_type"] == mine["cell_type"] == new["cell_type"]:
        merged.append(mine)
        clashes.append(CellClash(len(merged), source(new)))
    else:
        parts = (source(cell).encode("utf-8", "surrogatepass") for cell in (old, mine, new))
        result = merge_text(*parts)
        text = result.content.decode("utf-8", "surrogatepass")
        merged.append({**mine, "source": text.splitlines(keepends=True)})
        clashes += [
            CellClash(len(merged), b"\n".join(clash.theirs).decode("utf-8", "replace"))
            for clash in result.clashes
        ]


def _by_id(cells: Sequence[Cell]) -> dict[str, Cell] | None:
    """The cells by their identifiers, or None where some have none, or share one."""
    found = {cell["id"]: cell for cell in cells if isinstance(cell.get("id"), str)}
    return found if len(found) == len(cells) else None


def _with_unique_ids(cells: Sequence[Cell]) -> list[Cell]:
    """Rename identifiers that two cells share, which the format forbids."""
    seen: set[str] = set()
    result = []
    for number, cell in enumerate(cells):
        name = cell.get("id")
        if isinstance(name, str) and name in seen:
            digest = hashlib.sha256(f"{name}{number}".encode()).hexdigest()[:12]
            cell = {**cell, "id": digest}
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
