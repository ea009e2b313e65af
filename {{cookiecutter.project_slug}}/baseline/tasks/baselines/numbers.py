"""Numbers from the words and letters of a text by ridge regression, or the mean of all of them."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from baseline.config import Model
from baseline.data.examples import Example
from baseline.tasks.baselines.base import Baseline, library
from baseline.tasks.baselines.labels import features, whole_input

# How strongly weights are held back: of these, what leaves out best decides.
_HELD_BACK = (0.1, 0.3, 1.0, 3.0, 10.0)


def _fit(examples: Sequence[Example], options: Model) -> Any:
    ridge = library("sklearn.linear_model", "scikit-learn").RidgeCV(alphas=_HELD_BACK)
    model = library("sklearn.pipeline", "scikit-learn").make_pipeline(features(), ridge)
    return model.fit([whole_input(e) for e in examples], [float(e.target) for e in examples])


def _predict(model: Any, examples: Sequence[Example]) -> list[object]:
    found = model.predict([whole_input(example) for example in examples])
    return [f"{number:.6g}" for number in found]


def _mean(examples: Sequence[Example], options: Model) -> str:
    return f"{fmean(float(example.target) for example in examples):.6g}"


RIDGE = Baseline(
    "ridge regression", _fit, _predict, lambda model: int(model[-1].coef_.size), needs="sklearn"
)
MEAN = Baseline("mean", _mean, lambda mean, examples: [mean] * len(examples), lambda mean: 1)
