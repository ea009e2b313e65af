"""Metrics: equal to the kept libraries where they have them, and right where they differ."""

from __future__ import annotations

import math
import random

import pytest

from baseline.data.examples import Example
from baseline.tasks import catalogue, metrics
from baseline.tasks.base import measure

RNG = random.Random(0)
WORDS = ["the", "a", "cat", "dog", "sat", "on", "mat", "1999", "New", "e-mail,", "ran.", "quickly!"]


def sentences(count: int) -> list[str]:
    return [" ".join(RNG.choices(WORDS, k=RNG.randint(1, 12))) for _ in range(count)]


def values(score, mine, gold):
    """What a metric finds for outputs and the right answers."""
    return score([Example("", target) for target in gold], mine).values()


def test_accuracy_and_f1_are_those_of_torchmetrics():
    functional = pytest.importorskip("torchmetrics.functional.classification")
    torch = pytest.importorskip("torch")
    gold, mine = RNG.choices(range(4), k=200), RNG.choices(range(4), k=200)
    found = values(metrics.classification, list(map(str, mine)), list(map(str, gold)))
    expected = functional.multiclass_f1_score(
        torch.tensor(mine), torch.tensor(gold), num_classes=4, average="macro"
    )
    accuracy = functional.multiclass_accuracy(
        torch.tensor(mine), torch.tensor(gold), num_classes=4, average="micro"
    )
    assert found["macro F1"] == pytest.approx(float(expected), abs=1e-6)
    assert found["accuracy"] == pytest.approx(float(accuracy), abs=1e-6)


def test_squad_scores_are_those_of_torchmetrics():
    squad = pytest.importorskip("torchmetrics.functional.text").squad
    gold, mine = sentences(60), sentences(60)
    for i in range(0, 60, 3):
        mine[i] = gold[i].upper()
    expected = squad(
        [{"id": str(i), "prediction_text": text} for i, text in enumerate(mine)],
        [{"id": str(i), "answers": {"answer_start": [0], "text": [t]}} for i, t in enumerate(gold)],
    )
    found = values(metrics.answers, mine, gold)
    assert found["F1"] * 100 == pytest.approx(float(expected["f1"]), abs=1e-3)
    assert found["exact match"] * 100 == pytest.approx(float(expected["exact_match"]), abs=1e-3)


def test_answers_of_symbols_only_are_compared_as_they_are():
    """SQuAD's normalisation empties "()" and would call every such answer right."""
    assert values(metrics.answers, ["()"], ["{}"])["exact match"] == 0
    assert values(metrics.answers, ["()"], ["()"]) == {"F1": 1.0, "exact match": 1.0}


def test_where_there_is_no_answer_only_none_is_right():
    """As SQuAD 2 counts: an answer to a question that has none is wrong, whatever it is."""
    task = catalogue.find("question-answering")
    examples = [Example("t", target) for target in ("", "", "York", "York")]
    found = measure(task, examples, ["", "York", "", "the York"])

    assert found == {"F1": 0.5, "exact match": 0.5, "no-answer accuracy": 0.5}
    assert "no-answer accuracy" not in measure(task, examples[2:], ["a", "b"])


@pytest.mark.parametrize("name", ["ROUGE-1", "ROUGE-2", "ROUGE-L"])
def test_rouge_is_that_of_torchmetrics(name):
    rouge = pytest.importorskip("torchmetrics.functional.text.rouge").rouge_score
    key = name.replace("ROUGE-", "rouge")
    gold, mine = sentences(40), sentences(40)
    gold[0] = mine[0]
    expected = [
        float(rouge(a, b, rouge_keys=key)[f"{key}_fmeasure"])
        for a, b in zip(mine, gold, strict=True)
    ]
    assert values(metrics.rouge, mine, gold)[name] == pytest.approx(sum(expected) / 40, abs=1e-6)


def test_rouge_counts_words_of_any_script():
    """The usual implementations drop every letter that is not ASCII: `schön` becomes `sch n`."""
    assert values(metrics.rouge, ["schöne Grüße"], ["schone Gruße"])["ROUGE-1"] == 0
    assert values(metrics.rouge, ["Привет"], ["привет"])["ROUGE-1"] == 1


def test_translation_scores_come_from_sacrebleu():
    sacrebleu = pytest.importorskip("sacrebleu")
    gold, mine = sentences(20), sentences(20)
    found = values(metrics.translation, mine, gold)
    assert found["BLEU"] == sacrebleu.corpus_bleu(mine, [gold]).score
    assert values(metrics.translation, gold, gold) == {
        "chrF": pytest.approx(100),
        "BLEU": pytest.approx(100),
        "exact match": 1.0,
    }


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("B-P I-P O B-L", {("P", 0, 2), ("L", 3, 4)}),
        ("B-P B-P", {("P", 0, 1), ("P", 1, 2)}),
        ("I-P I-P O", {("P", 0, 2)}),
        ("B-P I-L I-L", {("P", 0, 1), ("L", 1, 3)}),
        ("O O", set()),
        ("O I-P", {("P", 1, 2)}),
    ],
)
def test_entities_begin_and_end_as_in_the_conll_evaluation(tags, spans):
    """The expected spans are what `seqeval` 1.2.2 finds."""
    assert metrics.entity_spans(tags.split()) == spans


def tagged(mine, gold):
    return metrics.entities([Example("", tags=tags) for tags in gold], mine).values()


def test_half_an_entity_is_no_entity():
    """Token accuracy flatters; whole entities are what a reader needs."""
    gold, mine = [("B-P", "I-P", "O", "O")], [("B-P", "O", "O", "O")]
    assert tagged(mine, gold) == {"entity F1": 0.0, "token accuracy": 0.75}
    assert tagged(gold, gold)["entity F1"] == 1.0
    assert tagged([("O",)], [("O",)])["entity F1"] == 1.0


def test_likelihoods_do_not_depend_on_the_tokens():
    """Per token they would, and models with other tokenizers could not be compared."""
    few = metrics.likelihood([], metrics.Likelihood([70.0], [10], [100])).values()
    many = metrics.likelihood([], metrics.Likelihood([70.0], [50], [100])).values()
    assert few["bits per character"] == pytest.approx(0.7 / math.log(2))
    assert few["perplexity per character"] == pytest.approx(math.exp(0.7))
    assert few == many


def test_outputs_and_examples_must_be_as_many():
    with pytest.raises(ValueError, match="1 outputs for 2 examples"):
        measure(catalogue.find("translation"), [Example("a"), Example("b")], ["x"])
