"""`coursekit certificate give`: a table of all people, and a page for each who passed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from litreview.console import EXIT_FINDINGS, dry_run_option, progress


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--out", "target", required=True, type=click.Path(path_type=Path), help="Folder for the files."
)
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day on them; today by default.")
@click.option("--offline", is_flag=True, help="Do not fetch from the host; use what is here.")
@click.option("--pdf", is_flag=True, help="Also as PDF, printed by Chromium.")
@dry_run_option
def command(
    folder: Path, target: Path, day: datetime | None, offline: bool, pdf: bool, dry_run: bool
) -> int:
    """Write a table of all people of the course in FOLDER, and a page for each who passed.

    Passed has whoever missed no more sessions than permitted, in a team with all
    milestones complete. The page is the course's certificate.html, or a plain one.
    """
    from zoneinfo import ZoneInfo

    from coursekit.cohort.status import read_status
    from coursekit.course.course import load_course
    from coursekit.hosting.open_host import open_host
    from coursekit.people import certificates
    from coursekit.people.results import person_results

    course = load_course(folder)
    host = None if offline else open_host(course, lambda text: click.echo(text, err=True))
    with progress("Reading repositories", len(course.teams)) as advance:
        status = read_status(course, host=host, on_done=lambda team: advance(1))
    results = person_results(course, status)
    date = (day or datetime.now(ZoneInfo(course.timezone))).date()
    given = certificates.give(course, results, target, date, dry_run=dry_run)
    for result in results:
        reasons = "; ".join(result.reasons)
        click.echo(f"{result.passed:<5}  {result.member.name:<28}  {reasons}".rstrip())
    if pdf and not dry_run:
        print_pages([certificates.page_path(target, one) for one in given])
    verb = "would give" if dry_run else "gave"
    click.echo(f"{verb} {len(given)} certificates to {len(results)} people")
    return EXIT_FINDINGS if any(result.passed == "look" for result in results) else 0


def print_pages(pages: list[Path]) -> None:
    """Print each page that has no PDF of its own yet; a run that was ended goes on."""
    from coursekit.site.slides.pdf import write_pdf
    from litreview.files import read_text

    with progress("Printing", len(pages)) as advance:
        for page in pages:
            pdf = page.with_suffix(".pdf")
            fresh = pdf.exists() and pdf.stat().st_mtime >= page.stat().st_mtime
            if not fresh and not write_pdf(read_text(page), pdf):
                click.echo("No PDF: install Chromium, or print the pages from a browser.", err=True)
                return
            advance(1)
