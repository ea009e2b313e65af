"""Counting: characters that stood after the same ones before, smoothed by Kneser and Ney.

A context of nine characters is believed as far as it was seen; what is left over goes to the
contexts that are shorter. The smallest form of its tables is the text that they are counted from.

Reference:
    Chen and Goodman (1999), An empirical study of smoothing techniques, section 3.
"""

from __future__ import annotations

import json
import lzma
from collections import Counter, defaultdict
from collections.abc import Generator

import numpy as np

NAME = "Kneser–Ney, order 10"
CLAIM = 1.82
ADAPTS = False
ORDER = 10

Level = dict[str, tuple[np.ndarray, np.ndarray, float]]


def train(texts: list[str], validation: list[str], alphabet: str, seed: int) -> bytes:
    """Keep the texts; counting them is quick."""
    return lzma.compress(json.dumps(texts).encode())


def predict(artefact: bytes, alphabet: str) -> Generator[np.ndarray, str | None, None]:
    """Yield a probability for each character, and be sent the one that came."""
    levels = count(json.loads(lzma.decompress(artefact)), alphabet)
    history = ""
    while True:
        probability = np.full(len(alphabet), 1 / len(alphabet), dtype=np.float64)
        for length, level in enumerate(levels):
            known = level.get(history[len(history) - length :]) if length <= len(history) else None
            if known is None:
                break
            places, shares, left = known
            probability *= left
            probability[places] += shares
        came = yield probability.astype(np.float32)
        history = "" if came is None else (history + came)[-ORDER:]


def count(texts: list[str], alphabet: str) -> list[Level]:
    """For each length of context, what came after each context."""
    grams = [
        Counter(text[i : i + n] for text in texts for i in range(len(text) - n + 1))
        for n in range(1, ORDER + 1)
    ]
    places = {character: place for place, character in enumerate(alphabet)}
    levels = []
    for n in range(1, ORDER + 1):
        counts = grams[n - 1]
        if n < ORDER:  # how many different characters stood before, not how often
            counts = Counter(gram[1:] for gram in grams[n])
            counts.update(text[:n] for text in texts if len(text) >= n)
        levels.append(smooth(counts, places))
    return levels


def smooth(counts: Counter[str], places: dict[str, int]) -> Level:
    """Take a little from each count, for what was never seen."""
    ones, twos, threes, fours = (sum(c == k for c in counts.values()) for k in (1, 2, 3, 4))
    share = ones / (ones + 2 * twos) if ones and twos else 0.5
    ratios = ((ones, twos), (twos, threes), (threes, fours))
    discounts = [
        min(k, max(0.05, k - (k + 1) * share * more / fewer)) if fewer and more else 0.5 * k
        for k, (fewer, more) in enumerate(ratios, start=1)
    ]
    after: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for gram, number in counts.items():
        after[gram[:-1]].append((places[gram[-1]], number))
    level: Level = {}
    for context, found in after.items():
        total = sum(number for _, number in found)
        kept = [number - discounts[min(number, 3) - 1] for _, number in found]
        shares = np.array(kept) / total
        level[context] = (np.array([place for place, _ in found]), shares, 1 - float(shares.sum()))
    return level
