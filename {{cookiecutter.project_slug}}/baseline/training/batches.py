"""Which items a step learns from: batches that depend on the seed and the step alone."""

import math
import random
from collections.abc import Iterator, Sequence

from baseline.config import Training
from baseline.tasks.objectives.base import IGNORE, Batch, Item
from baseline.training.parallel import Ranks


class Batches:
    """Endless batches; a resumed run goes on with the batch that would have come next.

    Within an epoch every item occurs once. Items of similar length share a batch, which saves
    padding, and batches come in random order.

    Args:
        items: What is learned from.
        settings: `[training]`: batch size, accumulation and seed.
        step: Steps that were done before.
    """

    def __init__(self, items: Sequence[Item], settings: Training, step: int = 0) -> None:
        self._items = items
        self._settings = settings
        self._per_epoch = math.ceil(len(items) / settings.batch_size)
        self._next = step * settings.accumulate
        self._epoch = -1
        self._order: list[list[int]] = []

    def __iter__(self) -> Iterator[list[Item]]:
        return self

    def __next__(self) -> list[Item]:
        epoch, place = divmod(self._next, self._per_epoch)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._shuffle(epoch)
        self._next += 1
        return [self._items[number] for number in self._order[place]]

    def _shuffle(self, epoch: int) -> list[list[int]]:
        rng = random.Random(mixed_seed(self._settings.seed, epoch, -1))
        numbers = list(range(len(self._items)))
        rng.shuffle(numbers)
        size = self._settings.batch_size
        pool = size * 16
        batches = []
        for start in range(0, len(numbers), pool):
            part = sorted(numbers[start : start + pool], key=lambda n: _length(self._items[n]))
            batches += [part[i : i + size] for i in range(0, len(part), size)]
        rng.shuffle(batches)
        return batches


def _length(item: Item) -> int:
    return sum(len(ids) for ids in item.values())


def mixed_seed(*numbers: int) -> int:
    """One seed from several numbers; close numbers give unrelated seeds."""
    return random.Random(repr(numbers)).getrandbits(63)


def share_of(items: Sequence[Item], ranks: Ranks) -> list[Item]:
    """This process's items of a batch. One that has none repeats an item that counts nothing."""
    mine = list(items[ranks.rank :: ranks.world])
    if mine:
        return mine
    empty = dict(items[0])
    empty["targets"] = [IGNORE] * len(items[0]["targets"])
    return [empty]


def count_targets(batch: Batch) -> int:
    """Targets that are learned from."""
    return int((batch["targets"] != IGNORE).sum())


def count_tokens(batch: Batch) -> int:
    """Tokens that are read, padding not counted."""
    read = int(batch["mask"].sum()) if "mask" in batch else 0
    return read + (count_targets(batch) if "inputs" in batch else 0)
