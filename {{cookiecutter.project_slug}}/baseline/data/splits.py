"""Deal examples out to training, validation and test, so that nothing stands on two sides.

What is alike (`alike.py`), of one group, or about one context stays together. Labels are dealt out
in proportion; a label that is too rare to be measured stays in training.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from baseline.data import alike
from baseline.data.examples import SPLITS, Example

T = TypeVar("T")
# The share of the examples that validation and test get, each.
HELD_OUT = 0.1
_SHARES = {"validation": HELD_OUT, "test": HELD_OUT}
# A label needs so many independent texts to be in all three parts.
_NEEDED = 3
RARE = "labels with fewer than"  # how the sentence about them begins


def split_by_key(
    items: Iterable[tuple[str, T]], shares: tuple[float, float] = (0.1, 0.1)
) -> tuple[tuple[T, ...], tuple[T, ...], tuple[T, ...]]:
    """Deal items out to train, validation and test by a hash of their key.

    Items with one key stay together, and an item keeps its part when others are added or
    removed. Each part is in the order of the hashes, which is as good as shuffled.

    Args:
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


@dataclass(frozen=True)
class Deal:
    """Examples with the part that each belongs to, and what was found on the way."""

    parts: Mapping[str, tuple[Example, ...]]  # the examples of each part
    report: tuple[str, ...]  # sentences for the user


def text_key(example: Example) -> str:
    """The text that decides about an example's part: its context, or what it asks."""
    return example.text or example.question


def deal(
    given: Mapping[str, Sequence[Example]],  # examples by part; at least those of "train"
    *,
    strata: Callable[[Sequence[Example]], list[tuple[str, ...]]] | None = None,  # see `Form`
    shares: Mapping[str, float] = _SHARES,  # how much the parts get that are not given
    stored: Mapping[str, str] | None = None,
) -> Deal:
    """Deal the training examples out to the parts that are not given.

    A part that is given stays as it is; what is alike is taken out of the parts before it.

    Args:
        stored: From the key of a text to its part, as it was decided before.
    """
    examples = [example for split in SPLITS for example in given.get(split, ())]
    homes = [split for split in SPLITS for _ in given.get(split, ())]
    missing = [split for split in ("test", "validation") if split not in given]
    texts = [text_key(example) for example in examples]
    groups = [example.group for example in examples]
    units, repeated = alike.join_alike(texts, groups)
    report: list[str] = []
    members = _members(units, len(examples))
    if _are_patterns(members, homes, bool(missing)):
        # Texts made after one pattern would all have to stay together.
        units, fewer = alike.join_alike(texts, groups, near=False)
        if fewer < repeated:
            members, repeated = _members(units, len(examples)), fewer
            report.append(
                "more than half of the texts are nearly equal to each other, so only equal texts "
                "are kept on one side: the figures will be too good"
            )
    _move_out(members, examples, homes, report)
    free = [unit for unit in members if all(homes[thing] == "train" for thing in unit)]
    if missing and len(free) < _NEEDED <= sum(map(len, free)):
        report.append(
            f"there are only {len(free)} independent texts, so the same ones stand on both sides: "
            "no figure means anything"
        )
        free, repeated = [[thing] for unit in free for thing in unit], 0
    if missing:
        wanted = {split: shares[split] for split in missing}
        labels = strata(examples) if strata else None
        places = _deal_out(free, examples, wanted, labels, stored or {}, report)
        for thing, split in places.items():
            homes[thing] = split
        if any(example.question and example.text for example in examples):
            report.append(
                f"all questions about one text are kept on one side ({len(members)} texts)"
            )
        elif repeated:
            report.append(
                f"{repeated} texts repeat another one, or nearly so: they are kept on one side"
            )
        if any(groups):
            report.append(f"split by group: {len(set(groups))} of them, each on one side")
    parts = {
        split: tuple(e for e, home in zip(examples, homes, strict=True) if home == split)
        for split in SPLITS
    }
    return Deal(parts, tuple(report))


def as_stored(given: Mapping[str, Sequence[Example]], stored: Mapping[str, str]) -> Deal | None:
    """The parts as they were decided before; None where a text is new, or none was stored."""
    parts: dict[str, list[Example]] = {split: [] for split in SPLITS}
    for split, examples in given.items():
        for example in examples:
            home = stored.get(alike.key(text_key(example)))
            if home is None:
                return None
            if home == split or (split == "train" and home not in given):
                parts[home].append(example)
    return Deal({split: tuple(found) for split, found in parts.items()}, ()) if stored else None


def deal_in_order(given: Mapping[str, Sequence[Example]]) -> Deal:
    """Hold back the end of one text that was cut into parts, before it the part for validation."""
    rest = list(given["train"])
    parts = {split: tuple(examples) for split, examples in given.items()}
    size = max(1, round(HELD_OUT * len(rest)))
    for split in ("test", "validation"):
        if split not in given and len(rest) > size:
            parts[split] = tuple(rest[-size:])
            rest = rest[:-size]
    parts["train"] = tuple(rest)
    return Deal({split: parts.get(split, ()) for split in SPLITS}, ())


