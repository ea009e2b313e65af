"""Tables: CSV and TSV as spreadsheets save them, XLSX and Parquet."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from baseline.data.columns import Rows
from baseline.errors import BaselineError, library

# What an archive may grow to; a crafted one of a few kilobytes could fill the disk.
_MOST_BYTES = 400_000_000


def read_csv(text: str, name: str, suffix: str, wanted: Sequence[str]) -> Rows:
    """Read a table of text; the separator is found out, or told by Excel's line `sep=;`.

    Args:
        suffix: ".tsv" separates by tabs.
        wanted: The columns that the task reads, in case that the table has no header.
    """
    text = text.lstrip("\r\n")
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r"sep=(.)\s*", first.strip('\ufeff"\r '), re.IGNORECASE)
    if told:
        text = rest.lstrip("\r\n")
        first = text.partition("\n")[0]
    if told:
        delimiter = told[1]
    else:
        delimiter = "\t" if suffix == ".tsv" else max(",;\t", key=first.count)
    csv.field_size_limit(2**31 - 1)
    lines: list[tuple[int, list[str]]] = []
    try:
        # Tab-separated files of text corpora do not quote: a quotation mark is one.
        if suffix == ".tsv" and '"' not in first:
            reader = csv.reader(io.StringIO(text), "excel-tab", quoting=csv.QUOTE_NONE)
        else:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines.extend((reader.line_num, line) for line in reader if any(line))
    except csv.Error as error:
        raise BaselineError(f"{name}: is not valid CSV ({error})") from error
    return with_header(lines, wanted)


def with_header(lines: Sequence[tuple[int, Sequence[object]]], wanted: Sequence[str]) -> Rows:
    """Rows by column; a table without a header gets the columns of the task, in their order."""
    if not lines:
        return Rows([])
    header = [str(value if value is not None else "").strip() for value in lines[0][1]]
    notes: tuple[str, ...] = ()
    if _is_text(header, wanted):
        header = _named([line for _, line in lines], wanted)
        notes = (f"no header, so its columns are taken for {', '.join(filter(None, header))}",)
    else:
        lines = lines[1:]
    rows, bad = [], []
    for number, line in lines:
        if any(value not in ("", None) for value in line[len(header) :]):
            bad.append(
                f"line {number}: has more values than the header has columns; "
                "put texts that hold the separator into quotation marks"
            )
            continue
        rows.append({key: value for key, value in zip(header, line, strict=False) if key})
    return Rows(rows, bad, notes)


def _is_text(header: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the first line already holds an example, and not the names of columns."""
    if len(header) < len(wanted) or {h.casefold() for h in header} & set(wanted):
        return False
    return any(len(cell.split()) > 3 or cell[-1:] in tuple(".!?") for cell in header)


def _named(lines: Sequence[Sequence[object]], wanted: Sequence[str]) -> list[str]:
    """Names for the columns of a table without a header; what repeats most is the label."""
    names = [*wanted, *[""] * (max(map(len, lines)) - len(wanted))]
    if tuple(wanted) == ("text", "label"):
        kinds = [len({line[n] for line in lines if len(line) > n}) for n in (0, 1)]
        if kinds[0] < kinds[1]:
            names[:2] = ["label", "text"]
    return names


def read_xlsx(path: Path, name: str, wanted: Sequence[str]) -> Rows:
    """Read the first sheet of a workbook."""
    openpyxl = library("openpyxl", "openpyxl", f"{name}:", "save the table as CSV")
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > _MOST_BYTES:
                raise BaselineError(f"{name}: unpacks to more than 400 MB; save it as CSV")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        lines = [
            (number, list(values))
            for number, values in enumerate(sheet.iter_rows(values_only=True), 1)
            if any(value is not None for value in values)
        ]
        book.close()
    except BaselineError:
        raise
    except Exception as error:  # a damaged archive fails in many ways
        raise BaselineError(
            f"{name}: is no workbook that can be read ({type(error).__name__}); save it as CSV"
        ) from error
    return with_header(lines, wanted)


def read_parquet(path: Path, name: str) -> Rows:
    """Read a Parquet file."""
    parquet = library("pyarrow.parquet", "pyarrow", f"{name}:", "save the table as CSV")
    try:
        about = parquet.ParquetFile(path).metadata
        size = sum(about.row_group(n).total_byte_size for n in range(about.num_row_groups))
        if size > _MOST_BYTES:
            raise BaselineError(f"{name}: unpacks to more than 400 MB; give a smaller sample")
        found: Iterable[dict[str, object]] = parquet.read_table(path).to_pylist()
    except BaselineError:
        raise
    except Exception as error:
        raise BaselineError(
            f"{name}: is no Parquet file that can be read ({type(error).__name__})"
        ) from error
    return Rows(list(found))
