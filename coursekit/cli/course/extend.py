"""`coursekit extend`: give a team more time for a milestone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from litreview.console import dry_run_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("team")
@click.argument("milestone")
@click.argument("date", type=click.DateTime(["%Y-%m-%d"]))
@dry_run_option
def command(folder: Path, team: str, milestone: str, date: datetime, dry_run: bool) -> int:
    """Give TEAM of the course in FOLDER time for MILESTONE until the end of DATE.

    It is written into the course's log, and status judges the team by it. The
    day of the schedule takes the extension back.
    """
    from coursekit.course.course import load_course
    from coursekit.course.record import extend

    row = extend(load_course(folder), team, milestone, date.date(), dry_run=dry_run)
    verb = "would have" if dry_run else "has"
    click.echo(f"{team} {verb} time for {row.title} until {date:%Y-%m-%d} (schedule: {row.date})")
    return 0
