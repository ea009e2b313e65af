"""Start a course folder: the commented `course.toml`, and a roster."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from coursekit.course.course import COURSE_FILE, ROSTER_FILE, load_rules
from coursekit.course.exports import read_export, to_teams
from coursekit.course.roster import Team, format_roster
from coursekit.course.teams import form_teams, read_students, to_roster
from coursekit.errors import RosterError
from litreview.errors import UserError
from litreview.files import write_atomic

# As in the example `course.toml`.
DEFAULT_SIZE = 4


@dataclass(frozen=True, slots=True)
class StartReport:
    """What `start_course` wrote or would write, what it left alone, and what teams it formed.

    Attributes:
        written: Files that were written, or would be.
        kept: Files that exist and were left alone.
        teams: The teams that were formed or taken over.
        dry_run: Whether nothing was written.
        notes: What each column was taken for, who was left out, and who is in no team.
    """

    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    teams: tuple[Team, ...]
    dry_run: bool
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return {
            "dry_run": self.dry_run,
            "written": [str(path) for path in self.written],
            "kept": [str(path) for path in self.kept],
            "teams": [asdict(team) for team in self.teams],
            "notes": list(self.notes),
        }


def example(name: str) -> str:
    """A file that new courses start from: `course.toml` or `roster.csv`."""
    return resources.files("coursekit").joinpath("data", name).read_text(encoding="utf-8")


def start_course(
    folder: Path,
    *,
    students: Path | None = None,
    team_size: int | None = None,
    seed: int = 0,
    dry_run: bool = False,
) -> StartReport:
    """Write `course.toml` and `roster.csv` where they are missing.

    Args:
        folder: The course folder; made if it is missing.
        students: A list to form teams from, or an export of a learning platform; its
            groups become the teams where it has any. Without one the roster is an
            example.
        team_size: The most members of a team; by default what `course.toml` says.
        seed: For the forming of teams.
        dry_run: Check everything, write nothing.

    Raises:
        UserError: If the folder cannot be written, or teams cannot be formed. A
            roster that exists is not replaced by formed teams, either.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; give the name of a folder")
    course_file, roster_file = folder / COURSE_FILE, folder / ROSTER_FILE
    exists = course_file.exists()
    limit = load_rules(folder).max_team_size if exists else team_size or DEFAULT_SIZE
    if team_size is not None and team_size > limit:
        raise RosterError(
            f"--team-size is {team_size}, but a team has at most {limit} members; "
            f"set max_size in {course_file} first"
        )
    if students is not None and roster_file.exists():
        raise RosterError(
            f"{roster_file}: exists, and is not replaced; move it away to form the teams again"
        )
    roster = example(ROSTER_FILE)
    teams: tuple[Team, ...] = ()
    notes: tuple[str, ...] = ()
    if students is not None:
        teams, notes = _teams(students, team_size or limit, seed)
        roster = format_roster(teams)
        largest = max((len(team.members) for team in teams), default=0)
        if largest > limit:
            if exists or team_size is not None:
                raise RosterError(
                    f"{students}: a group has {largest} members, but a team has at most {limit}; "
                    f"set max_size in {course_file} or --team-size to {largest}, or divide it first"
                )
            limit = largest
            notes += (f"max_size is {largest} in {course_file}, as the largest group has it",)
    rules = example(COURSE_FILE).replace(f"max_size = {DEFAULT_SIZE}", f"max_size = {limit}")
    contents = {course_file: rules, roster_file: roster}
    written = tuple(path for path in contents if not path.exists())
    if not dry_run:
        for path in written:
            write_atomic(path, contents[path])
    elif written and not os.access(_existing(folder), os.W_OK):
        raise UserError(f"{folder}: cannot be written; check permissions")
    kept = tuple(path for path in contents if path not in written)
    return StartReport(written, kept, teams, dry_run, notes)


def _teams(path: Path, size: int, seed: int) -> tuple[tuple[Team, ...], tuple[str, ...]]:
    """The groups of a list, or teams formed from it where nobody has a group."""
    if path.suffix.lower() != ".json":
        export = read_export(path)
        if export.has_groups:
            teams, remarks = to_teams(export)
            if not teams:
                raise RosterError(
                    f"{path}: has a column for groups, but nobody is in one; fill it in, or take "
                    "the column out to form teams at random"
                )
            columns = ", ".join(f"{what} from {name!r}" for what, name in export.columns.items())
            return teams, (f"read {columns}", *export.left_out, *remarks)
    return to_roster(form_teams(read_students(path), size, seed)), ()


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
