"""Tags by memory: the most frequent tag of a word, else of its neighbour or its ending."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from baseline.config import Model
from baseline.data.examples import Example
from baseline.tasks.counting.base import Counting


def _keys(words: Sequence[str], place: int) -> tuple[str, str, str]:
    """From the most to the least specific: word after its neighbour, word, ending."""
    before = words[place - 1] if place else "<begin>"
    word = words[place]
    return f"{before} {word}", word, f"*{word[-2:]} after {before}"


def _fit(examples: Sequence[Example], options: Model) -> dict[str, Any]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for example in examples:
        for place, tag in enumerate(example.tags):
            for key in _keys(example.words, place):
                counts[key][tag] += 1
    return {"tags": {key: found.most_common(1)[0][0] for key, found in counts.items()}}


def _predict(table: Any, examples: Sequence[Example]) -> list[object]:
    known: dict[str, str] = table["tags"]
    outputs: list[object] = []
    for example in examples:
        keys = [_keys(example.words, place) for place in range(len(example.words))]
        outputs.append(
            tuple(next((known[key] for key in found if key in known), "O") for found in keys)
        )
    return outputs


MOST_FREQUENT = Counting("most frequent tag", _fit, _predict)
