"""The whole way once, offline: a course, its repositories, reviews, baseline runs, the showcase.

Everything really happened: the repositories are Git repositories, the reviews
cite real works, and every figure in the showcase comes from a training run, on
this machine or recorded before. Running it again in the same folder goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coursekit import lock
from coursekit.cohort.generate import MAIN, check_git, generate
from coursekit.course.course import STATE_FOLDER, Course
from coursekit.course.roster import Team
from coursekit.demo.content import REVIEW, add_recorded_runs, start, write_milestones
from coursekit.errors import GitError
from coursekit.git import git
from coursekit.verify.box import find_box, why_no_box
from coursekit.verify.cohort import Options, verify_course
from coursekit.verify.packs import Store
from coursekit.verify.queue import Here
from coursekit.verify.watch import Limits
from litreview.errors import UserError
from litreview.files import write_atomic

MARK = ".coursekit-demo"
SOURCES = 3
# What each family's team looks for; the reading list and arXiv both know answers.
_QUERIES = {
    "encoder-only": "masked language model bidirectional encoder",
    "decoder-only": "language models few-shot generation",
    "encoder-decoder": "sequence to sequence translation encoder decoder",
}
# The teams whose baseline is trained on the spot: one of each family.
TRAINED = ("bright-encoders", "next-word", "short-and-sweet")
_TRAINING_TIMEOUT_SECONDS = 900
# More than the models that count need on any machine.
_VERIFYING_CPU_SECONDS = 600.0
# Several trainings share the machine; more threads than cores would slow each of them.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class TeamResult:
    """What one team has after the demo.

    Attributes:
        team: The slug.
        sources: Complete sources in its literature review.
        runs: The ids of its training runs.
        clone: Its working copy.
    """

    team: str
    sources: int
    runs: tuple[str, ...]
    clone: Path


@dataclass(frozen=True, slots=True)
class DemoReport:
    """Where everything is, and how long it took."""

    folder: Path
    site: Path
    teams: tuple[TeamResult, ...]
    seconds: float

    @property
    def start_page(self) -> Path:
        """The page to open."""
        return self.site / "index.html"

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return {
            "folder": str(self.folder),
            "site": str(self.site),
            "start_page": str(self.start_page),
            "seconds": round(self.seconds, 1),
            "teams": [asdict(one) | {"clone": str(one.clone)} for one in self.teams],
        }


# Called before a step with its number, how many there are, and its name.
OnStep = Callable[[int, int, str], None]


def demo(
    folder: Path,
    *,
    online: bool = False,
    neural: bool | None = None,
    train_seconds: int = 8,
    dry_run: bool = False,
    on_step: OnStep = lambda number, total, name: None,
) -> DemoReport:
    """Run the demo in a folder, or go on with it.

    Args:
        folder: New, empty, or from an earlier demo.
        online: Take the sources from arXiv instead of the reading list.
        neural: Train a transformer in each repository, too; by default where
            torch is installed.
        train_seconds: How long each of them trains.
        dry_run: Check that it can be done, and do nothing.
        on_step: Called before each step.

    Raises:
        UserError: If the folder holds something else or cannot be written, git
            is missing, or a step fails; says which.
    """
    started = time.monotonic()
    _check(folder)
    if neural is None:
        neural = importlib.util.find_spec("torch") is not None
    if dry_run:
        return DemoReport(folder, folder / "site", (), 0.0)
    write_atomic(folder / MARK, "The demo of coursekit may change everything in this folder.\n")
    with lock.hold(folder / STATE_FOLDER, "demo"):
        course = start(folder / "course")
        steps = _Steps(2 * len(course.teams) + 4, on_step)
        results = _work(course, folder / "work", steps, online, neural, train_seconds)
        steps.start("running the results that only count again, by the course's own code")
        _verify(course)
        steps.start("the showcase")
        site = folder / "site"
        _build_site(course, site)
    return DemoReport(folder, site, results, time.monotonic() - started)


def _work(
    course: Course, folder: Path, steps: _Steps, online: bool, neural: bool, train_seconds: int
) -> tuple[TeamResult, ...]:
    """What the staff and the teams do, up to the push."""
    count = len(course.teams)
    steps.start(f"a repository for each of {count} teams")
    report = generate(course)
    if report.failed:
        raise UserError(report.failed[0].problem)
    place = "arXiv" if online else "the reading list"
    clones, sources = {}, {}
    for team in course.teams:
        steps.start(f"{team.slug}: a clone, and a literature review from {place}")
        clones[team.slug] = _clone(course, team, folder / team.slug)
        sources[team.slug] = _draft(clones[team.slug], course, team, online)
        write_milestones(clones[team.slug], team.slug)
    models = "a baseline that counts" + (" and a transformer" if neural else "")
    steps.start(
        f"training {models} for {len(TRAINED)} teams, side by side; the others' are recorded"
    )
    # The threads only wait: each training is a process of its own.
    with ThreadPoolExecutor(min(count, os.cpu_count() or 1)) as pool:
        trained = {
            pool.submit(_train, clones[team.slug], team.slug, neural, train_seconds): team
            for team in course.teams
        }
        for future in as_completed(trained):
            future.result()
            team = trained[future]
            what = "trained" if team.slug in TRAINED else "runs added"
            steps.start(f"{team.slug}: {what}; committed and pushed")
            _push(clones[team.slug], team)
    return tuple(
        TeamResult(slug, sources[slug], _runs(clone), clone) for slug, clone in clones.items()
    )


class _Steps:
    """Counts steps for the progress display."""

    def __init__(self, total: int, on_step: OnStep) -> None:
        self.total = total
        self.number = 0
        self.on_step = on_step

    def start(self, name: str) -> None:
        """Say that the next step begins."""
        self.number += 1
        self.on_step(self.number, self.total, name)


def _check(folder: Path) -> None:
    """Make sure before anything is written that the demo can be done, and done here.

    Raises:
        UserError: If the folder holds something else, or a part is not installed.
    """
    check_git()
    if importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("nh3") is None:
        raise UserError(
            "the demo ends with a site, which needs more packages; install them: "
            "pip install 'coursekit[site]'"
        )
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; give the name of a folder")
    if folder.is_dir() and not (folder / MARK).exists() and any(folder.iterdir()):
        raise UserError(
            f"{folder}: is not empty, and not from an earlier demo; give the name of a new folder"
        )


def _clone(course: Course, team: Team, target: Path) -> Path:
    if (target / ".git").is_dir():
        return target
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    source = course.repository(team).absolute()
    git.run("clone", "--quiet", "--no-hardlinks", "--branch", MAIN, "--", source, partial,
            protocols="file")  # fmt: skip
    partial.rename(target)
    return target


def _draft(clone: Path, course: Course, team: Team, online: bool) -> int:
    """Draft a review unless there is one; returns how many complete sources it has."""
    from litreview.actions.check import check
    from litreview.actions.draft import draft

    complete = check(clone).complete_sources
    if complete >= max(1, course.minimum_sources):
        return complete
    query = _QUERIES.get(team.family) or team.project or team.title
    provider = "arxiv" if online else "reading-list"
    try:
        draft(clone / REVIEW, query, provider=provider, limit=SOURCES, anyway=not online)
    except UserError as error:
        if not online:
            raise
        reason = str(error).partition(";")[0]
        raise UserError(f"{reason}; run the demo without --online to use the reading list") from (
            error
        )
    return check(clone).complete_sources


def _train(clone: Path, slug: str, neural: bool, seconds: int) -> None:
    """Train what this machine can, and add what was trained before, with torch."""
    if slug in TRAINED:
        _baseline(clone, *_to_train(clone, neural, seconds))
    added = add_recorded_runs(clone, slug)
    _baseline(clone, *([["compare"]] if added else []), ["summary"])


def _to_train(clone: Path, neural: bool, seconds: int) -> list[list[str]]:
    """Counting always, the team's own family where torch is; the test part once."""
    done = {str(run.get("family")) for run in _run_files(clone)}
    commands = [] if "count-based" in done else [["train", "--model", "ngram"]]
    if neural and not done - {"count-based"}:
        commands.append(["train", f"training.seconds={seconds}"])
    tested = any("test" in run["results"] for run in _run_files(clone))
    return commands if tested and not commands else [*commands, ["final"]]


