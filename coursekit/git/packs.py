"""Read git's objects from the files that they lie in, without starting git.

Starting git once for each of a hundred repositories costs more than all that is
then read. What is read here is checked against its name, which is a hash of its
content, so it is right or it is not returned. Everything unusual (other
formats, borrowed objects, large or damaged ones) is left to git.

dulwich reads them as fast, but unpacks whatever an object claims to be: a small file
of a hostile team could fill the memory. Here nothing is unpacked beyond a limit.

Reference: gitformat-pack(5) and gitrepository-layout(5), https://git-scm.com/docs.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{40}")
_INDEX_MARK = b"\377tOc\0\0\0\2"
# In an index: the mark, 256 running counts, the names, a checksum for each, an offset for each.
_COUNTS = len(_INDEX_MARK)
_NAMES = _COUNTS + 256 * 4
_MAX_INDEX_BYTES = 50_000_000
_FAR = 1 << 31
# git makes chains of 50 at most unless told otherwise.
_MAX_CHAIN = 200
_KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_OFFSET_DELTA, _NAMED_DELTA = 6, 7
_MAX_HEADER_BYTES = 64
_FIRST_READ_BYTES = 4096
_DAMAGE = (OSError, ValueError, IndexError, KeyError, struct.error, zlib.error)


class ObjectFiles:
    """The objects of one repository; call `close` when they are read.

    Args:
        folder: The repository's `objects` folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._packs: list[_Pack] | None = None

    def close(self) -> None:
        """Close the packs' files; they are opened again when needed."""
        packs, self._packs = self._packs or [], None
        for pack in packs:
            pack.file.close()

    def read(self, oid: str, max_bytes: int) -> bytes | None:
        """The content of an object, or None where git should be asked.

        Args:
            oid: Its full name.
            max_bytes: No more than this is ever unpacked.
        """
        if not _NAME.fullmatch(oid):
            return None
        try:
            found = self._loose(oid, max_bytes) or self._packed(oid, max_bytes)
        except _DAMAGE:
            return None
        if found is None:
            return None
        kind, content = found
        digest = hashlib.sha1(f"{kind} {len(content)}\0".encode(), usedforsecurity=False)
        digest.update(content)
        return content if digest.hexdigest() == oid else None

    def _loose(self, oid: str, max_bytes: int) -> tuple[str, bytes] | None:
        try:
            # Paths as plain text: this is the innermost loop.
            with open(f"{self.folder}/{oid[:2]}/{oid[2:]}", "rb", buffering=0) as file:  # noqa: PTH123
                packed = file.read(_FIRST_READ_BYTES)
                if len(packed) == _FIRST_READ_BYTES:
                    packed += file.read(_bound(max_bytes))
            data = _unpack(packed, max_bytes + _MAX_HEADER_BYTES)
        except FileNotFoundError:
            return None
        header, _, content = data.partition(b"\0")
        kind, size = header.decode("ascii").split(" ")
        if len(content) != int(size) or len(content) > max_bytes:
            raise ValueError("damaged or too large")
        return kind, content

    def _packed(self, oid: str, max_bytes: int) -> tuple[str, bytes] | None:
        if self._packs is None:
            self._packs = []
            for path in sorted((self.folder / "pack").glob("*.idx")):
                self._packs.append(_Pack(path))
        name = bytes.fromhex(oid)
        for pack in self._packs:
            offset = pack.find(name)
            if offset is not None:
                return pack.read(offset, max_bytes)
        return None


