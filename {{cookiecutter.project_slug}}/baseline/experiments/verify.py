"""Run a result again: its commit, its configuration, its seed, and then new seeds.

Everything happens in a clean checkout in a temporary folder; nothing of the repository changes.
The checkout's own code runs, as it was when the result came about.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from baseline import config as configuration
from baseline.config import Config
from baseline.data import loading
from baseline.errors import BaselineError
from baseline.experiments import final, inference
from baseline.experiments.results import Score
from baseline.experiments.verdict import DIFFERS, REPRODUCED, judge, slack
from baseline.tasks.base import measure
from baseline.tasks.metrics import METRICS
from baseline.training import runs
from baseline.training.runs import Run

Report = Callable[[str], None]
# The weights were loaded and measured once more; the training was not repeated.
REMEASURED, NOT_RUN, POSSIBLE = "measured again", "cannot run", "can be run"
LOCK = "data.lock"


@dataclass(frozen=True)
class Figure:
    """One figure of a run: what is recorded, and what came out with its seed and with new ones."""

    split: str
    metric: str
    recorded: float
    again: float
    others: tuple[float, ...]
    word: str
    reason: str


@dataclass(frozen=True)
class Verified:
    """What came of it: one of the words above, and why."""

    name: str
    run: str
    commit: str
    word: str
    reasons: tuple[str, ...]
    figures: tuple[Figure, ...] = ()
    cpu_seconds: float = 0.0


def verify(
    root: Path, name: str, report: Report, *, evaluate: bool = False, dry_run: bool = False
) -> Verified:
    """Verify one experiment: its best run, or the run that is named.

    Args:
        name: As for `final`.
        evaluate: Measure the weights that are here again, instead of training again.

    Raises:
        BaselineError: If there is no such experiment, or git fails.
    """
    score, _ = final.choose(root, name)
    row = next((row for row in score.rows if row.run == name), None)
    row = row or max(score.rows, key=lambda one: one.value * (1 if one.higher_is_better else -1))
    run = runs.load_run(root / "runs" / row.run)
    found = Verified(score.name, run.id, run.commit, NOT_RUN, ())
    if evaluate:
        report(f"{run.id}: measuring its weights again")
        return found if dry_run else _remeasured(root, run, found)
    if missing := _missing(root, run):
        return replace(found, reasons=tuple(missing))
    if dry_run:
        return replace(found, word=POSSIBLE, reasons=("everything is there; nothing was run",))
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        checkout = Path(folder) / "repository"
        notes = _check_out(root, run, checkout)
        seeds = [run.seed, *_new_seeds(score, run)]
        again: list[Run] = []
        for number, seed in enumerate(seeds, 1):
            report(f"{run.id}: running again with seed {seed} ({number} of {len(seeds)})")
            try:
                again.append(_repeat(root, run, seed, checkout, report))
            except BaselineError as error:
                return replace(found, reasons=(str(error), *notes))
    return _judged(found, run, again, notes)


def _new_seeds(score: Score, run: Run) -> list[int]:
    """Two seeds that the team has not used; none where it shows three, or nothing is random."""
    if run.family == "count-based" or len(score.rows) > 2:
        return []
    last = max(row.seed for row in score.rows)
    return [last + 1, last + 2]


def _missing(root: Path, run: Run) -> list[str]:
    """What a repetition lacks."""
    settings = _settings(root, run)
    if not run.commit:
        return ["the run has no commit; commit your code, then train again"]
    if _git(root, "cat-file", "-e", f"{run.commit}^{{commit}}") is None:
        return [f"commit {run.commit[:12]} is not in this repository; fetch it, or train again"]
    found = []
    for path in filter(None, (settings.data.train, settings.data.validation, settings.data.test)):
        if not (root / path).is_file():
            where = _locked(root).get(path, {})
            known = f"; {LOCK} says {where['address']}" if "address" in where else ""
            found.append(
                f"{path} is not here{known} (the data had the fingerprint {run.data}); put it there"
            )
    if settings.model.start and not (root / "runs" / settings.model.start / "run.json").is_file():
        found.append(f"it begins with the run {settings.model.start}, which is not in runs/")
    return found


def _locked(root: Path) -> Mapping[str, Mapping[str, str]]:
    """What `data.lock` says of files that are not in the repository."""
    import tomllib

    try:
        return tomllib.loads((root / LOCK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _check_out(root: Path, run: Run, target: Path) -> list[str]:
    """Make a clean checkout, with what the commit lacks; says what that was."""
    notes, commit = [], run.commit
    if run.uncommitted_changes:
        brought = _git(root, "log", "--diff-filter=A", "--format=%H", "-1", "--",
                       f"runs/{run.id}/run.json")  # fmt: skip
        commit = (brought or "").strip() or commit
        notes.append("when it was trained, files had changed that were not committed")
    if _git(root, "clone", "--quiet", "--shared", "--no-checkout", ".", str(target)) is None or (
        _git(target, "checkout", "--quiet", "--detach", commit) is None
    ):
        raise BaselineError(f"{root}: git cannot check commit {commit[:12]} out; try git fsck")
    shutil.rmtree(target / "runs", ignore_errors=True)
    (target / "results.json").unlink(missing_ok=True)
    data = _settings(root, run).data
    files = [path for path in (data.train, data.validation, data.test) if path]
    for path in [*files, *(f"splits/{p.name}" for p in (root / "splits").glob("*.json"))]:
        if not (target / path).exists() and not Path(path).is_absolute():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, target / path)
            if path in files:
                notes.append(f"{path} is not in commit {commit[:12]}; today's file was taken")
    return notes


def _repeat(root: Path, run: Run, seed: int, checkout: Path, report: Report) -> Run:
    """Train a run once more, after the run that it begins with."""
    settings = _settings(root, run)
    more = [f"training.seed={seed}", *_same_length(settings, run)]
    if settings.model.start:
        first = runs.load_run(root / "runs" / settings.model.start)
        more.append(f"model.start={_repeat(root, first, first.seed, checkout, report).id}")
    path = root.resolve() / "runs" / run.id / "config.toml"
    _baseline(checkout, "train", "--config", str(path), *more)
    name = max(p.parent.name for p in (checkout / "runs").glob("*/run.json"))
    if "test" in run.results:
        _baseline(checkout, "final", name)
    return runs.load_run(checkout / "runs" / name)


def _same_length(settings: Config, run: Run) -> list[str]:
    """A budget of time ends somewhere else on each machine; the steps that were done do not."""
    training = settings.training
    if run.family == "count-based" or (training.steps and training.steps == run.steps):
        return []
    return [f"training.steps={run.steps}", "training.seconds=0", "training.cpu_seconds=0"]


def _baseline(checkout: Path, *arguments: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-m", "baseline", *arguments],
        cwd=checkout, env=env, capture_output=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
        raise BaselineError(f"python -m baseline {arguments[0]} failed: {lines[-1]}")


def _judged(found: Verified, run: Run, again: Sequence[Run], notes: Sequence[str]) -> Verified:
    figures = tuple(_figures(run, again))
    differs = any(figure.word == DIFFERS for figure in figures)
    reasons = [*_reasons(run, again[0]), *notes] if differs else []
    spent = sum(one.cpu_seconds for one in again)
    word = DIFFERS if differs else REPRODUCED
    return replace(
        found, word=word, reasons=tuple(reasons), figures=figures, cpu_seconds=round(spent, 1)
    )


def _figures(run: Run, again: Sequence[Run]) -> Iterator[Figure]:
    intervals = run.tested.get("intervals")
    for split, values in run.results.items():
        for metric, recorded in values.items():
            came = [one.results.get(split, {}).get(metric) for one in again]
            known = [value for value in came if value is not None]
            if len(known) < len(again):
                continue
            ends = intervals.get(metric) if isinstance(intervals, dict) else None
            moves = slack(recorded, run.examples.get(split, 0), ends if split == "test" else None)
            verdict = judge(
                recorded,
                known[0],
                known[1:],
                higher_is_better=METRICS[metric].higher_is_better,
                slack=moves,
                exact=run.family == "count-based",
            )
            others = tuple(known[1:])
            yield Figure(split, metric, recorded, known[0], others, verdict.word, verdict.reason)


def _reasons(run: Run, again: Run) -> Iterator[str]:
    """What may be why a figure differs."""
    if run.data and again.data != run.data:
        yield f"the data are others: their fingerprint was {run.data} and is {again.data}"
    changed = [
        f"{name} {run.environment[name]} (now {again.environment[name]})"
        for name in run.environment
        if name in again.environment and run.environment[name] != again.environment[name]
    ]
    if changed:
        yield f"it was trained with {', '.join(changed)}"
    if run.family != "count-based" and not run.results.keys() <= again.results.keys():
        yield "the test part was not measured again"


def _remeasured(root: Path, run: Run, found: Verified) -> Verified:
    """Load the weights that are here, and measure them again."""
    model = inference.open_run(root, run.id)
    dataset = loading.load_dataset(model.task.form, model.config.data, root)
    if run.data and loading.fingerprint(dataset) != run.data:
        return replace(found, reasons=("the data are others than those it was trained on",))
    results = {
        split: measure(model.task, dataset.part(split), model.predict(dataset.part(split)))
        for split in run.results
    }
    judged = _judged(found, run, [replace(run, results=results)], ())
    word = judged.word if judged.word == DIFFERS else REMEASURED
    return replace(judged, word=word, cpu_seconds=0.0)


def _settings(root: Path, run: Run) -> Config:
    return configuration.read_config(root / "runs" / run.id / "config.toml")


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None where it fails."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise BaselineError(f"git is needed to check a run out ({error.strerror})") from error
    return done.stdout if done.returncode == 0 else None


def lines(found: Verified) -> list[str]:
    """What came of it, in a few lines."""
    shown = [f"{found.name}, {found.run}: {found.word}"]
    for one in found.figures:
        others = f"; other seeds {', '.join(f'{v:.4g}' for v in one.others)}" if one.others else ""
        shown.append(
            f"  {one.split} {one.metric}: recorded {one.recorded:.4g}, again {one.again:.4g}"
            f"{others}: {one.word if one.word == DIFFERS else one.reason}"
        )
    return [*shown, *(f"  {reason}" for reason in found.reasons)]
