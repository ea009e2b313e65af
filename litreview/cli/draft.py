"""`litreview draft`: fill a review README with real sources."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import dry_run_option, json_option


@click.command(name="draft")
@click.argument("readme", type=click.Path(path_type=Path))
@click.option("--query", "-q", required=True, help="What to search for, in plain words.")
@click.option(
    "--provider",
    default="arxiv",
    show_default=True,
    help="Where to search; `reading-list` needs no network.",
)
@click.option("--limit", "-n", default=5, show_default=True, help="The largest number of sources.")
@dry_run_option
@json_option
def command(
    readme: Path, query: str, provider: str, limit: int, dry_run: bool, as_json: bool
) -> None:
    """Search for sources and write them into README.

    Title, authors, year, venue and link come from the provider; objective, methods
    and outcomes are sentences of the abstract, word for word. The relation to the
    project stays empty: only your team can write it. Run the command again whenever
    you like: what a person wrote or edited is never touched.
    """
    from litreview.console import print_json, progress
    from litreview.draft import draft

    def notify(message: str) -> None:
        click.echo(message, err=True)

    with progress(f"Searching {provider} and reading abstracts"):
        report = draft(
            readme,
            query,
            provider=provider,
            limit=limit,
            dry_run=dry_run,
            notify=notify,
        )
    if as_json:
        print_json(report.to_json())
        return
    show(report, dry_run=dry_run)


def show(report, *, dry_run: bool) -> None:  # type: ignore[no-untyped-def]
    """Say what became of each source."""
    words = {
        "added": "added",
        "refreshed": "brought up to date",
        "unchanged": "unchanged",
        "present": "already there",
    }
    for drafted in report.sources:
        outcome = drafted.outcome
        year = f" ({outcome.source.year})" if outcome.source.year else ""
        kept = f"; yours and kept: {', '.join(outcome.edited)}" if outcome.edited else ""
        click.echo(f"{words[outcome.action]:>18}: {outcome.source.title}{year}{kept}")
        for note in drafted.notes:
            click.echo(f"{'':>20}{note}")
    for note in report.notes:
        click.echo(f"Note: {note}", err=True)
    if dry_run and report.changed:
        click.echo(report.diff(), nl=False)
        click.echo(f"{report.path}: nothing was written (--dry-run)")
    elif report.written:
        click.echo(f"{report.path}: written. Read each source, then write its relation yourself.")
    else:
        click.echo(f"{report.path}: nothing to change")
