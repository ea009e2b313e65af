"""A file that is only ever appended to: one JSON object a line, nothing in it is changed."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from litreview.errors import UserError
from litreview.files import read_bytes

MAX_BYTES = 20_000_000


def append_line(path: Path, row: Mapping[str, Any]) -> None:
    """Write one line more, and wait until the disk has it.

    Raises:
        UserError: If it cannot be written.
    """
    append_lines(path, [row])


def append_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write some lines more, and wait until the disk has them.

    Raises:
        UserError: If they cannot be written.
    """
    line = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if not line:
        return
    try:
        with path.open("ab") as file:
            if file.tell() and not _ends_line(path):
                line = "\n" + line  # A run that was killed left half a line.
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror}); check permissions and disk space"
        ) from error


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number and the object of each line; an absent file has none.

    Raises:
        UserError: If it cannot be read, or is far too large.
    """
    if not path.exists():
        return
    if (size := path.stat().st_size) > MAX_BYTES:
        raise UserError(
            f"{path}: has {size / 1e6:.4g} MB, more than the {MAX_BYTES / 1e6:g} MB that are read; "
            "move its older lines into another file, which nothing reads"
        )
    text = read_bytes(path, max_bytes=MAX_BYTES).decode("utf-8", "replace")
    for number, line in enumerate(text.split("\n"), start=1):
        # Half a line is what a run that was killed leaves.
        with contextlib.suppress(ValueError, RecursionError):
            row = json.loads(line)
            if isinstance(row, dict):
                yield number, row


def _ends_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
