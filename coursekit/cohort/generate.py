"""Make a repository for every team: in parallel, repeatable, and never half of one.

A repository is written under a temporary name in the folder where it will live
and renamed when it is complete, so a run that is killed at any moment leaves
whole repositories and rubbish that the next run removes. What is there already
is checked and left alone.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from coursekit import lock
from coursekit.cohort.record import RECEIVED
from coursekit.course.course import Course
from coursekit.course.membership import begin
from coursekit.course.roster import Team
from coursekit.course.schedule import Milestone
from coursekit.course.settings import raise_problems
from coursekit.errors import GitError, RepositoryError, RosterError
from coursekit.git import git, objects
from coursekit.git.repository import open_repository
from coursekit.hosting.base import Host, addresses
from coursekit.lessons.quiz import lesson_names
from coursekit.team.received import PRISTINE
from coursekit.template.render import Template
from coursekit.template.templates import TemplateSource, load_template
from litreview.errors import UserError

MAIN = "main"
_PARTIAL = ".partial"
# Starting a process costs as much as this many repositories.
_TEAMS_PER_PROCESS = 64
_BATCH = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one team's repository.

    Attributes:
        team: The slug.
        state: `created`, `exists`, `would create` or `failed`.
        repository: Where it is, or would be: a path, or an address of the host.
        commit: The commit of the pristine template that it has, or would have.
        problem: Why it failed.
        notes: What staff should know although it worked.
    """

    team: str
    state: str
    repository: str
    commit: str = ""
    problem: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GenerateReport:
    """What `generate` did, in the order of the roster."""

    outcomes: tuple[Outcome, ...]
    template_version: str
    dry_run: bool

    def count(self, state: str) -> int:
        """How many teams ended in a state."""
        return sum(outcome.state == state for outcome in self.outcomes)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The teams without a good repository."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == "failed")

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return {
            "dry_run": self.dry_run,
            "template_version": self.template_version,
            "teams": [asdict(outcome) for outcome in self.outcomes],
        }


def generate(
    course: Course,
    *,
    host: Host | None = None,
    dry_run: bool = False,
    jobs: int | None = None,
    on_done: Callable[[Outcome], None] = lambda outcome: None,
) -> GenerateReport:
    """Make the repositories that are missing.

    Safe to repeat: a repository that exists is verified and left as it is.
    Call it from a module's main block: worker processes import the caller.

    Args:
        course: The course with its teams.
        host: Where each repository is published after it was made, if anywhere
            beyond the folder.
        dry_run: Render everything and say what would be made; write nothing.
        jobs: Processes; by default one per core, and one for few teams.
        on_done: Called with each outcome as soon as it is known.

    Raises:
        UserError: If nothing can be done at all: git or the template is
            missing, the folder cannot be written, or somebody else is at it. A
            single team's problem is in its outcome.
    """
    check_git()
    source = load_template(course.template, course.folder, course.state / "templates")
    check_answers(course, source)
    if host is not None:
        host.check()
    if dry_run:
        outcomes = list(_run(course, source, dry_run, jobs, on_done))
        return GenerateReport(tuple(outcomes), source.version(), dry_run)
    with lock.hold(course.state, "generate"):
        _prepare(course.repositories)
        if host is None:
            outcomes = _run(course, source, dry_run, jobs, on_done)
        else:
            outcomes = _run(course, source, dry_run, jobs, lambda outcome: None)
            outcomes = _publish(course, host, outcomes, on_done)
        good = [outcome.team for outcome in outcomes if outcome.state != "failed"]
        begin(course, good, dt.datetime.now(ZoneInfo(course.timezone)).date())
    return GenerateReport(tuple(outcomes), source.version(), dry_run)


def check_git() -> None:
    """Check that a git is installed that is new enough.

    Raises:
        GitError: If not.
    """
    found = git.version()
    if found is None:
        raise git.missing()
    if found < git.OLDEST_VERSION:
        needed = ".".join(map(str, git.OLDEST_VERSION))
        raise GitError(
            f"git {'.'.join(map(str, found))} is too old; install {needed} or newer from "
            "https://git-scm.com"
        )


