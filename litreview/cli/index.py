"""`litreview index`: make a metadata snapshot searchable."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import dry_run_option, json_option


@click.command(name="index")
@click.argument("snapshot", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The index to make (default: in your data folder, where search looks for it).",
)
@dry_run_option
@json_option
def command(snapshot: Path, out: Path | None, dry_run: bool, as_json: bool) -> None:
    """Index SNAPSHOT, arXiv's metadata as JSON lines (plain or .gz), for searching offline.

    The file is read once, at some thousands of works a second. An interrupted run goes on
    where it stopped when you start it again; until it is done, an older index stays.
    """
    from litreview.console import print_json, progress
    from litreview.providers.offline.bulk import default_index, index_snapshot

    index = out or default_index()
    if dry_run:
        exists = "replace" if index.exists() else "make"
        megabytes = snapshot.stat().st_size / 1e6 if snapshot.is_file() else 0
        click.echo(f"{snapshot} ({megabytes:,.1f} MB): would {exists} {index}; nothing was written")
        return
    size = snapshot.stat().st_size if snapshot.is_file() else None
    with progress(f"Indexing {snapshot.name}", total=size) as advance:
        report = index_snapshot(snapshot, index, advance)
    if as_json:
        print_json(
            {
                "index": report.index.as_posix(),
                "records": report.records,
                "added": report.added,
                "skipped": report.skipped,
                "cut": report.cut,
                "resumed": report.resumed,
            }
        )
        return
    if not report.added:
        click.echo(f"{index}: is up to date with {report.records:,} works")
    else:
        again = " (an earlier run was continued)" if report.resumed else ""
        click.echo(f"{index}: {report.records:,} works, {report.added:,} read now{again}")
    if report.skipped:
        click.echo(
            f"Note: {report.skipped:,} lines are no records and were left out, the first is line "
            f"{report.first_skipped:,}",
            err=True,
        )
    if report.cut:
        click.echo(
            f"Note: {snapshot} ends in the middle of a record, as after an interrupted download; "
            "what is there was indexed. Get the rest and run the same command again",
            err=True,
        )
    click.echo("Search it with: litreview search --provider snapshot WORDS", err=True)
