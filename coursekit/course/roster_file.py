"""Change single cells of a roster, and leave everything else as the staff have it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from coursekit.course.roster import column_of, is_member_column, spoken_name
from coursekit.course.sheets import is_sheet
from coursekit.course.tables import column_name, find_delimiter, split_list
from coursekit.errors import RosterError
from litreview.files import read_bytes, read_text, write_atomic

# From the header, a line's number and its cells to its new cells.
_Edit = Callable[[list[str], int, list[str]], list[str]]


def set_slugs(path: Path, slugs: Mapping[int, str]) -> None:
    """Write slugs into a roster's lines; a column for them is added where there is none.

    Lines that are not concerned keep every byte, unless the column is new or the file
    was not UTF-8.

    Args:
        path: The roster, as text with commas, semicolons or tabs.
        slugs: From the line on which a team begins (as `Team.line`) to its slug.

    Raises:
        RosterError: If a line is not there.
        UserError: If the file cannot be read or written.
    """
    missing = set(slugs)

    def edit(header: list[str], line: int, cells: list[str]) -> list[str]:
        column = column_of("slug", header)
        missing.discard(line)
        slug = "slug" if cells is header else slugs.get(line, "")
        if column < 0:
            # Rows may be shorter than the heading.
            return [*cells, *[""] * (len(header) - len(cells)), slug]
        return _with(cells, column, slug) if line in slugs else cells

    text = _edited(path, edit)
    if missing:
        raise RosterError(f"{path}: has no line {min(missing)}; it has changed, so run again")
    write_atomic(path, text)


def take_out(path: Path, line: int, name: str) -> str:
    """A roster's text without one person: name, address and account.

    Args:
        path: The roster.
        line: The line of the person's team.
        name: The person's name as it is spoken.

    Raises:
        UserError: If the file cannot be read.
    """

    def edit(header: list[str], number: int, cells: list[str]) -> list[str]:
        if number != line or cells is header:
            return cells
        column = column_of("members", header)
        members = split_list(cells[column]) if 0 <= column < len(cells) else ()
        listed = [spoken_name(one) for one in members if one]
        single = [k for k, cell in enumerate(header) if is_member_column(cell) and k < len(cells)]
        listed += [spoken_name(cells[k]) for k in single if cells[k].strip()]
        if name not in listed:
            return cells
        at = listed.index(name)
        changed = list(cells)
        for what in ("emails", "github", "consent"):
            place = column_of(what, header)
            parts = split_list(cells[place]) if 0 <= place < len(cells) else ()
            if len(parts) == len(listed):
                kept = [part for k, part in enumerate(parts) if k != at]
                changed[place] = "; ".join(kept) if any(kept) else ""
        if column >= 0:
            changed[column] = "; ".join(one for one in members if one and spoken_name(one) != name)
        for k in single:
            changed[k] = "" if spoken_name(cells[k]) == name else cells[k]
        return changed

    return _edited(path, edit)


def drop_rows(path: Path, headings: Sequence[str], gone: Callable[[str], bool]) -> str:
    """A table's text without the rows of some people.

    Args:
        path: The table; the first column with one of the headings holds the names.
        headings: In lower case.
        gone: Whether the row of a name goes.

    Raises:
        UserError: If the file cannot be read.
    """

    def edit(header: list[str], number: int, cells: list[str]) -> list[str]:
        known = [column_name(cell) for cell in header]
        column = next((known.index(one) for one in known if one in headings), 0)
        if cells is header or column >= len(cells):
            return cells
        return [] if gone(cells[column]) else cells

    return _edited(path, edit)


def _edited(path: Path, edit: _Edit) -> str:
    if is_sheet(path):
        raise RosterError(
            f"{path}: is a spreadsheet, in which nothing can be changed from here; save it as CSV, "
            "name that in course.toml (roster, in [teams]), and run again"
        )
    text = read_text(path)
    delimiter, lines_before = find_delimiter(text)
    records = list(_records(text, delimiter, lines_before))
    head = next((cells for _, _, cells in records if any(cells)), None)
    if head is None:
        raise RosterError(f"{path}: is empty")
    parts = ["".join(_lines(text)[:lines_before])]
    for line, raw, cells in records:
        changed = edit(head, line, cells) if any(cells) else cells
        if changed or not cells:
            parts.append(raw if changed == cells else _written(changed, delimiter, raw))
    # Spreadsheets take a file without a byte order mark for the system's old encoding.
    plain = read_bytes(path).decode("utf-8", "replace")
    return ("" if plain == text else "\ufeff") + "".join(parts)


def _with(cells: list[str], column: int, text: str) -> list[str]:
    changed = [*cells, *[""] * (column + 1 - len(cells))]
    changed[column] = text
    return changed


def _records(text: str, delimiter: str, lines_before: int) -> Iterator[tuple[int, str, list[str]]]:
    """Each record with its first line's number and its own text."""
    lines = _lines(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = iter(reader)
    for _ in range(lines_before):
        next(rows, None)
    start = lines_before
    for cells in rows:
        end = reader.line_num
        yield start + 1, "".join(lines[start:end]), cells
        start = end


def _lines(text: str) -> list[str]:
    """Lines as the csv module counts them."""
    return list(io.StringIO(text, newline=""))


def _written(cells: list[str], delimiter: str, raw: str) -> str:
    ending = "\r\n" if raw.endswith("\r\n") else "\n" if raw.endswith("\n") else ""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=ending).writerow(cells)
    return stream.getvalue()
