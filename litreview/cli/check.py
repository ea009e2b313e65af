"""`litreview check`: what a review still lacks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from litreview.console import EXIT_FINDINGS, format_option, json_option


@click.command(name="check")
@click.argument("path", type=click.Path(path_type=Path), default=".")
@click.option(
    "--minimum", default=2, show_default=True, help="How many complete sources are asked for."
)
@click.option(
    "--online", is_flag=True, help="Also visit the links, and ask the registries about each source."
)
@click.option("--strict", is_flag=True, help="Let warnings fail the check, too.")
@format_option
@json_option
def command(
    path: Path, minimum: int, online: bool, strict: bool, output: str, as_json: bool
) -> None:
    """Check the literature review at PATH: a README, its folder, or a team's repository.

    Exit code 0: nothing is missing (an essay needs a human, which is no failure).
    Exit code 1: an error was found, or with --strict a warning.
    """
    from litreview.actions.check import check
    from litreview.actions.links import reading_list_titles, recorded_titles
    from litreview.actions.verified import findings
    from litreview.actions.verify import verify
    from litreview.console import print_json, progress
    from litreview.review.claims import entry_claims
    from litreview.review.findings import as_github, as_junit, as_text
    from litreview.review.readme import find_review
    from litreview.web.fetch import Fetcher
    from litreview.web.gate import Settings

    def notify(message: str) -> None:
        click.echo(message, err=True)

    if minimum < 0:
        raise click.BadParameter("give a number from 0", param_hint="--minimum")
    readme = find_review(path)
    if online:
        # The registries' titles are better than those that were found earlier.
        report = check(readme, minimum=minimum)
        count = sum(len(entry.urls) for entry in report.sources)
        with (
            Fetcher(Settings.from_environment(notify=notify)) as fetcher,
            progress(f"Visiting {count} links", total=count) as advance,
        ):
            verified = findings(verify(entry_claims(report.sources), fetcher))
            report = check(readme, minimum=minimum, fetcher=fetcher, progress=advance)
        report = replace(report, findings=tuple(sorted({*report.findings, *verified})))
    else:
        titles = {**recorded_titles(readme), **reading_list_titles()}
        report = check(readme, minimum=minimum, known_title=titles.get)
    if as_json:
        print_json(report.to_json())
    elif output == "junit":
        click.echo(as_junit([report]))
    elif output == "github":
        click.echo(as_github(report))
    else:
        click.echo(as_text(report))
    if report.count("error") or (strict and report.count("warning")):
        raise SystemExit(EXIT_FINDINGS)
