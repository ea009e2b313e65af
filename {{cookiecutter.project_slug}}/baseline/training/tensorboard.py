"""Learning curves in the format that TensorBoard reads, without installing TensorBoard.

    pip install tensorboard
    tensorboard --logdir runs

An event file is a row of records: length, checksum of the length, data, checksum of the data.
The data is a protocol buffer, of which four kinds of fields are enough here.

Reference:
    https://www.tensorflow.org/tutorials/load_data/tfrecord, section "TFRecords format details".
"""

from __future__ import annotations

import functools
import struct
import time
from collections.abc import Mapping
from pathlib import Path


def append(folder: Path, step: int, values: Mapping[str, float]) -> None:
    """Add values of one step to the run's event file, which is made when it is missing.

    Args:
        folder: The run's folder.
        step: Optimizer steps done.
        values: Numbers by name.
    """
    path = folder / "events.out.tfevents.0.baseline"
    records = b"" if path.exists() else _record(_event(0, version="brain.Event:2"))
    records += _record(_event(step, values=values))
    with path.open("ab") as stream:
        stream.write(records)


def _event(step: int, *, version: str = "", values: Mapping[str, float] | None = None) -> bytes:
    """An `Event`: 1 wall time, 2 step, 3 file version, 5 summary with (1 tag, 2 value) pairs."""
    data = b"\x09" + struct.pack("<d", time.time())
    if step:
        data += b"\x10" + _varint(step)
    if version:
        data += b"\x1a" + _sized(version.encode())
    summary = b""
    for name, value in (values or {}).items():
        pair = b"\x0a" + _sized(name.encode()) + b"\x15" + struct.pack("<f", value)
        summary += b"\x0a" + _sized(pair)
    return data + (b"\x2a" + _sized(summary) if summary else b"")


def _sized(data: bytes) -> bytes:
    return _varint(len(data)) + data


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth bit says that more follow."""
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _checksum(length) + data + _checksum(data)


def _checksum(data: bytes) -> bytes:
    """CRC-32C, rotated and shifted, so that data which holds checksums has none like its own."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _table()[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


@functools.cache
def _table() -> tuple[int, ...]:
    """The effect of each byte on a CRC-32C (Castagnoli's polynomial, bits reversed)."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return tuple(table)
