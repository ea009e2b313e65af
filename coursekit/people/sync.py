"""Let repositories, READMEs and access follow the roster, and keep the history in the log.

What has changed is written into the log first, and that all of it has been done last. So a
run that is killed at any moment is finished by the next one, and nobody's access is forgotten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from coursekit import lock
from coursekit.cohort import generate as generating
from coursekit.cohort.outcome import TeamUpdate
from coursekit.cohort.update import update
from coursekit.course.course import Course, load_course
from coursekit.course.membership import (
    Membership,
    Past,
    accounts_of,
    differs,
    plain,
    read_membership,
    write_access,
    write_dissolved,
    write_members,
)
from coursekit.course.roster import Team
from coursekit.course.roster_file import set_slugs
from coursekit.errors import RosterError
from coursekit.git.repository import open_repository
from coursekit.hosting.base import Host
from coursekit.people.changes import QUESTION, Change, Comparison, compare
from coursekit.team.received import PRISTINE
from litreview.errors import UserError

# What is done to a repository.
MADE = "created"
ADDED = "access added"
WITHDRAWN = "access withdrawn"
README = "updated"
FAILED = "failed"
_README = "README.md"


@dataclass(frozen=True, slots=True)
class Step:
    """What was done, or would be, to one repository or somebody's access to it.

    Attributes:
        kind: `created`, `access added`, `access withdrawn`, `updated` or `failed`.
        team: The slug.
        text: The account, the files, or the problem.
    """

    kind: str
    team: str
    text: str


@dataclass
class SyncReport:
    """What changed in the roster, and what follows from it.

    Attributes:
        changes: What the roster says otherwise than the log.
        steps: What was done, or would be.
        notes: What staff should know.
        dry_run: Whether nothing was written.
    """

    dry_run: bool
    changes: list[Change] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def needs_attention(self) -> bool:
        """Whether somebody must decide something, or something failed."""
        return any(change.kind == QUESTION for change in self.changes) or any(
            step.kind == FAILED for step in self.steps
        )

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return asdict(self)


def sync(
    course: Course,
    *,
    day: dt.date | None = None,
    new: Sequence[str] = (),
    apply: bool = False,
    dry_run: bool = False,
    host: Host | None = None,
    on_done: Callable[[str], None] = lambda slug: None,
) -> SyncReport:
    """Do what follows from the roster as it is now.

    Safe to repeat: what is done already is left alone, and what a run that was killed has
    left is done.

    Args:
        course: The course with its teams.
        day: The first day of what has changed; today by default.
        new: Slugs of teams that get a repository of their own, whatever they were.
        apply: Merge into each team's branch; otherwise READMEs wait on `template-update`.
        dry_run: Say what would happen; write nothing.
        host: Where the repositories are published, if anywhere beyond the folder.
        on_done: Called with each team that is done.

    Raises:
        UserError: If nothing can be done at all. A single team's problem is in the report.
    """
    day = day or dt.datetime.now(ZoneInfo(course.timezone)).date()
    known = {team.slug for team in course.teams}
    if unknown := [slug for slug in new if slug not in known]:
        raise RosterError(f"{course.roster}: has no team {unknown[0]!r}; use a slug that it lists")
    if host is not None:
        host.check()
    report = SyncReport(dry_run)
    membership = read_membership(course)
    first = not membership.teams
    past = membership.teams if not first else _guess(course)
    if first:
        report.notes.append(
            "the course's log says nothing of people yet; it begins with the roster as it is now"
        )
    found = compare(past, course.teams, new)
    report.changes = [] if first else found.changes
    if first:
        report.changes = [c for c in found.changes if c.team in found.open or c.kind == "renamed"]
    if dry_run:
        kept = tuple(replace(t, slug=found.slugs.get(t.line, t.slug)) for t in course.teams)
        course = replace(course, teams=kept)
    else:
        course = _write(course, membership, found, day, first)
        membership = read_membership(course)
    open_ = _open(course, membership, found, first)
    worker = _Worker(course, membership, host, apply, report)
    worker.bring([team for team in course.teams if team.slug in open_])
    for slug in open_:
        worker.do(slug)
        on_done(slug)
    return report


def _open(course: Course, membership: Membership, found: Comparison, first: bool) -> list[str]:
    """Teams, of now and of then, for which something is to be done."""
    slugs = [team.slug for team in course.teams if team.slug not in found.open]
    slugs += [slug for slug in (*found.gone, *membership.dissolved) if slug not in slugs]
    waiting = set(slugs) - membership.done
    return [s for s in dict.fromkeys(slugs) if s in waiting or s in found.touched | found.gone]


def _guess(course: Course) -> dict[str, Past]:
    """Where there is no log: repositories without a team, with the people that they name."""
    past = {}
    day = dt.date.min
    for team in course.teams:
        if course.repository(team).exists():
            past[team.slug] = Past(team.slug, team.title, team.members, day, True)
    members = [member for team in course.teams for member in team.members]
    found = course.repositories.glob("*.git") if course.repositories.is_dir() else ()
    for path in sorted(found):
        slug = path.name.removesuffix(".git")
        if slug in past or path.name.startswith("."):
            continue
        try:
            with open_repository(path) as repository:
                text = repository.read(_README, ref=PRISTINE).decode("utf-8", "replace")
        except UserError:
            continue
        text = plain(text)
        named = tuple(member for member in members if plain(member.name) in text)
        past[slug] = Past(slug, slug, named, day, True)
    return past


def _write(
    course: Course, membership: Membership, found: Comparison, day: dt.date, first: bool
) -> Course:
    """Put the roster's slugs right, and what has changed on record; returns the course anew."""
    with lock.hold(course.state, "sync"):
        if found.slugs:
            set_slugs(course.roster, found.slugs)
            course = load_course(course.folder)
        for team in course.teams:
            if team.slug in found.open:
                continue
            if differs(membership.teams.get(team.slug), team):
                write_members(course, team, day, start=first)
        for slug in sorted(found.gone & set(membership.teams)):
            write_dissolved(course, slug, day)
    return course


