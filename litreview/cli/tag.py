"""`litreview tag`: the role of each sentence, for files of abstracts."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import dry_run_option, progress


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
@dry_run_option
def command(source: Path, out: Path | None, dry_run: bool) -> None:
    """Give every sentence of every abstract its role.

    Each line comes back with `sentences`, `labels` (background, objective,
    method, result or other) and `scores` (the probability of each label);
    whatever else the line holds stays.
    """
    from litreview.actions.tag import count_abstracts, tag_file, write_tagged

    if dry_run:
        count = count_abstracts(source)
        click.echo(f"{source}: would tag {count} abstracts" + (f" into {out}" if out else ""))
    elif out is None:
        for line in tag_file(source):
            click.echo(line)
    else:
        with progress(f"Tagging {source}") as advance:
            count = write_tagged(source, out, advance)
        click.echo(f"{out}: {count} abstracts tagged", err=True)
