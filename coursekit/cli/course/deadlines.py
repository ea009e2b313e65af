"""`coursekit deadlines`: keep where each team stood when a deadline ended."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import EXIT_FINDINGS, dry_run_option, json_option, print_json, progress


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--team", "only", multiple=True, metavar="SLUG", help="Only this team; repeatable.")
@dry_run_option
@json_option
def command(folder: Path, only: tuple[str, ...], dry_run: bool, as_json: bool) -> int:
    """Keep where the teams of the course in FOLDER stood when deadlines ended.

    Run it soon after each deadline (a timer can do so). What is kept never
    changes: status judges by it, whatever a team pushes later, and with
    whatever dates. An extension has a deadline of its own.
    """
    from coursekit.cohort.keep import FAILED, keep
    from coursekit.course.course import load_course
    from coursekit.hosting.open_host import open_host

    course = load_course(folder)
    host = open_host(course, lambda text: click.echo(text, err=True))
    with progress("Reading repositories", len(only or course.teams)) as advance:
        found = keep(course, only=only, host=host, dry_run=dry_run, on_done=lambda slug: advance(1))
    failed = [one for one in found if one.state == FAILED]
    if as_json:
        print_json([one.to_json() for one in found])
        return EXIT_FINDINGS if failed else 0
    for one in found:
        if one.state == FAILED:
            click.echo(f"{one.state:<12}  {one.team:<24}  {one.problem}", err=True)
        else:
            where = one.commit[:12] or "no commit"
            click.echo(f"{one.state:<12}  {one.team:<24}  {one.date}  {where:<12}  {one.milestone}")
    if not found:
        click.echo("No deadline has ended yet.")
    return EXIT_FINDINGS if failed else 0
