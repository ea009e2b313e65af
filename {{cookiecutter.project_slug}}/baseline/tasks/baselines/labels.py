"""Labels from the words and letters of a text: a linear support vector machine, or naive Bayes.

Reference:
    Wang and Manning (2012), Baselines and bigrams, P12-2018, for how far these two get.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from baseline.config import Model
from baseline.data.examples import Example
from baseline.tasks.baselines.base import Baseline, library

WORD = r"\w+|[^\w\s]"  # words and punctuation marks


def whole_input(example: Example) -> str:
    """Everything that is given, as one text."""
    return f"{example.question}\n{example.text}".strip()


def features() -> Any:
    """TF-IDF of words and pairs of words, and of two to five letters within words."""
    text = library("sklearn.feature_extraction.text", "scikit-learn")
    return library("sklearn.pipeline", "scikit-learn").make_union(
        text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD),
        text.TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )


def _fit(parts: Sequence[Any], examples: Sequence[Example]) -> Any:
    labels = [example.target for example in examples]
    if len(set(labels)) < 2:  # of few examples, all can have one label
        parts = [library("sklearn.dummy", "scikit-learn").DummyClassifier()]
    model = library("sklearn.pipeline", "scikit-learn").make_pipeline(*parts)
    return model.fit([whole_input(example) for example in examples], labels)


def _fit_svm(examples: Sequence[Example], options: Model) -> Any:
    machine = library("sklearn.svm", "scikit-learn").LinearSVC(
        random_state=0, class_weight=None if options.class_weights == "none" else "balanced"
    )
    return _fit((features(), machine), examples)


def _fit_bayes(examples: Sequence[Example], options: Model) -> Any:
    text = library("sklearn.feature_extraction.text", "scikit-learn")
    counts = text.CountVectorizer(ngram_range=(1, 2), token_pattern=WORD)
    bayes = library("sklearn.naive_bayes", "scikit-learn").MultinomialNB(alpha=0.1)
    return _fit((counts, bayes), examples)


def _predict(model: Any, examples: Sequence[Example]) -> list[object]:
    return [str(label) for label in model.predict([whole_input(e) for e in examples])]


def _probabilities(model: Any, examples: Sequence[Example]) -> list[object]:
    rows = model.predict_proba([whole_input(example) for example in examples])
    names = [str(label) for label in model.classes_]
    return [dict(zip(names, row.round(4).tolist(), strict=True)) for row in rows]


def _weights(model: Any) -> int:
    last = model.steps[-1][1]
    return int(getattr(last, "coef_", getattr(last, "feature_log_prob_", last.classes_)).size)


SVM = Baseline("linear SVM", _fit_svm, _predict, _weights, needs="sklearn")
NAIVE_BAYES = Baseline(
    "naive Bayes", _fit_bayes, _predict, _weights, needs="sklearn", probabilities=_probabilities
)
