"""`coursekit marks`: sessions, milestones and marks for the learning platform."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import EXIT_FINDINGS, dry_run_option, progress

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--like", "model", required=True, type=FILE,
    help="The platform's own export of its grades: Canvas' gradebook or Moodle's CSV.",
)  # fmt: skip
@click.option("--out", "target", required=True, type=FILE, help="The file for the import.")
@click.option("--offline", is_flag=True, help="Do not fetch from the host; use what is here.")
@dry_run_option
def command(folder: Path, model: Path, target: Path, offline: bool, dry_run: bool) -> int:
    """Write what the people of the course in FOLDER have reached, for Canvas or Moodle to import.

    Sessions attended, milestones complete, and the columns of marks.csv, if the
    course has one (a line for each team or person). Who is not in the platform's
    export is named.
    """
    from coursekit.cohort.status import read_status
    from coursekit.course.course import load_course
    from coursekit.hosting.open_host import open_host
    from coursekit.people.marks import export_marks
    from coursekit.people.results import person_results
    from litreview.files import write_atomic

    course = load_course(folder)
    host = None if offline else open_host(course, lambda text: click.echo(text, err=True))
    with progress("Reading repositories", len(course.teams)) as advance:
        status = read_status(course, host=host, on_done=lambda team: advance(1))
    results = person_results(course, status)
    table = export_marks(course, results, model)
    if not dry_run:
        write_atomic(target, table.text)
    verb = "would write" if dry_run else "wrote"
    count = len(results) - len(table.unknown)
    click.echo(f"{verb} {target}: {count} people, for {table.platform}")
    for name in table.unknown:
        click.echo(f"{name}: is not in {model}, or not alone of this name", err=True)
    if table.rest:
        click.echo(f"{table.rest} people of {model} are not in the roster", err=True)
    return EXIT_FINDINGS if table.unknown else 0
