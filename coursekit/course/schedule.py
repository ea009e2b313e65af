"""The schedule: what is due when, as far as the staff have decided."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from coursekit.course.settings import Document, Section

TBD = "TBD"
# The lessons that there are.
MAX_LESSON = 5


@dataclass(frozen=True, slots=True)
class Milestone:
    """One row of the schedule.

    Attributes:
        title: What happens; "TBD" until the staff set it.
        date: The day, or None where it is not set either.
        deliverable: What the team hands in.
        folder: The folder of the team's repository that it is about, or empty.
        lesson: The number of the lesson that is held then, or 0.
        line: Where it stands in `course.toml`.
    """

    title: str
    date: dt.date | None
    deliverable: str = TBD
    folder: str = ""
    lesson: int = 0
    line: int = 0

    @property
    def is_set(self) -> bool:
        """Whether both the day and what is due are known."""
        return self.date is not None and self.title.upper() != TBD

    def on(self, date: dt.date) -> Milestone:
        """The same row on another day."""
        return dataclasses.replace(self, date=date)

    def deadline(self, timezone: str) -> dt.datetime | None:
        """The end of its day where the course takes place, or None without a day."""
        if self.date is None:
            return None
        return dt.datetime.combine(self.date, dt.time(23, 59, 59), ZoneInfo(timezone))

    def to_template(self) -> dict[str, str]:
        """The row as the template's MILESTONES.md expects it."""
        return {
            "date": self.date.isoformat() if self.date else TBD,
            "milestone": self.title,
            "deliverable": self.deliverable,
            "folder": self.folder,
        }


def read_milestone(section: Section) -> Milestone:
    """One section `[[milestones]]`; what is wrong in it is reported there."""
    folder = section.text("folder")
    if folder and not re.fullmatch(r"[\w][\w.-]*", folder):
        section.report("folder", f"folder is {folder!r}; use the name of a folder, without a path")
    lesson = 0
    if "lesson" in section.values:
        lesson = section.integer("lesson", 0, low=1, high=MAX_LESSON)
    milestone = Milestone(
        title=section.text("title", TBD) or TBD,
        date=section.date("date"),
        deliverable=section.text("deliverable", TBD) or TBD,
        folder=folder,
        lesson=lesson,
        line=section.line(),
    )
    if folder and milestone.lesson:
        section.report(
            "lesson", f"has a lesson and the folder {folder!r}; a lesson has its own, so remove one"
        )
    section.finish()
    return milestone


def check_order(document: Document, milestones: tuple[Milestone, ...]) -> None:
    """Report the rows that stand before an earlier one."""
    before: Milestone | None = None
    for milestone in milestones:
        if before and before.date and milestone.date and milestone.date < before.date:
            document.report(
                milestone.line,
                f"{milestone.title!r} on {milestone.date} stands after {before.title!r} on "
                f"{before.date}; put the milestones in order of date",
            )
        before = milestone if milestone.date else before
