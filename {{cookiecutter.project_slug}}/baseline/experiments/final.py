"""Open the sealed test part: once an experiment was chosen on validation, not before.

`python -m baseline final NAME` measures the experiment and the best baseline, with intervals and a
paired test, writes every prediction, and counts how often the test part was opened: who looks
often and keeps the best has chosen by the test.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from baseline import config
from baseline.config import PRETRAINING
from baseline.data import loading
from baseline.data.examples import Dataset
from baseline.data.stored_split import FOLDER
from baseline.errors import BaselineError
from baseline.experiments import inference, measuring, resampling, results
from baseline.experiments.results import Result, Score, times
from baseline.files import read_text, write_atomic
from baseline.tasks.base import Task, measure, scores
from baseline.tasks.catalogue import find
from baseline.tasks.metrics import Likelihood, Scores
from baseline.training import runs

Report = Callable[[str], None]
OPENINGS = "test_openings.jsonl"


@dataclass(frozen=True)
class Opened:
    """What was found behind the seal.

    Attributes:
        interval: Where it lies in 95 of 100 draws of the examples; None for few examples.
        p_value: How likely chance alone turns the difference around; None without a comparison.
    """

    name: str  # the experiment
    metric: str  # the task's first metric
    value: float  # its mean over the seeds on the test part
    interval: tuple[float, float] | None
    baseline: str  # the best baseline by validation; empty if there is none
    baseline_value: float | None  # its value on the test part
    p_value: float | None
    openings: int  # how often this test part was opened so far, this time included
    runs: tuple[str, ...]  # the runs that were measured


def choose(root: Path, name: str = "") -> tuple[Score, Score | None]:
    """The experiment of that name, or the best on validation, and the baseline to beat.

    Args:
        name: An experiment's name or the beginning of it, its identity, or a run; "" for the best.
    """
    rows = [row for row in results.rebuild(root) if _is_here(row, root)]
    main: dict[str, str] = {}  # the metric that decided, which stands first
    first = [row for row in rows if main.setdefault(row.run, row.metric) == row.metric]
    groups = results.ranked(first, "validation")
    if not groups:
        raise BaselineError("there is no finished experiment yet; start: python -m baseline train")
    everyone = [score for found in groups.values() for score in found]
    if not name:
        newest = max(everyone, key=lambda score: max(row.date for row in score.rows)).first
        key = (newest.task, newest.dataset, newest.data, newest.metric)
        mine = next((s for s in groups[key] if s.first.role == "model"), groups[key][0])
    else:
        mine = _named(everyone, name)
        key = (mine.first.task, mine.first.dataset, mine.first.data, mine.first.metric)
    rivals = [s for s in groups[key] if s.first.role == "baseline" and s is not mine]
    return mine, rivals[0] if rivals else None


def _named(everyone: Sequence[Score], name: str) -> Score:
    exact = [s for s in everyone if name in (s.name, s.first.identity, *(r.run for r in s.rows))]
    found = exact or [
        s
        for s in everyone
        if s.name.startswith(name) or any(row.run.startswith(name) for row in s.rows)
    ]
    if len(found) != 1:
        problem = "fits several experiments" if found else "is no experiment"
        shown = "; ".join(sorted(s.name for s in (found or everyone))[:8])
        raise BaselineError(f"{name!r} {problem} ({shown}); python -m baseline compare lists them")
    return found[0]


def open_test(root: Path, name: str, report: Report, *, dry_run: bool = False) -> Opened | None:
    """Measure an experiment on the test part, and write what is found into its runs.

    Args:
        name: As for `choose`.
    """
    mine, rival = choose(root, name)
    opened = _count(root, mine.first.data)
    before = f"opened {times(opened)}" if opened else "never opened"
    report(
        f"{mine.name}: {mine.value:.4g} on validation ({mine.seeds}); the test part of these data "
        f"was {before} before"
    )
    if dry_run:
        return None
    tested = [_measure(root, mine, report)]
    if rival is not None:
        try:
            tested.append(_measure(root, rival, report))
        except BaselineError as error:  # its weights may be on another computer
            report(f"the baseline is not measured: {error}")
            rival = None
    entry = {"date": runs.now(), "experiment": mine.name, "data": mine.first.data}
    path = root / FOLDER / OPENINGS
    before = read_text(path) if path.is_file() else ""
    write_atomic(path, before + json.dumps(entry, ensure_ascii=False) + "\n")
    metric = mine.first.metric
    p_value = resampling.p_value(tested[0].all, tested[1].all, metric) if rival else None
    for measured in tested:
        measured.write(root, opened + 1, p_value if measured is tested[0] else None)
    results.rebuild(root)
    found = resampling.intervals(tested[0].all)
    return Opened(
        name=mine.name,
        metric=metric,
        value=tested[0].mean(metric),
        interval=found.get(metric),
        baseline=rival.name if rival else "",
        baseline_value=tested[1].mean(metric) if rival else None,
        p_value=p_value,
        openings=opened + 1,
        runs=tuple(row.run for measured in tested for row in measured.score.rows),
    )


@dataclass(frozen=True)
class _Measured:
    """An experiment on the test part: what each of its seeds makes of each example."""

    score: Score
    task: Task
    dataset: Dataset
    outputs: Sequence[measuring.Outputs]
    probabilities: Sequence[Sequence[object] | None]
    all: Sequence[Scores]

    def mean(self, metric: str) -> float:
        return sum(one.values()[metric] for one in self.all) / len(self.all)

    def write(self, root: Path, openings: int, p_value: float | None) -> None:
        examples = self.dataset.test
        for row, outputs, chances, one in zip(
            self.score.rows, self.outputs, self.probabilities, self.all, strict=True
        ):
            folder = root / "runs" / row.run
            run = runs.load_run(folder)
            rows = measuring.prediction_rows(self.task, examples, outputs, chances)
            measuring.write_rows(folder / "predictions.jsonl", rows)
            if not isinstance(outputs, Likelihood):
                title, name = f"{run.model} on the test data", "confusion_matrix_test.svg"
                measuring.draw_confusion(self.task, examples, outputs, folder, title, name)
            ends = resampling.intervals([one])
            tested: dict[str, Any] = {
                "intervals": {k: [round(a, 6), round(b, 6)] for k, (a, b) in ends.items()},
                "openings": openings,
                "date": runs.now(),
            }
            if p_value is not None:
                tested["p_value"] = round(p_value, 6)
            values = measuring.rounded(measure(self.task, examples, outputs))
            run = replace(run, results={**run.results, "test": values}, tested=tested)
            runs.save(folder, run)


def _measure(root: Path, score: Score, report: Report) -> _Measured:
    task = find(score.first.task)
    outputs: list[measuring.Outputs] = []
    chances: list[Sequence[object] | None] = []
    dataset = None
    for row in score.rows:
        report(f"measuring {score.name}, seed {row.seed}, on the test part")
        folder = root / "runs" / row.run
        if dataset is None:
            settings = config.read_config(folder / "config.toml")
            dataset = loading.load_dataset(task.form, settings.data, root)
            if row.data and loading.fingerprint(dataset) != row.data:
                raise BaselineError(
                    f"{row.run} was trained on other data or another split than there are now; "
                    "restore them with git, or train again"
                )
        model = inference.open_run(root, row.run)
        outputs.append(model.predict(dataset.test))
        chances.append(model.probabilities(dataset.test) if model.probabilities else None)
    assert dataset is not None
    found = [scores(task, dataset.test, one) for one in outputs]
    return _Measured(score, task, dataset, outputs, chances, found)


def _count(root: Path, data: str) -> int:
    """How often the test part of these data was opened."""
    path = root / FOLDER / OPENINGS
    if not path.is_file():
        return 0
    try:
        rows = [json.loads(line) for line in read_text(path).splitlines() if line.strip()]
        return sum(row["data"] == data for row in rows)
    except (ValueError, KeyError, TypeError) as error:
        raise BaselineError(f"{path}: is damaged ({error!r}); restore it with git") from error


def _is_here(row: Result, root: Path) -> bool:
    return row.task != PRETRAINING and (root / "runs" / row.run / "run.json").is_file()


def lines(found: Opened) -> list[str]:
    """What was found, in a few lines."""
    shown = [f"{found.name}: {found.metric} {found.value:.4g} on test"]
    if found.interval:
        shown[0] += f" (95 % interval {found.interval[0]:.4g} to {found.interval[1]:.4g})"
    if found.baseline and found.baseline_value is not None:
        gap = found.value - found.baseline_value
        shown.append(f"{found.baseline}: {found.baseline_value:.4g}; difference {gap:+.4g}")
        if found.p_value is not None:
            verdict = "chance alone seldom does that" if found.p_value < 0.05 else "may be chance"
            shown[-1] += f", p = {found.p_value:.3g} ({verdict})"
    shown.append(
        f"the test part of these data was opened {times(found.openings)}; every prediction is in"
    )
    shown += [f"  runs/{run}/predictions.jsonl" for run in found.runs]
    return shown
