"""JSON: lines, arrays, objects of columns, and SQuAD's nesting."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from baseline.data.columns import Rows
from baseline.errors import BaselineError


def read_json(text: str, name: str) -> Rows:
    """Read JSON lines, or one JSON value that holds rows."""
    kind, found, bad = "line", list[tuple[int, Any]](), list[str]()
    whole = None
    if len(text) > 1 and text.lstrip()[:1] in "[{":
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError) as error:
            if text.lstrip()[:1] == "[":
                raise BaselineError(f"{name}: is not valid JSON ({error})") from error
    if whole is not None:
        kind, found = "row", _rows_of(whole, name)
    for number, line in enumerate(text.split("\n") if whole is None else (), 1):
        if line.strip():
            try:
                found.append((number, json.loads(line)))
            except (ValueError, RecursionError) as error:
                bad.append(f"line {number}: is not valid JSON ({error})")
    bad += [
        f'{kind} {number}: is {type(row).__name__}, not an object; write {{"column": "value", …}}'
        for number, row in found
        if not isinstance(row, dict)
    ]
    return Rows([row for _, row in found if isinstance(row, dict)], bad)


def _rows_of(found: Any, name: str) -> list[tuple[int, Any]]:
    """The rows that one JSON value holds."""
    if isinstance(found, list):
        return list(enumerate(found, 1))
    lists = [v for v in found.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
    if lists and "paragraphs" in lists[0][0]:
        try:
            return list(enumerate(_squad(lists[0]), 1))
        except (AttributeError, TypeError) as error:
            raise BaselineError(
                f"{name}: is nested otherwise than SQuAD's files ({error}); give JSON lines with "
                "context, question and answer"
            ) from error
    if len(lists) == 1:
        # As the data set viewer of a hub answers: {"rows": [{"row": {…}}, …]}.
        rows = [row.get("row", row) if isinstance(row, dict) else row for row in lists[0]]
        return list(enumerate(rows, 1))
    if _is_columns(found):
        columns = {
            key: list(value.values()) if isinstance(value, dict) else value
            for key, value in found.items()
        }
        keys = list(columns)
        table = zip(*columns.values(), strict=True)
        return [(n, dict(zip(keys, row, strict=True))) for n, row in enumerate(table, 1)]
    if any(isinstance(value, dict | list) for value in found.values()):
        shown = ", ".join(map(str, list(found)[:8]))
        if not any(isinstance(value, str) for value in found.values()):
            raise BaselineError(
                f"{name}: is an object with {shown}, which holds no rows; give a list of objects"
            )
    return [(1, found)]  # JSON lines with one line


def _is_columns(found: Mapping[str, Any]) -> bool:
    """Whether each value is a column of equal length, as `DataFrame.to_json` writes them."""
    sizes = {len(v) if isinstance(v, list | dict) else -1 for v in found.values()}
    return len(sizes) == 1 and min(sizes) > 0 and len(found) > 1


def _squad(articles: list[Any]) -> Iterator[dict[str, Any]]:
    """One row for each question of a file in the form of SQuAD or GermanQuAD."""
    for article in articles:
        for paragraph in article.get("paragraphs", ()):
            for asked in paragraph.get("qas", ()):
                yield {
                    "context": paragraph.get("context"),
                    "question": asked.get("question"),
                    "answer": [] if asked.get("is_impossible") else asked.get("answers", []),
                }
