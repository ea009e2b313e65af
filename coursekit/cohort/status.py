"""What each team has, and whether it was there in time.

Repositories are read from git's objects. What was found about a commit is
kept, so that a repository in which nothing has changed is not read again.
What counts is where the team's branch stood; see `commits`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import importlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from coursekit.cohort.commits import Commit, positions, read_commits
from coursekit.cohort.deadlines import OVERDUE, Deadline, judge
from coursekit.cohort.keep import read_kept
from coursekit.cohort.people import silent
from coursekit.course.attendance import Attendance, read_attendance
from coursekit.course.course import Course
from coursekit.course.record import read_extensions
from coursekit.course.roster import Team
from coursekit.fence import NORMAL, Broken, Limits, run_fenced
from coursekit.git.repository import Repository, open_repository
from coursekit.hosting.base import Host
from coursekit.team.files import TeamFiles
from coursekit.team.milestones import Analysis, Evidence, MilestoneState, analyse
from coursekit.team.received import PRISTINE, received
from coursekit.team.summary import ResultsSummary
from coursekit.team.verification import SourceTiers
from litreview.errors import UserError
from litreview.files import read_bytes, write_atomic

READY = "ready"
EMPTY = "no commits"
ABSENT = "no repository"
UNREADABLE = "unreadable"
_MAX_CACHE_BYTES = 100_000_000
# From so many repositories on, loading libgit2 costs less than starting git for each.
_MANY = 12


@dataclass(frozen=True, slots=True)
class TeamStatus:
    """One team's progress.

    Attributes:
        team: The slug.
        title: The team's name.
        state: `ready`, `no commits`, `no repository` or `unreadable`.
        commits: How many commits are the team's own.
        last_commit: When the last of them was made, as ISO 8601.
        authors: Who made how many, most first.
        silent: Members in whose name there is no commit.
        milestones: The state of each.
        deadlines: The dated milestones.
        results: The root README's results summary.
        sources: How far its review's sources were verified.
        attendance: The members' attendance, where the course keeps a list.
        problem: Why the repository could not be read.
    """

    team: str
    title: str
    state: str
    commits: int = 0
    last_commit: str = ""
    authors: tuple[tuple[str, int], ...] = ()
    silent: tuple[str, ...] = ()
    milestones: tuple[MilestoneState, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    results: ResultsSummary | None = None
    sources: SourceTiers = field(default_factory=SourceTiers)
    attendance: tuple[Attendance, ...] = ()
    problem: str = ""

    def overdue(self) -> tuple[Deadline, ...]:
        """The deadlines that have passed without what they ask for."""
        return tuple(deadline for deadline in self.deadlines if deadline.verdict == OVERDUE)


@dataclass(frozen=True, slots=True)
class CourseStatus:
    """All teams, those who need somebody first.

    Attributes:
        title: The course's title.
        at: The moment that the report is about, as ISO 8601.
        teams: Without commits first, then by what is overdue, then by name.
        unmatched: People of the attendance list who are in no team.
        read_again: How many repositories had to be read.
    """

    title: str
    at: str
    teams: tuple[TeamStatus, ...]
    unmatched: tuple[Attendance, ...] = ()
    read_again: int = 0

    @property
    def unreadable(self) -> tuple[TeamStatus, ...]:
        """The teams whose repository could not be read."""
        return tuple(team for team in self.teams if team.state in (ABSENT, UNREADABLE))

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Job:
    """A repository that has to be read.

    Attributes:
        team: The team.
        key: What its facts hang on.
        head: The branch's tip.
        pristine: The tip of the template as the team received it.
        facts: What is known already.
        quick: Whether its worker may read without starting git.
    """

    team: Team
    key: str
    head: str | None
    pristine: str | None
    facts: dict[str, Any]
    quick: bool = False


class _NotKnownError(Exception):
    """Something that only the repository says."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """What all teams are read with; each worker has a copy."""

    course: Course
    moment: dt.datetime
    attendance: tuple[Attendance, ...]
    facts: dict[str, dict[str, Any]]
    extensions: dict[str, dict[str, dt.date]]
    kept: dict[str, dict[tuple[str, str], str]]

    def look(self, team: Team, host: Host | None = None) -> TeamStatus | _Job:
        """A team as far as its facts are known, or what has to be read."""
        path = self.course.repository(team)
        try:
            if not path.exists():
                remedy = f"make it with `coursekit generate {self.course.folder}`"
                return self.failed(team, f"{path}: does not exist; {remedy}", ABSENT)
            if host is not None:
                host.fetch(team, path)
            with open_repository(path) as repository:
                head, pristine = repository.head(), repository.tip(PRISTINE)
        except (UserError, OSError) as error:
            return self.failed(team, _said(path, error))
        course = self.course
        rules = f"{course.minimum_sources} {course.verify_sources} {course.commit.email}"
        key = f"{head} {pristine} {rules}"
        facts = self.facts.get(team.slug, {})
        if facts.get("key") != key:
            facts = {"key": key, "commits": None, "analyses": {}}
        job = _Job(team, key, head, pristine, facts)
        try:
            return self._judge(job, None)
        except _NotKnownError:
            return job

    def read(self, job: _Job) -> tuple[TeamStatus, dict[str, Any]]:
        """A team as its repository has it, and the facts about it."""
        path = self.course.repository(job.team)
        try:
            with open_repository(path, quick=job.quick) as repository:
                return self._judge(job, repository), job.facts
        except (UserError, OSError) as error:
            return self.failed(job.team, _said(path, error)), job.facts

    def failed(self, team: Team, problem: str, state: str = UNREADABLE) -> TeamStatus:
        """A team whose repository tells nothing."""
        return replace(self._blank(team), state=state, problem=problem)

    def _blank(self, team: Team) -> TeamStatus:
        people = tuple(person for person in self.attendance if person.team == team.slug)
        return TeamStatus(team.slug, team.title, ABSENT, attendance=people)

    def _judge(self, job: _Job, repository: Repository | None) -> TeamStatus:
        """The team's progress by the facts; those that lack are read from the repository.

        Raises:
            _NotKnownError: If a fact lacks and there is no repository.
        """
        course, team, moment = self.course, job.team, self.moment
        commits = _commits(job, repository, course.commit.email)
        now_seconds = dt.datetime.now(dt.UTC).timestamp()
        line = positions(commits, now_seconds)
        if moment.timestamp() < now_seconds:
            line = [place for place in line if place.seconds <= moment.timestamp()]
        own = [c for c in commits if c.email and c.seconds <= moment.timestamp()]
        extensions = self.extensions.get(team.slug, {})
        kept = self.kept.get(team.slug, {})

        @cache
        def analysis(oid: str) -> Analysis:
            known = job.facts["analyses"]
            if oid in known:
                return _analysis(known[oid])
            if repository is None:
                raise _NotKnownError
            result = analyse(
                TeamFiles(repository, team.slug, oid), received(repository, job.pristine),
                course.minimum_sources, verify=course.verify_sources,
            )  # fmt: skip
            known[oid] = result
            return result

        if not own or not line:

            def earlier(oid: str) -> Analysis | None:
                # What was there in time counts, also where the team has taken it away since.
                return analysis(oid) if oid in kept.values() else None

            return replace(
                self._blank(team), state=EMPTY,
                silent=tuple(member.name for member in team.members),
                deadlines=tuple(judge(course, moment, line, earlier, extensions, kept)),
            )  # fmt: skip

        now = analysis(line[0].commit.oid)
        authors = Counter(commit.author for commit in own)
        last = dt.datetime.fromtimestamp(own[0].seconds, ZoneInfo(course.timezone))
        return replace(
            self._blank(team),
            state=READY,
            commits=len(own),
            last_commit=last.isoformat(timespec="seconds"),
            authors=tuple(authors.most_common()),
            silent=silent(team.members, own),
            milestones=now.milestones,
            deadlines=tuple(judge(course, moment, line, analysis, extensions, kept)),
            results=now.results,
            sources=now.sources,
        )


def read_status(
    course: Course,
    *,
    at: dt.datetime | None = None,
    only: Sequence[str] = (),
    host: Host | None = None,
    jobs: int | None = None,
    on_done: Callable[[TeamStatus], None] = lambda team: None,
    limits: Limits = NORMAL,
) -> CourseStatus:
    """Read every team's progress.

    Args:
        course: The course with its teams.
        at: The moment to look at; now by default.
        only: Slugs of the teams; all of them by default.
        host: Where the repositories are published, if anywhere beyond the
            folder: their state is fetched first.
        jobs: Repositories at a time; by default one per core.
        on_done: Called with each team's progress as soon as it is known.
        limits: What reading one team may cost.

    Raises:
        UserError: If a slug is unknown or the attendance list is wrong. A
            single repository's problem is in its team's status.
    """
    teams = course.pick(only)
    moment = at or dt.datetime.now(ZoneInfo(course.timezone))
    attendance = read_attendance(course)
    store = course.state / "status.json"
    facts = _load(store)
    reader = _Reader(
        course, moment, attendance, facts, read_extensions(course), read_kept(course)
    )  # fmt: skip
    found: list[TeamStatus] = []
    waiting: list[_Job] = []

    def done(team: TeamStatus) -> None:
        found.append(team)
        on_done(team)

    for one in _looked_at(reader, teams, host, jobs):
        if isinstance(one, _Job):
            waiting.append(one)
        else:
            done(one)
    if len(waiting) >= _MANY:
        # Loaded before the workers begin, which where they are forked have it then.
        with contextlib.suppress(ImportError):
            importlib.import_module("pygit2")
            waiting = [replace(job, quick=True) for job in waiting]
    for read in run_fenced(_InWorker(reader), waiting, limits, _once_more, jobs):
        if isinstance(read, Broken):
            team = read.job.team
            done(reader.failed(team, f"{course.repository(team)}: {read.reason}"))
        else:
            status, new = read
            facts[status.team] = new
            done(status)
    if waiting:
        _save(store, facts)
    found.sort(key=lambda team: (team.state == READY, -len(team.overdue()), team.team))
    return CourseStatus(
        course.title,
        moment.isoformat(timespec="seconds"),
        tuple(found),
        tuple(person for person in attendance if not person.team),
        len(waiting),
    )


def _looked_at(
    reader: _Reader, teams: Sequence[Team], host: Host | None, jobs: int | None
) -> Iterator[TeamStatus | _Job]:
    """Each team as far as it is known; several at a time where that needs the network."""
    if host is None:
        yield from map(reader.look, teams)
        return
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        futures = [pool.submit(reader.look, team, host) for team in teams]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@dataclass(frozen=True, slots=True)
class _InWorker:
    reader: _Reader

    def __call__(self, job: _Job) -> tuple[TeamStatus, dict[str, Any]]:
        return self.reader.read(job)


def _once_more(job: _Job) -> _Job:
    # A crafted pack can hang the quick way; the team need not be lost for that.
    return replace(job, quick=False)


def _said(path: Path, error: UserError | OSError) -> str:
    if isinstance(error, UserError):
        return str(error)
    reason = error.strerror or type(error).__name__
    return f"{path}: cannot be read ({reason}); check its permissions"


def _commits(job: _Job, repository: Repository | None, staff: str) -> list[Commit]:
    if job.facts["commits"] is None:
        if repository is None:
            raise _NotKnownError
        job.facts["commits"] = read_commits(repository, job.head, staff)
    return [_commit(row) for row in job.facts["commits"]]


def _commit(row: Commit | dict[str, Any]) -> Commit:
    if isinstance(row, Commit):
        return row
    others = tuple((name, email) for name, email in row["others"])
    return Commit(**{**row, "parents": tuple(row["parents"]), "others": others})


def _analysis(facts: Analysis | dict[str, Any]) -> Analysis:
    if isinstance(facts, Analysis):
        return facts
    milestones = tuple(
        MilestoneState(
            row["kind"], row["folder"], row["state"],
            tuple(Evidence(**one) for one in row["evidence"]), row["open_questions"],
        )
        for row in facts["milestones"]
    )  # fmt: skip
    tiers = facts["sources"]
    pairs = {name: tuple(map(tuple, tiers[name])) for name in ("counts", "by_identity")}
    return Analysis(
        milestones, ResultsSummary(**facts["results"]), SourceTiers(**{**tiers, **pairs})
    )


def _fields(one: Any) -> dict[str, Any]:
    """What a dataclass holds; `asdict` would copy all of it, down to each word."""
    return {name: getattr(one, name) for name in one.__slots__}


@lru_cache(maxsize=1)
def _code() -> str:
    """A fingerprint of the code that judges: what older code found is not reused."""
    import litreview

    digest = hashlib.sha256()
    for folder in (Path(__file__).parents[1], Path(litreview.__file__).parent):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _load(store: Path) -> dict[str, dict[str, Any]]:
    """What earlier calls found out, by slug."""
    try:
        facts = json.loads(read_bytes(store, max_bytes=_MAX_CACHE_BYTES))
        if facts.get("code") == _code():
            return dict(facts["teams"])
    except (UserError, ValueError, KeyError, AttributeError, RecursionError):
        pass
    return {}


def _save(store: Path, facts: dict[str, dict[str, Any]]) -> None:
    data = {"code": _code(), "teams": facts}
    text = json.dumps(data, ensure_ascii=False, default=_fields)
    # Reading must work where nothing can be written; it only takes longer the next time.
    with contextlib.suppress(UserError):
        write_atomic(store, text)
