"""The exercises of lesson 3: attention, piece by piece."""

from __future__ import annotations

import torch

from baseline.models.attention import attention, causal_mask
from lessons.exercises import Exercise, Function, answer, expect, near


def _random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


def _softmax(function: Function) -> None:
    scores = torch.tensor([2.0, 1.0, 0.0])
    shares = answer(function, scores)
    total = float(torch.as_tensor(shares).sum())
    expect(
        abs(total - 1) < 1e-4, f"For the scores 2, 1, 0 the shares sum to {total:.4g}, not to 1."
    )
    near(shares, scores.softmax(-1), "the scores 2, 1, 0")
    rows = _random(4, 5)
    near(answer(function, rows), rows.softmax(-1), "a table of four rows")
    near(answer(function, 1000 + scores), scores.softmax(-1), "the scores 1002, 1001, 1000")


def _attend(function: Function) -> None:
    query, key, value = _random(2, 4), _random(5, 4) + 1, _random(5, 3)
    found = answer(function, query, key, value)
    near(found, attention(query, key, value)[0], "2 queries and 5 keys of width 4")
    query, key, value = _random(3, 2, 16), _random(3, 6, 16), _random(3, 6, 8)
    near(answer(function, query, key, value), attention(query, key, value)[0], "a batch of 3")


def _masked(function: Function) -> None:
    scores = _random(4, 4)
    found = answer(function, scores)
    near(found, scores.masked_fill(~causal_mask(4, 4), -torch.inf).softmax(-1), "4 words")
    later = scores.clone()
    later[0, 2] = 50.0
    near(answer(function, later)[0], [1.0, 0, 0, 0], "a later word with a high score, first row")


def _heads(function: Function) -> None:
    x = torch.arange(2 * 3 * 4.0).reshape(2, 3, 4)
    near(answer(function, x, 2), x.reshape(2, 3, 2, 2).transpose(1, 2), "(2, 3, 4) and 2 heads")
    near(answer(function, x, 1), x[:, None], "one head")
    near(answer(function, _random(1, 5, 6), 3)[0, 2], _random(1, 5, 6)[0, :, 4:], "the last of 3")


def _cost(function: Function) -> None:
    near(answer(function, 10, 2, 3), 600, "10 words, 2 heads, 3 layers")
    near(answer(function, 20, 2, 3), 2400, "20 words, 2 heads, 3 layers")
    near(answer(function, 512, 12, 12), 37_748_736, "BERT base and 512 tokens")


EXERCISES = {
    1: Exercise(
        "softmax",
        _softmax,
        (
            "Exponentials, divided by their sum along the last dimension.",
            "`keepdim=True` keeps a row's sum beside its row.",
            "exp(1000) is too large for a computer; subtracting a row's maximum changes no share.",
        ),
    ),
    2: Exercise(
        "attention",
        _attend,
        (
            "Scores are products of queries with keys; what is multiplied with the values?",
            "The width of a query decides by what the scores are divided.",
            "`key.transpose(-2, -1)` also works for a batch.",
        ),
    ),
    3: Exercise(
        "a causal mask",
        _masked,
        (
            "Row = the word that looks, column = the word that is looked at.",
            "What is −∞ before the softmax is 0 after it.",
        ),
    ),
    4: Exercise(
        "heads",
        _heads,
        (
            "Cut the width into pieces first: (B, T, H, D/H).",
            "Then the heads have to stand before the words: which two dimensions change places?",
        ),
    ),
    5: Exercise(
        "how many shares are computed",
        _cost,
        ("Each word looks at each word, in each head of each layer.",),
    ),
}
