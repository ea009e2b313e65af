"""Language modelling: how likely is a text?

A decoder predicts each token from those before it. An encoder-decoder reads one piece of the
text and writes the next one. Transformer-XL reads the piece before into its memory first.
In every case each token of a document is predicted exactly once, its end included, so the
figures can be compared, also with the n-gram model's.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from baseline.config import Config
from baseline.data.examples import Example
from baseline.data.tokenization import BEGIN, END, PADDING
from baseline.tasks.base import Task
from baseline.tasks.metrics import Likelihood
from baseline.tasks.objectives import writing
from baseline.tasks.objectives.base import (
    IGNORE,
    Batch,
    Item,
    Objective,
    Say,
    Vocabulary,
    likelihood,
    loss_of,
)

_BATCH = 32


def language_objective(config: Config, task: Task, vocabulary: Vocabulary) -> Objective:
    """How to learn the language of texts."""
    tokenizer, length = vocabulary.tokenizer, config.tokenizer.max_tokens
    pair = config.project.family == "encoder-decoder"
    remembers = config.model.name == "transformer-xl"
    cut_up = _continuations if pair else _segments if remembers else windows

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        rows = tokenizer.encode_many([example.text for example in examples])
        if cut_up is windows:
            return packed(rows, length), 0
        return [item for row in rows for item in cut_up(row, length, 0)], 0

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        if pair:
            return loss_of(model)(batch["tokens"], batch["inputs"], batch["targets"], batch["mask"])
        if remembers:
            return _with_memory(batch, lambda *part: _loss_after(model, *part))
        # Padding is at the end, where nothing before it can see it: no mask is needed.
        return loss_of(model)(batch["tokens"], batch["targets"])

    def predict(model: nn.Module, examples: Sequence[Example]) -> Likelihood:
        rows = tokenizer.encode_many([example.text for example in examples])
        # Half of each window was predicted before: every token has a context of its own.
        pieces = [cut_up(row, length, length // 2) for row in rows]
        # The model's own loss never stores the logits of all positions at once.
        return likelihood(loss, model, [example.text for example in examples], pieces, _BATCH)

    def write(model: nn.Module, example: Example, say: Say) -> str:
        row = [BEGIN, *tokenizer.ids(example.text)[-(length - 1) :]]
        return writing.say_one(model, row, config, tokenizer, say, pair=pair)

    return Objective(prepare, loss, predict, by_metric=False, write=write)


def windows(
    ids: list[int], length: int, overlap: int, *, begin: int = BEGIN, end: int = END
) -> list[Item]:
    """Pieces of at most `length` tokens, each with the token after every one of them.

    The first `overlap` tokens of all pieces but the first are context only.
    """
    inputs, targets = [begin, *ids], [*ids, end]
    items = []
    start = 0
    while True:
        seen = overlap if start else 0
        wanted = [IGNORE] * seen + targets[start + seen : start + length]
        items.append({"tokens": inputs[start : start + length], "targets": wanted})
        if start + length >= len(inputs):
            return items
        start += length - overlap


def packed(rows: Sequence[list[int]], length: int) -> list[Item]:
    """Texts one after the other, in pieces of `length` tokens, each with the token after it.

    Cut text by text, every short end would be learned from by a step of its own.
    """
    inputs = [token for ids in rows for token in (BEGIN, *ids)]
    targets = [token for ids in rows for token in (*ids, END)]
    return [
        {"tokens": inputs[start : start + length], "targets": targets[start : start + length]}
        for start in range(0, len(inputs), length)
    ]


def _continuations(ids: list[int], length: int, overlap: int) -> list[Item]:
    """Pieces to read and the pieces after them to write."""
    size = length - 1
    whole = [*ids, END]
    return [
        {
            "tokens": [BEGIN, *whole[max(0, start - size) : start]],
            "inputs": [BEGIN, *whole[start : start + size][:-1]],
            "targets": whole[start : start + size],
        }
        for start in range(0, len(whole), size)
    ]


def _segments(ids: list[int], length: int, overlap: int) -> list[Item]:
    """Pieces as in `windows` without overlap, each with the whole piece before it."""
    pieces = windows(ids, length, 0)
    before: list[list[int]] = [[], *(piece["tokens"] for piece in pieces)]
    return [{**piece, "before": old} for piece, old in zip(pieces, before, strict=False)]


def _with_memory(batch: Batch, loss: Callable[[Tensor, Tensor, Tensor | None], Tensor]) -> Tensor:
    """The mean loss of rows with and without a piece before them, which are read separately.

    A piece before is always full, so that no position of the memory is padding.
    """
    first = (batch["before"] == PADDING).all(dim=1)  # (B,)
    parts = []
    for rows, before in ((first, None), (~first, batch["before"])):
        if bool(rows.any()):
            targets = batch["targets"][rows]
            part = loss(batch["tokens"][rows], targets, None if before is None else before[rows])
            parts.append(part * (targets != IGNORE).sum())
    total: Tensor = sum(parts[1:], parts[0])
    return total / (batch["targets"] != IGNORE).sum().clamp(min=1)


def _loss_after(model: Any, tokens: Tensor, targets: Tensor, before: Tensor | None) -> Tensor:
    state = model.start()
    if before is not None:
        with torch.no_grad():  # the memory is never trained through
            model.features(before, None, state)
    return loss_of(model)(tokens, targets, None, state)
