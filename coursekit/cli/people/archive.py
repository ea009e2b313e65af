"""`coursekit archive`: the showcase of a course in one file that stays."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import dry_run_option, json_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--site",
    type=click.Path(path_type=Path),
    default="site",
    show_default=True,
    help="The showcase, as `coursekit site --out` built it.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The zip file (default: COHORT.zip).",
)
@dry_run_option
@json_option
def command(folder: Path, site: Path, out: Path | None, dry_run: bool, as_json: bool) -> int:
    """Pack the finished showcase of the course in FOLDER.

    One zip file with the site, results and decks, checksums (SHA256SUMS), CITATION.cff and
    Zenodo's metadata. The same site gives the same bytes. Members are named by their consent.
    """
    from coursekit.course.course import load_course
    from coursekit.course.roster import make_slug
    from coursekit.site.event.archive import archive
    from litreview.console import print_json

    course = load_course(folder)
    out = out or Path(f"{make_slug(course.cohort or course.title) or 'course'}.zip")
    report = archive(course, site, out, dry_run=dry_run)
    if as_json:
        print_json(report.to_json())
        return 0
    done = "would be packed" if dry_run else "packed"
    click.echo(f"{out}: {report.files} files, {report.bytes / 1e6:.1f} MB, {done}")
    if report.sha256:
        click.echo(f"SHA-256: {report.sha256}")
    cited = f"{len(report.names)} members" if report.names else course.commit.author
    click.echo(f"Cited as the authors: {cited}")
    return 0
