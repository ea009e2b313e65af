"""A tag for every word. A word's first piece carries its tag; the other pieces carry none."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from baseline.config import Config
from baseline.data.examples import Example
from baseline.data.tokenization import BEGIN, END
from baseline.tasks.base import Task
from baseline.tasks.objectives.base import (
    IGNORE,
    Batch,
    Item,
    Objective,
    Vocabulary,
    collate,
    device_of,
    in_batches,
    loss_of,
    to_device,
)

_BATCH = 64


def tag_objective(config: Config, task: Task, vocabulary: Vocabulary) -> Objective:
    """How to learn to tag words; words beyond the configured length are tagged O."""
    tokenizer, labels = vocabulary.tokenizer, vocabulary.labels
    place = {label: number for number, label in enumerate(labels)}
    limit = config.tokenizer.max_tokens - 2

    def encode(words: Sequence[str]) -> tuple[list[int], list[int], bool]:
        """Ids, the place of each word's first piece (-1 if it was cut), whether any was."""
        found = tokenizer.encode(list(words))
        first = [-1] * len(words)
        for position, word in enumerate(found.words[:limit]):
            if first[word] < 0:
                first[word] = position + 1  # after the begin token
        return [BEGIN, *found.ids[:limit], END], first, len(found.ids) > limit

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        items, cut = [], 0
        for example in examples:
            ids, first, shortened = encode(example.words)
            cut += shortened
            targets = [IGNORE] * len(ids)
            for position, tag in zip(first, example.tags, strict=True):
                if position >= 0 and tag in place:
                    targets[position] = place[tag]
            items.append({"tokens": ids, "targets": targets})
        return items, cut

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        return loss_of(model)(batch["tokens"], batch["targets"], batch["mask"])

    @torch.inference_mode()
    def tagged(model: nn.Module, examples: Sequence[Example]) -> list[list[tuple[str, float]]]:
        """A tag for every word, and its probability."""
        encoded = [encode(example.words) for example in examples]
        outputs: list[list[tuple[str, float]]] = [[]] * len(examples)
        model.eval()
        for places, part in in_batches([{"tokens": ids} for ids, _, _ in encoded], _BATCH):
            batch = to_device(collate(part), device_of(model))
            shares = model(batch["tokens"], batch["mask"]).float().softmax(-1).cpu()
            surest, best = shares.max(-1)  # (B, T) each
            for number, row, sure in zip(places, best.tolist(), surest.tolist(), strict=True):
                outputs[number] = [
                    (labels[row[position]], round(sure[position], 4))
                    if position >= 0
                    else ("O", 0.0)
                    for position in encoded[number][1]
                ]
        return outputs

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        return [tuple(tag for tag, _ in row) for row in tagged(model, examples)]

    def probabilities(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        return [[share for _, share in row] for row in tagged(model, examples)]

    return Objective(prepare, loss, predict, by_metric=True, probabilities=probabilities)
