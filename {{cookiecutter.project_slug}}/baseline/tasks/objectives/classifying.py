"""One label for a text, or for a pair of texts: read it, take one vector, choose the label."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from baseline.data.examples import Example
from baseline.tasks.objectives.base import IGNORE, Item, Objective, by_label
from baseline.tasks.objectives.reading import Reader, logits_of, loss


def label_objective(reader: Reader, labels: Sequence[str]) -> Objective:
    """How to learn to classify; what is longer than the configured length is cut there."""
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

    return Objective(prepare, loss, predict, by_metric=True, probabilities=probabilities)
