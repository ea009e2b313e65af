"""`litreview tag`: the role of each sentence, for files of abstracts."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--jsonl",
    "source",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    help="One JSON object a line, with `sentences` (a list) or `abstract` (a text); - for stdin.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write here instead of printing; the file appears when all is done.",
)
def command(source: Path, out: Path | None) -> None:
    """Give every sentence of every abstract its role.

    Each line comes back with `sentences`, `labels` (background, objective,
    method, result or other) and `scores` (the probability of each label);
    whatever else the line holds stays.
    """
    from litreview.tagging import tag_file

    if out is None:
        for line in tag_file(source):
            click.echo(line)
        return
    from litreview.tagging import write_tagged

    count = write_tagged(source, out)
    click.echo(f"{out}: {count} abstracts tagged", err=True)
