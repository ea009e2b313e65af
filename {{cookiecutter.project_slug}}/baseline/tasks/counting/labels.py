"""Labels by naive Bayes over words and word pairs."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from baseline.config import Model
from baseline.data.examples import Example
from baseline.tasks.counting.base import Counting

_TOKEN = re.compile(r"\w+|[^\w\s]")
_ALPHA = 0.1  # what every feature is counted more often than it occurs


def words(text: str) -> list[str]:
    """Lowercase words and punctuation marks."""
    return _TOKEN.findall(text.lower())


def _features(text: str) -> list[str]:
    tokens = words(text)
    return [*tokens, *(f"{a} {b}" for a, b in zip(tokens, tokens[1:], strict=False))]


def _fit(examples: Sequence[Example], options: Model) -> dict[str, Any]:
    features: dict[str, Counter[str]] = defaultdict(Counter)
    labels = Counter(example.target for example in examples)
    for example in examples:
        features[example.target].update(_features(example.text))
    return {"labels": dict(labels), "features": {k: dict(v) for k, v in features.items()}}


def _log_scores(table: Any, examples: Sequence[Example]) -> list[dict[str, float]]:
    labels: dict[str, int] = table["labels"]
    features: dict[str, dict[str, int]] = table["features"]
    vocabulary = {name for counts in features.values() for name in counts}
    totals = {k: sum(v.values()) + _ALPHA * len(vocabulary) for k, v in features.items()}
    rows = []
    for example in examples:
        # What no class has shown says nothing; counted, it would speak for the smallest one.
        found = [name for name in _features(example.text) if name in vocabulary]
        rows.append(
            {
                label: math.log(labels[label])
                + sum(
                    math.log((features[label].get(name, 0) + _ALPHA) / totals[label])
                    for name in found
                )
                for label in labels
            }
        )
    return rows


def _predict(table: Any, examples: Sequence[Example]) -> list[object]:
    return [max(row, key=lambda label: row[label]) for row in _log_scores(table, examples)]


def _probabilities(table: Any, examples: Sequence[Example]) -> list[dict[str, float]]:
    found = []
    for row in _log_scores(table, examples):
        largest = max(row.values())
        shares = {label: math.exp(score - largest) for label, score in row.items()}
        total = sum(shares.values())
        found.append({label: share / total for label, share in shares.items()})
    return found


NAIVE_BAYES = Counting("naive Bayes", _fit, _predict, probabilities=_probabilities)
