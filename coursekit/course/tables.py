"""Read the tables that staff keep in a spreadsheet, and write tables that are safe in one.

Excel saves "CSV" with a byte order mark or in Windows-1252, with semicolons in
half of Europe, with tabs as "Unicode text", with a `sep=;` line, with line
breaks inside cells and with rows of empty cells below the data. All of that is
read; every row knows its line, so that an error can name it.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.course.sheets import is_sheet, read_sheet
from litreview.errors import UserError
from litreview.files import read_text

MAX_CELL_CHARACTERS = 2_000
_DELIMITERS = ",;\t"
# A cell that starts like this is a formula to a spreadsheet, and a formula may run a program.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: cells by column name, and where it stands in the file."""

    line: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        """The cell's text, empty where the table has no such column."""
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns in order; names are lower case with single spaces."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(path: Path, *, error: type[UserError] = UserError) -> Table:
    """Read a table with a header line.

    Args:
        path: A text file with commas, semicolons or tabs between cells, or a spreadsheet.
        error: The class of the error that is raised.

    Raises:
        UserError: (of the class `error`) if the file is missing, binary or
            empty, has two columns of one name, or a row with too many cells, a
            control character or an unclosed quotation mark.
    """
    if is_sheet(path):
        return _as_table(path, read_sheet(path), error)
    text = read_text(path)
    delimiter, lines_before = find_delimiter(text)
    if lines_before:
        _, _, text = text.partition("\n")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: tuple[str, ...] = ()
    rows: list[Row] = []
    start = lines_before + 1
    try:
        for record in reader:
            line, start = start, lines_before + reader.line_num + 1
            cells = [_clean(cell, path, line, error) for cell in record]
            while cells and not cells[-1] and len(cells) > len(columns):
                cells.pop()
            if not any(cells):
                continue
            if not columns:
                columns = _columns(cells, path, line, error)
            elif len(cells) > len(columns):
                raise error(
                    f"{path}, line {line}: has {len(cells)} cells but the header has "
                    f"{len(columns)}; put quotation marks around a cell that contains "
                    f"{delimiter!r}"
                )
            else:
                padded = cells + [""] * (len(columns) - len(cells))
                rows.append(Row(line, dict(zip(columns, padded, strict=True))))
    except csv.Error as problem:
        raise error(
            f"{path}, line {start}: cannot be read as a table ({problem}); "
            "look for a quotation mark that is not closed"
        ) from problem
    if not columns:
        raise error(f"{path}: is empty; it needs a header line and a line per entry")
    return Table(path, columns, tuple(rows))


def _as_table(
    path: Path, records: Iterable[tuple[int, list[str]]], error: type[UserError]
) -> Table:
    columns: tuple[str, ...] = ()
    rows = []
    for line, record in records:
        cells = [_clean(cell, path, line, error) for cell in record]
        if columns:
            cells = cells[: len(columns)]
            if any(cells):
                rows.append(Row(line, dict(zip(columns, cells, strict=False))))
        elif any(cells):
            while not cells[-1]:
                cells.pop()
            columns = _columns(cells, path, line, error)
    return Table(path, columns, tuple(rows))


def find_delimiter(text: str) -> tuple[str, int]:
    """What separates cells, and how many lines stand before the header (`sep=;` is one)."""
    hint = text.partition("\n")[0].strip().strip('"')
    if hint.lower().startswith("sep=") and len(hint) == 5:
        return hint[4], 1
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=header.count), 0


def column_name(cell: str) -> str:
    """A heading as columns are named: lower case with single spaces."""
    return " ".join(cell.lower().replace("_", " ").split())


def format_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table as CSV in which no cell can act as a formula."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([defuse(cell) for cell in row])
    return stream.getvalue()


def defuse(cell: str) -> str:
    """Make a spreadsheet show a cell as text where it would calculate it."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def split_list(cell: str) -> tuple[str, ...]:
    """Split a cell that lists names.

    Semicolons, bars and line breaks separate; commas do only where none of
    these occurs, so that "Lovelace, Ada; Turing, Alan" is two people.
    """
    for mark in "|\n":
        cell = cell.replace(mark, ";")
    parts = cell.split(";") if ";" in cell else cell.split(",")
    return tuple(" ".join(part.split()) for part in parts)


def _columns(
    cells: Sequence[str], path: Path, line: int, error: type[UserError]
) -> tuple[str, ...]:
    names = tuple(map(column_name, cells))
    for number, name in enumerate(names):
        if name and name in names[:number]:
            raise error(f"{path}, line {line}: has two columns {name!r}; rename one of them")
    return tuple(name or f"column {number}" for number, name in enumerate(names, 1))


def _clean(cell: str, path: Path, line: int, error: type[UserError]) -> str:
    cell = unicodedata.normalize("NFC", cell.replace("\r\n", "\n").replace("\r", "\n"))
    cell = cell.replace("\xa0", " ").replace("\t", " ").strip()
    for character in cell:
        # Bidirectional overrides (Cf) make a name read as another one.
        if character != "\n" and unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn"):
            raise error(
                f"{path}, line {line}: the cell {cell[:40]!r} holds the control character "
                f"U+{ord(character):04X}; type the text again"
            )
        if character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
            raise error(
                f"{path}, line {line}: the cell {cell[:40]!r} holds a hidden sign that turns "
                "the direction of writing; type the text again"
            )
    if len(cell) > MAX_CELL_CHARACTERS:
        raise error(
            f"{path}, line {line}: a cell has {len(cell):,} characters; at most "
            f"{MAX_CELL_CHARACTERS:,} are taken"
        )
    if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS):
        return cell[1:]
    return cell
