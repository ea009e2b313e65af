"""A text that is dictated: whoever predicts it hears a character only after predicting it.

The text stays outside of the box. A program in the box prints a probability for each character of
the alphabet, as 32-bit floats after a byte that says that they follow, and is then told on its
standard input which one came, as its place in the alphabet (16 bits). So no program can look ahead,
and the bits are counted where it cannot reach.
"""

from __future__ import annotations

import json
import math
import struct
import sys
import tarfile
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litreview.errors import UserError

NEW_TEXT, THE_END = 0xFFFF, 0xFFFE
PREDICTS = b"\x01"
FILE = "dictation.json"
# How far from 1 the sum of 32-bit probabilities may be; they are divided by it.
_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Texts:
    """What is dictated.

    Attributes:
        alphabet: All characters, in the order in which probabilities are printed.
        texts: One after the other; a program is told where one begins.
    """

    alphabet: str
    texts: tuple[str, ...]

    def to_json(self) -> bytes:
        """As a file of a pack."""
        content = {"alphabet": self.alphabet, "texts": self.texts}
        return json.dumps(content, ensure_ascii=False).encode()


def read_texts(pack: Path) -> Texts:
    """Read the texts from their pack."""
    with tarfile.open(pack) as archive:
        stream = archive.extractfile(FILE)
        content = json.loads(stream.read() if stream else b"{}")
    return Texts(content["alphabet"], tuple(content["texts"]))


class Dictation:
    """Hears predictions, tells what came, and counts bits.

    Args:
        texts: What is dictated.
    """

    def __init__(self, texts: Texts) -> None:
        self._size = len(texts.alphabet)
        self._characters = sum(map(len, texts.texts))
        self._alphabet = texts.alphabet
        self._codes = _codes(texts)
        self._next = next(self._codes)
        self._heard = bytearray()
        self._bits = 0.0
        self._place = 0
        self.loading = 0.0
        self.is_complete = False
        self._is_over = False

    def hear(self, data: bytes, used: Callable[[], float]) -> tuple[bytes, bytes]:
        """Count the bits of predictions, and answer each; see `watch.Listener`.

        Raises:
            UserError: If something is no prediction; names the character.
        """
        told = bytearray()
        self._heard += data
        width = 4 * self._size
        while not self._is_over and len(self._heard) > width:
            if self._heard[:1] != PREDICTS:
                break
            del self._heard[:1]
            if self._next == NEW_TEXT and not self._place:
                self.loading = used()
            probabilities = array("f", bytes(self._heard[:width]))
            del self._heard[:width]
            if sys.byteorder == "big":
                probabilities.byteswap()
            if self._next < THE_END:
                self._bits += self._cost(probabilities)
                self._place += 1
            told += struct.pack("<H", self._next)
            self.is_complete = self._next == THE_END
            self._next = next(self._codes, THE_END)
            self._is_over = self.is_complete
        self._is_over |= self._heard[:1] not in (b"", PREDICTS)
        if not self._is_over:
            return bytes(told), b""
        rest, self._heard = bytes(self._heard), bytearray()
        return bytes(told), rest

    def _cost(self, probabilities: array[float]) -> float:
        total, own = sum(probabilities), probabilities[self._next]
        where = f"at character {self._place + 1:,} of {self._characters:,}"
        if not abs(total - 1) <= _SUM_TOLERANCE or min(probabilities) < 0:
            raise UserError(f"{where} its probabilities are none: their sum is {total:.6g}")
        if own == 0:
            came = self._alphabet[self._next]
            raise UserError(f"{where} it gave no chance to {came!r}, which came")
        return -math.log2(own / total)

    def found(self) -> dict[str, Any]:
        """What was counted: bits a character, characters, and CPU-seconds before the first one."""
        return {
            "bits": self._bits / max(1, self._characters),
            "characters": self._characters,
            "loading": self.loading,
        }


def _codes(texts: Texts) -> Iterator[int]:
    places = {character: place for place, character in enumerate(texts.alphabet)}
    for text in texts.texts:
        yield NEW_TEXT
        for character in text:
            yield places[character]
    yield THE_END
