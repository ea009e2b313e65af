"""Deal examples out to training, validation and test, and say where the parts overlap."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TypeVar

from baseline.data.examples import SPLITS, Example
from baseline.errors import BaselineError

T = TypeVar("T")


def split_by_key(
    items: Iterable[tuple[str, T]], shares: tuple[float, float] = (0.1, 0.1)
) -> tuple[tuple[T, ...], tuple[T, ...], tuple[T, ...]]:
    """Deal items out to train, validation and test by a hash of their key.

    Items with one key stay together, and an item keeps its part when others are added or
    removed. Each part is in the order of the hashes, which is as good as shuffled.

    Args:
        items: Pairs of key and item.
        shares: The shares of validation and test.
    """
    placed = sorted(((place(key), item) for key, item in items), key=lambda pair: pair[0])
    first, second = shares[0], sum(shares)
    return (
        tuple(item for place, item in placed if place >= second),
        tuple(item for place, item in placed if place < first),
        tuple(item for place, item in placed if first <= place < second),
    )


def place(key: str) -> float:
    """A number from 0 to 1 that depends on the key alone."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def complete(
    parts: dict[str, tuple[Example, ...]], source: str, notes: list[str]
) -> dict[str, tuple[Example, ...]]:
    """Take the parts that are not given from the training data: a tenth each, at least one."""
    missing = [split for split in SPLITS if split not in parts]
    train = parts["train"]
    if not missing or len(train) < 3:
        return {split: parts.get(split, ()) for split in SPLITS}
    notes.append(f"{' and '.join(missing)}: a tenth of {source} each, as no file is given")
    ordered = sorted(train, key=lambda example: place(repr(example)))
    size = max(1, len(train) // 10)
    held = {split: tuple(ordered[i * size : (i + 1) * size]) for i, split in enumerate(missing)}
    taken = set().union(*held.values())
    rest = tuple(example for example in train if example not in taken)
    return {**parts, **held, "train": rest}


def check_labels(parts: dict[str, tuple[Example, ...]], names: dict[str, str]) -> None:
    """Stop where a label is not in the training data, or where there is only one.

    Args:
        parts: The examples of each part.
        names: What messages call each part.

    Raises:
        BaselineError: It names the labels.
    """
    known = {example.target for example in parts["train"]}
    for split in ("validation", "test"):
        unknown = sorted({example.target for example in parts[split]} - known)
        if unknown:
            shown = ", ".join(map(repr, unknown[:5]))
            raise BaselineError(
                f"{names[split]}: the label{'s' * (len(unknown) > 1)} "
                f"{shown} never occur{'s' * (len(unknown) == 1)} in the training data; "
                "correct the spelling or add examples for training"
            )
    if len(known) < 2:
        raise BaselineError(
            f"{names['train']}: every row has the label {next(iter(known))!r}; "
            "give examples of at least two labels"
        )


def overlap(parts: dict[str, tuple[Example, ...]]) -> list[str]:
    """Notes for the user: how many examples of a part are also in the training data."""
    seen = set(parts["train"])
    notes = []
    for split in ("validation", "test"):
        shared = sum(example in seen for example in parts[split])
        if shared:
            notes.append(
                f"{shared} of {len(parts[split])} {split} examples are also in the training data: "
                "the figures will be too good"
            )
    return notes
