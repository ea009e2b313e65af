"""For whoever checks a result: data whose test answers are hidden, and the score of outputs on it.

Code that a team has changed is run again on these data. What has learned from the test part
learns wrong answers there, and what is right is decided by code that the team has not changed.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from baseline.config import read_config
from baseline.data import loading
from baseline.data.examples import SPLITS, Dataset, Example
from baseline.errors import BaselineError
from baseline.experiments import measuring, resampling
from baseline.tasks.base import Task, scores
from baseline.tasks.catalogue import find

FOLDER = "sealed"


def hide(root: str, config: str) -> dict[str, object]:
    """Write out the data of a configuration, with the answers of the test part mixed up.

    Returns:
        `data` (the fingerprint), `files` (from path to content) and `set` (settings that make a
        run read them); without files where a task's answers cannot be told from its texts.

    Raises:
        BaselineError: If the data cannot be read.
    """
    task, dataset = _read(root, config)
    found: dict[str, object] = {"data": loading.fingerprint(dataset)}
    if task.kind not in ("label", "labels", "number", "tags", "text"):
        return found
    parts = {split: list(dataset.part(split)) for split in SPLITS}
    parts["test"] = mixed_up(dataset.test)
    names = {split: f"{FOLDER}/{split}.jsonl" for split in SPLITS}
    found["files"] = {
        names[split]: "".join(
            json.dumps(_row(task, example), ensure_ascii=False) + "\n" for example in parts[split]
        )
        for split in SPLITS
    }
    settings = [f'data.{split}="{name}"' for split, name in names.items()]
    found["set"] = ['data.name="files"', *settings, "data.max_examples=0", "data.columns={}"]
    return found


def score(root: str, config: str, lines: Sequence[str]) -> dict[str, object]:
    """Measure outputs on the test part.

    Args:
        lines: Those of a run's `predictions.jsonl`.

    Returns:
        `values` and `intervals` by metric.

    Raises:
        BaselineError: If the outputs are for other texts.
    """
    task, dataset = _read(root, config)
    rows = [json.loads(line) for line in lines]
    blank: list[object] = [""] * len(dataset.test)
    inputs = [row["input"] for row in measuring.prediction_rows(task, dataset.test, blank, None)]
    if [row.get("input") for row in rows] != inputs:
        raise BaselineError("the outputs are for other texts than those of the test part")
    found = scores(task, dataset.test, [row["output"] for row in rows])
    return {
        "values": measuring.rounded(found.values()),
        "intervals": {name: list(ends) for name, ends in resampling.intervals([found]).items()},
    }


def mixed_up(examples: Sequence[Example]) -> list[Example]:
    """The examples, each with another one's answer; nobody can tell afterwards whose it was."""
    order = list(range(len(examples)))
    chance = random.SystemRandom()
    chance.shuffle(order)
    every = [tag for example in examples for tag in example.tags]
    chance.shuffle(every)
    dealt = iter(every)
    return [
        replace(
            example,
            target=examples[other].target,
            others=examples[other].others,
            tags=tuple(next(dealt) for _ in example.tags),
        )
        for example, other in zip(examples, order, strict=True)
    ]


def _read(root: str, config: str) -> tuple[Task, Dataset]:
    settings = read_config(Path(root) / config)
    task = find(settings.project.task)
    return task, loading.load_dataset(task.form, settings.data, Path(root))


def _row(task: Task, example: Example) -> dict[str, object]:
    """An example as a row of a file; the opposite of `Form.read`."""
    if task.kind == "tags":
        return {"tokens": list(example.words), "tags": list(example.tags)}
    answers: object = [example.target, *example.others] if example.others else example.target
    values = {"question": example.question, "context": example.text, "answer": answers}
    if not task.asks:
        found = (example.text, answers, example.question)  # the last one of pairs of texts
        values = dict(zip(task.form.names, found, strict=False))
    return values
