"""What each team has, and whether it was there in time.

Repositories are read from git's objects. What was found about a commit is
kept, so that a repository in which nothing has changed is not read again.
What counts is where the team's branch stood; see `commits`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
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


@dataclass
class _Known:
    """What is known beforehand, by slug: what earlier calls found out, and what the log says."""

    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    read_again: int = 0
    extensions: dict[str, dict[str, dt.date]] = field(default_factory=dict)
    kept: dict[str, dict[tuple[str, str], str]] = field(default_factory=dict)


def read_status(
    course: Course,
    *,
    at: dt.datetime | None = None,
    only: Sequence[str] = (),
    host: Host | None = None,
    jobs: int | None = None,
    on_done: Callable[[TeamStatus], None] = lambda team: None,
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

    Raises:
        UserError: If a slug is unknown or the attendance list is wrong. A
            single repository's problem is in its team's status.
    """
    teams = course.pick(only)
    moment = at or dt.datetime.now(ZoneInfo(course.timezone))
    attendance = read_attendance(course)
    store = course.state / "status.json"
    known = _load(store)
    known.extensions, known.kept = read_extensions(course), read_kept(course)
    found: list[TeamStatus] = []
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        futures = [
            pool.submit(_read_team, course, team, moment, attendance, known, host) for team in teams
        ]
        try:
            for future in as_completed(futures):
                found.append(future.result())
                on_done(future.result())
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    _save(store, known)
    found.sort(key=lambda team: (team.state == READY, -len(team.overdue()), team.team))
    return CourseStatus(
        course.title,
        moment.isoformat(timespec="seconds"),
        tuple(found),
        tuple(person for person in attendance if not person.team),
        known.read_again,
    )


def _read_team(
    course: Course,
    team: Team,
    moment: dt.datetime,
    attendance: tuple[Attendance, ...],
    known: _Known,
    host: Host | None,
) -> TeamStatus:
    path = course.repository(team)
    people = tuple(person for person in attendance if person.team == team.slug)
    blank = TeamStatus(team.slug, team.title, ABSENT, attendance=people)
    try:
        if not path.exists():
            problem = f"{path}: does not exist; make it with `coursekit generate {course.folder}`"
            return replace(blank, problem=problem)
        if host is not None:
            host.fetch(team, path)
        with open_repository(path) as repository:
            return _read_repository(course, team, repository, moment, blank, known)
    except UserError as error:
        return replace(blank, state=UNREADABLE, problem=str(error))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problem = f"{path}: cannot be read ({reason}); check its permissions"
        return replace(blank, state=UNREADABLE, problem=problem)


def _read_repository(
    course: Course,
    team: Team,
    repository: Repository,
    moment: dt.datetime,
    blank: TeamStatus,
    known: _Known,
) -> TeamStatus:
    head = repository.head()
    pristine = repository.tip(PRISTINE)
    cached = known.facts.get(team.slug, {})
    rules = f"{course.minimum_sources} {course.verify_sources} {course.commit.email}"
    key = f"{head} {pristine} {rules}"
    if cached.get("key") != key:
        cached = {"key": key, "commits": None, "analyses": {}}
        known.facts[team.slug] = cached
        known.read_again += 1
    if cached["commits"] is None:
        found = read_commits(repository, head, course.commit.email)
        cached["commits"] = [asdict(commit) for commit in found]
    commits = [_commit(row) for row in cached["commits"]]
    now_seconds = dt.datetime.now(dt.UTC).timestamp()
    line = positions(commits, now_seconds)
    if moment.timestamp() < now_seconds:
        line = [place for place in line if place.seconds <= moment.timestamp()]
    own = [c for c in commits if c.email and c.seconds <= moment.timestamp()]
    extensions = known.extensions.get(team.slug, {})
    kept = known.kept.get(team.slug, {})

    def analysis(oid: str) -> Analysis:
        if oid not in cached["analyses"]:
            files = TeamFiles(repository, team.slug, oid)
            result = analyse(
                files, received(repository, pristine), course.minimum_sources,
                verify=course.verify_sources,
            )  # fmt: skip
            cached["analyses"][oid] = asdict(result)
        return _analysis(cached["analyses"][oid])

    if not own or not line:

        def earlier(oid: str) -> Analysis | None:
            # What was there in time counts, also where the team has taken it away since.
            return analysis(oid) if oid in kept.values() else None

        return replace(
            blank, state=EMPTY, silent=tuple(member.name for member in team.members),
            deadlines=tuple(judge(course, moment, line, earlier, extensions, kept)),
        )  # fmt: skip

    now = analysis(line[0].commit.oid)
    authors = Counter(commit.author for commit in own)
    last = dt.datetime.fromtimestamp(own[0].seconds, ZoneInfo(course.timezone))
    return replace(
        blank,
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


def _commit(row: dict[str, Any]) -> Commit:
    others = tuple((name, email) for name, email in row["others"])
    return Commit(**{**row, "parents": tuple(row["parents"]), "others": others})


def _analysis(facts: dict[str, Any]) -> Analysis:
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


@lru_cache(maxsize=1)
def _code() -> str:
    """A fingerprint of the code that judges: what older code found is not reused."""
    import litreview

    digest = hashlib.sha256()
    for folder in (Path(__file__).parents[1], Path(litreview.__file__).parent):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _load(store: Path) -> _Known:
    try:
        facts = json.loads(read_bytes(store, max_bytes=_MAX_CACHE_BYTES))
        if facts.get("code") == _code():
            return _Known(facts["teams"])
    except (UserError, ValueError, KeyError, AttributeError, RecursionError):
        pass
    return _Known()


def _save(store: Path, known: _Known) -> None:
    if known.read_again:
        text = json.dumps({"code": _code(), "teams": known.facts}, ensure_ascii=False)
        # Reading must work where nothing can be written; it only takes longer the next time.
        with contextlib.suppress(UserError):
            write_atomic(store, text)
