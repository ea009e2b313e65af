"""The exercises of lesson 2: vectors, neighbours, and pairs to learn from."""

from __future__ import annotations

import torch

from lessons.exercises import Exercise, Function, answer, expect, near

WORDS = ["king", "queen", "man", "woman", "carrot"]
VECTORS = torch.tensor([[3.0, 1.0, 0.1], [3.0, -1.0, 0.0], [1.0, 1.0, 0.0], [1.0, -1.0, 0.1],
                        [0.0, 0.1, 2.0]])  # fmt: skip


def _one_hot(function: Function) -> None:
    wanted = [[0.0, 0, 1], [1, 0, 0]]
    near(answer(function, torch.tensor([2, 0]), 3), wanted, "the numbers 2 and 0 of 3 words")
    near(answer(function, torch.tensor([1]), 2), [[0.0, 1]], "the number 1 of 2 words")


def _cosine(function: Function) -> None:
    near(answer(function, torch.tensor([2.0, 0]), torch.tensor([5.0, 0])), 1.0, "one direction")
    near(answer(function, torch.tensor([1.0, 0]), torch.tensor([0.0, 3])), 0.0, "a right angle")
    near(answer(function, torch.tensor([1.0, 2]), torch.tensor([-1.0, -2])), -1.0, "opposites")
    near(answer(function, torch.tensor([1.0, 1]), torch.tensor([1.0, 0])), 0.70710678, "45 degrees")


def _pairs(function: Function) -> None:
    found = answer(function, ["the", "cat", "sat"], 1)
    wanted = [("the", "cat"), ("cat", "the"), ("cat", "sat"), ("sat", "cat")]
    given = sorted(map(tuple, found))
    expect(all(one != other for one, other in given), "No word is its own neighbour here.")
    expect(
        len(given) == len(wanted),
        f"For 'the cat sat' and a window of 1 it returns {len(given)} pairs.",
    )
    expect(given == sorted(wanted), "For 'the cat sat' and a window of 1 a pair is different.")
    expect(len(answer(function, list("abcde"), 2)) == 14, "For five words and a window of 2 the "
           "number of pairs is different.")  # fmt: skip
    same = sorted(map(tuple, answer(function, ["x", "x"], 1)))
    expect(same == [("x", "x")] * 2, "A word that stands twice meets itself: 'x x' gives 2 pairs.")


def _analogy(function: Function) -> None:
    found = answer(function, WORDS, VECTORS, "man", "king", "woman")
    expect(found not in ("man", "king", "woman"), f"It returns {found!r}, one of the given words.")
    expect(found == "queen", f"man is to king as woman is to … gives {found!r}.")
    found = answer(function, WORDS, VECTORS, "king", "man", "queen")
    expect(found == "woman", f"king is to man as queen is to … gives {found!r}.")


EXERCISES = {
    1: Exercise("one-hot vectors", _one_hot, ("A row for each number, a 1 at its place.",)),
    2: Exercise(
        "cosine similarity",
        _cosine,
        ("The length of a vector must not matter.", "Divide the product by both lengths."),
    ),
    3: Exercise(
        "pairs of a word and its neighbours",
        _pairs,
        (
            "For each place, all places that are at most `window` away, but not the place itself.",
            "Compare places, not words: a word can stand twice.",
        ),
    ),
    4: Exercise(
        "an analogy",
        _analogy,
        (
            "a is to b as c is to …: go from a to b, and begin at c.",
            "The nearest word by cosine, but none of the three that were given.",
        ),
    ),
}
