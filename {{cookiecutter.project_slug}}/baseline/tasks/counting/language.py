"""The language of texts by an n-gram model with Kneser-Ney smoothing (`models/ngram.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from baseline.config import Model
from baseline.data.examples import Example
from baseline.errors import BaselineError
from baseline.models import ngram
from baseline.tasks.counting.base import Counting
from baseline.tasks.counting.ngram_file import load_ngram, save_ngram
from baseline.tasks.metrics import Likelihood

_FILE = "ngram.npz"


def _fit(examples: Sequence[Example], options: Model) -> ngram.Ngram:
    config = ngram.NgramConfig(order=options.order)
    return ngram.train((example.text for example in examples), config)


def _predict(model: ngram.Ngram, examples: Sequence[Example]) -> Likelihood:
    found = [ngram.log_probabilities(model, example.text) for example in examples]
    return Likelihood(
        nats=[-float(values.sum()) for values in found],
        tokens=[len(values) for values in found],
        characters=[len(example.text) for example in examples],
    )


def _save(model: ngram.Ngram, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save_ngram(model, folder / _FILE)


def _load(folder: Path) -> ngram.Ngram:
    try:
        return load_ngram(folder / _FILE)
    except (OSError, ValueError) as error:
        raise BaselineError(f"{error}; train it again") from error


def _parameters(model: ngram.Ngram) -> int:
    return model.parameters


NGRAM = Counting("n-gram", _fit, _predict, _save, _load, _parameters)