def answers(course: Course, team: Team) -> dict[str, Any]:
    """A team's values for the template's variables; the template's default where empty."""
    repository_url, site_url = addresses(course.hosting, team.slug)
    values: dict[str, Any] = {
        "project_name": team.project or team.title,
        "project_slug": team.slug,
        "description": team.description,
        "members": ", ".join(member.name for member in team.members),
        "task": team.task,
        "model_family": team.family,
        "course_title": course.title,
        "language": course.language,
    }
    values = {name: value for name, value in values.items() if value or name == "members"}
    return values | {
        "cohort": course.cohort,
        "repository_url": repository_url,
        "site_url": site_url,
        "_schedule": {"milestones": [_row(milestone) for milestone in course.milestones]},
        "_rules": {
            "minimum_sources": course.minimum_sources,
            "recommended_sources": course.recommended_sources,
            "presentation_minutes": course.day.minutes,
        },
    }


def _row(milestone: Milestone) -> dict[str, str]:
    row = milestone.to_template()
    if milestone.lesson:
        row["folder"] = f"lessons/{lesson_names()[milestone.lesson - 1]}"
    return row


def check_answers(course: Course, source: TemplateSource) -> None:
    """Check what the template restricts to choices.

    Raises:
        RosterError: Naming every line with a choice that the template lacks.
    """
    problems = []
    for column, variable in (("task", "task"), ("family", "model_family")):
        choices = source.settings.get(variable)
        if not isinstance(choices, list):
            continue
        for team in course.teams:
            value = getattr(team, column)
            if value and value not in choices:
                problems.append(
                    (team.line, f"the {column} is {value!r}; the template offers "
                     f"{', '.join(map(str, choices))}")
                )  # fmt: skip
    raise_problems(course.roster, problems, RosterError)


class _Maker:
    """Makes one team's repository after the other; every process has its own."""

    def __init__(
        self, course: Course, template: Template, blueprint: objects.Blueprint, dry_run: bool
    ) -> None:
        self.course = course
        self.template = template
        self.blueprint = blueprint
        self.dry_run = dry_run
        commit = course.commit
        self.author = objects.Author(commit.author, commit.email, int(commit.date.timestamp()))
        self.message = (
            f"Start from the template of {course.title}\n\nTemplate-Version: {template.version}"
        )

    def make(self, team: Team) -> Outcome:
        """Make or verify one repository."""
        path = self.course.repository(team)
        try:
            if path.exists() or path.is_symlink():
                return Outcome(team.slug, "exists", str(path), _verify(path))
            files = self.template.render(answers(self.course, team))
            if self.dry_run:
                commit = objects.commit_name(self.blueprint, files, self.author, self.message)
                return Outcome(team.slug, "would create", str(path), commit)
            return Outcome(team.slug, "created", str(path), self._write(path, files, team))
        except UserError as error:
            return Outcome(team.slug, "failed", str(path), problem=str(error))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            problem = f"{path}: cannot be written ({reason}); check permissions and disk space"
            return Outcome(team.slug, "failed", str(path), problem=problem)

    def _write(self, path: Path, files: dict[str, Any], team: Team) -> str:
        partial = path.with_name(f".{path.name}{_PARTIAL}")
        try:
            commit = objects.write_repository(
                partial,
                self.blueprint,
                files,
                self.author,
                self.message,
                (MAIN, PRISTINE, RECEIVED),
                team.project or team.title,
            )
            partial.rename(path)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        return commit


# A worker process's own maker, set when it starts.
_maker: _Maker | None = None


def _start_worker(
    course: Course, source: TemplateSource, blueprint: objects.Blueprint, dry_run: bool
) -> None:
    global _maker
    # Ctrl-C reaches every process of a terminal; the parent decides, the batch is finished.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _maker = _Maker(course, Template(source), blueprint, dry_run)


def _make_batch(teams: Sequence[Team]) -> list[Outcome]:
    if _maker is None:
        raise RuntimeError("the worker process was not started")
    return [_maker.make(team) for team in teams]


