"""Write a repository's name into a roster, and leave everything else as the staff have it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from coursekit.course.roster import column_of
from coursekit.course.tables import find_delimiter
from coursekit.errors import RosterError
from litreview.files import read_bytes, read_text, write_atomic


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
    text = read_text(path)
    delimiter, lines_before = find_delimiter(text)
    records = list(_records(text, delimiter, lines_before))
    head = next((record for record in records if any(record[2])), None)
    if head is None:
        raise RosterError(f"{path}: is empty")
    column = column_of("slug", head[2])
    missing = set(slugs)
    parts = ["".join(_lines(text)[:lines_before])]
    for line, raw, cells in records:
        changed = list(cells)
        if column < 0 and any(cells):
            # Rows may be shorter than the heading.
            changed += [""] * (len(head[2]) - len(changed))
            changed.insert(len(head[2]), "slug" if line == head[0] else slugs.get(line, ""))
        elif line in slugs:
            changed += [""] * (column + 1 - len(changed))
            changed[column] = slugs[line]
        missing.discard(line)
        parts.append(raw if changed == cells else _written(changed, delimiter, raw))
    if missing:
        raise RosterError(f"{path}: has no line {min(missing)}; it has changed, so run again")
    # Spreadsheets take a file without a byte order mark for the system's old encoding.
    plain = read_bytes(path).decode("utf-8", "replace")
    mark = "" if plain == text else "\ufeff"
    write_atomic(path, mark + "".join(parts))


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
