"""`coursekit golf open`: offer the task to the teams."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import EXIT_FINDINGS, dry_run_option, progress


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--team", "only", multiple=True, metavar="SLUG", help="Only this team; repeatable.")
@click.option("--offline", is_flag=True, help="Do not ask the host; write into the folder only.")
@dry_run_option
def command(folder: Path, only: tuple[str, ...], offline: bool, dry_run: bool) -> int:
    """Give each team of the course in FOLDER a branch `golf` with the rules and a first entry.

    A team that wants to play merges it. Safe to repeat: who plays, or has the branch, is left
    alone.
    """
    from coursekit.course.course import load_course
    from coursekit.golf.opening import FAILED, open_game
    from coursekit.hosting.open_host import open_host

    course = load_course(folder)
    host = None if offline else open_host(course, lambda text: click.echo(text, err=True))
    with progress("Opening", len(only or course.teams)) as advance:
        found = open_game(
            course, only=only, host=host, dry_run=dry_run, on_done=lambda one: advance(1)
        )
    for one in found:
        click.echo(f"{one.state:<10}  {one.team}{f': {one.note}' if one.note else ''}")
    return EXIT_FINDINGS if any(one.state == FAILED for one in found) else 0
