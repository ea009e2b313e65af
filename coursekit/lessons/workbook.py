"""Read the first sheet of an Excel workbook as a table, with limits for size.

Microsoft Forms exports nothing else.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path

from coursekit.course.tables import MAX_CELL_CHARACTERS, Row, Table
from coursekit.errors import CourseError

MAX_ROWS = 20_000
MAX_COLUMNS = 2_000
MAX_UNPACKED_BYTES = 50_000_000


def is_workbook(path: Path) -> bool:
    """Whether a file is an Excel workbook, by what is in it."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
    if "xl/workbook.xml" in names:
        return True
    raise CourseError(
        f"{path}: is a packed archive, not a table; unpack it and give the .csv or .xlsx inside"
    )


def read_workbook(path: Path) -> Table:
    """The first sheet; its first line that is not empty gives the columns.

    Raises:
        CourseError: If it is too large or damaged, or openpyxl is not installed.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise CourseError(
            f"{path}: reading Excel workbooks needs openpyxl; install it with: "
            "pip install 'coursekit[forms]', or save the sheet as CSV"
        ) from error
    _check_size(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        with_numbers = list(_lines(path, book.worksheets[0]))
        book.close()
    except CourseError:
        raise
    except Exception as error:  # openpyxl raises what the damage happens to lead to
        raise CourseError(
            f"{path}: cannot be read as an Excel workbook ({type(error).__name__}); open it in a "
            "spreadsheet and save it again"
        ) from error
    if not with_numbers:
        raise CourseError(f"{path}: its first sheet is empty; export the answers again")
    (_, head), *body = with_numbers
    names: dict[str, int] = {}
    for place, cell in enumerate(head):
        name = " ".join(cell.lower().replace("_", " ").split()) or f"column {place + 1}"
        names.setdefault(name, place)
    rows = [
        Row(line, {name: cells[place] for name, place in names.items() if place < len(cells)})
        for line, cells in body
    ]
    return Table(path, tuple(names), tuple(rows))


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > MAX_UNPACKED_BYTES:
        raise CourseError(
            f"{path}: unpacks to {unpacked / 1e6:,.0f} MB; a table of answers has less than "
            f"{MAX_UNPACKED_BYTES / 1e6:g} MB, so check that it is the right file"
        )


def _lines(path: Path, sheet: object) -> Iterator[tuple[int, list[str]]]:
    rows = sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS)  # type: ignore[attr-defined]
    kept = 0
    for line, values in enumerate(rows, 1):
        if line > 50 * MAX_ROWS or kept > MAX_ROWS:
            raise CourseError(f"{path}: has more than {MAX_ROWS:,} rows; split the file")
        cells = [_text(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            kept += 1
            yield line, cells


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\xa0", " ").strip()[:MAX_CELL_CHARACTERS]
