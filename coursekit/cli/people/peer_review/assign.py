"""`coursekit peer-review assign`: who reviews whom."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import dry_run_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("name", metavar="ROUND")
@click.option(
    "--each", type=click.IntRange(1, 50), default=2, show_default=True,
    help="Reviews that each team gives and gets.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Another number gives other pairs.")
@dry_run_option
def command(folder: Path, name: str, each: int, seed: int, dry_run: bool) -> int:
    """Say which team of the course in FOLDER reviews which in ROUND.

    Each team gives and gets as many reviews, and no two review each other unless
    there is no other way. Repeat it to see how far they are; a round that is
    assigned stays as it is.
    """
    from coursekit.course.course import load_course
    from coursekit.people import peer_review

    course = load_course(folder)
    reviews, remarks = peer_review.assign(course, name, each, seed=seed, dry_run=dry_run)
    for one in reviews:
        click.echo(f"{one.state:<8}  {one.by:<24}  reviews {one.of}")
    for remark in remarks:
        click.echo(remark, err=True)
    return 0
