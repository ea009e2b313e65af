"""Who has been in which team since when, as the course's log has it.

Three kinds of lines: `members` (a team's title and people from a day on), `dissolved` (a
team that is no more) and `access` (the accounts that the host has let in, after all that
belonged to the last change was done).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coursekit.course.course import Course
from coursekit.course.record import LOG_FILE, append, append_all, rows
from coursekit.course.roster import Member, Team
from coursekit.errors import CourseError

_MEMBERS = "members"
_DISSOLVED = "dissolved"
_ACCESS = "access"


@dataclass(frozen=True, slots=True)
class Past:
    """A team as the log has it from a day on.

    Attributes:
        slug: Its repository.
        title: Its name.
        members: Its people.
        day: The first day.
        start: Whether the team began like this with the course.
    """

    slug: str
    title: str
    members: tuple[Member, ...]
    day: dt.date
    start: bool


@dataclass
class Membership:
    """What the log says of people.

    Attributes:
        teams: The latest of each team that there is, by slug.
        dissolved: The last of each team that is no more.
        accounts: From slug to the accounts, in lower case, that may still have access.
        owners: From account to the name of who had it.
        done: Slugs of teams for which all has been done that their last change asked for.
        finished: Slugs of teams for which all has been done at some time.
        since: From a person's sign (see `signs`) to the first day; None from the beginning.
    """

    teams: dict[str, Past] = field(default_factory=dict)
    dissolved: dict[str, Past] = field(default_factory=dict)
    accounts: dict[str, set[str]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    since: dict[tuple[str, str], dt.date | None] = field(default_factory=dict)

    def joined(self, member: Member) -> dt.date | None:
        """The day on which somebody joined; None where that is the course's beginning."""
        known = [sign for sign in signs(member) if sign in self.since]
        # Names are shared more often than addresses.
        return self.since[known[0]] if known else None


def signs(member: Member) -> list[tuple[str, str]]:
    """What a person can be told by, the surest first."""
    found = [("email", member.email.casefold()), ("github", member.github.casefold())]
    found.append(("name", plain(member.name)))
    return [(kind, value) for kind, value in found if value]


def plain(name: str) -> str:
    """A name for comparing: case and spaces aside."""
    return " ".join(name.casefold().split())


def any_order(name: str) -> str:
    """A name for comparing lists in which family names may stand first."""
    return " ".join(sorted(name.replace(",", " ").casefold().split()))


def read_membership(course: Course) -> Membership:
    """Read the log.

    Raises:
        CourseError: Naming a line that is damaged.
    """
    found = Membership()
    for number, row in rows(course):
        kind = row.get("kind")
        if kind not in (_MEMBERS, _DISSOLVED, _ACCESS):
            continue
        try:
            _read(found, kind, row)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CourseError(
                f"{course.folder / LOG_FILE}, line {number}: is not about a team's members "
                f"({error}); correct it"
            ) from error
    return found


def _read(found: Membership, kind: str, row: Mapping[str, Any]) -> None:
    slug = str(row["team"])
    if kind == _ACCESS:
        found.accounts[slug] = {str(account) for account in row["accounts"]}
        found.done.add(slug)
        found.finished.add(slug)
        return
    found.done.discard(slug)
    if kind == _DISSOLVED:
        if slug in found.teams:
            found.dissolved[slug] = found.teams.pop(slug)
        return
    members = tuple(
        Member(str(one["name"]), str(one["email"]), str(one["github"])) for one in row["members"]
    )
    day = dt.date.fromisoformat(str(row["day"]))
    past = Past(slug, str(row["title"]), members, day, bool(row["start"]))
    found.teams[slug] = past
    found.dissolved.pop(slug, None)
    accounts = found.accounts.setdefault(slug, set())
    accounts.update(member.github.lower() for member in members if member.github)
    for member in members:
        found.owners[member.github.lower()] = member.name
        known = [found.since[sign] for sign in signs(member) if sign in found.since]
        first = known[0] if known else None if past.start else day
        for sign in signs(member):
            found.since.setdefault(sign, first)


def differs(past: Past | None, team: Team) -> bool:
    """Whether a team is not as the log has it; who agreed to be shown is no matter of the log."""
    if past is None or past.title != team.title:
        return True
    people = [(one.name, one.email, one.github) for one in team.members]
    return people != [(one.name, one.email, one.github) for one in past.members]


def write_members(course: Course, team: Team, day: dt.date, *, start: bool = False) -> None:
    """Put a team's present people on record.

    Raises:
        UserError: If the log cannot be written.
    """
    append(course, _members_row(team, day, start))


def _members_row(team: Team, day: dt.date, start: bool) -> dict[str, Any]:
    members = [{"name": one.name, "email": one.email, "github": one.github} for one in team.members]
    return {
        "kind": _MEMBERS, "team": team.slug, "title": team.title, "day": str(day), "start": start,
        "members": members,
    }  # fmt: skip


def write_dissolved(course: Course, slug: str, day: dt.date) -> None:
    """Put on record that a team is no more.

    Raises:
        UserError: If the log cannot be written.
    """
    append(course, {"kind": _DISSOLVED, "team": slug, "day": str(day)})


def write_access(course: Course, slug: str, accounts: Sequence[str]) -> None:
    """Put on record whom the host lets in, after all else has been done.

    Raises:
        UserError: If the log cannot be written.
    """
    append(course, _access_row(slug, accounts))


def _access_row(slug: str, accounts: Sequence[str]) -> dict[str, Any]:
    return {"kind": _ACCESS, "team": slug, "accounts": sorted(accounts)}


def begin(course: Course, slugs: Sequence[str], day: dt.date) -> None:
    """Put teams on record that have got their repository; those on record stay as they are.

    Raises:
        UserError: If the log cannot be read or written.
    """
    known = read_membership(course)
    first = not known.teams
    wanted = set(slugs) - set(known.teams)
    found: list[dict[str, Any]] = []
    for team in course.teams:
        if team.slug in wanted:
            found.append(_members_row(team, day, first))
            found.append(_access_row(team.slug, accounts_of(team)))
    append_all(course, found)


def accounts_of(team: Team) -> list[str]:
    """The accounts of a team's members, in lower case."""
    return [member.github.lower() for member in team.members if member.github]


def left_over(course: Course) -> tuple[str, ...]:
    """A sentence about each repository of the folder that no team has, or has had.

    Raises:
        CourseError: If the log is damaged.
    """
    known = {f"{team.slug}.git" for team in course.teams}
    known |= {f"{slug}.git" for slug in read_membership(course).dissolved}
    found = course.repositories.glob("*.git") if course.repositories.is_dir() else ()
    return tuple(
        f"{path}: no team of the roster has it; if a team was renamed or has changed, run "
        f"`coursekit sync {course.folder} --dry-run`, or write "
        f"{path.name.removesuffix('.git')!r} into the column 'slug' of the team's line"
        for path in sorted(found)
        if path.name not in known and not path.name.startswith(".")
    )
