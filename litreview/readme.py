"""Read and replace a team's README so that every byte nobody meant to change stays."""

from __future__ import annotations

from pathlib import Path

from litreview.errors import UserError
from litreview.files import MAX_TEXT_BYTES, read_bytes, write_atomic


def read(path: Path) -> str:
    """Read a README; bytes that are no UTF-8 survive the way back through `write`.

    Args:
        path: The file; an absent one counts as empty.

    Raises:
        UserError: If it is binary, too large, or UTF-16.
    """
    if not path.exists() and not path.is_symlink():
        return ""
    return decode(read_bytes(path, max_bytes=MAX_TEXT_BYTES), path)


def decode(data: bytes, path: Path) -> str:
    """Turn a README's bytes into text and keep those that are no UTF-8.

    Raises:
        UserError: If the bytes are binary or UTF-16.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UserError(f"{path}: is in UTF-16; save it as UTF-8 and run the command again")
    if b"\x00" in data:
        raise UserError(f"{path}: is a binary file, not text; give the review's README.md")
    return data.decode("utf-8", "surrogateescape")


def write(path: Path, before: str, after: str) -> None:
    """Replace a README in one step.

    Args:
        path: The file.
        before: What `read` gave; if the file says something else by now, nothing
            is written.
        after: What it shall say.

    Raises:
        UserError: If somebody else changed the file meanwhile, or it cannot be written.
    """
    if read(path) != before:
        raise UserError(f"{path}: was changed while it was being drafted; run the command again")
    write_atomic(path, after.encode("utf-8", "surrogateescape"))
