"""`results.json`: every measured figure, and the run that it comes from.

The file is made from `runs/*/run.json`, so it can always be made again:

    {"schema": 1, "results": [{
      "task": "text-classification",   as in baseline.toml
      "dataset": "…", "split": "test",
      "metric": "accuracy", "value": 0.884, "unit": "share", "higher_is_better": true,
      "interval": [0.85, 0.91], "openings": 1,   of the test part only
      "name": "encoder, layers=4", "identity": "3fa2…",   the experiment; seeds share both
      "data": "90b1…",                 which examples in which parts
      "model": "encoder", "family": "encoder-only",
      "role": "baseline" or "model",   a baseline is there to be beaten
      "run": "20261120-101500-encoder",  the folder in runs/
      "seed": 1, "commit": "…", "date": "2026-11-20T10:16:31Z"}]}

Rows whose run has no folder here are kept as they are, but no figure is shown without one. Rows of
earlier versions have no name, identity, data, unit, interval and openings, and are read, too.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from baseline.config import PRETRAINING
from baseline.errors import BaselineError
from baseline.files import read_text, write_atomic
from baseline.tasks.catalogue import TASKS
from baseline.tasks.metrics import METRICS
from baseline.training import runs

SCHEMA = 1
_AS_IN_THE_RUN = (
    *("task", "dataset", "model", "family", "role", "seed", "commit", "identity", "data"),
)


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
    unit: str = ""
    name: str = ""
    identity: str = ""
    data: str = ""
    interval: tuple[float, float] | None = None
    openings: int | None = None

    @property
    def experiment(self) -> str:
        """What the seeds of one experiment share; earlier versions knew the model's name only."""
        return self.identity or f"{self.model} as {self.role}"


def of_run(run: runs.Run) -> list[Result]:
    """The results of one finished run, in the order of the task's metrics."""
    known = {metric.name: metric for metric in TASKS[run.task].metrics}
    about: dict[str, Any] = {one: getattr(run, one) for one in _AS_IN_THE_RUN}
    about |= {"run": run.id, "date": run.finished, "name": run.experiment}
    found = []
    for split, values in run.results.items():
        tested: Any = run.tested if split == "test" else {}
        for name, value in values.items():
            if name not in known or not math.isfinite(value):
                continue
            ends = tested.get("intervals", {}).get(name)
            figure = {
                "split": split,
                "metric": name,
                "value": round(value, 6),
                "unit": known[name].unit,
                "higher_is_better": known[name].higher_is_better,
                "interval": (ends[0], ends[1]) if ends else None,
                "openings": tested.get("openings"),
            }
            found.append(Result(**about, **figure))
    return found


def read(path: Path) -> list[Result]:
    """Read and check `results.json`; an absent file has no results."""
    if not path.exists():
        return []
    remedy = "remove the file, and python -m baseline compare makes it again from runs/"
    try:
        content = json.loads(read_text(path))
        if content["schema"] != SCHEMA:
            raise BaselineError(f"{path}: has schema {content['schema']!r}; this reads {SCHEMA}")
        rows = [_row(row) for row in content["results"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BaselineError(f"{path}: is no table of results ({error!r}); {remedy}") from error
    for row in rows:
        if isinstance(row.value, bool) or not isinstance(row.value, int | float):
            raise BaselineError(f"{path}: the result of run {row.run!r} is damaged; {remedy}")
    return rows


def _row(row: dict[str, Any]) -> Result:
    values = {
        one.name: row[one.name] if one.default is MISSING else row.get(one.name, one.default)
        for one in fields(Result)
    }
    if values["interval"] is not None:
        low, high = values["interval"]
        values["interval"] = float(low), float(high)
    if not values["unit"] and values["metric"] in METRICS:
        values["unit"] = METRICS[values["metric"]].unit
    return Result(**values)


def collect(root: Path) -> list[Result]:
    """The rows of the finished runs, and those of `results.json` whose run is elsewhere."""
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
    """Write `results.json` from the finished runs, and return all its rows."""
    path = root / "results.json"
    rows = collect(root)
    text = json.dumps(
        {"schema": SCHEMA, "results": [asdict(row) for row in rows]}, indent=2, ensure_ascii=False
    )
    if not path.exists() or read_text(path) != text + "\n":
        write_atomic(path, text + "\n")
    return rows


@dataclass(frozen=True)
class Score:
    """What an experiment reached in one metric on one split: one row, however many seeds."""

    rows: tuple[Result, ...]  # its latest result for each seed

    @property
    def first(self) -> Result:
        """One of its results, for all that they share."""
        return self.rows[0]

    @property
    def name(self) -> str:
        """What the experiment is called."""
        return self.rows[-1].name or self.rows[-1].model

    @property
    def seeds(self) -> str:
        """How many seeds it has, in words."""
        return f"{len(self.rows)} seed{'s' * (len(self.rows) > 1)}"

    @property
    def value(self) -> float:
        """The mean over seeds."""
        return fmean(row.value for row in self.rows)

    @property
    def spread(self) -> float:
        """The sample standard deviation over seeds; 0 for one seed."""
        return stdev(row.value for row in self.rows) if len(self.rows) > 1 else 0.0

    @property
    def rank(self) -> float:
        """The larger, the better."""
        return self.value if self.first.higher_is_better else -self.value


def times(count: int) -> str:
    """A number of times, in words."""
    return "once" if count == 1 else f"{count} times"


def scores(rows: Iterable[Result]) -> list[Score]:
    """One score for each experiment; of two results with one seed the newer counts.

    Args:
        rows: Results in one metric on one split, of any experiments.
    """
    latest: dict[str, dict[int, Result]] = {}
    for row in sorted(rows, key=lambda row: (row.date, row.run)):
        latest.setdefault(row.experiment, {})[row.seed] = row
    return [Score(tuple(found[seed] for seed in sorted(found))) for found in latest.values()]


Group = tuple[str, str, str, str]


def ranked(rows: Sequence[Result], split: str = "validation") -> dict[Group, list[Score]]:
    """Experiments by task, data set, fingerprint of the data, and metric, the best first."""
    groups: dict[Group, list[Result]] = {}
    for row in rows:
        if row.split == split:
            groups.setdefault((row.task, row.dataset, row.data, row.metric), []).append(row)
    return {
        key: sorted(scores(found), key=lambda score: -score.rank) for key, found in groups.items()
    }