class _Pack:
    """One pack with its index."""

    def __init__(self, path: Path) -> None:
        if path.stat().st_size > _MAX_INDEX_BYTES:
            raise ValueError("not a team's repository")
        self.index = path.read_bytes()
        if not self.index.startswith(_INDEX_MARK):
            raise ValueError("an older format")
        self.count = self._number(_COUNTS + 255 * 4)
        self.file = path.with_suffix(".pack").open("rb", buffering=0)

    def _number(self, position: int) -> int:
        number: int = struct.unpack_from(">I", self.index, position)[0]
        return number

    def find(self, name: bytes) -> int | None:
        """Where in the pack an object begins."""
        low = self._number(_COUNTS + (name[0] - 1) * 4) if name[0] else 0
        high = self._number(_COUNTS + name[0] * 4)
        while low < high:
            middle = (low + high) // 2
            here = self.index[_NAMES + middle * 20 : _NAMES + middle * 20 + 20]
            if here == name:
                offset = self._number(_NAMES + self.count * 24 + middle * 4)
                if offset >= _FAR:
                    raise ValueError("a pack of more than 2 GB")
                return offset
            low, high = (middle + 1, high) if here < name else (low, middle)
        return None

    def read(self, offset: int, max_bytes: int) -> tuple[str, bytes]:
        """Kind and content of the object at an offset, put together from its deltas."""
        deltas: list[bytes] = []
        while len(deltas) <= _MAX_CHAIN:
            self.file.seek(offset)
            data = self.file.read(_FIRST_READ_BYTES)
            kind, size, position = _entry(data)
            if kind == _OFFSET_DELTA:
                back, position = _distance(data, position)
                base = offset - back
            elif kind == _NAMED_DELTA:
                base = self.find(data[position : position + 20]) or 0
                position += 20
            else:
                base = offset
            if size > max_bytes or base <= 0:
                raise ValueError("too large, or its base is elsewhere")
            missing = position + _bound(size) - len(data)
            content = _unpack(data[position:] + self.file.read(max(0, missing)), size)
            if len(content) != size:
                raise ValueError("damaged")
            if base == offset:
                for delta in reversed(deltas):
                    content = apply_delta(content, delta, max_bytes)
                return _KINDS[kind], content
            deltas.append(content)
            offset = base
        raise ValueError("a chain without end")


def _bound(size: int) -> int:
    """The most bytes that so much content takes when it is compressed."""
    return size + size // 1000 + _MAX_HEADER_BYTES


def _unpack(data: bytes, max_bytes: int) -> bytes:
    """Decompress, at most one byte more than allowed."""
    return zlib.decompressobj().decompress(data, max_bytes + 1)


def _entry(data: bytes) -> tuple[int, int, int]:
    """Kind and size that a pack gives for an object, and where its data begins."""
    byte, position = data[0], 1
    kind, size, shift = (byte >> 4) & 7, byte & 15, 4
    while byte & 0x80:
        byte = data[position]
        size |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
    return kind, size, position


def _distance(data: bytes, position: int) -> tuple[int, int]:
    """How far before a delta its base begins; the bytes are offset by one from the second on."""
    byte = data[position]
    distance = byte & 0x7F
    while byte & 0x80:
        position += 1
        byte = data[position]
        distance = ((distance + 1) << 7) | (byte & 0x7F)
    return distance, position + 1


def apply_delta(base: bytes, delta: bytes, max_bytes: int) -> bytes:
    """Make an object from another one and the difference.

    Raises:
        ValueError: If they do not fit, or the result is larger than `max_bytes`.
    """
    before, position = _length(delta, 0)
    after, position = _length(delta, position)
    if before != len(base) or after > max_bytes:
        raise ValueError("another base, or too large")
    parts = []
    total = 0
    while position < len(delta) and total <= after:
        code = delta[position]
        position += 1
        if code & 0x80:
            # Copy from the base: four bytes of the start and three of the length, zeros left out.
            numbers = []
            for bits in (range(4), range(4, 7)):
                number = 0
                for place, bit in enumerate(bits):
                    if code & (1 << bit):
                        number |= delta[position] << (8 * place)
                        position += 1
                numbers.append(number)
            start, length = numbers[0], numbers[1] or 0x10000
            part = base[start : start + length]
        else:
            # Zero is kept for later versions; it adds nothing, so the lengths below disagree.
            part = delta[position : position + code]
            position += code
        parts.append(part)
        total += len(part)
    if total != after:
        raise ValueError("damaged")
    return b"".join(parts)


def _length(delta: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = delta[position]
        number |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if not byte & 0x80:
            return number, position
