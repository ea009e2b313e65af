"""The exercises of lesson 1: counting, bits, and mixing two models."""

from __future__ import annotations

from lessons.exercises import Exercise, Function, answer, expect, near

TEXT = "abracadabra"


def _bigram(function: Function) -> None:
    near(answer(function, TEXT, "a", "b"), 2 / 4, "the text 'abracadabra', b after a")
    near(answer(function, TEXT, "b", "r"), 1.0, "'abracadabra', r after b")
    near(answer(function, TEXT, "r", "b"), 0.0, "'abracadabra', b after r")
    near(answer(function, TEXT, "z", "a"), 0.0, "'abracadabra', a after z, which never occurs")


def _bits(function: Function) -> None:
    near(answer(function, [0.25, 0.25]), 2.0, "two characters with probability 1/4 each")
    near(answer(function, [1.0, 1.0, 1.0]), 0.0, "three characters that were certain")
    near(answer(function, [0.5, 0.125]), 2.0, "probabilities 1/2 and 1/8")


def _perplexity(function: Function) -> None:
    near(answer(function, 2.0), 4.0, "2 bits")
    near(answer(function, 0.0), 1.0, "0 bits")
    near(answer(function, 1.5), 2.8284271, "1.5 bits")


def _mix(function: Function) -> None:
    long, short = {"a": 0.0, "b": 1.0}, {"a": 0.5, "b": 0.5}
    mixed = answer(function, long, short, 0.8)
    expect(isinstance(mixed, dict), "It should return a dictionary from character to probability.")
    expect(set(mixed) == {"a", "b"}, "Every character of either model needs a probability.")
    near(mixed["a"], 0.1, "a character that the long context never saw, at a share of 0.8")
    near(sum(mixed.values()), 1.0, "the sum of the mixed probabilities")
    near(answer(function, {"a": 1.0}, {"b": 1.0}, 0.25)["b"], 0.75, "a character of one model only")


EXERCISES = {
    1: Exercise(
        "the probability of b after a",
        _bigram,
        (
            "Count how often a stands before another character, and how often that one is b.",
            "The last character of the text stands before nothing, so it does not count.",
        ),
    ),
    2: Exercise(
        "bits per character",
        _bits,
        ("Surprise is −log₂ of a probability.", "It is an average over the characters, not a sum."),
    ),
    3: Exercise("perplexity from bits", _perplexity, ("One bit is a choice between two signs.",)),
    4: Exercise(
        "mixing a long and a short context",
        _mix,
        (
            "The share belongs to the long context, the rest to the short one.",
            "A character that a model does not know has the probability 0 there.",
        ),
    ),
}
