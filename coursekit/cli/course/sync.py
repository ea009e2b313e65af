"""`coursekit sync`: let repositories and access follow the roster."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from litreview.console import EXIT_FINDINGS, dry_run_option, json_option, print_json

_WOULD = {
    "created": "would create",
    "access added": "would add access",
    "access withdrawn": "would withdraw",
    "updated": "would update",
}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first day of what has changed; today by default.",
)
@click.option(
    "--new",
    "new",
    multiple=True,
    metavar="SLUG",
    help="This team gets a repository of its own, whatever it was; repeatable.",
)
@click.option(
    "--apply", is_flag=True, help="Merge into each team's branch instead of `template-update`."
)
@dry_run_option
@json_option
def command(
    folder: Path,
    day: datetime | None,
    new: tuple[str, ...],
    apply: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Let repositories, READMEs and access follow roster.csv of the course in FOLDER.

    Edit the roster as people join, leave or switch, as teams divide, join or take
    another name, as accounts change; then run this. A renamed team keeps its
    repository. What has changed since when is kept in the course's log, and
    attendance counts from there. Where it is not plain which team goes on with a
    repository, nothing is done for it and the command says what to write.
    """
    from coursekit.course.course import load_course
    from coursekit.hosting.open_host import open_host
    from coursekit.people.sync import sync

    course = load_course(folder)
    host = open_host(course, lambda text: click.echo(text, err=True))
    report = sync(
        course,
        day=day.date() if day else None,
        new=new,
        apply=apply,
        dry_run=dry_run,
        host=host,
    )
    if as_json:
        print_json(report.to_json())
        return EXIT_FINDINGS if report.needs_attention else 0
    for change in report.changes:
        click.echo(f"{change.kind:<18}  {change.team:<24}  {change.text}")
    for step in report.steps:
        kind = _WOULD.get(step.kind, step.kind) if dry_run else step.kind
        click.echo(f"{kind:<18}  {step.team:<24}  {step.text}", err=step.kind == "failed")
    for note in report.notes:
        click.echo(f"{'note':<18}  {note}", err=True)
    if not (report.changes or report.steps):
        click.echo("Everything is as the roster has it.")
    return EXIT_FINDINGS if report.needs_attention else 0
