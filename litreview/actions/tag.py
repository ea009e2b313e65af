"""Tag a file of abstracts, line by line, in constant memory."""

from __future__ import annotations

import itertools
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from litreview.abstracts.roles import tag
from litreview.errors import UserError
from litreview.text.sentences import split

BATCH = 512
MAX_LINE_BYTES = 20_000_000


def tag_file(source: Path) -> Iterator[str]:
    """Tag the abstracts of a JSON-lines file.

    Args:
        source: The file, or `-` for standard input. Each line is an object with
            `sentences` (a list of strings) or `abstract` (a string).

    Yields:
        Each object as a line of JSON without its line break: what it held, and
        `sentences`, `labels` and `scores`.

    Raises:
        UserError: If the file cannot be read or a line is not such an object;
            the sentence names the line.
    """
    records = _records(_lines(source), str(source))
    while batch := list(itertools.islice(records, BATCH)):
        tagged = tag([record["sentences"] for record in batch])
        for record, roles in zip(batch, tagged, strict=True):
            record["labels"] = [role.role for role in roles]
            record["scores"] = [round(role.score, 4) for role in roles]
            yield _dump(record)


def count_abstracts(source: Path) -> int:
    """Count the abstracts of a file, checking every line as `tag_file` does.

    Raises:
        UserError: As `tag_file`.
    """
    return sum(1 for _ in _records(_lines(source), str(source)))


def write_tagged(
    source: Path, out: Path, advance: Callable[[int], None] = lambda steps: None
) -> int:
    """Tag a file into another one, which appears only when everything is done.

    Args:
        source: As for `tag_file`.
        out: Where to write; may be `source` itself.
        advance: Called with the number of abstracts just done.

    Returns:
        The number of abstracts.

    Raises:
        UserError: As `tag_file`, or if `out` cannot be written.
    """
    temporary: Path | None = None
    count = 0
    try:
        handle, name = tempfile.mkstemp(prefix=f".{out.name[:40]}.", dir=out.parent)
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            for line in tag_file(source):
                stream.write(line + "\n")
                count += 1
                advance(1)
        temporary.chmod(out.stat().st_mode & 0o777 if out.exists() else 0o644)
        temporary.replace(out)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(
            f"{out}: cannot be written ({reason}); check the folder and its permissions"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return count


def _dump(record: dict[str, Any]) -> str:
    line = json.dumps(record, ensure_ascii=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:  # half of a pair, which JSON can escape but UTF-8 cannot hold
        return json.dumps(record)
    return line


def _lines(source: Path) -> Iterator[bytes]:
    if str(source) == "-":
        yield from _bounded(sys.stdin.buffer, "standard input")
        return
    try:
        with source.open("rb") as stream:
            yield from _bounded(stream, str(source))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(f"{source}: cannot be read ({reason}); check the path") from error


def _bounded(stream: Any, name: str) -> Iterator[bytes]:
    for number in itertools.count(1):
        line = stream.readline(MAX_LINE_BYTES + 1)
        if not line:
            return
        if len(line) > MAX_LINE_BYTES:
            raise UserError(
                f"{name}, line {number}: is longer than {MAX_LINE_BYTES // 1_000_000} MB; "
                "give one JSON object a line"
            )
        yield line


def _records(lines: Iterable[bytes], name: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if line.strip(b"\xef\xbb\xbf \t\r\n"):
            yield _record(line, f"{name}, line {number}")


def _record(line: bytes, place: str) -> dict[str, Any]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UserError(f"{place}: is not UTF-8 text; save the file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        detail = getattr(error, "msg", "nested too deeply")
        raise UserError(f"{place}: is not JSON ({detail}); give one JSON object a line") from error
    if not isinstance(record, dict):
        raise UserError(
            f"{place}: is {type(record).__name__}, not an object; "
            'write {"abstract": "…"} or {"sentences": ["…"]}'
        )
    sentences = record.get("sentences")
    if sentences is None and isinstance(record.get("abstract"), str):
        record["sentences"] = [span.text for span in split(record["abstract"])]
    elif not isinstance(sentences, list) or not all(isinstance(s, str) for s in sentences):
        raise UserError(
            f"{place}: has neither `sentences` (a list of texts) nor `abstract` (a text); add one"
        )
    return record
