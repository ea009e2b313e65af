"""Labels, sets of labels and numbers: how they are read, dealt out in proportion, and checked.

A set of labels is one text, `politics; sport`, sorted; a number is one, too, so that results, pages
and files show every kind of answer alike.
"""

import ast
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import quantiles

from baseline.data import alike
from baseline.data.columns import text_of
from baseline.data.examples import Example
from baseline.errors import BaselineError

Given = Mapping[str, Sequence[Example]]
_YES = {"1", "true", "yes", "y", "x", "wahr", "ja", "j"}
_NO = {"0", "false", "no", "n", "-", "", "falsch", "nein"}
_NUMBER = re.compile(r"[+-]?[\d.,' ]{0,40}\d[\d.,' ]{0,40}(?:[eE][+-]?\d{1,3})?")
_QUARTER = 12  # examples that a quarter of the numbers needs, to be dealt out by itself


def labels_in(target: str) -> tuple[str, ...]:
    """The labels of a set."""
    return tuple(target.split("; ")) if target else ()


def as_set(labels: Iterable[str]) -> str:
    """A set of labels as one text."""
    return "; ".join(sorted(set(labels)))


def read_labels(value: object) -> str:
    """A set of labels as files hold it.

    Args:
        value: Labels with `;` or `|` between them, a list, a list written as text, or several
            columns: of marks (1, x, yes, ja) or of labels.
    """
    if isinstance(value, str) and value.strip()[:1] == "[":
        value = _list_of(value.strip())
    if isinstance(value, Mapping):
        marks = {str(name): text_of(cell).strip() for name, cell in value.items()}
        given = {name: mark for name, mark in marks.items() if mark.casefold() not in _NO}
        found = [name if mark.casefold() in _YES else mark for name, mark in given.items()]
    elif isinstance(value, list | tuple):
        found = [text_of(one).strip() for one in value]
    else:
        found = [part.strip() for part in re.split("[;|]", text_of(value))]
    if odd := next((label for label in found if ";" in label), None):
        raise ValueError(f"the label {odd[:40]!r} holds a semicolon, which separates labels")
    return as_set(filter(None, found))


def _list_of(text: str) -> object:
    """A list that was written as text, as pandas does; the text itself where it is none."""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text[:10_000])
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return text


def number_reader(values: Iterable[object]) -> Callable[[object], str]:
    """How the numbers of a column are read, in which a comma may be a decimal mark or not.

    Args:
        values: All values of the column; numbers that leave no doubt decide about the others.
    """
    seen = {_decimal_mark(text_of(value)) for value in values} - {""}
    usual = seen.pop() if len(seen) == 1 else ""

    def read(value: object) -> str:
        text = text_of(value)
        plain = text.translate({0x2212: "-", 0xA0: " ", 0x202F: " "}).strip().rstrip(" %")
        if not _NUMBER.fullmatch(plain):
            raise ValueError(f"{text[:40]!r} is no number")
        mark = usual or _decimal_mark(plain)
        if not mark and "," in plain:
            raise ValueError(
                f"{text[:40]!r} can be {plain.replace(',', '.')} or {plain.replace(',', '')}; "
                "write numbers without marks of thousands"
            )
        whole, *rest = plain.split(mark or ".")
        first, *groups = re.split(r"[ '.,]", whole)
        try:
            number = float(".".join(("".join((first, *groups)), *rest)))
            if any(len(group) != 3 for group in groups):
                raise ValueError
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"{text[:40]!r} is no number")
        return f"{number:.12g}"

    return read


def _decimal_mark(text: str) -> str:
    """The decimal mark that a number shows; "" where it has none, or it may be one of thousands."""
    marks = [c for c in text[:100] if c in ".,"]
    if len(set(marks)) == 2:
        return marks[-1]
    if len(marks) > 1:
        return "," if marks[0] == "." else "."
    if not marks:
        return ""
    whole, _, rest = text.partition(marks[0])
    thousands = len(rest.rstrip(" %")) == 3 and whole.strip().lstrip("+-") not in ("", "0")
    return "" if thousands else marks[0]


def label_strata(examples: Sequence[Example]) -> list[tuple[str, ...]]:
    """What is dealt out in proportion: each example's label."""
    return [(example.target,) for example in examples]


def set_strata(examples: Sequence[Example]) -> list[tuple[str, ...]]:
    """What is dealt out in proportion: each example's labels, or that it has none."""
    return [labels_in(example.target) or ("none",) for example in examples]


