"""The schedule: what is due when, as far as the staff have decided."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

TBD = "TBD"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One row of the schedule.

    Attributes:
        title: What happens; "TBD" until the staff set it.
        date: The day, or None where it is not set either.
        deliverable: What the team hands in.
        folder: The folder of the team's repository that it is about, or empty.
        line: Where it stands in `course.toml`.
    """

    title: str
    date: dt.date | None
    deliverable: str = TBD
    folder: str = ""
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