def _members(units: alike.Units, count: int) -> list[list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for thing in range(count):
        found[units.of(thing)].append(thing)
    return list(found.values())


def _are_patterns(members: Sequence[Sequence[int]], homes: Sequence[str], dealt: bool) -> bool:
    """Whether most texts belong together, so that hardly anything could be learned or held back."""
    if dealt and max(map(len, members)) > len(homes) / 2:
        return True
    met = [unit for unit in members if len({homes[thing] for thing in unit}) > 1]
    leaving = sum(homes[thing] == "train" for unit in met for thing in unit)
    return leaving > homes.count("train") / 2


def _move_out(
    members: Sequence[Sequence[int]],
    examples: Sequence[Example],
    homes: list[str],
    report: list[str],
) -> None:
    """Take out of training what stands in a part that was given, and out of validation, too."""
    met: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    totals = Counter(homes)
    for unit in members:
        for held in ("test", "validation"):
            inside = [thing for thing in unit if homes[thing] == held]
            for other in ("validation", "train"):
                outside = [thing for thing in unit if homes[thing] == other]
                if not inside or not outside or held == other:
                    continue
                found = met[held, other]
                found[0] += len(inside)
                answers = {examples[thing].target for thing in outside}
                found[1] += sum(examples[thing].target not in answers for thing in inside)
                found[2] += len(outside)
                for thing in outside:
                    homes[thing] = ""
    names = {"train": "training", "validation": "validation"}
    for (held, other), (count, differs, moved) in met.items():
        label = f", {differs} of them with another answer" if differs else ""
        report.append(
            f"{count} of {totals[held]} {held} texts are also in the {names[other]} data (case, "
            f"spaces and punctuation aside, or nearly equal){label}: {moved} moved out of "
            f"{names[other]}"
        )


def _deal_out(
    members: Sequence[Sequence[int]],
    examples: Sequence[Example],
    shares: Mapping[str, float],
    labels: Sequence[tuple[str, ...]] | None,
    stored: Mapping[str, str],
    report: list[str],
) -> dict[int, str]:
    """Choose what goes into the missing parts; the same texts are always dealt out alike."""
    places: dict[int, str] = {}
    strata: dict[str, list[Sequence[int]]] = defaultdict(list)
    keys = {thing: alike.key(text_key(examples[thing])) for unit in members for thing in unit}
    labelled = labels is not None
    of = labels or [("",)] * len(examples)
    holding = Counter(
        label for unit in members for label in {label for thing in unit for label in of[thing]}
    )
    for unit in members:
        known = [stored[keys[thing]] for thing in unit if keys[thing] in stored]
        if known:
            for thing in unit:
                places[thing] = stored.get(keys[thing], known[0])
            continue
        # Of several labels the rarest one decides: it is the hardest one to deal out.
        rarest = Counter(min(of[thing], key=lambda one: (holding[one], one)) for thing in unit)
        strata[min(rarest, key=lambda label: (-rarest[label], label))].append(unit)
    largest = max(strata, key=lambda label: (len(strata[label]), label), default="")
    for label in [label for label, found in strata.items() if len(found) < _NEEDED]:
        if labelled and label != largest and holding[label] >= _NEEDED:
            # Not rare: it only stands together with others, as in the sentences of one person.
            strata[largest] += strata.pop(label)
    rare = []
    for label, found in sorted(strata.items()):
        size = sum(map(len, found))
        if len(found) < _NEEDED and not stored:
            rare.append((label, size))
            continue
        waiting = sorted(found, key=lambda unit: place(min(keys[thing] for thing in unit)))
        for number, split in enumerate(shares):
            quota = max(1 if not stored else 0, round(shares[split] * size))
            # One for each part that is still empty, and for training where it has none yet.
            spare = 0 if stored else len(shares) - number
            chosen, waiting = _take(waiting, quota, spare)
            for unit in chosen:
                places.update(dict.fromkeys(unit, split))
    if rare and labelled:
        shown = ", ".join(f"{label!r} ({size})" for label, size in rare[:5])
        more = f" and {len(rare) - 5} more" if len(rare) > 5 else ""
        report.append(
            f"{RARE} {_NEEDED} independent texts stay in training and are not "
            f"measured: {shown}{more}"
        )
    return places


def _take(
    waiting: Sequence[Sequence[int]], quota: int, spare: int
) -> tuple[list[Sequence[int]], list[Sequence[int]]]:
    """The first units that together fill the quota, and the others, of which `spare` must be left.

    Large units stay behind.
    """
    chosen: list[Sequence[int]] = []
    rest: list[Sequence[int]] = []
    taken = 0
    for unit in waiting:
        free = len(waiting) - len(chosen) > spare
        if free and taken < quota and len(unit) <= max(2 * quota, 1):
            chosen.append(unit)
            taken += len(unit)
        else:
            rest.append(unit)
    if quota and not chosen and len(rest) > max(spare, 1):
        smallest = min(range(len(rest)), key=lambda number: len(rest[number]))
        chosen.append(rest.pop(smallest))
    return chosen, rest