class _Worker:
    """Does for one team after the other what its change asks for."""

    def __init__(
        self,
        course: Course,
        membership: Membership,
        host: Host | None,
        apply: bool,
        report: SyncReport,
    ) -> None:
        self.course = course
        self.membership = membership
        self.host = host
        self.apply = apply
        self.report = report
        self.teams = {team.slug: team for team in course.teams}
        self.missing: set[str] = set()
        self.brought: dict[str, list[Step]] = {}
        self.present = {account for team in course.teams for account in accounts_of(team)}

    def bring(self, teams: Sequence[Team]) -> None:
        """Make the repositories that are missing, and bring the people into the READMEs."""
        missing = tuple(team for team in teams if not self.course.repository(team).exists())
        self.missing = {team.slug for team in missing}
        there = tuple(team for team in teams if team.slug not in self.missing)
        dry = self.report.dry_run
        if self.host is not None and not dry:
            # A run that was killed may have made it here, and not on the host.
            known = self.membership.finished
            missing += tuple(team for team in there if team.slug not in known)
        if missing:
            course = replace(self.course, teams=missing)
            for made in generating.generate(course, host=self.host, dry_run=dry).outcomes:
                self.report.notes += [f"{made.team}: {note}" for note in made.notes]
                kind = FAILED if made.problem else MADE
                if made.problem or made.team in self.missing:
                    self._note(kind, made.team, made.problem or made.repository)
        there = tuple(team for team in there if team.slug not in self.brought)
        if there:
            course = replace(self.course, teams=there)
            found = update(course, apply=self.apply, dry_run=dry, host=self.host)
            for outcome in found.teams:
                self._updated(outcome)

    def _updated(self, outcome: TeamUpdate) -> None:
        if outcome.problem:
            self._note(FAILED, outcome.team, outcome.problem)
            return
        if outcome.changed:
            files = ", ".join(outcome.changed[:5])
            more = f" and {len(outcome.changed) - 5} more" if len(outcome.changed) > 5 else ""
            self._note(README, outcome.team, f"{files}{more} on {outcome.branch}")
        for finding in outcome.findings:
            place = f", line {finding.line}" if finding.line else ""
            text = f"{outcome.team}: {finding.path}{place}: {finding.message}"
            self.report.notes.append(text)

    def _note(self, kind: str, slug: str, text: str) -> None:
        self.brought.setdefault(slug, []).append(Step(kind, slug, text))

    def do(self, slug: str) -> None:
        """Do the rest for one team; its problem, if it has one, is in the report."""
        team = self.teams.get(slug)
        steps = self.brought.get(slug, [])
        self.report.steps += steps
        if any(step.kind == FAILED for step in steps):
            return
        try:
            accounts = self._let_in(slug, team) if self.host is not None else set()
            if team is not None and self.host is None:
                accounts = set(accounts_of(team))
        except UserError as error:
            self._step(FAILED, slug, str(error))
            return
        if not self.report.dry_run:
            with lock.hold(self.course.state, "sync"):
                write_access(self.course, slug, sorted(accounts))

    def _let_in(self, slug: str, team: Team | None) -> set[str]:
        """Add and withdraw access on the host; returns who has it afterwards, as far as known."""
        if self.host is None:
            return set()
        dry = self.report.dry_run
        # Of a team that is no more, those who are still in the course keep what they wrote.
        wanted = set(accounts_of(team)) if team else self.present
        there = {} if dry and slug in self.missing else self.host.members(slug)
        known = self.membership.accounts.get(slug, set())
        unsure = (
            {plain(one.name): one.name for one in team.members if not one.github} if team else {}
        )
        for account in sorted((known - wanted) & set(there)):
            if owner := unsure.get(plain(self.membership.owners.get(account, ""))):
                # Left out is not the same as gone.
                text = f"{account!r} keeps access; {owner} has no account in the roster"
                self.report.notes.append(f"{slug}: {text}")
                wanted.add(account)
                continue
            self._step(WITHDRAWN, slug, account)
            if not dry:
                self.host.withdraw(slug, account)
        missing = sorted(wanted - set(there)) if team else []
        for account in missing:
            self._step(ADDED, slug, account)
        if team and missing and not dry:
            self.report.notes += [f"{slug}: {note}" for note in self.host.grant(team)]
        return wanted if team else known & wanted

    def _step(self, kind: str, slug: str, text: str) -> None:
        self.report.steps.append(Step(kind, slug, text))
