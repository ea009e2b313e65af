"""`coursekit generate`: a repository for every team."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import EXIT_FINDINGS, dry_run_option, json_option, print_json, progress


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes; by default one per core.")
@dry_run_option
@json_option
def command(folder: Path, jobs: int | None, dry_run: bool, as_json: bool) -> int:
    """Make a Git repository for every team of the course in FOLDER.

    Reads course.toml and roster.csv. A repository that exists is checked and
    left as it is, so the command can be repeated: after a new team, after an
    interruption, after an error.
    """
    from coursekit.cohort.generate import generate
    from coursekit.course.course import load_course
    from coursekit.course.membership import left_over
    from coursekit.hosting.open_host import open_host

    course = load_course(folder)
    host = None if dry_run else open_host(course, lambda text: click.echo(text, err=True))
    with progress("Making repositories", len(course.teams)) as advance:
        report = generate(
            course, host=host, dry_run=dry_run, jobs=jobs, on_done=lambda outcome: advance(1)
        )
    if as_json:
        print_json(report.to_json())
    else:
        for outcome in report.outcomes:
            if outcome.state != "failed":
                click.echo(f"{outcome.state:<12}  {outcome.team:<24}  {outcome.repository}")
        for outcome in report.outcomes:
            for note in outcome.notes:
                click.echo(f"{'note':<12}  {outcome.team:<24}  {note}", err=True)
        for outcome in report.failed:
            click.echo(f"{'failed':<12}  {outcome.team:<24}  {outcome.problem}", err=True)
        states = ("created", "would create", "exists", "failed")
        counts = [f"{report.count(state)} {state}" for state in states if report.count(state)]
        click.echo(f"{len(report.outcomes)} teams: {', '.join(counts)}")
        for sentence in left_over(course):
            click.echo(sentence, err=True)
    return EXIT_FINDINGS if report.failed else 0
