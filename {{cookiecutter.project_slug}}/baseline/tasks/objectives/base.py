"""How a kind of task is learned: examples to tensors, tensors to a loss, outputs back.

Every batch has `targets`, with -100 where nothing is to be learned; counting the others gives
each example the same weight, however batches are cut or shared among processes.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from baseline.config import Config
from baseline.data import tokenization
from baseline.data.examples import Dataset, Example
from baseline.data.targets import labels_in
from baseline.data.tokenization import PADDING, Tokenizer
from baseline.tasks.base import Task
from baseline.tasks.metrics import Likelihood

IGNORE = -100
NO_ANSWER = ""
Item = dict[str, list[int]]
Batch = dict[str, Tensor]
Say = Callable[[str], None]


def as_they_are(items: Sequence[Item], rng: random.Random) -> Sequence[Item]:
    """The items unchanged: what most tasks ask does not depend on chance."""
    return items


@dataclass(frozen=True)
class Answers:
    """What a model may answer."""

    labels: tuple[str, ...] = ()  # labels or tags; of answers in a text, that there may be none
    weights: tuple[float, ...] = ()  # how much an example of each counts; none where all alike
    scale: tuple[float, float] = (0.0, 1.0)  # of numbers: their mean and standard deviation


@dataclass(frozen=True)
class Vocabulary:
    """What a model needs to know about the data: its tokenizer and its answers."""

    tokenizer: Tokenizer
    answers: Answers = Answers()


@dataclass(frozen=True)
class Objective:
    """One way to learn a task.

    Attributes:
        prepare: Examples to items (lists of ids by name) and the number of texts that were cut.
        loss: Mean loss of a batch, a scalar; the mean is over targets that are not -100.
        predict: Examples to outputs, as `tasks.base.scores` takes them.
        by_metric: Whether the best checkpoint is the one with the best metric; otherwise it is
            the one with the lowest validation loss, because the metric takes too long.
        draw: Decides anew what is asked about items, as when words are hidden.
        probabilities: What the model gives each label, or the tag that it chose for each word;
            None where outputs have no probability of their own.
        write: Writes text for one example, says it piece by piece, and returns it whole; None
            where outputs are no text.
    """

    prepare: Callable[[Sequence[Example]], tuple[list[Item], int]]
    loss: Callable[[nn.Module, Batch], Tensor]
    predict: Callable[[nn.Module, Sequence[Example]], list[object] | Likelihood]
    by_metric: bool
    draw: Callable[[Sequence[Item], random.Random], Sequence[Item]] = as_they_are
    write: Callable[[nn.Module, Example, Say], str] | None = None
    probabilities: Callable[[nn.Module, Sequence[Example]], list[object]] | None = None


def by_label(rows: Sequence[Tensor], labels: Sequence[str]) -> list[object]:
    """The probability of each label, rounded, from rows in the order of the labels."""
    return [
        {label: round(share, 4) for label, share in zip(labels, row.tolist(), strict=True)}
        for row in rows
    ]


def uses_text(config: Config, task: Task) -> bool:
    """Whether the task is learned by writing text: an encoder-decoder answers everything so.

    Only tags, sets of labels and numbers are different: a head on the encoder gives them.
    """
    return task.kind == "text" or (
        config.project.family == "encoder-decoder" and task.kind in ("label", "span")
    )


def vocabulary(config: Config, task: Task, dataset: Dataset) -> Vocabulary:
    """Train the tokenizer on the training texts, and collect the answers."""
    texts = [
        text for e in dataset.train for text in (e.text, e.question, e.target, *e.words) if text
    ]
    kind = config.tokenizer.kind
    if kind == "auto":
        kind = _usual_tokenizer(config, task, [e.text for e in dataset.train])
    tokenizer = tokenization.train_tokenizer(texts, kind, config.tokenizer.vocabulary)
    return Vocabulary(tokenizer, answers_of(config, task, dataset))


def answers_of(config: Config, task: Task, dataset: Dataset) -> Answers:
    """What the training data have as answers; labels count 1 on average."""
    targets = [example.target for example in dataset.train]
    if task.kind == "number":
        numbers = list(map(float, targets))
        return Answers(("number",), scale=(fmean(numbers), pstdev(numbers) or 1.0))
    labels: set[str] = set()
    if task.kind == "span" and not all(targets):
        labels = {NO_ANSWER}
    elif task.kind == "label":
        labels = set(targets)
    elif task.kind == "labels":
        labels = {label for target in targets for label in labels_in(target)}
    elif task.kind == "tags":
        labels = {"O", *(tag for example in dataset.train for tag in example.tags)}
    ordered = tuple(sorted(labels))
    weights: tuple[float, ...] = ()
    if task.kind == "label" and config.model.class_weights == "balanced":
        counts = Counter(targets)
        weights = tuple(len(targets) / (len(labels) * counts[label]) for label in ordered)
    return Answers(ordered, weights)


def _usual_tokenizer(config: Config, task: Task, texts: Sequence[str]) -> str:
    fills_in = task.kind == "plain" and config.project.family == "encoder-only"
    if task.kind in ("label", "labels", "number", "tags") or fills_in:
        return "wordpiece"
    if task.kind == "text" and not any(" " in text for text in texts[:500]):
        return "characters"  # sequences of letters or digits: there are no words
    return "bpe"


def pad(rows: Sequence[Sequence[float]], value: int = PADDING, *, left: bool = False) -> Tensor:
    """Rows of ids or numbers as one tensor `(B, T)`, with `value` on the right or left of them."""
    numbers = any(isinstance(one, float) for row in rows for one in row[:1])
    kind = torch.float if numbers else torch.long
    if not any(rows):
        return torch.full((len(rows), 1), value, dtype=kind)
    tensors = [torch.tensor(row, dtype=kind) for row in rows]
    return pad_sequence(tensors, True, value, "left" if left else "right")


def mask_of(rows: Sequence[Sequence[int]], *, left: bool = False) -> Tensor:
    """1 for a token and 0 for padding, `(B, T)`, for rows as in `pad`."""
    return pad([[1] * len(row) for row in rows], 0, left=left)


def collate(items: Sequence[Item]) -> Batch:
    """Items as one batch of padded tensors; adds `mask` for the tokens.

    `targets` are filled up with -100, everything else with the padding token.
    """
    batch = {
        name: pad([item[name] for item in items], IGNORE if name == "targets" else PADDING)
        for name in items[0]
    }
    if "tokens" in batch:
        batch["mask"] = mask_of([item["tokens"] for item in items])
    return batch


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch on the model's device."""
    return {name: value.to(device, non_blocking=True) for name, value in batch.items()}


