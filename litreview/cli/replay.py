"""`litreview replay`: repeat the searches behind a review."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from litreview.console import EXIT_FINDINGS, json_option


@click.command(name="replay")
@click.argument("review", type=click.Path(path_type=Path), default="0_LiteratureReview")
@click.option("--offline", is_flag=True, help="Use the cached answers, however old they are.")
@click.option("--snapshot", type=click.Path(path_type=Path), help="Index for searches in one.")
@click.option("--bib", type=click.Path(path_type=Path), help="File for searches in one.")
@json_option
def command(
    review: Path, offline: bool, snapshot: Path | None, bib: Path | None, as_json: bool
) -> None:
    """Repeat every search recorded beside REVIEW and say what is found differently now.

    Nothing is written. The exit code is 1 if a search finds other works than it did,
    or cannot be repeated.
    """
    from litreview.actions.replay import replay
    from litreview.console import print_json
    from litreview.providers.searchlog import read_searches

    def notify(message: str) -> None:
        click.echo(message, err=True)

    replays = [
        replay(entry, offline=offline, notify=notify, snapshot=snapshot, bib=bib)
        for entry in read_searches(review)
    ]
    if as_json:
        print_json(
            [
                {
                    "date": item.record.date,
                    "query": item.record.query,
                    "provider": item.record.provider,
                    "counts": item.record.counts,
                    "same": item.same,
                    "same_answers": item.same_answers,
                    "new": list(item.new),
                    "gone": list(item.gone),
                    "error": item.error,
                }
                for item in replays
            ]
        )
    else:
        for item in replays:
            entry = item.record
            counts = " → ".join(f"{number} {step}" for step, number in entry.counts.items())
            click.echo(f"{entry.date[:10]} {entry.provider}: {entry.query}")
            click.echo(f"    then: {counts}, of {entry.total:,} that matched")
            if item.error:
                click.echo(f"    now: cannot be repeated: {item.error}")
            elif item.same:
                same = {True: ", byte for byte", False: ", in another answer", None: ""}
                click.echo(f"    now: the same works{same[item.same_answers]}")
            else:
                click.echo(f"    now: {len(item.new)} new, {len(item.gone)} gone")
                for name in item.new:
                    click.echo(f"        new  {name}")
                for name in item.gone:
                    click.echo(f"        gone {name}")
    if not all(item.same for item in replays):
        sys.exit(EXIT_FINDINGS)
