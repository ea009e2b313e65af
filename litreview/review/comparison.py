"""A comparison of works as a table of quotes, in which what a person edits stays.

The table lives in a Markdown file. Behind it a comment keeps a short hash of each cell that the
tool wrote; a cell whose hash still fits is brought up to date, any other is the team's. Rows
and columns that the team adds stay, and so does the text around the table.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from litreview.papers.paper import shortened
from litreview.questions.columns import COLUMNS, Cell
from litreview.review.glance import glance
from litreview.review.render import line_hash
from litreview.text.markdown import escape, escape_address, plain

NOT_STATED = "not stated"
HEADINGS = {
    "objective": "Objective", "data": "Data", "amount": "Amount", "model": "Model",
    "pretrained": "Pretrained", "metric": "Metric", "figure": "Best figure", "code": "Code",
}  # fmt: skip
_MARK = re.compile(r"^<!-- litreview matrix (\{.{0,200000}\}) -->$")
_SPLIT = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Row:
    """A work and its cells, as they were found."""

    name: str
    title: str
    url: str
    cells: dict[str, Cell | None]

    def to_json(self) -> dict[str, Any]:
        """Plain data; None where the work does not say it."""
        cells = {column: cell and asdict(cell) for column, cell in self.cells.items()}
        return {"source": self.name, "title": self.title, "url": self.url, "cells": cells}


@dataclass
class Table:
    """A table as it stands in a file: Markdown in every cell.

    Attributes:
        header: The first row.
        rows: The others.
        names: The work of each row, in the same order; empty for a row of the team's.
        before: The lines above the table.
        after: The lines below it, without the tool's comment.
        kept: Cells that the team edited and that therefore stayed.
    """

    header: list[str]
    rows: list[list[str]]
    names: list[str]
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    kept: int = 0


def merged(text: str, rows: Sequence[Row]) -> tuple[str, Table]:
    """Bring the comparison in a file up to date.

    Args:
        text: The file's content, empty if there is none yet.
        rows: What was found of each work.

    Returns:
        The new content, and its table.
    """
    table, hashes = _read(text)
    ours = ["Work", *HEADINGS.values()]
    header = table.header or ours
    header = header + [name for name in ours if name not in header and not table.header]
    places = {name: header.index(head) for name, head in HEADINGS.items() if head in header}
    known = {name: row for name, row in zip(table.names, table.rows, strict=True) if name}
    written: dict[str, dict[str, str]] = {}
    new_rows: list[list[str]] = []
    new_names: list[str] = []
    fresh = {row.name: row for row in rows}
    order = [name or f"\0{i}" for i, name in enumerate(table.names)]
    order += [row.name for row in rows if row.name not in known]
    for name in order:
        if name.startswith("\0"):
            new_rows.append(table.rows[int(name[1:])])
            new_names.append("")
            continue
        old = known.get(name)
        if name not in fresh:
            if old is not None and _edited(old, hashes.get(name, {}), places):
                new_rows.append(old)
                new_names.append(name)
                written[name] = hashes.get(name, {})
            continue
        cells, marks, kept = _row(fresh[name], old, hashes.get(name, {}), places, len(header))
        table.kept += kept
        written[name] = marks
        new_rows.append(cells)
        new_names.append(name)
    result = Table(header, new_rows, new_names, table.before, table.after, table.kept)
    return _written(result, written), result


def _row(
    row: Row, old: list[str] | None, marks: dict[str, str], places: dict[str, int], width: int
) -> tuple[list[str], dict[str, str], int]:
    """The cells of a work: new ones where the tool wrote, the team's where it did."""
    cells = (list(old) if old else []) + [""] * width
    cells = cells[:width]
    if old is None:
        address = escape_address(row.url)
        title = escape(shortened(row.title or row.name, 200))
        cells[0] = f"[{title}]({address})" if address else title
    hashes = {}
    kept = 0
    for column in COLUMNS:
        place = places.get(column)
        if place is None:
            continue
        if old is not None and line_hash(cells[place]) != marks.get(column):
            kept += 1
            continue
        cells[place] = _shown(row.cells.get(column))
        hashes[column] = line_hash(cells[place])
    return cells, hashes, kept


def _shown(cell: Cell | None) -> str:
    if cell is None:
        return f"*{NOT_STATED}*"
    return f"“{escape(shortened(cell.quote, 500))}” ({escape(cell.where)})"


def _edited(row: list[str], marks: dict[str, str], places: dict[str, int]) -> bool:
    return any(line_hash(row[place]) != marks.get(column) for column, place in places.items()
               if place < len(row))  # fmt: skip


def _read(text: str) -> tuple[Table, dict[str, dict[str, str]]]:
    """The table of a file and the tool's hashes by work."""
    lines = text.splitlines()
    at = next((i for i, line in enumerate(lines) if _MARK.match(line.strip())), None)
    if at is None:
        return Table([], [], [], lines, []), {}
    match = _MARK.match(lines[at].strip())
    data = json.loads(match[1]) if match else {}
    start = at
    while start > 0 and (lines[start - 1].lstrip().startswith("|") or not lines[start - 1].strip()):
        start -= 1
    rows = [_cells(line) for line in lines[start:at] if line.lstrip().startswith("|")]
    body = rows[2:]
    names = _names(body, data)
    table = Table(rows[0] if rows else [], body, names, lines[:start], lines[at + 1 :])
    return table, data.get("cells", {})


