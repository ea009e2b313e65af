"""The programme of presentation day: who talks when, as a table that people rearrange.

`programme.csv` lies beside the roster. Its rows are the talks and breaks in their order; times
follow from it, from the minutes and from where the day begins, so that a row can be moved
without touching another.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.course.course import Course
from coursekit.course.settings import raise_problems
from coursekit.course.tables import format_table, read_table
from coursekit.errors import CourseError

PROGRAMME_FILE = "programme.csv"
COLUMNS = ("team", "title", "minutes", "start", "room")
MAX_ROWS = 1_000
MAX_TEXT = 160
BREAK_MINUTES = 15
_TIME = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")
_MINUTES_OF_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Slot:
    """One row of the programme, with its time.

    Attributes:
        team: The slug; empty for a break.
        title: What a break is called; empty for a talk, whose title its team says.
        minutes: How long the talk, or the break, is.
        questions: Minutes for questions after a talk.
        start: As `HH:MM`.
        end: When the next one can begin, as `HH:MM`.
        room: Where; may be empty.
    """

    team: str
    title: str
    minutes: int
    questions: int
    start: str
    end: str
    room: str = ""


@dataclass(frozen=True, slots=True)
class Programme:
    """A day of presentations.

    Attributes:
        slots: In their order.
        date: The day; None where the schedule has none.
        left_out: Teams of the roster that have no row.
    """

    slots: tuple[Slot, ...]
    date: dt.date | None = None
    left_out: tuple[str, ...] = ()


def order_by_lot(slugs: Sequence[str], seed: int) -> list[str]:
    """The teams in an order drawn by lot: the same seed and teams give the same order.

    Args:
        slugs: The teams; their order does not matter.
        seed: Any whole number, such as the digits of a date that nobody chose.
    """
    drawn = sorted(slugs)
    random.Random(seed).shuffle(drawn)  # noqa: S311  # to be repeated, not to be secret
    return drawn


def format_programme(order: Sequence[str], break_after: int = 0) -> str:
    """A programme of talks in an order, as the text of its file.

    Args:
        order: Slugs.
        break_after: How many talks there are between two breaks; 0 for no break.
    """
    rows: list[tuple[str, ...]] = []
    for number, slug in enumerate(order):
        if break_after and number and number % break_after == 0:
            rows.append(("", "Break", str(BREAK_MINUTES), "", ""))
        rows.append((slug, "", "", "", ""))
    return format_table(COLUMNS, rows)


def read_programme(course: Course) -> Programme | None:
    """The programme of a course with its times; None where there is no file.

    Raises:
        CourseError: Naming every row that is wrong, with its line.
    """
    path = course.folder / PROGRAMME_FILE
    return parse_programme(course, path) if path.is_file() else None


def parse_programme(course: Course, path: Path) -> Programme:
    """The programme in a file, with its times.

    Args:
        course: Its teams may talk; it says how long, and when the day begins.
        path: A table with the column `team`, and any others of `COLUMNS`.

    Raises:
        CourseError: Naming every row that is wrong, with its line.
    """
    table = read_table(path, error=CourseError)
    problems: list[tuple[int, str]] = []
    unknown = [name for name in table.columns if name not in COLUMNS]
    if "team" not in table.columns:
        raise CourseError(f"{path}, line 1: there is no column 'team'; write {', '.join(COLUMNS)}")
    if unknown:
        problems.append((1, f"nobody reads the column {unknown[0]!r}; remove it"))
    known = {team.slug for team in course.teams}
    now = _minutes(course.day.start) or 0
    slots: list[Slot] = []
    seen: set[str] = set()
    for row in table.rows[:MAX_ROWS]:
        cells = {name: row.get(name) if name in table.columns else "" for name in COLUMNS}
        slug, title = cells["team"].strip(), " ".join(cells["title"].split())[:MAX_TEXT]
        if slug and slug not in known:
            problems.append((row.line, f"no team of the roster has the slug {slug!r}"))
        elif slug in seen:
            problems.append((row.line, f"{slug!r} talks twice; remove one of the rows"))
        elif not slug and not title:
            problems.append((row.line, "has neither a team nor the title of a break"))
        seen |= {slug} if slug else set()
        length = _length(cells["minutes"], course.day.minutes if slug else BREAK_MINUTES)
        if length is None:
            problems.append(
                (row.line, f"minutes is {cells['minutes']!r}; use a whole number from 1 to 600")
            )
        begins = _minutes(cells["start"])
        if cells["start"] and begins is None:
            problems.append((row.line, f"start is {cells['start']!r}; write a time such as 14:00"))
        elif begins is not None and begins < now and slots:
            problems.append((row.line, f"begins at {_clock(begins)}, before the row above ends"))
        now = now if begins is None else begins
        questions = course.day.questions if slug else 0
        after = now + (length or 1) + questions
        if after >= _MINUTES_OF_A_DAY:
            problems.append((row.line, "ends after midnight; give fewer minutes"))
            break
        room = " ".join(cells["room"].split())[:MAX_TEXT] or course.day.room
        slots.append(Slot(slug, title, length or 1, questions, _clock(now), _clock(after), room))
        now = after
    raise_problems(path, problems, CourseError)
    left_out = tuple(team.slug for team in course.teams if team.slug not in seen)
    return Programme(tuple(slots), presentation_date(course), left_out)


def presentation_date(course: Course) -> dt.date | None:
    """The day of the last milestone, which is when teams present."""
    days = [row.date for row in course.milestones if row.date and row.is_set]
    return max(days, default=None)


def _minutes(text: str) -> int | None:
    found = _TIME.fullmatch(text.strip())
    return int(found[1]) * 60 + int(found[2]) if found else None


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _length(text: str, default: int) -> int | None:
    text = text.strip()
    if not text:
        return default
    return int(text) if re.fullmatch(r"\d{1,3}", text) and 1 <= int(text) <= 600 else None
