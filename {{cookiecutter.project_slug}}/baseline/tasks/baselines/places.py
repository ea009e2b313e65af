"""Answers by their place: where they stand, counted from the question's rarest word in the text."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from baseline.config import Model
from baseline.data.examples import Example
from baseline.tasks.baselines.base import Baseline
from baseline.tasks.baselines.labels import WORD

_WORD = re.compile(WORD)


def _anchor(example: Example, rarity: Counter[str]) -> tuple[list[tuple[int, int]], int]:
    """Where the text's words are, and the place of the question's rarest word among them."""
    pieces = [match.span() for match in _WORD.finditer(example.text)]
    asked = set(_WORD.findall(example.question.lower()))
    words = [example.text[a:b].lower() for a, b in pieces]
    places = [place for place, word in enumerate(words) if word in asked]
    return pieces, min(places, key=lambda place: rarity[words[place]], default=0)


def _fit(examples: Sequence[Example], options: Model) -> tuple[Counter[str], Any]:
    rarity = Counter(w for e in examples for w in set(_WORD.findall(e.question.lower())))
    places: Counter[tuple[int, int]] = Counter()
    for example in examples:
        pieces, anchor = _anchor(example, rarity)
        end = example.start + len(example.target)
        inside = [i for i, (a, b) in enumerate(pieces) if a < end and b > example.start]
        if inside:
            places[inside[0] - anchor, inside[-1] - inside[0]] += 1
    return rarity, [place for place, _ in places.most_common(200)]


def _predict(model: tuple[Counter[str], Any], examples: Sequence[Example]) -> list[object]:
    outputs: list[object] = []
    for example in examples:
        pieces, anchor = _anchor(example, model[0])
        spans = ((anchor + offset, anchor + offset + length) for offset, length in model[1])
        inside = ((a, b) for a, b in spans if a >= 0 and b < len(pieces))
        first, last = next(inside, (0, len(pieces) - 1))
        outputs.append(example.text[pieces[first][0] : pieces[last][1]] if pieces else "")
    return outputs


NEAREST_PLACE = Baseline("nearest place", _fit, _predict, lambda model: sum(map(len, model)))