def _names(body: list[list[str]], data: dict[str, Any]) -> list[str]:
    """The work of each row: by its title, its address, or its place, as a title may be edited."""
    by_title = {title: name for name, title in data.get("titles", {}).items()}
    addresses = {address: name for name, address in data.get("addresses", {}).items() if address}
    names = [by_title.get(line_hash(row[0]), "") if row else "" for row in body]
    for place, row in enumerate(body):
        name = addresses.get(_address(row[0]), "") if row and not names[place] else ""
        if name and name not in names:
            names[place] = name
    order = data.get("order", [])
    for place, name in enumerate(order if len(order) == len(names) else ()):
        if not names[place] and name not in names:
            names[place] = name
    return names


def _address(cell: str) -> str:
    """Where a cell's link leads, or empty."""
    match = re.search(r"\]\((https?://[^()\s]{1,2000})\)", cell)
    return html.unescape(match[1]) if match else ""


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [cell.strip() for cell in _SPLIT.split(inner)]


def _written(table: Table, cells: dict[str, dict[str, str]]) -> str:
    """The file's content."""
    named = [(name, row[0]) for name, row in zip(table.names, table.rows, strict=True) if name]
    data = {
        "titles": {name: line_hash(cell) for name, cell in named},
        "addresses": {name: _address(cell) for name, cell in named},
        "cells": cells,
        "order": table.names,
    }
    mark = json.dumps(data, ensure_ascii=True, sort_keys=True)
    mark = mark.replace("--", "-\\u002d").replace("<", "\\u003c").replace(">", "\\u003e")
    before = list(table.before)
    while before and not before[-1].strip():
        before.pop()
    lines = [*before, *([""] if before else []), *markdown_rows(table), "",
             f"<!-- litreview matrix {mark} -->", *table.after]  # fmt: skip
    return "\n".join(lines) + "\n"


def show(table: Table, form: str, title: str) -> str:
    """The table as `markdown`, `csv`, `html` or `slide`."""
    if form == "csv":
        return as_csv(table)
    if form == "html":
        return as_html(table, title)
    return as_slide(table, title) if form == "slide" else "\n".join(markdown_rows(table))


def markdown_rows(table: Table) -> list[str]:
    """The table in Markdown."""
    lines = [f"| {' | '.join(table.header)} |", f"|{' --- |' * len(table.header)}"]
    return lines + [f"| {' | '.join(row)} |" for row in table.rows]


def as_csv(table: Table) -> str:
    """The table as CSV in plain words, in which no cell can act as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in [table.header, *table.rows]:
        writer.writerow([_harmless(_plain(cell)) for cell in row])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _plain(cell: str) -> str:
    """A cell without Markdown, a link as its text."""
    text = re.sub(r"\[((?:[^\[\]\\]|\\.){0,500})\]\([^()\s]{0,2000}\)", r"\1", cell)
    return html.unescape(re.sub(r"\\(?=[^\w\s])|(?<=\d)\\", "", text)).strip("*").strip()


def as_html(table: Table, title: str) -> str:
    """A page of its own, without scripts, for a team's site."""
    head = "".join(f"<th scope='col'>{html.escape(_plain(cell))}</th>" for cell in table.header)
    body = []
    for row in table.rows:
        address = _address(row[0])
        first = html.escape(_plain(row[0]))
        if address:
            first = f'<a href="{html.escape(address)}">{first}</a>'
        others = "".join(f"<td>{html.escape(_plain(cell))}</td>" for cell in row[1:])
        body.append(f"<tr><th scope='row'>{first}</th>{others}</tr>")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title>"
        '<meta name="viewport" content="width=device-width">'
        "<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem}"
        "table{border-collapse:collapse}th,td{border:1px solid #8888;padding:.4rem .6rem;"
        "text-align:left;vertical-align:top}div{overflow-x:auto}</style></head>"
        f"<body><h1>{html.escape(title)}</h1><div><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div></body></html>\n"
    )


def as_slide(table: Table, title: str) -> str:
    """A slide in Markdown: the columns that tell most, each cell in a few of its words."""
    lines = glance(_spoken(table.header), [_spoken(row) for row in table.rows], NOT_STATED)
    cells = [[escape(cell) for cell in line] for line in lines]
    body = markdown_rows(Table(cells[0], cells[1:], [])) if cells else [f"*{NOT_STATED}*"]
    return "\n".join([f"## {escape(title)}", "", *body]) + "\n"


def at_a_glance(text: str) -> list[list[str]]:
    """What the comparison in a file tells an audience, in plain words; see `glance`."""
    table, _ = _read(text)
    if not table.header:
        return []
    return glance(_spoken(table.header), [_spoken(row) for row in table.rows], NOT_STATED)


def _spoken(row: Sequence[str]) -> list[str]:
    return [plain(_plain(cell)) for cell in row]
