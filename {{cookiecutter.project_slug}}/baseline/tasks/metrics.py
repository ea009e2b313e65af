"""The metrics: their names, units and directions, and how they are computed.

BLEU and chrF come from sacrebleu. The others are short enough to read, need no torch (the
count-based models run without it), and the tests hold them against torchmetrics.

Each function compares examples one by one and keeps what each of them adds to the figures of all:
so the same numbers give the figure, its interval, and the comparison of two models.
"""

import math
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from baseline.data.examples import Example
from baseline.data.targets import labels_in

Table = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Metric:
    """A metric as results show it.

    Attributes:
        unit: What the value counts: "share" (0 to 1), "points" (0 to 100), "bits", "nats",
            "choices" (perplexity: between how many equally likely ones a model hesitates),
            "scale" (of the numbers that are predicted), or "correlation" (-1 to 1).
    """

    name: str  # its name
    unit: str = "share"
    higher_is_better: bool = True  # which direction is better


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy"),
        Metric("macro F1"),
        Metric("micro F1"),
        Metric("entity F1"),
        Metric("token accuracy"),
        Metric("F1"),
        Metric("exact match"),
        Metric("no-answer accuracy"),
        Metric("ROUGE-L"),
        Metric("ROUGE-1"),
        Metric("ROUGE-2"),
        Metric("RMSE", "scale", higher_is_better=False),
        Metric("Pearson", "correlation"),
        Metric("Spearman", "correlation"),
        Metric("chrF", "points"),
        Metric("BLEU", "points"),
        Metric("bits per character", "bits", higher_is_better=False),
        Metric("perplexity per character", "choices", higher_is_better=False),
        Metric("loss", "nats", higher_is_better=False),
        Metric("perplexity", "choices", higher_is_better=False),
    )
}


def named(*names: str) -> tuple[Metric, ...]:
    """Metrics by their names."""
    return tuple(METRICS[name] for name in names)


@dataclass(frozen=True)
class Scores:
    """What each example adds to the metrics of all.

    Attributes:
        combine: The metrics' values from a sum of rows, shape `(K,)`.
    """

    parts: Table  # one row for each example, shape `(N, K)`; rows are added up
    combine: Callable[[Table], dict[str, float]]

    def values(self) -> dict[str, float]:
        """The metrics' values over all examples."""
        return self.combine(self.parts.sum(0, dtype=np.float64))


@dataclass(frozen=True)
class Likelihood:
    """How well a model foresaw N texts."""

    nats: Sequence[float]  # negative log-likelihood of each text
    tokens: Sequence[int]  # number of tokens that were predicted in each
    characters: Sequence[int]  # number of characters that these tokens spell


def _table(rows: Iterable[Sequence[float]]) -> Table:
    return np.array(list(rows), dtype=np.float64)


def likelihood(examples: Sequence[Example], outputs: object) -> Scores:
    """Bits and perplexity per character: per token, they would depend on the tokenizer."""
    found = cast(Likelihood, outputs)
    return _foreseen(found.nats, found.characters, "bits per character", "perplexity per character")


def guesses(examples: Sequence[Example], outputs: object) -> Scores:
    """Mean loss in nats and perplexity per target; one tokenizer's cannot be held to another's."""
    found = cast(Likelihood, outputs)
    return _foreseen(found.nats, found.tokens, "loss", "perplexity")


def _foreseen(nats: Sequence[float], counts: Sequence[int], mean: str, choices: str) -> Scores:
    """The mean surprise over what is counted, in the unit of its metric, and its power."""
    unit = math.log(2) if METRICS[mean].unit == "bits" else 1.0

    def combine(sums: Table) -> dict[str, float]:
        each = float(sums[0] / max(sums[1], 1))
        return {mean: each / unit, choices: math.exp(min(each, 700))}

    return Scores(_table(zip(nats, counts, strict=True)), combine)


def classification(examples: Sequence[Example], outputs: Any) -> Scores:
    """Accuracy, and F1 averaged over the labels that occur."""
    names = {"accuracy": "exact match", "macro F1": "macro F1"}
    return _sets([{example.target} for example in examples], [{str(o)} for o in outputs], names)


def label_sets(examples: Sequence[Example], outputs: Any) -> Scores:
    """F1 over all labels of all sets, its mean over the labels that occur, and equal sets.

    Where no label is right and none was given, F1 is 1.
    """
    gold = [set(labels_in(example.target)) for example in examples]
    names = {name: name for name in ("micro F1", "macro F1", "exact match")}
    return _sets(gold, [set(labels_in(str(output))) for output in outputs], names)


