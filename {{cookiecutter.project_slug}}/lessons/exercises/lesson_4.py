"""The exercises of lesson 4: what goes into BERT, what comes out of GPT, and how large they are."""

from __future__ import annotations

import torch

from lessons.exercises import Exercise, Function, answer, expect, near


def _random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(4))


def _embed(function: Function) -> None:
    tokens, positions, segments = _random(9, 4), _random(6, 4) + 3, _random(2, 4) - 3
    ids, parts = torch.tensor([[1, 5, 5, 2]]), torch.tensor([[0, 0, 1, 1]])
    found = answer(function, ids, parts, tokens, positions, segments)
    wanted = tokens[ids] + positions[:4] + segments[parts]
    near(found, wanted, "four tokens of two segments")
    expect(
        not torch.allclose(found[0, 1], found[0, 2]),
        "The same token at two places gets the same vector.",
    )


def _hide(function: Function) -> None:
    ids = torch.tensor([7, 8, 9, 10])
    chosen = torch.tensor([False, True, False, True])
    inputs, targets = answer(function, ids, chosen, 3)
    near(inputs, [7, 3, 9, 3], "the inputs of 7, 8, 9, 10 with the second and fourth hidden")
    near(targets, [-100, 8, -100, 10], "the targets of the same")
    near(ids, [7, 8, 9, 10], "the ids that were given, which must stay as they are")


def _temperature(function: Function) -> None:
    logits = torch.tensor([2.0, 1.0, -1.0])
    near(answer(function, logits, 1.0), logits.softmax(-1), "temperature 1")
    near(answer(function, logits, 0.5), (2 * logits).softmax(-1), "temperature 0.5")
    near(answer(function, logits, 2.0), (logits / 2).softmax(-1), "temperature 2")


def _weights(function: Function) -> None:
    near(answer(function, 768, 3072), 7_087_872, "BERT base, one layer", 0.5)
    near(answer(function, 1024, 4096), 12_596_224, "BERT large, one layer", 0.5)


EXERCISES = {
    1: Exercise(
        "BERT's three embeddings",
        _embed,
        (
            "Look up three rows for each token, and add them.",
            "The position of a token is its place in the row: 0, 1, 2, …",
        ),
    ),
    2: Exercise(
        "hiding words",
        _hide,
        (
            "The input has the mask's id where a word is hidden; the target has the word.",
            "−100 marks places at which nothing is asked.",
            "`torch.where(condition, this, that)` makes a new tensor.",
        ),
    ),
    3: Exercise("temperature", _temperature, ("Divide the logits before the softmax.",)),
    4: Exercise(
        "the weights of one BERT layer",
        _weights,
        (
            "Four square projections, two feed-forward matrices, each with its biases.",
            "And two layer norms, with a scale and a shift each.",
        ),
    ),
}
