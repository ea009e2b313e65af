"""Read text that people wrote, never leave half a file behind, and never open a pickle."""

import os
import tempfile
from pathlib import Path

from baseline.errors import BaselineError

_PICKLE_ENDINGS = {".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt"}


def read_text(path: Path) -> str:
    """Read a text file from any editor: UTF-8 with or without a mark, UTF-16, Windows-1252."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BaselineError(
            f"{path}: cannot be read ({error.strerror or error}); check the path"
        ) from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
        if "\x00" not in text and "\ufffd" not in text:
            return text
    if b"\x00" in data:
        raise BaselineError(
            f"{path}: is a binary file, or text in an encoding that is not known; "
            "give a text file in UTF-8"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def write_atomic(path: Path, content: str | bytes) -> None:
    """Replace a file in one step: a reader sees the old one or the new one."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        raise BaselineError(
            f"{path}: cannot be written ({error.strerror or error}); "
            "check permissions and disk space"
        ) from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def refuse_pickle(path: Path) -> None:
    """Stop at weights that can run a program when they are read."""
    head = b""
    if path.is_file():
        with path.open("rb") as stream:
            head = stream.read(9)
    # Safetensors begin with a length of eight bytes, which can look like anything, and a brace.
    pickled = head[8:9] != b"{" and (head[:1] == b"\x80" or head[:2] == b"PK")
    if path.suffix in _PICKLE_ENDINGS or pickled:
        raise BaselineError(
            f"{path}: is a pickle, which can run any program when it is read, so it is not loaded; "
            "give weights in the safetensors format"
        )
