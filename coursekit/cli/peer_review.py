"""`coursekit peer-review`: teams review each other."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import dry_run_option

OUT = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("name", metavar="ROUND")
@click.option(
    "--each", type=click.IntRange(1, 50), default=2, show_default=True,
    help="Reviews that each team gives and gets.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Another number gives other pairs.")
@click.option("--ask", "ask_folder", type=OUT, help="Write a message with the forms to each team.")
@click.option(
    "--hand-over", "over_folder", type=OUT, help="Write what was said to each reviewed team."
)
@click.option("--anonymous", is_flag=True, help="Hand over without the reviewers' names.")
@dry_run_option
def command(
    folder: Path,
    name: str,
    each: int,
    seed: int,
    ask_folder: Path | None,
    over_folder: Path | None,
    anonymous: bool,
    dry_run: bool,
) -> int:
    """Let the teams of the course in FOLDER review each other in ROUND.

    Each team gives and gets as many reviews, and no two review each other unless
    there is no other way. Forms lie in reviews/ROUND/, where only staff see them;
    put the answers there. Send messages with `coursekit send`. `status` says what
    is open.
    """
    from coursekit.course.course import load_course
    from coursekit.people import peer_review

    course = load_course(folder)
    reviews, remarks = peer_review.assign(course, name, each, seed=seed, dry_run=dry_run)
    for one in reviews:
        click.echo(f"{one.state:<8}  {one.by:<24}  reviews {one.of}")
    for remark in remarks:
        click.echo(remark, err=True)
    if not dry_run and ask_folder is not None:
        click.echo(f"{ask_folder}: {peer_review.ask(course, name, ask_folder)} messages")
    if not dry_run and over_folder is not None:
        count = peer_review.hand_over(course, name, over_folder, anonymous=anonymous)
        click.echo(f"{over_folder}: {count} messages")
    return 0
