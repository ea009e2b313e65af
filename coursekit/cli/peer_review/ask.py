"""`coursekit peer-review ask`: messages with the forms."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("name", metavar="ROUND")
@click.option(
    "--out", "target", required=True, type=click.Path(path_type=Path), help="Folder of messages."
)
def command(folder: Path, name: str, target: Path) -> int:
    """Write a message with the forms to each team that has reviews to give in ROUND.

    Send them with `coursekit send FOLDER OUT`, and put the answers into the forms.
    """
    from coursekit.course.course import load_course
    from coursekit.people import peer_review

    click.echo(f"{target}: {peer_review.ask(load_course(folder), name, target)} messages")
    return 0
