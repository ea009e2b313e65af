"""Texts without writing: the beginning, or the answer of the most similar training example."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from baseline.config import Model
from baseline.data.examples import Example
from baseline.tasks.counting.base import Counting

_SENTENCE = re.compile(r"(?<=[.!?])\s")


def _fit_lead(examples: Sequence[Example], options: Model) -> dict[str, Any]:
    lengths = sorted(len(example.target.split()) for example in examples)
    return {"words": lengths[len(lengths) // 2]}


def _predict_lead(table: Any, examples: Sequence[Example]) -> list[object]:
    first = (_SENTENCE.split(example.text.strip(), maxsplit=1)[0] for example in examples)
    return [" ".join(sentence.split()[: table["words"]]) for sentence in first]


def _grams(example: Example) -> set[str]:
    text = f" {example.question} {example.text} ".lower()
    return {text[i : i + 3] for i in range(len(text) - 2)}


def _fit_memory(examples: Sequence[Example], options: Model) -> dict[str, Any]:
    return {"pairs": [[e.question, e.text, e.target] for e in examples]}


def _predict_memory(table: Any, examples: Sequence[Example]) -> list[object]:
    pairs: list[list[str]] = table["pairs"]
    index: dict[str, list[int]] = defaultdict(list)
    sizes = np.zeros(len(pairs))
    for place, (question, text, _) in enumerate(pairs):
        grams = _grams(Example(text, question=question))
        sizes[place] = max(len(grams), 1)
        for gram in grams:
            index[gram].append(place)
    arrays = {gram: np.asarray(found) for gram, found in index.items()}
    outputs: list[object] = []
    for example in examples:
        shared = np.zeros(len(pairs))
        for gram in _grams(example):
            if gram in arrays:
                shared[arrays[gram]] += math.log(len(pairs) / len(arrays[gram])) + 1e-3
        outputs.append(pairs[int(np.argmax(shared / np.sqrt(sizes)))][2])
    return outputs


FIRST_SENTENCE = Counting("first sentence", _fit_lead, _predict_lead)
NEAREST_EXAMPLE = Counting("nearest example", _fit_memory, _predict_memory)
