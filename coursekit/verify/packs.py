"""Files packed by content: the same files are one pack, written once, whoever has them.

A pack is a tar archive without times, owners and links, named by the SHA-256 of its bytes, so
that it can be checked wherever it is read.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from litreview.errors import UserError
from litreview.files import write_atomic


class Store:
    """A folder of packs.

    Args:
        folder: Made when the first one is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, files: Mapping[str, bytes]) -> str:
        """Keep a pack of some files, by path; returns its name."""
        data = pack(files)
        name = hashlib.sha256(data).hexdigest()
        if not self.path(name).is_file():
            write_atomic(self.path(name), data)
        return name

    def path(self, name: str) -> Path:
        """Where a pack lies."""
        return self.folder / f"{name}.tar"

    def read(self, name: str) -> bytes:
        """A pack's bytes.

        Raises:
            UserError: If they are not those that its name says.
        """
        data = self.path(name).read_bytes()
        check(name, data)
        return data


def check(name: str, data: bytes) -> None:
    """Make sure that bytes are those of a pack.

    Raises:
        UserError: If they are not.
    """
    if hashlib.sha256(data).hexdigest() != name:
        raise UserError(f"pack {name[:12]} is damaged; remove it, and run the command again")


def pack(files: Mapping[str, bytes]) -> bytes:
    """Some files as an archive: the same files give the same bytes.

    Raises:
        UserError: If a path leads out of the folder that it is unpacked in.
    """
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in sorted(files.items()):
            if PurePosixPath(path).is_absolute() or {"", ".", ".."} & set(path.split("/")):
                raise UserError(f"{path[:80]!r} is no path inside of a repository")
            member = tarfile.TarInfo(path)
            member.size = len(content)
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()
