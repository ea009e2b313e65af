"""Read the first filled sheet of a spreadsheet (XLSX, ODS, XLS) as text, bounded."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

from litreview.errors import UserError
from litreview.files import read_bytes

SUFFIXES = frozenset([".xlsx", ".xlsm", ".xlsb", ".ods", ".xls"])
_MAX_BYTES = 20_000_000
# Packed files of a few kilobytes can hold gigabytes.
_MAX_UNPACKED = 100_000_000
_MAX_ROWS = 50_000
_ZIP, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def is_sheet(path: Path) -> bool:
    """Whether a file is a spreadsheet; some platforms call text `.xls`."""
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) in (_ZIP, _OLD)


def read_sheet(path: Path) -> list[tuple[int, list[str]]]:
    """The rows of the first sheet that has any, each with its line.

    Raises:
        UserError: If it cannot be read, is too large, or a package is missing.
    """
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        raise UserError(
            f"{path}: spreadsheets need one more package; install it: pip install "
            "'coursekit[lists]', or save the file as CSV"
        ) from error
    data = read_bytes(path, max_bytes=_MAX_BYTES)
    if data.startswith(_ZIP):
        try:
            with zipfile.ZipFile(path) as packed:
                size = sum(one.file_size for one in packed.infolist())
        except (zipfile.BadZipFile, OSError) as error:
            raise UserError(f"{path}: is damaged ({error}); save it again") from error
        if size > _MAX_UNPACKED:
            raise UserError(f"{path}: holds {size // 10**6} MB; save the list alone, as CSV")
    try:
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=_MAX_ROWS)
            if any(any(cell != "" for cell in row) for row in rows):
                return [(n, [_text(cell) for cell in row]) for n, row in enumerate(rows, 1)]
    except (CalamineError, OSError, ValueError) as error:
        raise UserError(
            f"{path}: cannot be read as a spreadsheet ({error}); save it as CSV"
        ) from error
    raise UserError(f"{path}: is empty; it needs a header line and a line per entry")


def _text(cell: Any) -> str:
    """A cell as a person reads it."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return "" if cell is None else str(cell)
