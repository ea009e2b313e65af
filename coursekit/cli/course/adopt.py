"""`coursekit adopt`: bring repositories under update that were made another way."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import EXIT_FINDINGS, dry_run_option, json_option, print_json, progress


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "source",
    required=True,
    metavar="REPOSITORY",
    help="Git repository of the template that they were made from: a folder or an address.",
)
@click.option("--team", "only", multiple=True, metavar="SLUG", help="Only this team; repeatable.")
@click.option("--version", default="", metavar="REF", help="Take this tag or commit of it.")
@click.option("--yes", is_flag=True, help="Take versions that are only likely, too.")
@dry_run_option
@json_option
def command(
    folder: Path,
    source: str,
    only: tuple[str, ...],
    version: str,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Bring repositories of the course in FOLDER under update that were made another way.

    For forks and for repositories made by "Use this template", by upload or by
    hand. Finds the version of the template that each one began with and records
    it; no file and no commit of a team changes. What is sure is recorded; what is
    only likely is shown with the runner-up, and taken with --yes. --dry-run also
    says what the first update would do. Put each repository into the course's
    folder of repositories first, with git clone --bare.
    """
    from coursekit.cohort.adopt import adopt, described
    from coursekit.course.course import load_course
    from coursekit.hosting.open_host import open_host

    course = load_course(folder)
    host = open_host(course, lambda text: click.echo(text, err=True))
    with progress("Comparing repositories", len(only or course.teams)) as advance:
        report = adopt(
            course,
            source,
            only=only,
            version=version,
            yes=yes,
            dry_run=dry_run,
            host=host,
            on_done=lambda adoption: advance(1),
        )
    if as_json:
        print_json(report.to_json())
    else:
        for adoption in report.teams:
            text = described(adoption, course.repositories / f"{adoption.team}.git")
            click.echo(f"{adoption.state:<20}  {adoption.team:<24}  {text}")
    return EXIT_FINDINGS if report.left_out else 0
