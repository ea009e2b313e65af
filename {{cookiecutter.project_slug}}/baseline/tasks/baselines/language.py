"""The language of texts by an n-gram model with Kneser-Ney smoothing (`models/ngram.py`)."""

from collections.abc import Sequence

from baseline.config import Model
from baseline.data.examples import Example
from baseline.models import ngram
from baseline.tasks.baselines.base import Baseline
from baseline.tasks.metrics import Likelihood


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


NGRAM = Baseline("n-gram", _fit, _predict, lambda model: int(model.parameters))
