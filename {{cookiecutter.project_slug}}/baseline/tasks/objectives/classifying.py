"""One label for a text: read it, take one vector, choose the label."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from baseline.config import Config
from baseline.data.examples import Example
from baseline.data.tokenization import add_special
from baseline.tasks.base import Task
from baseline.tasks.objectives.base import (
    IGNORE,
    Batch,
    Item,
    Objective,
    Vocabulary,
    by_label,
    collate,
    device_of,
    in_batches,
    loss_of,
    to_device,
)

_BATCH = 64


def label_objective(config: Config, task: Task, vocabulary: Vocabulary) -> Objective:
    """How to learn to classify texts; longer ones are cut at the configured length."""
    tokenizer, labels = vocabulary.tokenizer, vocabulary.labels
    place = {label: number for number, label in enumerate(labels)}
    limit = config.tokenizer.max_tokens - 2

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        rows = tokenizer.encode_many([example.text for example in examples])
        items = [
            {"tokens": add_special(row[:limit]), "targets": [place.get(example.target, IGNORE)]}
            for row, example in zip(rows, examples, strict=True)
        ]
        return items, sum(len(row) > limit for row in rows)

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        return loss_of(model)(batch["tokens"], batch["targets"][:, 0], batch["mask"])

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        outputs: list[object] = [""] * len(examples)
        for example, shares in zip(range(len(examples)), scores(model, examples), strict=True):
            outputs[example] = labels[int(shares.argmax())]
        return outputs

    @torch.inference_mode()
    def scores(model: nn.Module, examples: Sequence[Example]) -> list[Tensor]:
        rows = tokenizer.encode_many([example.text for example in examples])
        items: list[Item] = [{"tokens": add_special(row[:limit])} for row in rows]
        found: list[Tensor] = [torch.empty(0)] * len(items)
        model.eval()
        for places, part in in_batches(items, _BATCH):
            batch = to_device(collate(part), device_of(model))
            logits = model(batch["tokens"], batch["mask"]).float().cpu()  # (B, labels)
            for number, row in zip(places, logits, strict=True):
                found[number] = row
        return found

    def probabilities(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        return by_label(scores(model, examples), labels)

    return Objective(prepare, loss, predict, by_metric=True, probabilities=probabilities)