def _sets(gold: list[set[str]], mine: list[set[str]], names: Mapping[str, str]) -> Scores:
    """Compare sets of labels; `names` are those of the wanted metrics and of the figures here."""
    place = {label: number for number, label in enumerate(sorted(set().union(*gold, *mine)))}
    parts = np.zeros((len(gold), 2 * len(place) + 2), dtype=np.uint8)
    for row, true, found in zip(parts, gold, mine, strict=True):
        row[-2:] = true == found, 1
        for label in true & found:
            row[2 * place[label]] = 1
        for label in [*true, *found]:
            row[2 * place[label] + 1] += 1  # wanted, given, or both

    def combine(sums: Table) -> dict[str, float]:
        right, both = sums[:-2:2], sums[1:-2:2]
        occurs = both > 0
        values = {
            "micro F1": float(2 * right.sum() / both.sum()) if occurs.any() else 1.0,
            "macro F1": float((2 * right[occurs] / both[occurs]).mean()) if occurs.any() else 1.0,
            "exact match": float(sums[-2] / sums[-1]),
        }
        return {name: values[figure] for name, figure in names.items()}

    return Scores(parts, combine)


def numbers(examples: Sequence[Example], outputs: Any) -> Scores:
    """Root mean square error, and the correlation of values (Pearson) and of ranks (Spearman).

    Ranks are those among all examples, also where some are drawn. What is constant has no
    correlation with anything: 0.
    """
    gold = np.array([float(example.target) for example in examples])
    mine = np.array([float(output) for output in outputs])
    columns = [np.ones_like(gold), (gold - mine) ** 2]
    for x, y in ((gold, mine), (_ranks(gold), _ranks(mine))):
        x, y = x - x.mean(), y - y.mean()
        columns += [x, y, x * x, y * y, x * y]

    def combine(sums: Table) -> dict[str, float]:
        count, errors, *rest = sums.tolist()
        return {
            "RMSE": math.sqrt(errors / count),
            "Pearson": _correlation(count, *rest[:5]),
            "Spearman": _correlation(count, *rest[5:]),
        }

    return Scores(np.stack(columns, axis=1), combine)


def _ranks(values: Table) -> Table:
    """Each value's place in their order; equal ones share the mean of their places."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ends: Table = np.cumsum(count)
    return (ends - (count - 1) / 2)[place]


def _correlation(n: float, x: float, y: float, xx: float, yy: float, xy: float) -> float:
    """Pearson's, from sums."""
    spread = (xx - x * x / n) * (yy - y * y / n)
    return (xy - x * y / n) / math.sqrt(spread) if spread > 1e-18 * (xx * yy or 1) else 0.0


def entity_spans(tags: Sequence[str]) -> set[tuple[str, int, int]]:
    """Entities as (type, first word, word after the last one).

    An `I-` tag that continues nothing begins an entity, as in the CoNLL evaluation.
    """
    spans = set()
    kind, start = "", 0
    for place, tag in enumerate([*tags, "O"]):
        prefix, _, name = tag.partition("-")
        if kind and (prefix != "I" or name != kind):
            spans.add((kind, start, place))
            kind = ""
        if prefix in ("B", "I") and not kind:
            kind, start = name, place
    return spans


def entities(examples: Sequence[Example], outputs: Any) -> Scores:
    """Micro-averaged F1 over whole entities (type and both ends right), and token accuracy.

    Reference:
        Tjong Kim Sang and De Meulder (2003), arXiv:cs/0306050, section 2.3.
    """
    rows = []
    for example, output in zip(examples, outputs, strict=True):
        mine, true = tuple(output), example.tags
        found, expected = entity_spans(mine), entity_spans(true)
        same = sum(a == b for a, b in zip(mine, true, strict=False))
        rows.append((len(found & expected), len(found) + len(expected), same, len(true)))

    def combine(sums: Table) -> dict[str, float]:
        right, both, same, tokens = sums.tolist()
        return {
            "entity F1": 2 * right / both if both else 1.0,
            "token accuracy": same / max(tokens, 1),
        }

    return Scores(_table(rows), combine)


