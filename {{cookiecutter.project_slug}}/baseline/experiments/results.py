"""`results.json`: every measured figure, and the run that it comes from.

The file is made from `runs/*/run.json`, so it can always be made again:

    {"schema": 1, "results": [{
      "task": "text-classification",   as in baseline.toml
      "dataset": "…", "split": "test",
      "metric": "accuracy", "value": 0.884, "higher_is_better": true,
      "model": "encoder", "family": "encoder-only",
      "role": "baseline" or "model",   a baseline is there to be beaten
      "run": "20261120-101500-encoder",  the folder in runs/
      "seed": 1, "commit": "…", "date": "2026-11-20T10:16:31Z"}]}

Rows whose run has no folder here are kept as they are, but no figure is shown without one.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

from baseline.config import PRETRAINING
from baseline.errors import BaselineError
from baseline.files import read_text, write_atomic
from baseline.tasks.catalogue import TASKS, find
from baseline.training import runs

SCHEMA = 1


@dataclass(frozen=True)
class Result:
    """One value of one metric."""

    task: str
    dataset: str
    split: str
    metric: str
    value: float
    higher_is_better: bool
    model: str
    family: str
    role: str
    run: str
    seed: int
    commit: str
    date: str


def of_run(run: runs.Run) -> list[Result]:
    """The results of one finished run, in the order of the task's metrics."""
    directions = {metric.name: metric.higher_is_better for metric in find(run.task).metrics}
    return [
        Result(
            task=run.task,
            dataset=run.dataset,
            split=split,
            metric=name,
            value=round(value, 6),
            higher_is_better=directions[name],
            model=run.model,
            family=run.family,
            role=run.role,
            run=run.id,
            seed=run.seed,
            commit=run.commit,
            date=run.finished,
        )
        for split, values in run.results.items()
        for name, value in values.items()
        if name in directions and math.isfinite(value)
    ]


def read(path: Path) -> list[Result]:
    """Read and check `results.json`; an absent file has no results.

    Raises:
        BaselineError: If the file is not what this module writes.
    """
    if not path.exists():
        return []
    try:
        content = json.loads(read_text(path))
        if content["schema"] != SCHEMA:
            raise BaselineError(f"{path}: has schema {content['schema']!r}; this reads {SCHEMA}")
        rows = [
            Result(**{key: row[key] for key in Result.__dataclass_fields__})
            for row in content["results"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise BaselineError(
            f"{path}: is no table of results ({error!r}); remove it, and "
            "python -m baseline compare makes it again from runs/"
        ) from error
    for row in rows:
        if (
            row.task not in TASKS
            or isinstance(row.value, bool)
            or not isinstance(row.value, int | float)
        ):
            raise BaselineError(
                f"{path}: the result of run {row.run!r} is damaged; remove the file, and "
                "python -m baseline compare makes it again from runs/"
            )
    return rows


def collect(root: Path) -> list[Result]:
    """The rows of the finished runs, and those of `results.json` whose run is elsewhere.

    Args:
        root: The team's repository.

    Raises:
        BaselineError: If a file is damaged.
    """
    rows: list[Result] = []
    present = set()
    for file in sorted((root / "runs").glob("*/run.json")):
        run = runs.load_run(file.parent)
        present.add(run.id)
        if run.status == "finished" and run.task in TASKS and run.task != PRETRAINING:
            rows += of_run(run)
    kept = [row for row in read(root / "results.json") if row.run not in present]
    return sorted([*kept, *rows], key=lambda row: (row.date, row.run))  # keeps metrics' order


def rebuild(root: Path) -> list[Result]:
    """Write `results.json` from the finished runs, and return all its rows.

    Args:
        root: The team's repository.

    Raises:
        BaselineError: If a file is damaged or cannot be written.
    """
    path = root / "results.json"
    rows = collect(root)
    text = json.dumps(
        {"schema": SCHEMA, "results": [asdict(row) for row in rows]}, indent=2, ensure_ascii=False
    )
    if not path.exists() or read_text(path) != text + "\n":
        write_atomic(path, text + "\n")
    return rows


def ranked(rows: list[Result], split: str = "test") -> dict[tuple[str, str, str], list[Result]]:
    """Rows by task, data set and metric, the best first."""
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for row in rows:
        if row.split == split:
            groups.setdefault((row.task, row.dataset, row.metric), []).append(row)
    for found in groups.values():
        found.sort(key=lambda row: -row.value if row.higher_is_better else row.value)
    return groups
