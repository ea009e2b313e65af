"""`coursekit anonymize`: copy a course for research, under other names."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import dry_run_option, json_option, print_json, progress


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--out", "target", required=True, type=click.Path(path_type=Path), help="Folder of the copy."
)
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    help="File with the secret key; the same key gives the same names in several courses.",
)
@dry_run_option
@json_option
def command(folder: Path, target: Path, key_file: Path | None, dry_run: bool, as_json: bool) -> int:
    """Copy the course in FOLDER with other names for all people, for research.

    The roster, the attendance list, the log, and of each repository all files,
    paths, messages, authors and branches. The same person has the same name
    everywhere. Files that are no text, such as pictures and slides, are left
    out, because they may show names. Read docs/privacy.md before you pass a copy on.
    """
    from coursekit.course.course import load_course
    from coursekit.people.anonymize import anonymize

    course = load_course(folder)
    with progress("Copying repositories", len(course.teams)) as advance:
        found = anonymize(
            course, target, key_file=key_file, dry_run=dry_run, on_done=lambda slug: advance(1)
        )
    if as_json:
        print_json(found.to_json())
        return 0
    verb = "would copy" if dry_run else "copied"
    click.echo(f"{verb} {len(found.teams)} teams, {found.people} people, to {found.folder}")
    if found.left_out:
        click.echo(f"{found.left_out} files that are no text were left out")
    for name in found.not_copied:
        click.echo(f"{folder / name}: was not copied", err=True)
    return 0
