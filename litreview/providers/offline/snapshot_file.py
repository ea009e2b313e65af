"""Read a snapshot line by line, plain or gzip, whole or cut off."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

MAX_LINE_BYTES = 10_000_000
TAIL_BYTES = 4_096
_CHUNK_BYTES = 1 << 20


class SnapshotStream:
    """The lines of a plain or gzip file, with a count of the bytes read from disk."""

    def __init__(self, raw: BinaryIO, advance: Callable[[int], None]) -> None:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        self.raw = raw
        self.advance = advance
        self.position = 0
        self.unpacked = _Gunzip(raw) if packed else None
        self.data = io.BufferedReader(self.unpacked, _CHUNK_BYTES) if self.unpacked else raw

    def __enter__(self) -> SnapshotStream:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.unpacked is not None:
            self.data.close()

    @property
    def cut(self) -> bool:
        """Whether compressed data ended before its end, or was damaged."""
        return self.unpacked is not None and self.unpacked.cut

    def lines(self) -> Iterator[bytes]:
        """Each line with its end; one that is too long comes in pieces."""
        for count, line in enumerate(iter(lambda: self.data.readline(MAX_LINE_BYTES), b""), 1):
            yield line
            if count % 1000 == 0:
                self._report()
        self._report()

    def skip(self, count: int) -> bytes:
        """Read over what is known already, and give back the end of its last line."""
        tail = b""
        while count > 0 and (piece := self.data.read(min(count, _CHUNK_BYTES))):
            count -= len(piece)
            tail = (tail + piece)[-TAIL_BYTES - 1 :]
        self._report()
        start = tail.rfind(b"\n", 0, -1) + 1
        return b"" if count else tail[start:][-TAIL_BYTES:]

    def _report(self) -> None:
        now = self.raw.tell()
        self.advance(now - self.position)
        self.position = now


class _Gunzip(io.RawIOBase):
    """Unpacks gzip as far as it goes; `gzip` itself throws away the last block of a cut file."""

    def __init__(self, raw: BinaryIO) -> None:
        self.raw = raw
        self.cut = False
        self._unpack = zlib.decompressobj(wbits=31)
        self._waiting = b""

    def readable(self) -> bool:
        """It can only be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; 0 at the end, also where the data breaks off."""
        while True:
            if self._unpack.eof:
                # A gzip file may consist of several, one after the other.
                self._waiting = self._unpack.unused_data or self._waiting
                self._unpack = zlib.decompressobj(wbits=31)
                if not (self._waiting or self._more()):
                    return 0
            packed = self._waiting or self._more()
            try:
                data = self._unpack.decompress(packed, len(buffer))
            except zlib.error:
                self.cut = True
                return 0
            self._waiting = self._unpack.unconsumed_tail
            if data:
                buffer[: len(data)] = data
                return len(data)
            if not packed and not self._unpack.eof:
                self.cut = True
                return 0

    def _more(self) -> bytes:
        self._waiting = self.raw.read(_CHUNK_BYTES)
        return self._waiting
