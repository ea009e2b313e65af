"""Labels from the words and letters of a text: linear support vector machines, or naive Bayes.

Reference:
    Wang and Manning (2012), Baselines and bigrams, P12-2018, for how far these two get.
"""

import copy
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from baseline.config import Model
from baseline.data.examples import Example
from baseline.data.targets import as_set, labels_in
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


@dataclass(frozen=True)
class _Machine:
    """A linear support vector machine with what it has learned from."""

    vectors: Any  # from texts to rows of numbers
    machine: Any
    table: Any  # the rows of the training texts
    labels: Sequence[str]

    def margins(self, examples: Sequence[Example]) -> Any:
        """How far each text lies on each label's side, `(N, labels)`."""
        rows = self.vectors.transform([whole_input(example) for example in examples])
        return _sides(self.machine, rows)

    @cached_property
    def sharpness(self) -> float:
        """What margins are multiplied with, so that their softmax is a probability.

        Chosen on thirds of the training texts that the rest was learned without; the likeliest
        label stays the machine's own.

        Reference:
            Guo et al. (2017), arXiv:1706.04599, section 4.2.
        """
        folds = np.arange(len(self.labels)) % 3
        labels = np.array(self.labels)
        found = []
        for fold in range(3):
            rest, out = folds != fold, folds == fold
            known = sorted(set(labels[rest]))
            if len(known) > 1:
                machine = copy.deepcopy(self.machine).fit(self.table[rest], labels[rest])
                seen = out & np.isin(labels, known)
                right = np.searchsorted(known, labels[seen])
                found.append((_sides(machine, self.table[seen]), right))
        steps = np.geomspace(0.5, 50, 60)
        costs = [sum(_cost(step * sides, right) for sides, right in found) for step in steps]
        return float(steps[int(np.argmin(costs))])


def _sides(machine: Any, rows: Any) -> Any:
    found = machine.decision_function(rows)
    return found if found.ndim == 2 else np.stack((-found, found), axis=1) / 2


def _softmax(logits: Any) -> Any:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def _cost(logits: Any, right: Any) -> float:
    shares = _softmax(logits)[np.arange(len(right)), right]
    return float(-np.log(np.maximum(shares, 1e-12)).sum())


def _fit_svm(examples: Sequence[Example], options: Model) -> Any:
    labels = [example.target for example in examples]
    if len(set(labels)) < 2:
        return _fit((), examples)
    vectors, machine = features(), _linear(options)
    table = vectors.fit_transform([whole_input(example) for example in examples])
    return _Machine(vectors, machine.fit(table, labels), table.tocsr(), labels)


def _linear(options: Model) -> Any:
    return library("sklearn.svm", "scikit-learn").LinearSVC(
        random_state=0, class_weight=None if options.class_weights == "none" else "balanced"
    )


def _predict_svm(model: Any, examples: Sequence[Example]) -> list[object]:
    if not isinstance(model, _Machine):
        return _predict(model, examples)
    return [str(model.machine.classes_[row.argmax()]) for row in model.margins(examples)]


def _svm_probabilities(model: Any, examples: Sequence[Example]) -> list[object]:
    if not isinstance(model, _Machine):
        return _probabilities(model, examples)
    rows = _softmax(model.sharpness * model.margins(examples))
    return _by_name(model.machine.classes_, rows)


def _svm_weights(model: Any) -> int:
    return int(model.machine.coef_.size) if isinstance(model, _Machine) else _weights(model)


def _fit_bayes(examples: Sequence[Example], options: Model) -> Any:
    text = library("sklearn.feature_extraction.text", "scikit-learn")
    counts = text.CountVectorizer(ngram_range=(1, 2), token_pattern=WORD)
    bayes = library("sklearn.naive_bayes", "scikit-learn").MultinomialNB(alpha=0.1)
    return _fit((counts, bayes), examples)


def _predict(model: Any, examples: Sequence[Example]) -> list[object]:
    return [str(label) for label in model.predict([whole_input(e) for e in examples])]


def _probabilities(model: Any, examples: Sequence[Example]) -> list[object]:
    rows = model.predict_proba([whole_input(example) for example in examples])
    return _by_name(model.classes_, rows)


def _by_name(labels: Sequence[Any], rows: Any) -> list[object]:
    names = [str(label) for label in labels]
    return [dict(zip(names, row.round(4).tolist(), strict=True)) for row in rows]


def _weights(model: Any) -> int:
    last = model.steps[-1][1]
    return int(getattr(last, "coef_", getattr(last, "feature_log_prob_", last.classes_)).size)


def _fit_sets(examples: Sequence[Example], options: Model) -> Any:
    """One machine for each label against all others."""
    kinds = library("sklearn.preprocessing", "scikit-learn")
    many = library("sklearn.multiclass", "scikit-learn").OneVsRestClassifier(_linear(options))
    binary = kinds.MultiLabelBinarizer()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few examples, all can have a label
        table = binary.fit_transform([labels_in(example.target) for example in examples])
        if not table.shape[1]:
            return _fit((), examples)
        model = library("sklearn.pipeline", "scikit-learn").make_pipeline(features(), many)
        return model.fit([whole_input(example) for example in examples], table), binary


def _predict_sets(model: Any, examples: Sequence[Example]) -> list[object]:
    if not isinstance(model, tuple):
        return _predict(model, examples)
    found = model[0].predict([whole_input(example) for example in examples])
    return [as_set(map(str, labels)) for labels in model[1].inverse_transform(found)]


def _set_weights(model: Any) -> int:
    parts = model[0][-1].estimators_ if isinstance(model, tuple) else ()
    return sum(getattr(part, "coef_", np.zeros(1)).size for part in parts)


def _most_common(examples: Sequence[Example], options: Model) -> str:
    counts = Counter(label for example in examples for label in labels_in(example.target))
    return counts.most_common(1)[0][0] if counts else ""


SVM = Baseline("linear SVM", _fit_svm, _predict_svm, _svm_weights, "sklearn", _svm_probabilities)
NAIVE_BAYES = Baseline("naive Bayes", _fit_bayes, _predict, _weights, "sklearn", _probabilities)
SVM_SETS = Baseline("linear SVM", _fit_sets, _predict_sets, _set_weights, "sklearn")
FREQUENT_LABEL = Baseline(
    "most frequent label", _most_common, lambda label, examples: [label] * len(examples)
)
