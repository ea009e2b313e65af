"""`coursekit init`: start a course folder."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import dry_run_option, json_option, print_json


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--from-csv",
    "table",
    type=click.Path(path_type=Path),
    help="A list of students, or a platform's export (CSV, XLSX, ODS, YAML): its groups become "
    "the teams. "
    "Without groups, teams are formed; columns name, and email, github, together, apart.",
)
@click.option(
    "--from-json",
    "document",
    type=click.Path(path_type=Path),
    help="The same from JSON: a list of names, or of objects with these keys.",
)
@click.option("--team-size", type=click.IntRange(1, 50), help="The most members of a team.")
@click.option("--seed", default=0, show_default=True, help="Another number forms other teams.")
@dry_run_option
@json_option
def command(
    folder: Path,
    table: Path | None,
    document: Path | None,
    team_size: int | None,
    seed: int,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Start a course in FOLDER: course.toml with the schedule and rules, and a roster.

    Without a list of students, the roster is an example of three teams. A file
    that exists is never changed.
    """
    from coursekit.course.start import start_course

    if table and document:
        raise click.UsageError("give either --from-csv or --from-json")
    report = start_course(
        folder, students=table or document, team_size=team_size, seed=seed, dry_run=dry_run
    )
    if as_json:
        print_json(report.to_json())
        return
    would = "would write" if dry_run else "wrote"
    for path in report.written:
        click.echo(f"{would:<11}  {path}")
    for path in report.kept:
        click.echo(f"{'kept':<11}  {path}")
    for note in report.notes:
        click.echo(f"{'note':<11}  {note}")
    for team in report.teams:
        click.echo(f"{team.title:<11}  {', '.join(member.name for member in team.members)}")
    if not dry_run:
        click.echo(f"Next: edit these files, then run: coursekit generate {folder}")
