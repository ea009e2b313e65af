"""`coursekit peer-review hand-over`: tell the reviewed teams."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import EXIT_FINDINGS, dry_run_option, progress


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("name", metavar="ROUND")
@click.option("--out", "target", type=click.Path(path_type=Path), help="Folder of messages.")
@click.option(
    "--commit", is_flag=True, help="Add reviews/ROUND.md to each reviewed team's repository."
)
@click.option("--anonymous", is_flag=True, help="Without the reviewers' names.")
@dry_run_option
def command(
    folder: Path, name: str, target: Path | None, commit: bool, anonymous: bool, dry_run: bool
) -> int:
    """Tell each team of the course in FOLDER what was said of it in ROUND.

    As messages to send, or as a file in the team's repository, on the host too where it
    is on one. Repeat it when more reviews have come; what a team has changed stays.
    """
    from coursekit.course.course import load_course
    from coursekit.hosting.open_host import open_host
    from coursekit.people import hand_over, peer_review

    if target is None and not commit:
        raise click.UsageError("say where to: --out FOLDER for messages, --commit for repositories")
    course = load_course(folder)
    if target is not None:
        count = peer_review.hand_over(course, name, target, anonymous=anonymous, dry_run=dry_run)
        click.echo(f"{target}: {count} messages{' would be written' if dry_run else ''}")
    if not commit:
        return 0
    host = open_host(course, lambda text: click.echo(text, err=True))
    with progress("Handing over", len(course.teams)) as advance:
        found = hand_over.hand_over_in_repositories(
            course, name, anonymous=anonymous, host=host, dry_run=dry_run,
            on_done=lambda: advance(1),
        )  # fmt: skip
    for one in found:
        click.echo(f"{one.state:<13}  {one.team:<24}  {one.note}")
    return EXIT_FINDINGS if any(one.state == hand_over.FAILED for one in found) else 0
