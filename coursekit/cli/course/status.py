"""`coursekit status`: what each team has, and whether it was there in time."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from litreview.console import EXIT_FINDINGS, json_option, print_json, progress

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--team", "only", multiple=True, metavar="SLUG", help="Only this team; repeatable.")
@click.option(
    "--at",
    metavar="DATE",
    help="Look at this day's end (2026-11-13), or at this moment (2026-11-13T18:00).",
)
@click.option("--csv", "csv_file", type=FILE, help="Write a table for a spreadsheet.")
@click.option("--html", "html_file", type=FILE, help="Write one self-contained page.")
@click.option(
    "--messages",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write a message to each team into this folder.",
)
@click.option("--offline", is_flag=True, help="Do not fetch from GitHub; use what is here.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Repositories at a time.")
@json_option
def command(
    folder: Path,
    only: tuple[str, ...],
    at: str | None,
    csv_file: Path | None,
    html_file: Path | None,
    messages: Path | None,
    offline: bool,
    jobs: int | None,
    as_json: bool,
) -> int:
    """Show how far the teams of the course in FOLDER are.

    For each milestone: missing, placeholder (as the template has it), started,
    complete, or needs a human; and for each deadline whether it was met by the
    last commit before it. Teams without any commit come first.
    """
    from coursekit.cohort import report
    from coursekit.cohort.status import read_status
    from coursekit.course.course import load_course
    from coursekit.course.membership import left_over
    from coursekit.hosting.open_host import open_host
    from coursekit.people.peer_review import open_reviews
    from litreview.files import write_atomic

    course = load_course(folder)
    moment = _moment(at, course.timezone) if at else None
    host = None if offline else open_host(course, lambda text: click.echo(text, err=True))
    with progress("Reading repositories", len(only or course.teams)) as advance:
        status = read_status(
            course, at=moment, only=only, host=host, jobs=jobs, on_done=lambda team: advance(1)
        )
    if csv_file is not None:
        # Excel takes a file without a byte order mark for Windows-1252.
        write_atomic(csv_file, "\ufeff" + report.format_csv(status))
    if html_file is not None:
        write_atomic(html_file, report.format_html(status))
    if messages is not None:
        for team in status.teams:
            write_atomic(messages / f"{team.team}.md", report.team_message(status, team))
    if as_json:
        print_json(status.to_json())
    else:
        click.echo(report.format_status(status))
        for sentence in open_reviews(course):
            click.echo(sentence)
        for sentence in left_over(course):
            click.echo(sentence, err=True)
    return EXIT_FINDINGS if status.unreadable else 0


def _moment(text: str, timezone: str) -> dt.datetime:
    from zoneinfo import ZoneInfo

    from litreview.errors import UserError

    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError(
            f"--at is {text!r}; give a day such as 2026-11-13 or a moment such as 2026-11-13T18:00"
        ) from error
    if "T" not in text and " " not in text:
        moment = moment.replace(hour=23, minute=59, second=59)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
