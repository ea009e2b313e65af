"""Read the attendance list, and say who may still get a certificate.

The list is a table as staff keep it: a line per person, a column per session.
A person may miss as many sessions as `course.toml` permits; an excused absence
is one of them. For somebody who joined later, sessions count from that day on.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from coursekit.course.course import ATTENDANCE_FILE, Course
from coursekit.course.membership import read_membership
from coursekit.course.roster import Member
from coursekit.course.settings import parse_date, raise_problems
from coursekit.course.tables import Table, read_table
from coursekit.errors import CourseError

_PRESENT = frozenset(["x", "1", "y", "yes", "j", "ja", "p", "present", "da", "anwesend", "✓", "✔",
                      "true", "wahr", "here", "ok"])  # fmt: skip
_ABSENT = frozenset(["0", "n", "no", "nein", "a", "absent", "abwesend", "fehlt", "f", "-", "–", "✗",
                     "false", "falsch", "e", "excused", "entschuldigt", "krank"])  # fmt: skip
NAME_COLUMNS = ("name", "member", "student", "person", "mitglied", "teilnehmer")
OTHER_COLUMNS = frozenset([
    "team", "group", "gruppe", "email", "e-mail", "mail", "github", "note", "notes", "bemerkung",
    "slug",
])  # fmt: skip
# States of a certificate.
SAFE = "safe"
LAST_CHANCE = "one absence away"
LOST = "lost"


@dataclass(frozen=True, slots=True)
class Attendance:
    """One person's sessions.

    Attributes:
        name: As the list has it.
        team: The slug of the person's team; empty if no team has this name.
        present: Sessions attended.
        absent: Sessions missed, of those that have been held.
        certificate: `safe`, `one absence away` (no further session may be
            missed) or `lost`.
        line: Where the person stands in the list.
        joined: The day from which sessions count, as ISO 8601; empty from the beginning.
    """

    name: str
    team: str
    present: int
    absent: int
    certificate: str
    line: int
    joined: str = ""


def read_attendance(course: Course) -> tuple[Attendance, ...]:
    """Read `attendance.csv`; nothing if the course has none.

    A session counts as held when anybody has a mark in its column; an empty
    cell in it is an absence.

    Raises:
        CourseError: If a mark is unknown, a person stands twice, or there are
            more sessions than the course has; names every line.
    """
    path = course.folder / ATTENDANCE_FILE
    if not path.exists():
        return ()
    table = read_table(path, error=CourseError)
    column = next((name for name in table.columns if name in NAME_COLUMNS), table.columns[0])
    sessions = [name for name in table.columns if name != column and name not in OTHER_COLUMNS]
    sessions = [name for name in sessions if not name.startswith("column ") or _used(table, name)]
    held = [name for name in sessions if _used(table, name)]
    problems: list[tuple[int, str]] = []
    if len(sessions) > course.sessions:
        problems.append(
            (1, f"has {len(sessions)} sessions, but course.toml says {course.sessions}; correct "
             "one of them")
        )  # fmt: skip
    teams = {_key(member.name): team.slug for team in course.teams for member in team.members}
    people = {_key(member.name): member for team in course.teams for member in team.members}
    membership = read_membership(course)
    days = {name: session_day(name, course) for name in held}
    seen: dict[str, int] = {}
    found = []
    for row in table.rows:
        name = row.get(column)
        if not name:
            problems.append((row.line, "has no name; add it"))
            continue
        if _key(name) in seen:
            problems.append(
                (row.line, f"{name!r} also stands in line {seen[_key(name)]}; join the two")
            )
        seen[_key(name)] = row.line
        present = 0
        joined = membership.joined(people.get(_key(name), Member(name)))
        # Whoever was there before is not told that it does not count.
        early = [s for s in held if joined and (day := days[s]) is not None and day < joined]
        missed_early = sum(row.get(session).lower() not in _PRESENT for session in early)
        for session in held:
            mark = row.get(session).lower()
            if mark in _PRESENT:
                present += 1
            elif mark and mark not in _ABSENT:
                problems.append(
                    (row.line, f"the mark {row.get(session)!r} in column {session!r} is unknown; "
                     "use x for present, and nothing or - for absent")
                )  # fmt: skip
        absent = len(held) - present - missed_early
        found.append(
            Attendance(
                name, teams.get(_key(name), ""), present, absent,
                _certificate(absent, course.permitted_absences), row.line,
                str(joined) if joined and missed_early else "",
            )
        )  # fmt: skip
    raise_problems(path, problems, CourseError)
    return tuple(found)


def session_day(heading: str, course: Course) -> dt.date | None:
    """The day that a column's heading names (`2026-11-06`, `06.11.`), or None.

    A day without a year is in the year in which it is nearest to the course's schedule.
    """
    try:
        return parse_date(heading)
    except ValueError:
        pass
    found = re.search(r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.?(?!\d)", heading[:100])
    dates = [row.date for row in course.milestones if row.date]
    if not found or not dates:
        return None
    middle = min(dates) + (max(dates) - min(dates)) / 2
    candidates = []
    for year in (middle.year - 1, middle.year, middle.year + 1):
        try:
            candidates.append(dt.date(year, int(found[2]), int(found[1])))
        except ValueError:
            continue
    return min(candidates, key=lambda day: abs(day - middle), default=None)


def _certificate(absent: int, permitted: int) -> str:
    if absent > permitted:
        return LOST
    return LAST_CHANCE if absent == permitted else SAFE


def _used(table: Table, column: str) -> bool:
    return any(row.get(column) for row in table.rows)


def _key(name: str) -> str:
    return " ".join(name.casefold().split())
