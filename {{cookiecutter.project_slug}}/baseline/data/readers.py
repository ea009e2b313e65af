"""Rows of files that people wrote: CSV, JSON, JSON lines, and plain text."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from baseline.errors import BaselineError
from baseline.files import read_text

PLAIN = (".txt", ".md")  # files of plain text, whose paragraphs are the examples


def read_rows(path: Path, name: str) -> list[dict[str, object]]:
    """Read a file's rows, as values by column; the ending says what it holds.

    Args:
        path: The file.
        name: What messages call it.

    Raises:
        BaselineError: If it is empty, damaged, or of another kind; with the line where known.
    """
    text = read_text(path)
    if not text.strip():
        raise BaselineError(f"{name}: the file is empty; give one with rows")
    suffix = path.suffix.lower()
    if suffix in {".jsonl", ".ndjson", ".json"}:
        return _read_json(text, name)
    if suffix in {".csv", ".tsv"}:
        return _read_csv(text, name, suffix)
    if suffix in PLAIN:
        return [{"text": block.strip()} for block in text.split("\n\n") if block.strip()]
    raise BaselineError(
        f"{name}: files ending in {suffix!r} are not read; give .csv, .tsv, .jsonl or .txt"
    )


def _read_json(text: str, name: str) -> list[dict[str, object]]:
    if text.lstrip().startswith("["):
        try:
            rows = json.loads(text)
        except ValueError as error:
            raise BaselineError(f"{name}: is not valid JSON ({error})") from error
        numbered = list(enumerate(rows, 1))
    else:
        numbered = []
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                try:
                    numbered.append((number, json.loads(line)))
                except ValueError as error:
                    raise BaselineError(
                        f"{name}, line {number}: is not valid JSON ({error}); correct the line"
                    ) from error
    for number, row in numbered:
        if not isinstance(row, dict):
            raise BaselineError(
                f"{name}, line {number}: is {type(row).__name__}, not an object; "
                'write {"column": "value", …}'
            )
    return [row for _, row in numbered]


def _read_csv(text: str, name: str, suffix: str) -> list[dict[str, object]]:
    first = text.lstrip("\r\n").splitlines()[0]
    delimiter = "\t" if suffix == ".tsv" else max(",;\t", key=first.count)
    csv.field_size_limit(2**31 - 1)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = []
        for row in reader:
            if None in row:
                raise BaselineError(
                    f"{name}, line {reader.line_num}: has more values than the header has columns; "
                    "put texts that hold the separator into quotation marks"
                )
            rows.append({str(key).strip(): value for key, value in row.items()})
    except csv.Error as error:
        raise BaselineError(f"{name}: is not valid CSV ({error})") from error
    return rows
