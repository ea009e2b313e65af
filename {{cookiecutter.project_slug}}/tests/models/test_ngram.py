"""The counting model against Kneser-Ney's formulas written out with dictionaries."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from baseline.models import ngram
from baseline.models.ngram import NgramConfig

TEXTS = ["the cat sat on the mat", "the dog sat on the log", "a cat and a dog", "", "on and on"]


def by_the_book(texts: list[str], order: int, history: str, token: str) -> float:
    """Modified Kneser-Ney for characters, straight from Chen and Goodman (1999), equation 26.

    `<` begins and `>` ends a text. Slow, and with nothing in common with the module.
    """
    padded = [f"<{text}>" for text in texts]
    letters = {letter for text in padded for letter in text} - {"<"}
    highest = min(order, max(map(len, padded)))
    counts: dict[int, Counter[str]] = {}
    for n in range(1, highest + 1):
        counts[n] = Counter(t[i : i + n] for t in padded for i in range(len(t) - n + 1))
    for n in range(1, highest):
        before: Counter[str] = Counter()
        for longer in counts[n + 1]:
            before[longer[1:]] += 1
        counts[n] = Counter(
            {gram: c if gram[0] == "<" else before[gram] for gram, c in counts[n].items()}
        )

    probability = 1 / (len(letters) + 1)  # one more for letters that were never seen
    for n in range(1, highest + 1):
        context = f"<{history}"[len(history) + 2 - n :] if n > 1 else ""
        if n - 1 > len(history) + 1:
            break
        row = {g: c for g, c in counts[n].items() if g[:-1] == context and g != "<" and c}
        if not row:
            break
        real = [c for g, c in counts[n].items() if g != "<"]
        n1, n2, n3, n4 = (real.count(c) for c in (1, 2, 3, 4))
        y = n1 / (n1 + 2 * n2) if n1 and n2 else 0.5
        one = 1 - 2 * y * n2 / n1 if n1 and n2 else 0.5
        two = 2 - 3 * y * n3 / n2 if n2 and n3 else 1.0
        more = 3 - 4 * y * n4 / n3 if n3 and n4 else 1.5
        given_up = {
            g: min(max((one, two, more)[min(c, 3) - 1], 0.05), min(c, 3)) for g, c in row.items()
        }
        total = sum(row.values())
        share = (row.get(context + token, 0) - given_up.get(context + token, 0)) / total
        probability = share + sum(given_up.values()) / total * probability
    return probability


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_are_those_of_the_formula(order):
    model = ngram.train(TEXTS, NgramConfig(order=order))
    text = "the cog sat on a zebra"

    got = np.exp(ngram.log_probabilities(model, text))

    want = [by_the_book(TEXTS, order, text[:i], c) for i, c in enumerate(f"{text}>")]
    np.testing.assert_allclose(got, want, rtol=1e-9)


@pytest.mark.parametrize("prompt", ["", "the ", "zz", "the cat sat on the mat"])
def test_what_comes_next_adds_up_to_one_after_any_text(prompt):
    model = ngram.train(TEXTS, NgramConfig(order=4))

    probabilities = ngram.next_probabilities(model, prompt)

    assert probabilities.sum() == pytest.approx(1)
    assert probabilities[ngram.BEGIN] == 0
    assert (np.delete(probabilities, ngram.BEGIN) > 0).all()


def test_a_text_is_as_likely_as_its_tokens_one_by_one():
    """Evaluation and generation take different ways through the counts."""
    model = ngram.train(TEXTS, NgramConfig(order=4))
    text = "the log sat ☃ on"

    together = ngram.log_probabilities(model, text)

    ids = [model.vocabulary.index(c) if c in model.vocabulary else ngram.UNKNOWN for c in text]
    single = [
        np.log(ngram.next_probabilities(model, text[:i])[token])
        for i, token in enumerate([*ids, ngram.END])
    ]
    np.testing.assert_allclose(together, single, rtol=1e-9)


def test_a_longer_context_predicts_known_text_better():
    text = ["abcabd" * 20]

    bits = [ngram.bits_per_token(ngram.train(text, NgramConfig(order=n)), text) for n in (1, 2, 4)]

    assert all(longer < shorter for shorter, longer in pairwise(bits))


def test_ngrams_do_not_cross_from_one_text_into_the_next():
    model = ngram.train(["ab", "cd"] * 5, NgramConfig(order=2))

    after_b = dict(zip(model.vocabulary, ngram.next_probabilities(model, "ab"), strict=True))

    assert after_b["<end>"] > 0.7
    assert after_b["c"] < 0.1


def test_a_text_cannot_spell_a_special_token():
    model = ngram.train(["<end> <begin> a"] * 3, NgramConfig(order=2))

    assert len(ngram.log_probabilities(model, "<end>")) == len("<end>") + 1


def test_generation_repeats_with_its_seed_and_ends_with_the_text():
    model = ngram.train(TEXTS)

    first, again = ("".join(ngram.generate(model, "the ", seed=3)) for _ in range(2))
    likeliest = "".join(ngram.generate(model, "the cat sat on the m", temperature=0))

    assert first == again
    assert likeliest == "at"


def test_an_impossible_order_is_named():
    with pytest.raises(ValueError, match="order is 0"):
        NgramConfig(order=0)


def test_empty_texts_are_an_error():
    with pytest.raises(ValueError, match="empty"):
        ngram.train(["", ""])
    with pytest.raises(ValueError, match="no text"):
        ngram.bits_per_token(ngram.train(TEXTS), [])
