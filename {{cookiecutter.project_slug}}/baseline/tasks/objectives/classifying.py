"""One answer for a text, or for a pair of texts: a label, a set of labels, or a number."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baseline.data.examples import Example
from baseline.data.targets import as_set, labels_in
from baseline.tasks.objectives.base import IGNORE, Batch, Item, Objective, by_label
from baseline.tasks.objectives.reading import Reader, logits_of, loss


def _read(reader: Reader, examples: Sequence[Example]) -> tuple[list[Item], int]:
    """Texts, or pairs of texts, as items, and how many were cut."""
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


def _objective(
    reader: Reader,
    target: Callable[[Example], list[Any]],
    loss: Callable[[nn.Module, Batch], Tensor],
    answer: Callable[[Tensor], object],
    probabilities: Callable[[Sequence[Tensor]], list[object]] | None = None,
) -> Objective:
    """What all answers to a whole text share; what is too long is cut at the end.

    Args:
        target: What is learned for an example.
        answer: From an example's logits to its output.
    """

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        items, cut = _read(reader, examples)
        for item, example in zip(items, examples, strict=True):
            item["targets"] = target(example)
        return items, cut

    def rows(model: nn.Module, examples: Sequence[Example]) -> list[Tensor]:
        return logits_of(model, _read(reader, examples)[0])

    def chances(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        assert probabilities is not None
        return probabilities(rows(model, examples))

    return Objective(
        prepare,
        loss,
        lambda model, examples: [answer(row) for row in rows(model, examples)],
        by_metric=True,
        probabilities=chances if probabilities else None,
    )


def label_objective(
    reader: Reader, labels: Sequence[str], weights: Sequence[float] = ()
) -> Objective:
    """How to choose one label; `weights` say how much an example of each counts, if not alike."""
    place = {label: number for number, label in enumerate(labels)}

    def weighted(model: nn.Module, batch: Batch) -> Tensor:
        logits = _logits(model, batch)
        counts = torch.tensor(weights, device=logits.device)
        targets = batch["targets"][:, 0]
        total = F.cross_entropy(logits, targets, counts, ignore_index=IGNORE, reduction="sum")
        return total / (targets != IGNORE).sum().clamp(min=1)

    return _objective(
        reader,
        lambda example: [place.get(example.target, IGNORE)],
        weighted if weights else loss,
        lambda row: labels[int(row.argmax())],
        lambda rows: by_label([row.softmax(-1) for row in rows], labels),
    )


def set_objective(reader: Reader, labels: Sequence[str]) -> Objective:
    """How to choose any number of labels: each is a question of its own, yes or no."""

    def of(example: Example) -> list[Any]:
        wanted = set(labels_in(example.target))
        return [int(label in wanted) for label in labels]

    def yes_or_no(model: nn.Module, batch: Batch) -> Tensor:
        return _mean(F.binary_cross_entropy_with_logits, _logits(model, batch), batch["targets"])

    def answer(row: Tensor) -> str:
        return as_set(label for label, logit in zip(labels, row, strict=True) if logit > 0)

    return _objective(
        reader,
        of,
        yes_or_no,
        answer,
        lambda rows: by_label([row.sigmoid() for row in rows], labels),
    )


def number_objective(reader: Reader, mean: float, deviation: float) -> Objective:
    """How to foresee a number, by the mean square error.

    Inside, numbers are counted in standard deviations from the mean of the training data.
    """

    def error(model: nn.Module, batch: Batch) -> Tensor:
        return _mean(F.mse_loss, _logits(model, batch), batch["targets"])

    return _objective(
        reader,
        lambda example: [(float(example.target) - mean) / deviation],
        error,
        lambda row: f"{row[0].item() * deviation + mean:.6g}",
    )


def _logits(model: nn.Module, batch: Batch) -> Tensor:
    logits: Tensor = model(batch["tokens"], batch["mask"], batch.get("segments"))
    return logits.float()


def _mean(cost: Callable[..., Tensor], logits: Tensor, targets: Tensor) -> Tensor:
    """The mean over targets that are not -100."""
    counts = targets != IGNORE
    costs = cost(logits, targets.to(logits.dtype), reduction="none").masked_fill(~counts, 0.0)
    return costs.sum() / counts.sum().clamp(min=1)
