"""What the role tagger sees of a sentence: its tokens, their shapes, and hashed features."""

from __future__ import annotations

import re
import zlib

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MAX_TOKENS = 100
MAX_SENTENCE_CHARACTERS = 1000
SHAPES = 7
ENDINGS = 2000
_TOKEN = re.compile(r"[A-Za-z]+|[0-9]+(?:[.,][0-9]+)*|[^\sA-Za-z0-9]")
_DIGIT = re.compile("[0-9]")
_MIX = 0x9E3779B1


def ending(token: str) -> int:
    """Number the last three letters of a token, from 1 to `ENDINGS`."""
    return 1 + zlib.crc32(normalize(token)[-3:].encode("utf-8", "replace")) % ENDINGS


def tokenize(sentence: str) -> list[str]:
    """Split a sentence into words, numbers and single signs; at most `MAX_TOKENS`."""
    return _TOKEN.findall(sentence[:MAX_SENTENCE_CHARACTERS])[:MAX_TOKENS] or ["\N{EM DASH}"]


def normalize(token: str) -> str:
    """Lower the case and turn each digit into 0."""
    return _DIGIT.sub("0", token.lower())


def shape(token: str) -> int:
    """Number the shape of a token, from 1 to 6 (0 is padding)."""
    if token[0].isdigit():
        return 1
    if not token.isalpha():
        return 5
    if token.isupper():
        return 2 if len(token) == 1 else 3
    return 4 if token[0].isupper() else 6


def token_keys(token: str) -> list[int]:
    """Hash the features that a token has wherever it stands: 32-bit keys."""
    word = normalize(token)
    names = [f"u:{word}", f"h:{shape(token)}"]
    if len(word) > 3:
        names.append(f"s:{word[-3:]}")
    if len(word) > 4:
        names.append(f"p:{word[:4]}")
    if len(word) > 6:
        names.append(f"q:{word[:6]}")
    return [zlib.crc32(name.encode("utf-8", "replace")) for name in names]


def word_key(token: str) -> int:
    """Hash a token's normalised form, for features that combine tokens."""
    return zlib.crc32(normalize(token).encode("utf-8", "replace"))


def context_keys(words: Ints, starts: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Hash the features of each sentence that combine tokens or tell its place.

    Args:
        words: `word_key` of each token of all sentences, shape `(T,)`.
        starts: Where each sentence begins in `words`, shape `(S,)`, rising.
        counts: How many sentences each abstract has, with sum `S`.

    Returns:
        The sentence of each feature and the feature's key, both of one length.
    """
    sentences = len(starts)
    lengths = np.diff(np.append(starts, len(words)))
    owner = np.repeat(np.arange(sentences), lengths)
    pairs = owner[:-1] == owner[1:]
    owners = [owner[:-1][pairs]]
    keys = [_combine(words[:-1][pairs], words[1:][pairs], 1)]
    everyone = np.arange(sentences)
    padded = np.concatenate([words, np.zeros(8, dtype=np.int64)])
    first = np.where(np.arange(8) < lengths[:, None], padded[starts[:, None] + np.arange(8)], 0)
    for place in range(8):
        if place < 5:
            owners.append(everyone)
            keys.append(_combine(first[:, place], np.full(sentences, place), 2))
        owners.append(everyone)
        keys.append(_combine(first[:, place], first[:, place] * 0, 3))
    opening = _combine(first[:, 0], first[:, 1], 4)
    last = padded[starts + np.maximum(lengths - 2, 0)]
    n = np.repeat(counts, counts)
    i = everyone - np.repeat(np.cumsum(counts) - counts, counts)
    rest = n - 1 - i
    places = [
        i * 0,
        np.minimum(i, 9),
        np.minimum(rest, 9),
        10 * i // n,
        np.minimum(n, 12),
        np.minimum(lengths // 5, 12),
        np.minimum(i, 3) * 4 + np.minimum(rest, 3),
    ]
    for key in (
        opening,
        _combine(opening, first[:, 2], 5),
        _combine(last, last * 0, 6),
        *(_combine(value, value * 0, 7 + kind) for kind, value in enumerate(places)),
    ):
        owners.append(everyone)
        keys.append(key)
    return np.concatenate(owners), np.concatenate(keys)


def _combine(left: Ints, right: Ints, kind: int) -> Ints:
    """Hash pairs of keys to one key of 32 bits."""
    mixed = (left * _MIX + right * 0x85EBCA6B + kind * 0xC2B2AE35) & 0xFFFFFFFF
    mixed ^= mixed >> 15
    mixed = (mixed * 0x2C1B3C6D) & 0xFFFFFFFF
    return np.asarray(mixed ^ (mixed >> 13))
