"""Load a data set: a task's offline data, the team's own files, or the hub.

Every data set has three parts. Training sees `train`, decisions are made on
`validation`, and `test` is read once, by `evaluate` and at the end of a run.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from baseline.config import Data
from baseline.data import columns, hub, offline, readers
from baseline.data.examples import SPLITS, Dataset
from baseline.data.splits import check_labels, complete, overlap
from baseline.errors import BaselineError


def load_dataset(task: str, data: Data, root: Path = Path()) -> Dataset:
    """Read the data set that the configuration names.

    Args:
        task: One of `config.TASKS`.
        data: The `[data]` section.
        root: The folder that relative paths start from.

    Raises:
        BaselineError: If there is no such data set, or a file cannot be used.
    """
    if data.name == "files":
        dataset = _from_files(task, data, root)
    elif data.name.startswith("hub:"):
        dataset = hub.read(task, data)
    else:
        name = offline.DEFAULTS[task] if data.name == "default" else data.name
        makers = offline.makers(task)
        if name not in makers:
            raise BaselineError(
                f"data.name is {data.name!r}, which is no offline data for {task}; choose from "
                f'{", ".join(makers)}, or "files" for your own, or "hub:NAME"'
            )
        train, validation, test = makers[name]()
        dataset = Dataset(offline.describe(name), train, validation, test)
    if data.max_examples:
        dataset = replace(
            dataset, **{split: dataset.part(split)[: data.max_examples] for split in SPLITS}
        )
    for split in SPLITS:
        if not dataset.part(split):
            raise BaselineError(
                f"{dataset.name}: there is no example for {split}; give more rows or another file"
            )
    return dataset


def _from_files(task: str, data: Data, root: Path) -> Dataset:
    notes: list[str] = []
    parts = {}
    for split in SPLITS:
        name = getattr(data, split)
        if name:
            rows = readers.read_rows(root / name, name)
            parts[split] = columns.build(task, rows, data.columns, name, notes)
    parts = complete(parts, data.train, notes)
    if task == "text-classification":
        check_labels(parts, {split: getattr(data, split) or data.train for split in SPLITS})
    notes += overlap(parts)
    return Dataset(
        data.title or f"own data ({Path(data.train).name})",
        parts["train"],
        parts["validation"],
        parts["test"],
        tuple(notes),
    )
