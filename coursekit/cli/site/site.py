"""`coursekit site`: the showcase over all teams."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import dry_run_option, json_option


@click.command()
@click.argument("repositories", type=click.Path(path_type=Path), required=False)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the finished site (default: site)."
)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="Write Markdown pages into this folder instead, for your own MkDocs project.",
)
@click.option(
    "--stamp",
    type=click.Path(path_type=Path),
    help="Lock the pages of this site, which your builder has built, and write its search.",
)
@click.option("--title", default="", help="Title of the site, instead of the course's.")
@click.option("--language", help="Language (en, de …), instead of the course's.")
@click.option("--slides", is_flag=True, help="Make each team's deck, too, and link it.")
@click.option("--engine", default="", help="Site builder: mkdocs, properdocs or zensical.")
@click.option("--fresh", is_flag=True, help="Build every page anew.")
@dry_run_option
@json_option
def command(
    repositories: Path | None,
    out: Path | None,
    into: Path | None,
    stamp: Path | None,
    title: str,
    language: str | None,
    slides: bool,
    engine: str,
    fresh: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Build the showcase from a folder of team REPOSITORIES (or a course folder).

    The site requests nothing from other servers and opens from a folder, too. Everything of a
    team is sanitised; what was left out is listed. A second build renders only what changed.
    """
    from coursekit.course.languages import check_language
    from coursekit.site import build
    from litreview.console import EXIT_FINDINGS, print_json, progress
    from litreview.errors import UserError

    if stamp is not None:
        if repositories or out or into:
            raise UserError("--stamp finishes a site that is there; give nothing else with it")
        _stamp(stamp, dry_run, as_json)
        return
    if repositories is None:
        raise UserError("give the folder of the teams' repositories, or a course folder")
    if language:
        check_language(language)
    if out and into:
        raise UserError("--out and --into exclude each other; give one of them")
    course = None
    folder = repositories
    for candidate in (repositories, repositories.parent):
        if (candidate / "course.toml").is_file():
            from coursekit.course.course import load_course

            course = load_course(candidate)
            folder = course.repositories if candidate == repositories else repositories
            break
    with progress("Reading the teams' repositories") as advance:
        report = build(
            folder,
            into or out or Path("site"),
            course=course,
            title=title,
            language=language or "",
            into_docs=into is not None,
            slides=slides,
            engine=engine,
            fresh=fresh,
            dry_run=dry_run,
            on_team=lambda slug: advance(1),
        )
    if as_json:
        print_json(report.to_json())
    else:
        done = "would be built" if dry_run else "built"
        click.echo(
            f"{report.out}: {done} for {report.teams} teams "
            f"({len(report.read)} read, {len(report.reused)} unchanged)"
        )
        for slug, notes in report.removed.items():
            click.echo(f"  {slug}: not shown:")
            for note in notes:
                click.echo(f"    {note}")
        for slug, reason in report.unreadable.items():
            click.echo(f"  {slug}: no repository: {reason}")
        for warning in report.warnings:
            click.echo(f"  builder: {warning}", err=True)
    if report.unreadable:
        raise click.exceptions.Exit(EXIT_FINDINGS)


def _stamp(site: Path, dry_run: bool, as_json: bool) -> None:
    from coursekit.site.stamp import stamp_site
    from litreview.console import print_json

    report = stamp_site(site, dry_run=dry_run)
    if as_json:
        print_json(report.to_json())
        return
    done = "would be locked" if dry_run else "locked"
    click.echo(f"{site}: {report.locked} pages {done}, {report.pages} in the search")