# One process for several commands: starting Python and its libraries takes longer than most.
_IN_A_ROW = """
import json, sys
from baseline.cli import main
for command in json.loads(sys.argv[1]):
    if code := main(command):
        sys.exit(code)
"""


def _baseline(clone: Path, *commands: Sequence[str]) -> None:
    """Run commands of the team's own `baseline` package, as the team does, up to one that fails."""
    if not commands:
        return
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    told = " && ".join(f"python -m baseline {' '.join(command)}" for command in commands)
    try:
        result = subprocess.run(
            [sys.executable, "-c", _IN_A_ROW, json.dumps(commands)],
            cwd=clone, env=env | _ONE_THREAD | {"PYTHONUTF8": "1"}, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=_TRAINING_TIMEOUT_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{clone}: {told} did not end; try again") from error
    if result.returncode != 0:
        lines = result.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UserError(
            f"{clone}: {told} failed "
            f"({lines[-1] if lines else f'code {result.returncode}'}); run it there to see more"
        )


def _push(clone: Path, team: Team) -> None:
    """Commit as one of the team and push, unless nothing has changed."""
    name = team.members[0].name if team.members else team.title
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", name), ("EMAIL", f"{team.slug}@example.org"))
    }
    git.run("add", "--all", cwd=clone)
    if git.attempt("diff", "--cached", "--quiet", "--no-ext-diff", cwd=clone).returncode != 0:
        message = "Write up the project, with the runs behind it"
        git.run("commit", "--quiet", "--message", message, cwd=clone, extra=who)
    try:
        git.run("push", "--quiet", "origin", MAIN, cwd=clone, protocols="file")
    except GitError as error:
        raise UserError(f"{error}; delete {clone} to start again from the repository") from error


def _runs(clone: Path) -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in (clone / "runs").glob("*/run.json")))


def _run_files(clone: Path) -> Iterator[dict[str, Any]]:
    for name in _runs(clone):
        try:
            run = json.loads((clone / "runs" / name / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        # A run that was interrupted has no results yet.
        if isinstance(run, dict) and run.get("results"):
            yield run


def _verify(course: Course) -> None:
    """Run again what costs little; the other results stay measured until staff have the time."""
    try:
        box = find_box()
    except UserError:  # not on this system
        return
    store = Store(course.state / "verify" / "packs")
    options = Options(
        Limits(), _VERIFYING_CPU_SECONDS, 0, "" if box.closed else why_no_box(), sys.executable,
        only=TRAINED, family="count-based",
    )  # fmt: skip
    with contextlib.closing(Here(box, store.path)) as place:
        verify_course(course, place, store, options)


def _build_site(course: Course, out: Path) -> None:
    from coursekit.site import build

    report = build(course.repositories, out, course=course, slides=True)
    for slug, problem in report.unreadable.items():
        raise UserError(f"{slug}: not in the showcase ({problem})")
