"""`coursekit update`: bring a newer template into every team's repository."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from litreview.console import EXIT_FINDINGS, dry_run_option, json_option, print_json, progress

if TYPE_CHECKING:
    from coursekit.cohort.outcome import TeamUpdate


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--team", "only", multiple=True, metavar="SLUG", help="Only this team; repeatable.")
@click.option(
    "--apply", is_flag=True, help="Merge into each team's branch instead of `template-update`."
)
@click.option(
    "--messages",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write a message to each team into this folder.",
)
@click.option("--jobs", type=click.IntRange(1, 64), help="Repositories at a time.")
@dry_run_option
@json_option
def command(
    folder: Path,
    only: tuple[str, ...],
    apply: bool,
    messages: Path | None,
    jobs: int | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Bring the present template and course.toml into the repositories of the course in FOLDER.

    What a team wrote always stays. Where the team and the template changed the
    same lines, the team's stand, the rest arrives, and the command says so and
    ends with exit code 1.
    """
    from coursekit.cohort.messages import team_message
    from coursekit.cohort.update import update
    from coursekit.course.course import load_course
    from coursekit.hosting.open_host import open_host
    from litreview.files import write_atomic

    course = load_course(folder)
    host = open_host(course, lambda text: click.echo(text, err=True))
    with progress("Updating repositories", len(only or course.teams)) as advance:
        report = update(
            course,
            apply=apply,
            dry_run=dry_run,
            only=only,
            host=host,
            jobs=jobs,
            on_done=lambda outcome: advance(1),
        )
    if messages is not None and not dry_run:
        teams = {team.slug: team for team in course.teams}
        for outcome in report.teams:
            if outcome.changed or outcome.findings:
                text = team_message(course, teams[outcome.team], outcome)
                write_atomic(messages / f"{outcome.team}.md", text)
    if as_json:
        print_json(report.to_json())
    else:
        for outcome in report.teams:
            _show(outcome)
        counts: dict[str, int] = {}
        for outcome in report.teams:
            counts[outcome.state] = counts.get(outcome.state, 0) + 1
        click.echo(
            f"{len(report.teams)} teams: "
            + ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        )
    return EXIT_FINDINGS if report.needs_attention else 0


def _show(outcome: TeamUpdate) -> None:
    from coursekit.git.repository import shown

    if outcome.problem:
        click.echo(f"{outcome.state:<12}  {outcome.team:<24}  {outcome.problem}", err=True)
        return
    count = len(outcome.changed)
    files = f"{count} file{'s' if count > 1 else ''}" if count else ""
    where = f" on {outcome.branch}" if outcome.changed else ""
    click.echo(f"{outcome.state:<12}  {outcome.team:<24}  {files}{where}".rstrip())
    for note in outcome.notes:
        click.echo(f"{'':<14}  {note}")
    for path in outcome.changed:
        click.echo(f"{'':<14}+ {shown(path)}")
    for source, target in outcome.carried:
        click.echo(f"{'':<14}> {shown(source)} is now {shown(target)}, with the team's edits")
    for source, target in outcome.moved:
        click.echo(f"{'':<14}  {shown(source)} is {shown(target)} here")
    for finding in outcome.findings:
        line = f":{finding.line}" if finding.line else ""
        click.echo(f"{'':<14}! {shown(finding.path)}{line}: {finding.message}")
