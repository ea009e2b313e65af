"""`coursekit peer-review ask`: messages with the forms."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import dry_run_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("name", metavar="ROUND")
@click.option(
    "--out", "target", required=True, type=click.Path(path_type=Path), help="Folder of messages."
)
@dry_run_option
def command(folder: Path, name: str, target: Path, dry_run: bool) -> int:
    """Write a message with the forms to each team that has reviews to give in ROUND.

    Send them with `coursekit send FOLDER OUT`, and put the answers into the forms.
    """
    from coursekit.course.course import load_course
    from coursekit.people import peer_review

    count = peer_review.ask(load_course(folder), name, target, dry_run=dry_run)
    click.echo(f"{target}: {count} messages{' would be written' if dry_run else ''}")
    return 0
