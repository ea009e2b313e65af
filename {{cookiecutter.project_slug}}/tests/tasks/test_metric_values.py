"""Metrics by hand: small cases whose figures can be checked with a pencil."""

from __future__ import annotations

import math

import pytest

from baseline.data.examples import Example
from baseline.tasks import metrics


def values(score, mine, *gold):
    """Each of `gold` is an answer, or all that are right."""
    right = [(one,) if isinstance(one, str) else one for one in gold]
    return score([Example("", one[0], others=tuple(one[1:])) for one in right], mine).values()


def test_units_and_directions():
    """They travel in every results.json; a wrong one turns a ranking around."""
    found = {m.name: (m.unit, m.higher_is_better) for m in metrics.METRICS.values()}
    assert found.pop("BLEU") == found.pop("chrF") == ("points", True)
    assert found.pop("bits per character") == ("bits", False)
    assert found.pop("loss") == ("nats", False)
    assert found.pop("perplexity") == ("choices", False)
    assert found.pop("perplexity per character") == ("choices", False)
    assert found.pop("RMSE") == ("scale", False)
    assert found.pop("Pearson") == found.pop("Spearman") == ("correlation", True)
    assert set(found.values()) == {("share", True)}
    assert len(found) == 11


@pytest.mark.parametrize(
    ("mine", "gold", "accuracy", "f1"),
    [
        ("aabb", "abab", 0.5, 0.5),
        ("aaaa", "aaab", 0.75, (6 / 7 + 0) / 2),
        ("aac", "aab", 2 / 3, 1 / 3),
        ("abc", "abc", 1.0, 1.0),
        ("b", "a", 0.0, 0.0),
    ],
)
def test_macro_f1_is_the_mean_over_labels_that_occur(mine, gold, accuracy, f1):
    found = values(metrics.classification, list(mine), *gold)
    assert found == {"accuracy": pytest.approx(accuracy), "macro F1": pytest.approx(f1)}


@pytest.mark.parametrize(
    ("mine", "gold", "f1", "exact"),
    [
        ("The cat, an owl", "cat owl", 1.0, 1.0),
        ("cat", "cat owl", 2 / 3, 0.0),
        ("cat cat", "cat owl", 0.5, 0.0),
        ("athens", "the ns", 0.0, 0.0),
        ("dog", ("cat owl", "dog bird", "dogs"), 2 / 3, 0.0),
        ("dog", ("cat", "the dog"), 1.0, 1.0),
        ("the", "a", 0.0, 0.0),
        ("( )", "()", 0.0, 0.0),
        (" () ", "()", 1.0, 1.0),
        ("()", " () ", 1.0, 1.0),
        ("the", "cat", 0.0, 0.0),
        ("the", "the cat", 0.0, 0.0),
    ],
)
def test_an_answer_is_compared_word_by_word_with_the_nearest(mine, gold, f1, exact):
    found = values(metrics.answers, [mine], gold)
    assert found == {"F1": pytest.approx(f1), "exact match": exact}


def test_it_is_measured_how_often_a_missing_answer_was_noticed():
    """To say nothing is right where nothing is the answer, and nowhere else."""
    found = values(metrics.answers, ["", "", "x", "y", "z"], "", "", "", "y", "q")
    assert found == {"F1": 0.6, "exact match": 0.6, "no-answer accuracy": 0.8}


@pytest.mark.parametrize(
    ("mine", "gold", "one", "two", "longest"),
    [
        ("a b c d", "a c b d", 1.0, 0.0, 0.75),
        ("a a a", "a b", 0.4, 0.0, 0.4),
        ("a b", "a b c d", 2 / 3, 0.5, 2 / 3),
        ("a", "a", 1.0, 0.0, 1.0),
        ("", "a", 0.0, 0.0, 0.0),
        ("d c b a", "a b c d", 1.0, 0.0, 0.25),
        ("A-b_c", "a b c", 1.0, 1.0, 1.0),
        ("x y", ("a b", "x z", "y"), 2 / 3, 0.0, 2 / 3),
    ],
)
def test_rouge_by_hand(mine, gold, one, two, longest):
    found = values(metrics.rouge, [mine], gold)
    expected = {"ROUGE-L": longest, "ROUGE-1": one, "ROUGE-2": two}
    assert found == {name: pytest.approx(value) for name, value in expected.items()}


def test_figures_are_means_over_examples():
    assert values(metrics.rouge, ["a", "b", "c", "x"], "a", "b", "c", "d")["ROUGE-1"] == 0.75
    assert values(metrics.answers, ["b", "c", "x"], "b", "c", "d")["F1"] == pytest.approx(2 / 3)


def test_each_example_keeps_its_share():
    """Intervals draw examples anew, and so need the parts, not the whole."""
    scores = metrics.answers([Example("", "b"), Example("", "c")], ["b", "x"])
    assert [scores.combine(part) for part in scores.parts] == [
        {"F1": 1.0, "exact match": 1.0},
        {"F1": 0.0, "exact match": 0.0},
    ]


@pytest.mark.parametrize(
    ("nats", "counts", "mean"),
    [([2.0, 4.0], [10, 20], 0.2), ([3.0], [0], 3.0), ([3.0], [1], 3.0), ([9e5], [1000], 900.0)],
)
def test_likelihoods_are_shared_by_all_characters(nats, counts, mean):
    """Beyond e^700 a number would overflow."""
    nothing = [7] * len(counts)
    by_character = metrics.likelihood([], metrics.Likelihood(nats, nothing, counts)).values()
    by_token = metrics.guesses([], metrics.Likelihood(nats, counts, nothing)).values()
    choices = pytest.approx(math.exp(min(mean, 700)))
    assert by_character == {
        "bits per character": pytest.approx(mean / math.log(2)),
        "perplexity per character": choices,
    }
    assert by_token == {"loss": pytest.approx(mean), "perplexity": choices}


@pytest.mark.parametrize(
    ("mine", "gold", "f1", "tokens"),
    [
        (["B-P I-P O B-L"], ["B-P I-P O B-L"], 1.0, 1.0),
        (["B-P I-P O B-L"], ["B-P I-P O O"], 2 / 3, 0.75),
        (["B-L I-L O O"], ["B-P I-P O O"], 0.0, 0.5),
        (["B-P", "O"], ["B-P", "B-P"], 2 / 3, 0.5),
        (["O O"], ["O O"], 1.0, 1.0),
        (["B-P"], ["B-P O"], 1.0, 0.5),
        (["B-P"], ["B-P"], 1.0, 1.0),
        ([""], [""], 1.0, 0.0),
    ],
)
def test_entities_are_counted_over_all_sentences(mine, gold, f1, tokens):
    examples = [Example("", tags=tuple(tags.split())) for tags in gold]
    found = metrics.entities(examples, [tags.split() for tags in mine]).values()
    assert found == {"entity F1": pytest.approx(f1), "token accuracy": tokens}


def test_a_translation_may_have_several_right_texts():
    pytest.importorskip("sacrebleu")
    found = values(
        metrics.translation, [" one two three four ", "b"], ("x", "one two three four"), "c"
    )
    assert found["exact match"] == 0.5
    assert values(metrics.translation, ["b"], " b ")["exact match"] == 1.0
    whole = values(metrics.translation, ["one two three four five"],
                   ("six", "one two three four five"))  # fmt: skip
    assert whole["BLEU"] == pytest.approx(100)
    assert list(whole) == ["chrF", "BLEU", "exact match"]