def device_of(model: nn.Module) -> torch.device:
    """Where the model's weights are."""
    return next(model.parameters()).device


def loss_of(model: nn.Module) -> Callable[..., Tensor]:
    """The model's own loss: each of our models has one."""
    return cast(Callable[..., Tensor], model.loss)


def in_batches(items: Sequence[Item], size: int) -> list[tuple[list[int], list[Item]]]:
    """Items of similar length together; each batch with the places of its items."""
    order = sorted(range(len(items)), key=lambda i: len(next(iter(items[i].values()))))
    chunks = [order[i : i + size] for i in range(0, len(order), size)]
    return [(chunk, [items[i] for i in chunk]) for chunk in chunks]


@torch.inference_mode()
def total_loss(
    loss: Callable[[nn.Module, Batch], Tensor],
    model: nn.Module,
    items: Sequence[Item],
    size: int = 64,
) -> tuple[float, int]:
    """The loss of all items in nats, summed over targets, and the number of targets."""
    total, count = 0.0, 0
    model.eval()
    for _, part in in_batches(items, size):
        batch = to_device(collate(part), device_of(model))
        targets = int((batch["targets"] != IGNORE).sum())
        if targets:
            total += float(loss(model, batch)) * targets
            count += targets
    return total, count


def likelihood(
    loss: Callable[[nn.Module, Batch], Tensor],
    model: nn.Module,
    texts: Sequence[str],
    pieces: Sequence[Sequence[Item]],
    size: int = 64,
) -> Likelihood:
    """How well a model foresees each text, whose items are its `pieces`."""
    found = [total_loss(loss, model, items, size) for items in pieces]
    return Likelihood([n for n, _ in found], [c for _, c in found], [len(text) for text in texts])
