"""Rows of files that people wrote; the ending says what a file holds."""

from collections.abc import Sequence
from pathlib import Path

from baseline.data.columns import Rows
from baseline.data.formats import conll, json_rows, plain_text, tables
from baseline.errors import BaselineError
from baseline.files import read_text

PLAIN = plain_text.SUFFIXES
_MOST_BYTES = 500_000_000


def read_rows(path: Path, name: str, wanted: Sequence[str]) -> Rows:
    """Read a file's rows, as values by column.

    Args:
        wanted: The columns that the task reads and that must be there.
    """
    suffix = path.suffix.lower()
    if path.is_file() and path.stat().st_size > _MOST_BYTES:
        raise BaselineError(
            f"{name}: is larger than {_MOST_BYTES // 1_000_000} MB; give a smaller sample"
        )
    if suffix in (".xlsx", ".xlsm") and path.is_file():
        return tables.read_xlsx(path, name, wanted)
    if suffix == ".parquet" and path.is_file():
        return tables.read_parquet(path, name)
    text = read_text(path).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise BaselineError(f"{name}: the file is empty; give one with rows")
    tagged = "tokens" in wanted and suffix in (".tsv", *PLAIN) and conll.looks_like_conll(text)
    if suffix in conll.SUFFIXES or tagged:
        return conll.read_conll(text)
    if suffix in {".jsonl", ".ndjson", ".json"}:
        return json_rows.read_json(text, name)
    if suffix in {".csv", ".tsv"}:
        return tables.read_csv(text, name, suffix, wanted)
    if suffix in PLAIN:
        return plain_text.read_plain(text)
    raise BaselineError(
        f"{name}: files ending in {suffix!r} are not read; give .csv, .tsv, .xlsx, .jsonl, .json, "
        ".parquet, .conll or .txt"
    )
