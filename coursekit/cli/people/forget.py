"""`coursekit forget`: remove a person from a course."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import EXIT_FINDINGS, dry_run_option, json_option, print_json


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("person")
@click.option(
    "--apply", is_flag=True, help="Merge into the team's branch instead of `template-update`."
)
@dry_run_option
@json_option
def command(folder: Path, person: str, apply: bool, dry_run: bool, as_json: bool) -> int:
    """Remove PERSON (a name, address or account) from the course in FOLDER.

    From the roster, the attendance list, the log, the caches, the README of the
    team and the host's access. Git's history stays; so does what the team wrote.
    What remains, and where, is said, and the command ends with exit code 1. It can
    be repeated: somebody who is on none of the lists (any more) is only looked for.
    """
    from coursekit.course.course import load_course
    from coursekit.hosting.open_host import open_host
    from coursekit.people.forget import forget

    course = load_course(folder)
    host = open_host(course, lambda text: click.echo(text, err=True))
    found = forget(course, person, apply=apply, dry_run=dry_run, host=host)
    if as_json:
        print_json(found.to_json())
        return EXIT_FINDINGS if found.remains else 0
    if not found.removed and not found.steps:
        lists = "the roster, the log or the attendance list"
        click.echo(f"{'nothing left':<14}  nobody is called {person!r} in {lists}")
    verb = "would remove" if dry_run else "removed"
    for sentence in found.removed:
        click.echo(f"{verb:<14}  {sentence}")
    for step in found.steps:
        kind = f"would: {step.kind}" if dry_run else step.kind
        click.echo(f"{kind:<14}  {step.team}: {step.text}")
    for sentence in found.remains:
        click.echo(f"{'remains':<14}  {sentence}")
    return EXIT_FINDINGS if found.remains else 0
