"""The course's append-only log: what was decided during the term, with its date.

One JSON object a line in `log.jsonl`; nothing in it is ever changed, and a later line
outranks an earlier one about the same thing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from coursekit.course.course import Course
from coursekit.course.lines import append_lines, read_lines
from coursekit.course.schedule import Milestone
from coursekit.errors import CourseError

LOG_FILE = "log.jsonl"
EXTENSION = "extension"


def extend(
    course: Course, slug: str, title: str, date: dt.date, *, dry_run: bool = False
) -> Milestone:
    """Give a team more time for a milestone.

    Args:
        course: The course.
        slug: The team.
        title: The milestone's title or folder, in full or as far as only one begins so.
        date: The new last day; the day of the schedule takes the extension back.
        dry_run: Check everything, write nothing.

    Returns:
        The milestone as the schedule has it.

    Raises:
        UserError: If there is no such team or milestone, the day is earlier than the
            schedule's, or the log cannot be written.
    """
    (team,) = course.pick([slug])
    row = _milestone(course, title)
    if row.date is None or date < row.date:
        raise CourseError(
            f"{course.folder}: {row.title!r} is due on {row.date or 'no day yet'}, so {date} is no "
            "extension; name a later day"
        )
    if not dry_run:
        facts = {"team": team.slug, "milestone": row.title, "date": str(date)}
        append(course, {"kind": EXTENSION, **facts})
    return row


def read_extensions(course: Course) -> dict[str, dict[str, dt.date]]:
    """From team to milestone's title to the day until which it has time.

    Raises:
        CourseError: Naming a line of the log that is damaged.
    """
    found: dict[str, dict[str, dt.date]] = {}
    for number, row in rows(course):
        if row.get("kind") != EXTENSION:
            continue
        try:
            team, title = str(row["team"]), str(row["milestone"])
            found.setdefault(team, {})[title] = dt.date.fromisoformat(str(row["date"]))
        except (KeyError, ValueError) as error:
            raise CourseError(
                f"{course.folder / LOG_FILE}, line {number}: is no extension ({error}); correct it"
            ) from error
    return found


def _milestone(course: Course, title: str) -> Milestone:
    wanted = title.casefold()
    known = [row for row in course.milestones if row.is_set]
    exact = [row for row in known if wanted in (row.title.casefold(), row.folder.casefold())]
    begun = [row for row in known if row.title.casefold().startswith(wanted)]
    found = exact or begun
    if len(found) != 1:
        names = ", ".join(repr(row.title) for row in found or known)
        what = "is more than one milestone" if found else "is no milestone with a day"
        raise CourseError(f"{course.folder}: {title!r} {what}; name one of {names}")
    return found[0]


def append(course: Course, row: dict[str, Any]) -> None:
    """Add a line to the log, with the moment.

    Raises:
        UserError: If the log cannot be written.
    """
    append_all(course, [row])


def append_all(course: Course, rows: Iterable[dict[str, Any]]) -> None:
    """Add lines to the log, with the moment, all at once.

    Raises:
        UserError: If the log cannot be written.
    """
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    append_lines(course.folder / LOG_FILE, ({"at": now, **row} for row in rows))


def rows(course: Course) -> Iterator[tuple[int, dict[str, Any]]]:
    """The log's lines with their numbers; half a line is left out."""
    return read_lines(course.folder / LOG_FILE)
