"""Baselines that only count: what a task gives away without any neural network.

They need no torch and train in seconds. A neural model that does not beat them has not
learned what the task is about, so run one of these first.

- label: naive Bayes over words and word pairs
- tags: the most frequent tag of a word, else of its neighbour or its ending
- span: where answers stand, counted from the question's rarest word in the text
- language: an n-gram model with Kneser-Ney smoothing (`ngram.py`)
- text: the beginning (summaries), or the answer of the most similar training example
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from baseline.data.examples import Example
from baseline.errors import BaselineError
from baseline.files import read_text, write_atomic
from baseline.models import ngram
from baseline.tasks.base import Task
from baseline.tasks.metrics import Likelihood

_TOKEN = re.compile(r"\w+|[^\w\s]")
_SENTENCE = re.compile(r"(?<=[.!?])\s")


@dataclass(frozen=True)
class Counts:
    """A fitted model: the task's name and its counts (a JSON value, or an n-gram model)."""

    task: str
    table: dict[str, object] | ngram.Ngram

    @property
    def parameters(self) -> int:
        """How many numbers the model stores."""
        if isinstance(self.table, ngram.Ngram):
            return self.table.parameters
        return sum(_leaves(value) for value in self.table.values())


def _leaves(value: object) -> int:
    if isinstance(value, dict):
        return sum(map(_leaves, value.values()))
    return len(value) if isinstance(value, list) else 1


def fit(task: Task, examples: Sequence[Example], order: int = 7) -> Counts:
    """Count what the task's model needs.

    Args:
        task: The task.
        examples: The training examples.
        order: Of the n-gram model, in characters ("language" only).
    """
    if task.kind == "language":
        config = ngram.NgramConfig(order=order)
        return Counts(task.name, ngram.train((example.text for example in examples), config))
    return Counts(task.name, _FIT[_method(task)](examples))


def predict(task: Task, model: Counts, examples: Sequence[Example]) -> list[object] | Likelihood:
    """Outputs in the form that `metrics.measure` compares."""
    if isinstance(model.table, ngram.Ngram):
        nats, tokens = 0.0, 0
        for example in examples:
            values = ngram.log_probabilities(model.table, example.text)
            nats -= float(values.sum())
            tokens += len(values)
        return Likelihood(nats, tokens, sum(len(example.text) for example in examples))
    return _PREDICT[_method(task)](model.table, examples)


def _method(task: Task) -> str:
    if task.kind == "text":
        return "lead" if task.name == "summarization" else "memory"
    return task.kind


def save(model: Counts, folder: Path) -> None:
    """Write the model as `counts.json` or `ngram.npz` (plain numbers and text)."""
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(model.table, ngram.Ngram):
        ngram.save(model.table, folder / "ngram.npz")
    else:
        content = {"format": 1, "task": model.task, "table": model.table}
        write_atomic(folder / "counts.json", json.dumps(content, ensure_ascii=False))


