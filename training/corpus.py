"""The abstracts to learn from, their labels and the measure of success."""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from litreview.abstracts.roles import ROLES

# How much of an annotator's doubt is spread over the other roles.
DOUBT = 0.35


@dataclass(frozen=True)
class Abstract:
    """One abstract; `labels` and `agreement` are empty where nobody labelled it.

    Attributes:
        sentences: Its sentences, in order.
        labels: Index into `ROLES` of each sentence, shape `(S,)`.
        agreement: Share of the annotators' weight behind each label, shape `(S,)`.
    """

    sentences: tuple[str, ...]
    labels: NDArray[np.int64]
    agreement: NDArray[np.float32]

    @property
    def targets(self) -> NDArray[np.float32]:
        """Soft labels, shape `(S, 5)`: the less agreement, the flatter."""
        spread = (1 - self.agreement) * DOUBT
        table = np.repeat(spread[:, None] / len(ROLES), len(ROLES), axis=1)
        table[np.arange(len(self.labels)), self.labels] += 1 - spread
        return table.astype(np.float32)


def data_folder() -> Path:
    """Find the folder with `csabstruct/` and `scitldr/`."""
    default = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    folder = Path(os.environ.get("COURSEKIT_DATA", default))
    if not (folder / "csabstruct" / "train.jsonl").is_file():
        raise SystemExit(f"{folder}: holds no csabstruct/train.jsonl; set COURSEKIT_DATA")
    return folder


def read(name: str) -> list[Abstract]:
    """Read one file of abstracts, such as `csabstruct/train.jsonl`."""
    with (data_folder() / name).open(encoding="utf-8") as stream:
        return [_abstract(json.loads(line)) for line in stream]


def _abstract(record: dict[str, list[str]]) -> Abstract:
    return Abstract(
        tuple(record["sentences"]),
        np.array([ROLES.index(label) for label in record.get("labels", [])], dtype=np.int64),
        np.array(record.get("confs", []), dtype=np.float32),
    )


def folds(count: int, parts: int) -> list[list[int]]:
    """Deal abstracts into parts, the same way every time."""
    order = list(range(count))
    random.Random(0).shuffle(order)
    return [order[part::parts] for part in range(parts)]


def f1(
    abstracts: list[Abstract],
    predictions: list[NDArray[np.float32]],
    least_agreement: float = 0.0,
) -> tuple[float, float]:
    """Score predictions over all sentences with enough agreement.

    Args:
        abstracts: With labels.
        predictions: An array of shape `(S, 5)` for each abstract.
        least_agreement: Sentences with less are left out.

    Returns:
        Micro-F1 (accuracy, as each sentence has one role) and macro-F1, in percent.
    """
    gold = np.concatenate([abstract.labels for abstract in abstracts])
    guess = np.concatenate([table.argmax(axis=1) for table in predictions])
    kept = np.concatenate([a.agreement for a in abstracts]) >= least_agreement
    gold, guess = gold[kept], guess[kept]
    scores = []
    for role in range(len(ROLES)):
        both = ((gold == role) & (guess == role)).sum()
        scores.append(2 * both / max(1, (gold == role).sum() + (guess == role).sum()))
    return 100 * float((gold == guess).mean()), 100 * float(np.mean(scores))


def report(name: str, abstracts: list[Abstract], predictions: list[NDArray[np.float32]]) -> str:
    """One line: micro / macro F1 on all sentences and on those with agreement >= 0.6."""
    every = "/".join(f"{score:.1f}" for score in f1(abstracts, predictions))
    agreed = "/".join(f"{score:.1f}" for score in f1(abstracts, predictions, 0.6))
    return f"{name}: all {every}, agreement >= 0.6 {agreed}"
