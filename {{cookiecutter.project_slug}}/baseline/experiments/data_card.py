"""The data card: what the data look like, as a page and two pictures for the milestone.

Sizes and what was found are told of all three parts; examples are shown of training alone, so that
nobody gets to know the test part.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from baseline.data import alike
from baseline.data.examples import SPLITS, Dataset, Example
from baseline.data.targets import labels_in
from baseline.experiments import plots
from baseline.experiments.pages import Card, cell, milestone, table, write_page
from baseline.tasks.base import Task

NAME = "data_card.md"
_EXAMPLES = 5
_MOST_LABELS = 40
_NONE = "(none)"


def write_card(task: Task, dataset: Dataset, root: Path, *, dry_run: bool = False) -> Card:
    """Describe a data set in the folder of the data's milestone."""
    folder = milestone(root, 1)
    labels = label_counts(task, dataset)
    classes = sum(labels.values(), Counter[str]())
    text = describe(task, dataset, labels)
    card = write_page(folder, NAME, text, "data", dry_run=dry_run)
    if folder is None or dry_run or card.kept:
        return card
    plots.bars(
        _histogram([len(_input(example).split()) for example in dataset.train]),
        folder / "data_card_lengths.svg",
        title="Words in the training texts",
    )
    if classes:
        ordered = dict(classes.most_common(_MOST_LABELS))
        plots.bars(ordered, folder / "data_card_classes.svg", title="How many there are of each")
    return card


def label_counts(task: Task, dataset: Dataset) -> dict[str, Counter[str]]:
    """How often each label, or each type of entity, stands in each part; empty without any."""
    found: dict[str, Counter[str]] = {}
    for split in SPLITS:
        if task.kind == "label":
            found[split] = Counter(example.target for example in dataset.part(split))
        elif task.kind == "labels":
            found[split] = Counter(
                label for e in dataset.part(split) for label in labels_in(e.target) or (_NONE,)
            )
        elif task.kind == "tags":
            found[split] = Counter(
                tag[2:] for e in dataset.part(split) for tag in e.tags if tag.startswith("B-")
            )
    return found


def describe(task: Task, dataset: Dataset, labels: Mapping[str, Counter[str]]) -> str:
    """The page, as Markdown whose data can be read as nothing but text."""
    lines = [f"# Data card: {cell(dataset.name)}", "", f"Task: {task.name}", "", "## Sizes", ""]
    lines += _sizes(dataset)
    lines += ["", "![Words in the training texts](data_card_lengths.svg)", ""]
    if labels:
        lines += ["## Classes", "", *_classes(labels), ""]
        lines += ["![How many there are of each](data_card_classes.svg)", ""]
    if task.kind == "number":
        lines += ["## Numbers", "", *_numbers(dataset), ""]
    lines += ["## What was found", ""]
    notes = [f"- {cell(note, 1000)}" for note in dataset.notes]
    lines += notes or ["- nothing that you should know"]
    lines += [*_overlaps(dataset), "", "## Examples", "", "From the training part.", ""]
    lines += _examples(task, dataset)
    return "\n".join(lines) + "\n"


def _sizes(dataset: Dataset) -> list[str]:
    rows = []
    for split in SPLITS:
        part = dataset.part(split)
        lengths = sorted(len(_input(example).split()) for example in part)
        different = len({(alike.plain(e.text), e.question) for e in part})
        places = [lengths[min(len(lengths) - 1, int(n * len(lengths)))] for n in (0, 0.5, 0.95, 1)]
        rows.append([split, *(f"{count:,}" for count in (len(part), different, *places))])
    head = ["examples", "different texts", "words: shortest", "median", "95 % below", "longest"]
    return table(["part", *head], rows, numbers=6)


def _classes(labels: Mapping[str, Counter[str]]) -> list[str]:
    everyone = sum(labels.values(), Counter[str]())
    total = max(everyone.total(), 1)
    rows = [
        [cell(label), *(f"{labels[split][label]:,}" for split in SPLITS), f"{count / total:.1%}"]
        for label, count in everyone.most_common(_MOST_LABELS)
    ]
    if len(everyone) > _MOST_LABELS:
        rows.append([f"{len(everyone) - _MOST_LABELS} more", "", "", "", ""])
    return table(["label", *SPLITS, "share"], rows, numbers=4)


def _numbers(dataset: Dataset) -> list[str]:
    rows = []
    for split in SPLITS:
        numbers = sorted(float(example.target) for example in dataset.part(split))
        places = [numbers[min(len(numbers) - 1, len(numbers) * n // 4)] for n in range(5)]
        rows.append([split, *(f"{value:g}" for value in places), f"{fmean(numbers):.4g}"])
    return table(["part", "lowest", "25 % below", "median", "75 % below", "highest", "mean"], rows)


def _overlaps(dataset: Dataset) -> list[str]:
    known = {alike.plain(_input(example)) for example in dataset.train}
    lines = []
    for split in ("validation", "test"):
        part = dataset.part(split)
        shared = sum(alike.plain(_input(example)) in known for example in part)
        lines.append(
            f"- {shared} of {len(part)} {split} texts stand in training, too (case, spaces and "
            "punctuation aside)"
        )
    return lines


def _examples(task: Task, dataset: Dataset) -> list[str]:
    step = max(1, len(dataset.train) // _EXAMPLES)
    answers = task.kind not in ("language", "plain")
    head = [*(["question"] if task.asks else []), "input", *(["answer"] if answers else [])]
    rows = [
        [
            *([cell(example.question)] if task.asks else []),
            cell(example.text),
            *([cell(" ".join(example.tags) or example.target)] if answers else []),
        ]
        for example in dataset.train[::step][:_EXAMPLES]
    ]
    return table(head, rows)


def _input(example: Example) -> str:
    return example.text or example.question


def _histogram(lengths: Sequence[int]) -> dict[str, int]:
    """Ten classes of equal width, and the few longest ones together."""
    ordered = sorted(lengths)
    end = max(10, ordered[int(0.98 * (len(ordered) - 1))] + 1)
    width = -(-end // 10)
    counts = Counter(min(length // width, 10) for length in lengths)
    names = [f"{n * width} to {(n + 1) * width - 1}" for n in range(10)] + [f"{10 * width} or more"]
    return {name: counts[n] for n, name in enumerate(names) if n < 10 or counts[10]}
