"""The TeX files of a paper: a file with what it includes, or an archive as arXiv packs it.

Nothing is unpacked to the disk. A file outside the paper's own folder is never read, and
sizes are bounded before and while something is decompressed.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from litreview.errors import UserError
from litreview.files import decode_text

MAX_TEX_BYTES = 10_000_000
MAX_UNPACKED_BYTES = 100_000_000
MAX_MEMBERS = 5_000
_WANTED = (".tex", ".bbl", ".bib", ".ltx")
_BOMB = "the archive unpacks to more than {:g} MB of text; a paper never does, so it is not read"


class Folder(Mapping[str, str]):
    """The TeX files beside a file on disk, read when they are asked for."""

    def __init__(self, path: Path) -> None:
        self.root = path.resolve().parent
        self.left = MAX_TEX_BYTES

    def __getitem__(self, name: str) -> str:
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root) or path.suffix not in _WANTED or not path.is_file():
            raise KeyError(name)
        try:
            with path.open("rb") as stream:
                data = stream.read(self.left + 1)
        except OSError as error:
            raise KeyError(name) from error
        if len(data) > self.left:
            raise KeyError(name)
        self.left -= len(data)
        return decode_text(data.replace(b"\x00", b""), name)

    def __iter__(self) -> Iterator[str]:
        return (path.name for path in sorted(self.root.iterdir()) if path.suffix in _WANTED)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def tex_files(data: bytes) -> dict[str, str]:
    """The TeX files in a tar archive (also compressed), a zip archive or a compressed file.

    Returns:
        Text by its path in the archive.

    Raises:
        UserError: If the archive is broken, a bomb, or holds no TeX.
    """
    try:
        if data[:4] == b"PK\x03\x04":
            found = dict(_zipped(data))
        else:
            plain = _gunzip(data) if data[:2] == b"\x1f\x8b" else data
            found = dict(_tarred(plain)) if _is_tar(plain) else {"main.tex": _text(plain, "it")}
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError,
            NotImplementedError, RuntimeError) as error:  # fmt: skip
        raise UserError("the archive is broken or encrypted; fetch it again") from error
    if not any(name.endswith((".tex", ".ltx")) for name in found):
        raise UserError("the archive holds no TeX file; give the paper's source, HTML or PDF")
    return found


def _gunzip(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    plain = unpacker.decompress(data, MAX_UNPACKED_BYTES)
    if unpacker.unconsumed_tail:
        raise UserError(_BOMB.format(MAX_UNPACKED_BYTES / 1e6))
    if not unpacker.eof:
        raise EOFError
    return plain


def _is_tar(data: bytes) -> bool:
    return data[257:262] == b"ustar" or (
        len(data) >= 1024 and len(data) % 512 == 0 and b"\x00" in data[:512]
    )


def _tarred(data: bytes) -> Iterator[tuple[str, str]]:
    left = MAX_TEX_BYTES
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for count, member in enumerate(archive):
            if count > MAX_MEMBERS:
                return
            if not member.isreg() or not member.name.endswith(_WANTED):
                continue
            if member.size > left:
                raise UserError(_BOMB.format(MAX_TEX_BYTES / 1e6))
            left -= member.size
            stream = archive.extractfile(member)
            if stream is not None:
                yield _inside(member.name), _text(stream.read(member.size), member.name)


def _zipped(data: bytes) -> Iterator[tuple[str, str]]:
    left = MAX_TEX_BYTES
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist()[:MAX_MEMBERS]:
            if member.is_dir() or not member.filename.endswith(_WANTED):
                continue
            with archive.open(member) as stream:
                text = stream.read(left + 1)  # the size that the archive states may be a lie
            if len(text) > left:
                raise UserError(_BOMB.format(MAX_TEX_BYTES / 1e6))
            left -= len(text)
            yield _inside(member.filename), _text(text, member.filename)


def _inside(name: str) -> str:
    """A member's name without what would lead out of the archive."""
    return str(PurePosixPath(*(p for p in PurePosixPath(name).parts if p not in ("/", "..", "."))))


def _text(data: bytes, name: str) -> str:
    return decode_text(data.replace(b"\x00", b""), name)