def load(folder: Path, task: Task) -> Counts:
    """Read what `save` wrote.

    Raises:
        BaselineError: If the model is missing, damaged, or of another task.
    """
    path = folder / ("ngram.npz" if task.kind == "language" else "counts.json")
    try:
        if task.kind == "language":
            return Counts(task.name, ngram.load(path))
        content = json.loads(read_text(path))
        if content["task"] != task.name:
            raise BaselineError(f"{path}: is a model for {content['task']}, not for {task.name}")
        return Counts(task.name, dict(content["table"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BaselineError(f"{path}: is no count-based model ({error}); train it again") from error


def words(text: str) -> list[str]:
    """Lowercase words and punctuation marks."""
    return _TOKEN.findall(text.lower())


# ------------------------------------------------------------------ label: naive Bayes


def _features(text: str) -> list[str]:
    tokens = words(text)
    return [*tokens, *(f"{a} {b}" for a, b in zip(tokens, tokens[1:], strict=False))]


def _fit_label(examples: Sequence[Example]) -> dict[str, object]:
    features: dict[str, Counter[str]] = defaultdict(Counter)
    labels = Counter(example.target for example in examples)
    for example in examples:
        features[example.target].update(_features(example.text))
    return {"labels": dict(labels), "features": {k: dict(v) for k, v in features.items()}}


def _predict_label(table: dict[str, object], examples: Sequence[Example]) -> list[object]:
    labels: dict[str, int] = table["labels"]  # type: ignore[assignment]
    features: dict[str, dict[str, int]] = table["features"]  # type: ignore[assignment]
    vocabulary = len({name for counts in features.values() for name in counts})
    alpha = 0.1
    totals = {k: sum(v.values()) + alpha * vocabulary for k, v in features.items()}

    def score(label: str, found: Iterable[str]) -> float:
        counts, total = features[label], totals[label]
        return math.log(labels[label]) + sum(
            math.log((counts.get(name, 0) + alpha) / total) for name in found
        )

    outputs: list[object] = []
    for example in examples:
        found = _features(example.text)
        outputs.append(max(labels, key=lambda label: score(label, found)))
    return outputs


# -------------------------------------------------------- tags: the most frequent one


def _tag_keys(words_: Sequence[str], place: int) -> tuple[str, str, str]:
    """From the most to the least specific: word after its neighbour, word, ending."""
    before = words_[place - 1] if place else "<begin>"
    word = words_[place]
    return f"{before} {word}", word, f"*{word[-2:]} after {before}"


def _fit_tags(examples: Sequence[Example]) -> dict[str, object]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for example in examples:
        for place, tag in enumerate(example.tags):
            for key in _tag_keys(example.words, place):
                counts[key][tag] += 1
    return {"tags": {key: found.most_common(1)[0][0] for key, found in counts.items()}}


def _predict_tags(table: dict[str, object], examples: Sequence[Example]) -> list[object]:
    known: dict[str, str] = table["tags"]  # type: ignore[assignment]
    outputs: list[object] = []
    for example in examples:
        tags = []
        for place in range(len(example.words)):
            keys = _tag_keys(example.words, place)
            tags.append(next((known[key] for key in keys if key in known), "O"))
        outputs.append(tuple(tags))
    return outputs


# ------------------------------------------- span: distance from the question's anchor


def _pieces(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _TOKEN.finditer(text)]


def _anchor(example: Example, rarity: dict[str, int]) -> tuple[list[tuple[int, int]], int]:
    """The text's words, and the place of the question's rarest word among them."""
    pieces = _pieces(example.text)
    asked = set(words(example.question))
    places = [i for i, (a, b) in enumerate(pieces) if example.text[a:b].lower() in asked]
    key = lambda i: rarity.get(example.text[slice(*pieces[i])].lower(), 0)  # noqa: E731
    return pieces, min(places, key=key, default=0)


def _fit_span(examples: Sequence[Example]) -> dict[str, object]:
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


def _predict_span(table: dict[str, object], examples: Sequence[Example]) -> list[object]:
    rarity: dict[str, int] = table["rarity"]  # type: ignore[assignment]
    places: list[list[int]] = table["places"]  # type: ignore[assignment]
    outputs: list[object] = []
    for example in examples:
        pieces, anchor = _anchor(example, rarity)
        for offset, length in places:
            first, last = anchor + offset, anchor + offset + length - 1
            if first >= 0 and last < len(pieces):
                outputs.append(example.text[pieces[first][0] : pieces[last][1]])
                break
        else:
            outputs.append(example.text)
    return outputs


# --------------------------------------------------------------- text: lead and memory


def _fit_lead(examples: Sequence[Example]) -> dict[str, object]:
    lengths = sorted(len(example.target.split()) for example in examples)
    return {"words": lengths[len(lengths) // 2]}


def _predict_lead(table: dict[str, object], examples: Sequence[Example]) -> list[object]:
    limit = int(table["words"])  # type: ignore[call-overload]
    first = (_SENTENCE.split(example.text.strip(), maxsplit=1)[0] for example in examples)
    return [" ".join(sentence.split()[:limit]) for sentence in first]


def _grams(example: Example) -> set[str]:
    text = f" {example.question} {example.text} ".lower()
    return {text[i : i + 3] for i in range(len(text) - 2)}


def _fit_memory(examples: Sequence[Example]) -> dict[str, object]:
    return {"pairs": [[e.question, e.text, e.target] for e in examples]}


def _predict_memory(table: dict[str, object], examples: Sequence[Example]) -> list[object]:
    import numpy as np

    pairs: list[list[str]] = table["pairs"]  # type: ignore[assignment]
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
        grams = _grams(example)
        shared = np.zeros(len(pairs))
        for gram in grams:
            if gram in arrays:
                shared[arrays[gram]] += math.log(len(pairs) / len(arrays[gram])) + 1e-3
        outputs.append(pairs[int(np.argmax(shared / np.sqrt(sizes)))][2])
    return outputs


_FIT = {
    "label": _fit_label,
    "tags": _fit_tags,
    "span": _fit_span,
    "lead": _fit_lead,
    "memory": _fit_memory,
}
_PREDICT = {
    "label": _predict_label,
    "tags": _predict_tags,
    "span": _predict_span,
    "lead": _predict_lead,
    "memory": _predict_memory,
}
