"""Verify the results of a whole course, within a budget, and write down what was found."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from coursekit import lock
from coursekit.course.course import Course
from coursekit.course.roster import Team
from coursekit.git.repository import open_repository
from coursekit.hosting.base import Host
from coursekit.team.checks import CHECKS_FILE, Check, append_check, read_checks
from coursekit.team.clean import clean_text
from coursekit.team.tiers import DIFFERS, MEASURED, REPRODUCED
from coursekit.template.templates import load_template
from coursekit.verify.claims import Shown, course_code, is_unchanged, list_shown, read_claim
from coursekit.verify.data import Locked, fetch
from coursekit.verify.findings import Found
from coursekit.verify.packs import Store
from coursekit.verify.queue import Runner, drive
from coursekit.verify.rerun import COURSE, TEAM, Kit, Work, examine
from coursekit.verify.watch import Limits
from litreview.errors import UserError

# States of a claim after a call, beside the tiers.
BEFORE, LEFT, WOULD = "verified before", "left out", "would be run"
_NO_BUDGET = "needs about {:.0f} CPU-seconds, more than is left; run the command again to go on"
_TIER_ORDER = (DIFFERS, MEASURED, REPRODUCED)


@dataclass(frozen=True, slots=True)
class Options:
    """How a course is verified.

    Attributes:
        limits: The most that one run may use.
        budget_seconds: CPU time for the whole call.
        new_seeds: How many seeds are tried that a team has not shown.
        no_box: Why there is no closed box; empty where there is one.
        python: The interpreter that the runs are run with.
        again: Also what was verified before.
        only: Slugs of the teams; all of them by default.
        family: Only results of this family of models; all of them by default.
        dry_run: Run nothing, write nothing.
    """

    limits: Limits
    budget_seconds: float
    new_seeds: int
    no_box: str
    python: str
    again: bool = False
    only: Sequence[str] = ()
    family: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One run in the report.

    Attributes:
        state: A tier, or `verified before`, `left out` or `would be run`.
        reason: In one sentence.
        code: Whose code was run: `course` or `team`.
        figures: From split and metric to what was recorded and what came out.
    """

    team: str
    run: str
    name: str
    state: str
    reason: str = ""
    code: str = ""
    cpu_seconds: float = 0.0
    figures: tuple[tuple[str, float, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What was verified.

    Attributes:
        lines: One for each run, in the order in which they ended.
        unreadable: From slug to why its repository could not be read.
        cpu_seconds: What all of it took.
    """

    lines: tuple[Line, ...]
    unreadable: Mapping[str, str]
    cpu_seconds: float
    dry_run: bool = False

    def count(self, state: str) -> int:
        """How many runs ended in a state."""
        return sum(line.state == state for line in self.lines)

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return asdict(self)


@dataclass
class _State:
    spent: float = 0.0
    promised: float = 0.0
    lines: list[Line] = field(default_factory=list)


def verify_course(
    course: Course,
    runner: Runner,
    store: Store,
    options: Options,
    *,
    host: Host | None = None,
    fetcher: Any = None,
    on_total: Callable[[int], None] = lambda total: None,
    on_line: Callable[[Line], None] = lambda line: None,
) -> Report:
    """Run every result of a course again, the newest first.

    Safe to repeat: what was verified with the same code, data and versions is not run again, and
    each result is written down as soon as it is known.

    Args:
        course: The course with its teams.
        runner: Where units are run.
        store: Where their inputs are kept.
        options: Budget, limits, teams.
        host: Where the repositories are published, if anywhere beyond the folder.
        fetcher: Asks the web for what `data.lock` names; None fetches nothing.
        on_total: Called with the number of runs.
        on_line: Called with each line of the report.

    Raises:
        UserError: If the course or its log cannot be read or written.
    """
    teams = {team.slug: team for team in course.pick(options.only)}
    template = load_template(course.template, course.folder, course.state / "templates")
    code = course_code(template.files)
    kit = Kit(code, store, options.limits, options.no_box,
              _fetching(course, fetcher), options.new_seeds)  # fmt: skip
    shown, unreadable = _all_shown(course, teams, host)
    if options.family:
        shown = [one for one in shown if one.results[0].family == options.family]
    on_total(len(shown))
    with contextlib.ExitStack() as stack:
        if not options.dry_run:
            stack.enter_context(lock.hold(course.state / "verify", "verify", what=course.folder))
        session = _Session(course, kit, options, teams, on_line)
        for one, found in drive(session.works(shown), runner):
            session.note(one, found)
    return Report(tuple(session.state.lines), unreadable, round(session.state.spent, 1),
                  options.dry_run)  # fmt: skip


def _all_shown(
    course: Course, teams: Mapping[str, Team], host: Host | None
) -> tuple[list[Shown], dict[str, str]]:
    found: list[Shown] = []
    unreadable: dict[str, str] = {}
    for slug, team in teams.items():
        path = course.repository(team)
        try:
            if host is not None:
                host.fetch(team, path)
            with open_repository(path) as repository:
                found += list_shown(repository, slug)
        except UserError as error:
            unreadable[slug] = str(error)
    oldest = dt.datetime.min.replace(tzinfo=dt.UTC)
    found.sort(key=lambda one: max(row.date or oldest for row in one.results), reverse=True)
    return found, unreadable


class _Session:
    """One call: what it knows already, has spent, and writes down."""

    def __init__(
        self,
        course: Course,
        kit: Kit,
        options: Options,
        teams: Mapping[str, Team],
        on_line: Callable[[Line], None],
    ) -> None:
        self.course = course
        self.kit = kit
        self.options = options
        self.teams = teams
        self.on_line = on_line
        self.state = _State()
        self.log = course.folder / CHECKS_FILE
        self.known: dict[tuple[str, str], list[Check]] = {}
        self.commits: dict[int, str] = {}
        self.estimates: dict[int, float] = {}
        for check in read_checks(self.log):
            self.known.setdefault((check.team, check.run), []).append(check)
        self.installed = installed(options.python) if self.known else {}

    def works(self, shown: Sequence[Shown]) -> Iterator[tuple[Shown, Work]]:
        """The claims that have to be run, as long as the budget lasts."""
        for one in shown:
            path = self.course.repository(self.teams[one.team])
            try:
                with open_repository(path) as repository:
                    claim = read_claim(repository, one)
            except UserError as error:
                self._line(one, LEFT, str(error))
                continue
            if not self.options.again and self._is_known(one, claim.commit):
                self._line(one, BEFORE)
                continue
            seeds = 1 + (self.options.new_seeds if one.siblings < 3 else 0)
            estimate = claim.cpu_seconds * seeds
            if self.options.dry_run:
                mine = is_unchanged(claim.files, self.kit.code)
                about = f"about {estimate:.0f} CPU-seconds"
                self._line(one, WOULD, about, code=COURSE if mine else TEAM)
                continue
            if self.state.spent + self.state.promised + estimate > self.options.budget_seconds:
                self._line(one, LEFT, _NO_BUDGET.format(estimate))
                continue
            self.state.promised += estimate
            self.commits[id(one)], self.estimates[id(one)] = claim.commit, estimate
            yield one, examine(claim, path, self.kit)

    def note(self, one: Shown, found: Found) -> None:
        """Write down what was found about a claim."""
        self.state.spent += found.cpu_seconds
        self.state.promised -= self.estimates.pop(id(one), 0.0)
        commit = self.commits.pop(id(one), "")
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        for figure in found.figures:
            row = figure.result
            append_check(
                self.log,
                Check(
                    now, one.team, row.experiment, one.run, row.dataset, row.split, row.metric,
                    figure.tier, row.value, figure.figure, figure.seeds,
                    _one_line(figure.reason), commit,
                    found.machine, found.versions, found.code, round(found.cpu_seconds, 1),
                ),
            )  # fmt: skip
        if not found.figures:
            self._line(one, LEFT, found.skipped)
            return
        worst = min(
            found.figures, key=lambda f: (_TIER_ORDER.index(f.tier), f.result.split != "test")
        )
        figures = tuple(
            (f"{f.result.split} {f.result.metric}", f.result.value, f.figure) for f in found.figures
        )
        self._line(one, worst.tier, worst.reason, found.code, found.cpu_seconds, figures)

    def _line(
        self,
        one: Shown,
        state: str,
        reason: str = "",
        code: str = "",
        cpu_seconds: float = 0.0,
        figures: tuple[tuple[str, float, float | None], ...] = (),
    ) -> None:
        name = one.results[0].name or one.results[0].model
        # A reason may hold what a team wrote, such as the name of a file.
        line = Line(
            one.team, one.run, name, state, _one_line(reason), code, round(cpu_seconds, 1), figures
        )
        self.state.lines.append(line)
        self.on_line(line)

    def _is_known(self, one: Shown, commit: str) -> bool:
        """Whether each figure was checked at this commit, with the versions that are here."""
        checks = self.known.get((one.team, one.run), [])
        newest = [next((c for c in reversed(checks) if c.about(row)), None) for row in one.results]
        return all(
            check is not None and check.commit == commit and self._is_current(check.versions)
            for check in newest
        )

    def _is_current(self, versions: Mapping[str, str]) -> bool:
        return all(
            self.installed[name] == version
            for name, version in versions.items()
            if name in self.installed
        )


def _one_line(reason: str) -> str:
    """A reason, which may hold what a team wrote, such as the name of a file, for any terminal."""
    return " ".join(clean_text(reason).split())


def installed(python: str) -> dict[str, str]:
    """The versions of an interpreter and of its packages."""
    code = (
        "import json, platform; from importlib.metadata import distributions; print(json.dumps("
        "{d.name.lower(): d.version for d in distributions()} | "
        "{'python': platform.python_version()}))"
    )
    done = subprocess.run([python, "-P", "-c", code], capture_output=True, check=False)
    try:
        found = json.loads(done.stdout)
    except ValueError as error:
        raise UserError(f"{python}: is no Python that works; give another one") from error
    return {str(name): str(version) for name, version in found.items()}


def _fetching(course: Course, fetcher: Any) -> Callable[[Locked], bytes]:
    """A function that fetches one file at a time, into a cache that all teams share."""
    cache, one_at_a_time = course.state / "verify" / "data", threading.Lock()

    def get(locked: Locked) -> bytes:
        if fetcher is None:
            raise UserError(f"{locked.path} lies elsewhere, and nothing is fetched offline")
        with one_at_a_time:
            return fetch(locked, cache, fetcher)

    return get


def lines_of(line: Line) -> list[str]:
    """One run of the report, in lines for a terminal."""
    about = {COURSE: "the course's own code", TEAM: "the team's code, in a box"}.get(line.code)
    more = "; ".join(filter(None, (line.reason, about)))
    cost = f" ({line.cpu_seconds:g} CPU-s)" if line.cpu_seconds else ""
    shown = [f"{line.team}  {line.run}  {line.state}{': ' if more else ''}{more}{cost}"]
    if line.state == DIFFERS:
        for name, recorded, came in line.figures:
            again = "nothing" if came is None else f"{came:.6g}"
            shown.append(f"    {name}: recorded {recorded:.6g}, again {again}")
    return shown


def summary(report: Report) -> list[str]:
    """What came of all of it, in lines for a terminal."""
    shown = [f"{slug}  not read: {reason}" for slug, reason in report.unreadable.items()]
    counts = Counter(line.state for line in report.lines)
    told = ", ".join(f"{number} {state}" for state, number in counts.items()) or "no results"
    runs = f"{len(report.lines)} run{'s' * (len(report.lines) != 1)}"
    return [*shown, f"{runs}: {told}; {report.cpu_seconds:g} CPU-seconds"]
