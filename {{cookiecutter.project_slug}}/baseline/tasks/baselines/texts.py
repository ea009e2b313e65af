"""Texts without writing: the beginning, or the answer of the most similar training example."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from baseline.config import Model
from baseline.data.examples import Example
from baseline.tasks.baselines.base import Baseline
from baseline.tasks.baselines.labels import features, whole_input

_SENTENCE = re.compile(r"(?<=[.!?])\s")
_ROWS = 256  # similarities to all training examples that are looked at together


def _fit_lead(examples: Sequence[Example], options: Model) -> int:
    lengths = sorted(len(example.target.split()) for example in examples)
    return lengths[len(lengths) // 2]


def _predict_lead(words: int, examples: Sequence[Example]) -> list[object]:
    first = (_SENTENCE.split(example.text.strip(), maxsplit=1)[0] for example in examples)
    return [" ".join(sentence.split()[:words]) for sentence in first]


def _nearest(title: str, key: Callable[[Example], str]) -> Baseline:
    """Answers as the training example did whose `key` is the most similar one."""

    def fit(examples: Sequence[Example], options: Model) -> tuple[Any, Any, list[str]]:
        vectors = features()
        table = vectors.fit_transform([key(example) for example in examples])
        return vectors, table.T.tocsr(), [example.target for example in examples]

    def predict(model: tuple[Any, Any, list[str]], examples: Sequence[Example]) -> list[object]:
        vectors, table, answers = model
        rows = vectors.transform([key(example) for example in examples])
        found: list[object] = []
        for start in range(0, len(examples), _ROWS):
            best = (rows[start : start + _ROWS] @ table).toarray().argmax(axis=1)
            found += [answers[place] for place in best]
        return found

    return Baseline(title, fit, predict, lambda model: len(model[2]), needs="sklearn")


FIRST_SENTENCE = Baseline("first sentence", _fit_lead, _predict_lead, lambda words: 1)
NEAREST_EXAMPLE = _nearest("nearest example", whole_input)
# What it gets right needs no text at all: so much is guessed.
QUESTION_ONLY = _nearest("nearest question", lambda example: example.question)