def normalize_answer(text: str) -> str:
    """Lowercase, without punctuation, articles and superfluous spaces.

    Reference:
        Rajpurkar et al. (2016), arXiv:1606.05250, section 6.1.
    """
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def _answer(mine: str, true: str) -> tuple[float, bool]:
    """Word F1, and whether the two are equal; symbols only are compared as they are."""
    a, b = normalize_answer(mine), normalize_answer(true)
    if not (a or b):
        a, b = mine.strip(), true.strip()
    left, right = Counter(a.split()), Counter(b.split())
    shared = sum((left & right).values())
    return 2 * shared / (left.total() + right.total()) if shared else float(a == b), a == b


def answers(examples: Sequence[Example], outputs: Any) -> Scores:
    """SQuAD's word F1 and exact match; of several right answers the nearest one counts.

    Where the right answer is none, only none is right. Where some questions have none, it is
    measured how often that was noticed.
    """
    rows = []
    silent = any(not example.target for example in examples)
    for example, output in zip(examples, map(str, outputs), strict=True):
        found = [_answer(output, true) for true in example.right]
        noticed = (not output) == (not example.target)
        rows.append((max(f1 for f1, _ in found), any(same for _, same in found), noticed, 1))

    def combine(sums: Table) -> dict[str, float]:
        f1, exact, noticed, count = sums.tolist()
        values = {"F1": f1 / count, "exact match": exact / count}
        return values | ({"no-answer accuracy": noticed / count} if silent else {})

    return Scores(_table(rows), combine)


_ROUGE = ("ROUGE-L", "ROUGE-1", "ROUGE-2")


def rouge(examples: Sequence[Example], outputs: Any) -> Scores:
    """ROUGE-1, ROUGE-2 and ROUGE-L as F1, averaged over the examples.

    Words are lowercase runs of letters and digits of any script; no stemming. Of several right
    texts the nearest one counts.

    Reference:
        Lin (2004), ROUGE: A Package for Automatic Evaluation of Summaries, W04-1013.
    """
    rows = []
    for example, output in zip(examples, outputs, strict=True):
        mine = _rouge_words(str(output))
        found = [_rouge(mine, _rouge_words(true)) for true in example.right]
        rows.append((*(max(values) for values in zip(*found, strict=True)), 1.0))

    def combine(sums: Table) -> dict[str, float]:
        return {name: float(sums[n] / sums[3]) for n, name in enumerate(_ROUGE)}

    return Scores(_table(rows), combine)


def _rouge(a: Sequence[str], b: Sequence[str]) -> tuple[float, ...]:
    scores = [_f1(_longest_common(a, b), len(a), len(b))]
    for n in (1, 2):
        left, right = _grams(a, n), _grams(b, n)
        scores.append(_f1((left & right).total(), left.total(), right.total()))
    return tuple(scores)


def _rouge_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text).lower())


def _grams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def _f1(shared: int, left: int, right: int) -> float:
    return 2 * shared / (left + right) if shared else 0.0


def _longest_common(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence, in O(len(a) · len(b))."""
    row = [0] * (len(b) + 1)
    for word in a:
        diagonal = 0
        for j, other in enumerate(b, 1):
            diagonal, row[j] = row[j], diagonal + 1 if word == other else max(row[j], row[j - 1])
    return row[-1]


def translation(examples: Sequence[Example], outputs: Any) -> Scores:
    """Corpus chrF and BLEU by sacrebleu, and the share of exactly equal texts.

    Without sacrebleu the share alone. Several right texts are references as sacrebleu takes them.
    """
    mine = list(map(str, outputs))
    exact = [
        any(text.strip() == true.strip() for true in example.right)
        for text, example in zip(mine, examples, strict=True)
    ]
    parts = [_table(zip(exact, [1] * len(exact), strict=True))]
    scorers: list[Any] = []
    try:
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF
    except ImportError:
        pass
    else:
        scorers = [CHRF(), BLEU()]
        most = max(len(example.right) for example in examples)
        references = [
            [example.right[n] if n < len(example.right) else None for example in examples]
            for n in range(most)
        ]
        for scorer in scorers:
            # What sacrebleu itself adds up for its own bootstrap.
            parts.append(_table(scorer._extract_corpus_statistics(mine, references)))
    ends = np.cumsum([part.shape[1] for part in parts])

    def combine(sums: Table) -> dict[str, float]:
        values: dict[str, float] = {}
        for scorer, start, end in zip(scorers, ends, ends[1:], strict=False):
            found = scorer._compute_score_from_stats([int(n) for n in sums[start:end]])
            values["BLEU" if isinstance(scorer, BLEU) else "chrF"] = float(found.score)
        return {**values, "exact match": float(sums[0] / sums[1])}

    return Scores(np.concatenate(parts, axis=1), combine)
