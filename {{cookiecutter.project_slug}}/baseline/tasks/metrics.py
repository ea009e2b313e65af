"""The standard metric of each task.

BLEU and chrF come from sacrebleu. The others are short enough to read, need no torch (the
count-based models run without it), and the tests hold them against torchmetrics. All are
fractions from 0 to 1, except BLEU and chrF (0 to 100, as sacrebleu reports them), perplexity
and bits per character.
"""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from baseline.data.examples import Example
from baseline.tasks.base import Task


@dataclass(frozen=True)
class Likelihood:
    """How well a model foresaw texts: sums over all of them.

    Attributes:
        nats: Negative log-likelihood.
        tokens: Tokens that were predicted.
        characters: Characters that these tokens spell.
    """

    nats: float
    tokens: int
    characters: int


def measure(
    task: Task, examples: Sequence[Example], outputs: Sequence[object] | Likelihood
) -> dict[str, float]:
    """Compare a model's outputs with the gold answers.

    Args:
        task: The task.
        examples: N examples.
        outputs: N labels, tag sequences or texts, as the task's `kind` says; for
            "language" one `Likelihood`.

    Returns:
        A value for each of the task's metrics (BLEU and chrF only where sacrebleu is installed).

    Raises:
        ValueError: If there are not as many outputs as examples, or none.
    """
    if isinstance(outputs, Likelihood):
        return guesses(outputs) if task.kind == "plain" else likelihood(outputs)
    if not examples or len(outputs) != len(examples):
        raise ValueError(f"{len(outputs)} outputs for {len(examples)} examples")
    if task.kind == "tags":
        tags = [tuple(output) for output in outputs]  # type: ignore[arg-type]
        return entities(tags, [example.tags for example in examples])
    texts, gold = [str(output) for output in outputs], [example.target for example in examples]
    if task.kind == "label":
        return classification(texts, gold)
    if task.name == "summarization":
        return rouge(texts, gold)
    if task.name == "translation":
        return translation(texts, gold)
    values = answers(texts, gold)
    if task.kind == "span" and not all(gold):
        silent = sum((not mine) == (not true) for mine, true in zip(texts, gold, strict=True))
        values["no-answer accuracy"] = silent / len(gold)
    return values


def likelihood(score: Likelihood) -> dict[str, float]:
    """Bits and perplexity per character: per token, they would depend on the tokenizer."""
    nats = score.nats / max(score.characters, 1)
    return {
        "bits per character": nats / math.log(2),
        "perplexity per character": math.exp(min(nats, 700)),
    }


def guesses(score: Likelihood) -> dict[str, float]:
    """Mean loss in nats and perplexity per target; one tokenizer's cannot be held to another's."""
    nats = score.nats / max(score.tokens, 1)
    return {"loss": nats, "perplexity": math.exp(min(nats, 700))}


def classification(predicted: Sequence[str], gold: Sequence[str]) -> dict[str, float]:
    """Accuracy, and F1 averaged over the labels that occur."""
    right = Counter(p for p, g in zip(predicted, gold, strict=True) if p == g)
    guessed, wanted = Counter(predicted), Counter(gold)
    labels = sorted(set(gold) | set(predicted))
    scores = [2 * right[name] / (guessed[name] + wanted[name]) for name in labels]
    return {"accuracy": sum(right.values()) / len(gold), "macro F1": sum(scores) / len(scores)}


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


def entities(predicted: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]) -> dict[str, float]:
    """Micro-averaged F1 over whole entities (type and both ends right), and token accuracy.

    Reference:
        Tjong Kim Sang and De Meulder (2003), arXiv:cs/0306050, section 2.3.
    """
    right = guessed = wanted = tokens = same = 0
    for mine, true in zip(predicted, gold, strict=True):
        found, expected = entity_spans(mine), entity_spans(true)
        right += len(found & expected)
        guessed += len(found)
        wanted += len(expected)
        tokens += len(true)
        same += sum(a == b for a, b in zip(mine, true, strict=False))
    return {
        "entity F1": 2 * right / (guessed + wanted) if guessed + wanted else 1.0,
        "token accuracy": same / max(tokens, 1),
    }


def normalize_answer(text: str) -> str:
    """Lowercase, without punctuation, articles and superfluous spaces.

    Reference:
        Rajpurkar et al. (2016), arXiv:1606.05250, section 6.1.
    """
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def answers(predicted: Sequence[str], gold: Sequence[str]) -> dict[str, float]:
    """SQuAD's word F1 and exact match; an answer of symbols only is compared as it is.

    Where the right answer is none, only none is right.
    """
    f1 = exact = 0.0
    for mine, true in zip(predicted, gold, strict=True):
        a, b = normalize_answer(mine), normalize_answer(true)
        if not a or not b:
            a, b = (a or mine.strip()), (b or true.strip())
        exact += a == b
        left, right = Counter(a.split()), Counter(b.split())
        shared = sum((left & right).values())
        f1 += 2 * shared / (left.total() + right.total()) if shared else float(a == b)
    return {"F1": f1 / len(gold), "exact match": exact / len(gold)}


def rouge(predicted: Sequence[str], gold: Sequence[str]) -> dict[str, float]:
    """ROUGE-1, ROUGE-2 and ROUGE-L as F1, averaged over the examples.

    Words are lowercase runs of letters and digits of any script; no stemming.

    Reference:
        Lin (2004), ROUGE: A Package for Automatic Evaluation of Summaries, W04-1013.
    """
    sums = Counter[str]()
    for mine, true in zip(predicted, gold, strict=True):
        a, b = _rouge_words(mine), _rouge_words(true)
        for n in (1, 2):
            left, right = _grams(a, n), _grams(b, n)
            sums[f"ROUGE-{n}"] += _f1((left & right).total(), left.total(), right.total())
        sums["ROUGE-L"] += _f1(_longest_common(a, b), len(a), len(b))
    return {name: sums[name] / len(gold) for name in ("ROUGE-L", "ROUGE-1", "ROUGE-2")}


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


def translation(predicted: Sequence[str], gold: Sequence[str]) -> dict[str, float]:
    """Corpus chrF and BLEU by sacrebleu, and the share of exactly equal texts."""
    exact = sum(a.strip() == b.strip() for a, b in zip(predicted, gold, strict=True)) / len(gold)
    values: dict[str, float] = {}
    try:
        import sacrebleu
    except ImportError:
        pass
    else:
        values["chrF"] = sacrebleu.corpus_chrf(list(predicted), [list(gold)]).score
        values["BLEU"] = sacrebleu.corpus_bleu(list(predicted), [list(gold)]).score
    return {**values, "exact match": exact}
