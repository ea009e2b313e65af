"""Put a file where readers look for it, in one step."""

from __future__ import annotations

import os
from pathlib import Path

from litreview.errors import UserError


def replace_file(path: Path, data: bytes) -> None:
    """Write a file: a reader sees the old one or the new one, never half of it.

    Unlike `litreview.files.write_atomic` this waits for no disk: what is written
    here can be made again, and there are thousands of files.

    Raises:
        UserError: If it cannot be written.
    """
    # Two workers may publish the same picture at the same time.
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            partial.write_bytes(data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror}); check permissions and disk space"
        ) from error
