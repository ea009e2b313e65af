"""`coursekit peer-review hand-over`: tell the reviewed teams."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("name", metavar="ROUND")
@click.option(
    "--out", "target", required=True, type=click.Path(path_type=Path), help="Folder of messages."
)
@click.option("--anonymous", is_flag=True, help="Without the reviewers' names.")
def command(folder: Path, name: str, target: Path, anonymous: bool) -> int:
    """Write a message to each team of the course in FOLDER with what was said of it in ROUND."""
    from coursekit.course.course import load_course
    from coursekit.people import peer_review

    count = peer_review.hand_over(load_course(folder), name, target, anonymous=anonymous)
    click.echo(f"{target}: {count} messages")
    return 0