def number_strata(examples: Sequence[Example]) -> list[tuple[str, ...]]:
    """What is dealt out in proportion: in which quarter of all numbers each example's one lies."""
    numbers = [float(example.target) for example in examples]
    parts = min(4, len(numbers) // _QUARTER)
    ends = quantiles(numbers, n=parts) if parts > 1 else []
    return [(f"part {sum(number > end for end in ends) + 1}",) for number in numbers]


def check_labels(given: Given, name: str) -> list[str]:
    """Say what is odd about labels, and stop where there is only one.

    Args:
        name: What messages call the data.
    """
    counts = Counter(example.target for part in given.values() for example in part)
    if len(counts) < 2:
        raise BaselineError(
            f"{name}: every row has the label {next(iter(counts))!r}; "
            "give examples of at least two labels"
        )
    alone = sum(count == 1 for count in counts.values())
    if alone > counts.total() / 2:
        raise BaselineError(
            f"{name}: {alone} of {counts.total()} rows have a label that no other row has (such "
            f"as {min(counts)!r}); a label is one of a few classes: for numbers take the task "
            'regression, or name another column in [data]: columns = {label = "…"}'
        )
    return [
        *_spelled_alike(counts),
        *_answered_differently(given),
        *_never_seen(given, label_strata),
    ]


def check_sets(given: Given, name: str) -> list[str]:
    """The same for sets of labels."""
    sets = Counter(example.target for part in given.values() for example in part)
    counts = Counter(label for found, n in sets.items() for label in labels_in(found) * n)
    if len(counts) < 2:
        raise BaselineError(
            f"{name}: has {len(counts)} labels in all; give examples of at least two labels"
        )
    notes = []
    if all(len(labels_in(found)) < 2 for found in sets):
        notes.append(
            "no text has more than one label: if yours are separated otherwise, write semicolons "
            "between them; if each text has one, take the task text-classification"
        )
    notes += [*_spelled_alike(counts), *_answered_differently(given)]
    return [*notes, *_never_seen(given, set_strata)]


def check_numbers(given: Given, name: str) -> list[str]:
    """Say where a number lies far from all others, and stop where all are the same."""
    numbers = sorted(float(e.target) for part in given.values() for e in part)
    if numbers[0] == numbers[-1]:
        raise BaselineError(
            f"{name}: every row has the score {numbers[0]:g}; give at least two different ones"
        )
    low, middle, high = quantiles(numbers, n=4) if len(numbers) > 1 else [numbers[0]] * 3
    reach = 10 * (high - low)
    far = [n for n in numbers if reach and abs(n - middle) > reach]
    if not far:
        return []
    shown = ", ".join(f"{n:g}" for n in list(dict.fromkeys(far))[:5])
    return [
        f"{len(far)} scores lie far from the others ({shown}; half of all are {low:g} to "
        f"{high:g}): check that none of them stands for a missing one"
    ]


def _spelled_alike(counts: Counter[str]) -> Iterable[str]:
    spellings: dict[str, list[str]] = defaultdict(list)
    for label in counts:
        spellings[alike.plain(label)].append(label)
    for found in spellings.values():
        if len(found) > 1:
            shown = ", ".join(f"{label!r} ({counts[label]})" for label in sorted(found))
            yield (
                f"labels that differ only in case, spaces or punctuation are different classes: "
                f"{shown}; write them alike if they mean the same"
            )


def _answered_differently(given: Given) -> Iterable[str]:
    labels: dict[str, set[str]] = defaultdict(set)
    first: dict[str, str] = {}
    for part in given.values():
        for example in part:
            key = f"{alike.plain(example.text)}\n{alike.plain(example.question)}"
            labels[key].add(example.target)
            first.setdefault(key, example.text)
    odd = [key for key, found in labels.items() if len(found) > 1]
    if odd:
        shown = ", ".join(map(repr, sorted(labels[odd[0]])))
        yield (
            f"{len(odd)} texts stand there with different labels, such as "
            f"{' '.join(first[odd[0]].split())[:60]!r} ({shown}): at most one of them is right"
        )


def _never_seen(
    given: Given, labels: Callable[[Sequence[Example]], list[tuple[str, ...]]]
) -> Iterable[str]:
    known = {label for found in labels(given["train"]) for label in found}
    for split in ("validation", "test"):
        found = labels(given.get(split, ()))
        unknown = Counter(label for one in found for label in one if label not in known)
        if unknown:
            shown = ", ".join(f"{label!r} ({n})" for label, n in unknown.most_common(5))
            yield (
                f"{unknown.total()} {split} examples have a label that never occurs in the "
                f"training data: {shown}; no model can get them right"
            )
