"""Read text that people wrote, and write files without ever leaving half of one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from litreview.errors import UserError

MAX_TEXT_BYTES = 5_000_000


def read_text(path: Path, *, max_bytes: int = MAX_TEXT_BYTES) -> str:
    """Read a text file that may come from any editor.

    A byte order mark is dropped; line endings are kept as they are, so that a
    file can be written back byte for byte apart from the change that was meant.
    Files that are not UTF-8 are read as Windows-1252, which never fails.

    Args:
        path: The file.
        max_bytes: The largest size that is read, in bytes.

    Raises:
        UserError: If the file is missing, unreadable, too large or binary.
    """
    return decode_text(read_bytes(path, max_bytes=max_bytes), str(path))


def read_bytes(path: Path, *, max_bytes: int = MAX_TEXT_BYTES) -> bytes:
    """Read at most `max_bytes` of a regular file.

    Raises:
        UserError: If the file is missing, unreadable or too large.
    """
    try:
        if not path.is_file():
            reason = "is a folder, not a file" if path.is_dir() else "does not exist"
            raise UserError(f"{path}: {reason}; check the path")
        with path.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(f"{path}: cannot be read ({reason}); check its permissions") from error
    if len(data) > max_bytes:
        raise UserError(
            f"{path}: is larger than {max_bytes / 1e6:g} MB; a text file of this kind never is, "
            "so check that it is the right one"
        )
    return data


def decode_text(data: bytes, name: str) -> str:
    """Decode bytes as UTF-8 (with or without a byte order mark), else Windows-1252.

    Args:
        data: The bytes.
        name: What to call the file in an error.

    Raises:
        UserError: If the bytes are not text.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode("utf-16")
    if b"\x00" in data:
        raise UserError(f"{name}: is a binary file, not text; give a text file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def write_atomic(path: Path, content: str | bytes) -> None:
    """Replace a file in one step, so that a reader sees the old one or the new one.

    Strings are written as UTF-8 with their line endings untouched. The mode of
    an existing file is kept; a symbolic link is followed, not replaced.

    Raises:
        UserError: If the folder cannot be written to, or the disk is full.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    target = path.resolve() if path.is_symlink() else path
    temporary: str | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else _default_mode()
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(
            f"{path}: cannot be written ({reason}); check permissions and disk space"
        ) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _default_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
