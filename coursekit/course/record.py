"""The course's append-only log: what was decided during the term, with its date.

One JSON object a line in `log.jsonl`; nothing in it is ever changed, and a later line
outranks an earlier one about the same thing.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from collections.abc import Iterator
from typing import Any

from coursekit.course.course import Course
from coursekit.course.schedule import Milestone
from coursekit.errors import CourseError
from litreview.errors import UserError
from litreview.files import read_bytes

LOG_FILE = "log.jsonl"
EXTENSION = "extension"
_MAX_BYTES = 20_000_000


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
        _append(
            course,
            {"kind": EXTENSION, "team": team.slug, "milestone": row.title, "date": str(date)},
        )
    return row


def read_extensions(course: Course) -> dict[str, dict[str, dt.date]]:
    """From team to milestone's title to the day until which it has time.

    Raises:
        CourseError: Naming a line of the log that is damaged.
    """
    found: dict[str, dict[str, dt.date]] = {}
    for number, row in _rows(course):
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
    rows = [row for row in course.milestones if row.is_set]
    exact = [row for row in rows if wanted in (row.title.casefold(), row.folder.casefold())]
    begun = [row for row in rows if row.title.casefold().startswith(wanted)]
    found = exact or begun
    if len(found) != 1:
        names = ", ".join(repr(row.title) for row in found or rows)
        what = "is more than one milestone" if found else "is no milestone with a day"
        raise CourseError(f"{course.folder}: {title!r} {what}; name one of {names}")
    return found[0]


def _append(course: Course, row: dict[str, Any]) -> None:
    path = course.folder / LOG_FILE
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    line = json.dumps({"at": now, **row}, ensure_ascii=False) + "\n"
    try:
        with path.open("ab") as file:
            if file.tell() and not _ends_line(course):
                line = "\n" + line  # A run that was killed left half a line.
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror}); check permissions and disk space"
        ) from error


def _ends_line(course: Course) -> bool:
    with (course.folder / LOG_FILE).open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _rows(course: Course) -> Iterator[tuple[int, dict[str, Any]]]:
    path = course.folder / LOG_FILE
    if not path.exists():
        return
    text = read_bytes(path, max_bytes=_MAX_BYTES).decode("utf-8", "replace")
    for number, line in enumerate(text.splitlines(), start=1):
        # Half a line is what a run that was killed leaves.
        with contextlib.suppress(ValueError):
            row = json.loads(line)
            if isinstance(row, dict):
                yield number, row
