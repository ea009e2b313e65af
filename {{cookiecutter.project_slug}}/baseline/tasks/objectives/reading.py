"""How texts are read: their tokens in the frame of special tokens that a model was trained with.

Our own tokenizers and published ones differ in that frame alone; what is asked about a text does
not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from baseline.data.tokenization import BEGIN, END, SEPARATOR, Encoding
from baseline.tasks.objectives.base import Batch, Item, collate, device_of, in_batches, loss_of
from baseline.tasks.objectives.base import to_device as moved

_BATCH = 64


class Encoder(Protocol):
    """What a tokenizer has to do: ours does, and `pretrained.reading` makes others do it."""

    def encode(self, text: str | Sequence[str]) -> Encoding:
        """Ids and places of a text, or of words that are already separate."""

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of many texts."""


@dataclass(frozen=True)
class Reader:
    """A tokenizer, and the special tokens around a text, and around two of them."""

    tokens: Encoder
    length: int  # longest sequence, special tokens included
    lead: tuple[int, ...] = (BEGIN,)
    tail: tuple[int, ...] = (END,)
    between: tuple[int, ...] = (SEPARATOR,)  # two texts
    segmented: bool = False  # whether the model is told which of two texts a token is of
    filler: int = END  # where not even a special token would be left

    @property
    def room(self) -> int:
        """How many tokens of one text fit."""
        return max(1, self.length - len(self.lead) - len(self.tail))

    def one(self, ids: Sequence[int]) -> Item:
        """One text, cut where it is too long."""
        return {"tokens": [*self.lead, *ids[: self.room], *self.tail] or [self.filler]}

    def two(self, first: Sequence[int], second: Sequence[int]) -> tuple[Item, int]:
        """Two texts, and the place of the second one's first token."""
        head = [*self.lead, *first, *self.between]
        item: Item = {"tokens": [*head, *second, *self.tail] or [self.filler]}
        if self.segmented:
            item["segments"] = [0] * len(head) + [1] * (len(item["tokens"]) - len(head))
        return item, len(head)

    def pair_room(self, first: Sequence[int]) -> int:
        """How many tokens of a second text fit beside a first one."""
        special = len(self.lead) + len(self.between) + len(self.tail)
        return max(1, self.length - special - len(first))

    def shortened(self, ids: Sequence[int]) -> list[int]:
        """A first text, cut where it would take more than half of the sequence."""
        special = len(self.lead) + len(self.between) + len(self.tail)
        return list(ids[: max(0, min(self.length // 2, self.length - special - 1))])


@torch.inference_mode()
def logits_of(model: nn.Module, items: Sequence[Item]) -> list[Tensor]:
    """The model's logits for each item, on the processor; padding is not cut off."""
    found: list[Tensor] = [torch.empty(0)] * len(items)
    model.eval()
    for places, part in in_batches(items, _BATCH):
        batch = moved(collate(part), device_of(model))
        rows = model(batch["tokens"], batch["mask"], batch.get("segments")).float().cpu()
        for place, row in zip(places, rows, strict=True):
            found[place] = row
    return found


def loss(model: nn.Module, batch: Batch) -> Tensor:
    """The loss of marks: labels of texts, tags of words, ends of answers."""
    return loss_of(model)(batch["tokens"], batch["targets"], batch["mask"], batch.get("segments"))
