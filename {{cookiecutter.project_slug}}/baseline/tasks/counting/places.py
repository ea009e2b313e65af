"""Answers by their place: where they stand, counted from the question's rarest word in the text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from baseline.config import Model
from baseline.data.examples import Example
from baseline.tasks.counting.base import Counting
from baseline.tasks.counting.labels import words

_TOKEN = re.compile(r"\w+|[^\w\s]")


def _pieces(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _TOKEN.finditer(text)]


def _anchor(example: Example, rarity: dict[str, int]) -> tuple[list[tuple[int, int]], int]:
    """The text's words, and the place of the question's rarest word among them."""
    pieces = _pieces(example.text)
    asked = set(words(example.question))
    places = [i for i, (a, b) in enumerate(pieces) if example.text[a:b].lower() in asked]
    key = lambda i: rarity.get(example.text[slice(*pieces[i])].lower(), 0)  # noqa: E731
    return pieces, min(places, key=key, default=0)


def _fit(examples: Sequence[Example], options: Model) -> dict[str, Any]:
    rarity = Counter(word for example in examples for word in set(words(example.question)))
    places: Counter[tuple[int, int]] = Counter()
    for example in examples:
        pieces, anchor = _anchor(example, rarity)
        end = example.start + len(example.target)
        inside = [i for i, (a, b) in enumerate(pieces) if a < end and b > example.start]
        if inside:
            places[inside[0] - anchor, inside[-1] - inside[0] + 1] += 1
    common = [[offset, length] for (offset, length), _ in places.most_common(200)]
    return {"rarity": dict(rarity), "places": common}


def _predict(table: Any, examples: Sequence[Example]) -> list[object]:
    outputs: list[object] = []
    for example in examples:
        pieces, anchor = _anchor(example, table["rarity"])
        for offset, length in table["places"]:
            first, last = anchor + offset, anchor + offset + length - 1
            if first >= 0 and last < len(pieces):
                outputs.append(example.text[pieces[first][0] : pieces[last][1]])
                break
        else:
            outputs.append(example.text)
    return outputs


NEAREST_PLACE = Counting("nearest place", _fit, _predict)