def _run(
    course: Course,
    source: TemplateSource,
    dry_run: bool,
    jobs: int | None,
    on_done: Callable[[Outcome], None],
) -> list[Outcome]:
    teams = course.teams
    if jobs is None:
        jobs = min(os.cpu_count() or 1, len(teams) // _TEAMS_PER_PROCESS)
    template = Template(source)
    blueprint = objects.make_blueprint(template.constants, template.render({}))
    if jobs <= 1:
        maker = _Maker(course, template, blueprint, dry_run)
        outcomes = []
        for team in teams:
            outcomes.append(maker.make(team))
            on_done(outcomes[-1])
        return outcomes
    # Only teams travel to the workers from here on; the rest is sent once.
    lean = replace(course, teams=())
    found: dict[int, list[Outcome]] = {}
    for start, batch in _in_processes(jobs, (lean, source, blueprint, dry_run), teams):
        found[start] = batch
        for outcome in batch:
            on_done(outcome)
    return [outcome for start in sorted(found) for outcome in found[start]]


def _in_processes(
    jobs: int, shared: tuple[Any, ...], teams: Sequence[Team]
) -> Iterator[tuple[int, list[Outcome]]]:
    """Yield batches of outcomes, with the position of their first team, as they are done."""
    pool = ProcessPoolExecutor(
        jobs,
        # The same on every system, and no forked copy of a progress bar's thread.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=shared,
    )
    waiting: dict[Future[list[Outcome]], int] = {}
    starts = iter(range(0, len(teams), _BATCH))
    try:
        while True:
            # A short queue, so that memory does not grow with the number of teams.
            while len(waiting) < 2 * jobs and (start := next(starts, None)) is not None:
                with _interrupts_held():
                    waiting[pool.submit(_make_batch, teams[start : start + _BATCH])] = start
            if not waiting:
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                yield waiting.pop(future), future.result()
    except BrokenProcessPool as error:
        raise UserError(
            "a worker process was ended from outside (perhaps memory ran out); run the same "
            "command again to go on, with --jobs 1 if it happens again"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let processes that are started meanwhile inherit that Ctrl-C is not for them.

    Without this, one that is still importing when it comes would print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _publish(
    course: Course,
    host: Host,
    outcomes: Sequence[Outcome],
    on_done: Callable[[Outcome], None],
) -> list[Outcome]:
    """Publish one after the other: hosts ask that changes are not made in parallel."""
    teams = {team.slug: team for team in course.teams}
    published = []
    for outcome in outcomes:
        if outcome.state != "failed":
            team = teams[outcome.team]
            try:
                found = host.publish(team, course.repository(team), description(team))
                state = "created" if found.created else "exists"
                outcome = replace(outcome, state=state, repository=found.address, notes=found.notes)
            except UserError as error:
                outcome = replace(outcome, state="failed", problem=str(error))
        published.append(outcome)
        on_done(outcome)
    return published


def description(team: Team) -> str:
    """The line under a repository's name."""
    return team.description or team.project or team.title


def _prepare(folder: Path) -> None:
    """Make the folder of repositories, and clear what a killed run has left in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        for rubbish in folder.glob(f".*{_PARTIAL}"):
            shutil.rmtree(rubbish)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(
            f"{folder}: cannot be written ({reason}); check permissions, or choose another folder "
            "in course.toml"
        ) from error


def _verify(path: Path) -> str:
    """Check that a repository has both branches and their files, and return its pristine commit.

    Raises:
        RepositoryError: If something is missing.
    """
    wanted = [f"refs/heads/{name}^{{tree}}" for name in (MAIN, PRISTINE)]
    wanted.append(f"refs/heads/{PRISTINE}^{{commit}}")
    with open_repository(path) as repository:
        answer = git.run(
            "cat-file",
            "--batch-check",
            git_dir=repository.git_dir,
            stdin="\n".join(wanted).encode(),
        )
    rows = [line.split() for line in answer.decode("utf-8", "replace").splitlines()]
    for name, row in zip((MAIN, PRISTINE), rows, strict=False):
        if len(row) != 3:
            raise RepositoryError(
                f"{path}: exists but has no complete branch {name!r}; move it away and run again"
            )
    return rows[2][0]
