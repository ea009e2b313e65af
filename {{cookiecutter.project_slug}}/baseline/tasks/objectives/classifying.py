"""One label for a text, or for a pair of texts: read it, take one vector, choose the label."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baseline.data.examples import Example
from baseline.tasks.objectives.base import IGNORE, Batch, Item, Objective, by_label
from baseline.tasks.objectives.reading import Reader, logits_of, loss


def label_objective(
    reader: Reader, labels: Sequence[str], weights: Sequence[float] = ()
) -> Objective:
    """How to learn to classify; what is longer than the configured length is cut there.

    `weights` say how much an example of each label counts; without any, all count alike.
    """
    place = {label: number for number, label in enumerate(labels)}

    def read(examples: Sequence[Example]) -> tuple[list[Item], int]:
        rows = reader.tokens.encode_many([example.text for example in examples])
        seconds = reader.tokens.encode_many([example.question for example in examples])
        items, cut = [], 0
        for row, second in zip(rows, seconds, strict=True):
            if second:
                first = reader.shortened(row)
                room = reader.pair_room(first)
                items.append(reader.two(first, second[:room])[0])
                cut += len(first) < len(row) or len(second) > room
            else:
                items.append(reader.one(row))
                cut += len(row) > reader.room
        return items, cut

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        items, cut = read(examples)
        for item, example in zip(items, examples, strict=True):
            item["targets"] = [place.get(example.target, IGNORE)]
        return items, cut

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        return [labels[int(row.argmax())] for row in logits_of(model, read(examples)[0])]

    def probabilities(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        return by_label(logits_of(model, read(examples)[0]), labels)

    def weighted(model: nn.Module, batch: Batch) -> Tensor:
        logits = model(batch["tokens"], batch["mask"], batch.get("segments")).float()
        counts = torch.tensor(weights, device=logits.device)
        targets = batch["targets"][:, 0]
        total = F.cross_entropy(logits, targets, counts, ignore_index=IGNORE, reduction="sum")
        return total / (targets != IGNORE).sum().clamp(min=1)

    asked = weighted if weights else loss
    return Objective(prepare, asked, predict, by_metric=True, probabilities=probabilities)
