"""Judge what stood on the team's branch when a deadline ended, and nobody wrongly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coursekit.cohort.commits import Position
from coursekit.course.course import Course
from coursekit.course.schedule import Milestone
from coursekit.team.files import milestone_folders
from coursekit.team.milestones import COMPLETE, Analysis

# Verdicts on a deadline.
IN_TIME = "in time"
LATE = "late"
OVERDUE = "overdue"
AHEAD = "ahead"
HUMAN = "needs a human"
_NO_ENTRY: Any = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A dated milestone of the schedule, for one team.

    Attributes:
        title: As the schedule has it.
        date: The day, as ISO 8601; the later one where the team has an extension.
        kind: The milestone folder's kind, or empty where it has no folder.
        then: The state at the deadline; empty where that is still ahead.
        now: The state now.
        verdict: `in time`, `late` (complete by now), `overdue`, `ahead` or `needs a
            human` (dates contradict each other, or only a person can judge the work);
            empty where there is nothing to hand in.
        commit: Where the branch stood at the deadline.
        extended: Whether the team has an extension.
        note: What is odd about the dates.
    """

    title: str
    date: str
    kind: str
    then: str
    now: str
    verdict: str
    commit: str = ""
    extended: bool = False
    note: str = ""


def judge(
    course: Course,
    moment: dt.datetime,
    line: Sequence[Position],
    analysis: Callable[[str], Analysis | None],
    extensions: Mapping[str, dt.date] | None = None,
    kept: Mapping[tuple[str, str], str] | None = None,
) -> list[Deadline]:
    """Judge the schedule's dated rows by where the branch stood when each ended.

    Args:
        course: The course.
        moment: The moment that the report is about.
        line: Where the branch has stood up to then, newest first.
        analysis: What is found at a commit.
        extensions: From a milestone's title to the day until which the team has time.
        kept: From a milestone's title and last day to the commit that was kept when it ended.
    """
    found = []
    for row in course.milestones:
        later = (extensions or {}).get(row.title)
        extended = later is not None and row.date is not None and later > row.date
        end = (row.on(later) if extended and later else row).deadline(course.timezone)
        kind = _kind(row)
        if end is None:
            continue
        now = analysis(line[0].commit.oid) if line and kind else None
        state = now.state(kind) if now else "missing" if kind else ""
        date = end.date().isoformat()
        if end > moment or not kind:
            verdict = AHEAD if end > moment else ""
            found.append(Deadline(row.title, date, kind, "", state, verdict, "", extended))
            continue
        seen = (kept or {}).get((row.title, date))
        if seen is None:
            then, commit = _state(line, end, kind, analysis, lambda one: one.seconds)
        else:
            past = analysis(seen) if seen else None
            then, commit = past.state(kind) if past else "missing", seen
        verdict = IN_TIME if then == COMPLETE else LATE if state == COMPLETE else OVERDUE
        # Work that only a person can judge is not held to be missing.
        if verdict == OVERDUE and then == HUMAN:
            verdict = HUMAN
        note = ""
        if verdict in (LATE, OVERDUE) and seen is None:
            said, other = _state(line, end, kind, analysis, lambda one: one.commit.seconds)
            if said == COMPLETE:
                # One of two clocks is wrong, and nothing here says which.
                verdict = HUMAN
                note = f"commit {other[:12]} says an earlier time than the one that it follows"
        found.append(Deadline(row.title, date, kind, then, state, verdict, commit, extended, note))
    return found


def _state(
    line: Sequence[Position],
    end: dt.datetime,
    kind: str,
    analysis: Callable[[str], Analysis | None],
    seconds: Callable[[Position], int],
) -> tuple[str, str]:
    """The state where the branch stood at a moment, and the commit."""
    before = next((one for one in line if seconds(one) <= end.timestamp()), None)
    past = analysis(before.commit.oid) if before else None
    return past.state(kind) if past else "missing", before.commit.oid if before else ""


def _kind(row: Milestone) -> str:
    if not row.folder or not row.is_set:
        return ""
    kinds = milestone_folders({f"{row.folder}/README.md": _NO_ENTRY})
    return next(iter(kinds), "")
