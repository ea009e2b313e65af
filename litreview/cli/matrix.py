"""`litreview matrix`: a comparison of works as a table of quotes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from litreview.cli.questions import reading
from litreview.console import dry_run_option, json_option

if TYPE_CHECKING:
    from litreview.questions.totals import Work

TITLE = "Comparison of the sources"


@click.command(name="matrix")
@reading
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A Markdown file that holds the table; what you edited in it stays.",
)
@click.option(
    "--format",
    "shown",
    type=click.Choice(["markdown", "csv", "html", "slide"]),
    default="markdown",
    show_default=True,
    help="What is printed: for a README, a spreadsheet, the site, the presentation.",
)
@dry_run_option
@json_option
def command(
    works: list[Work], output: Path | None, shown: str, dry_run: bool, as_json: bool
) -> None:
    """Compare works: objective, data, amount, model, pretrained, metric, best figure, code.

    Each cell is a quote of the paper with its place, or "not stated". With --output the
    table is written into a Markdown file, or brought up to date there: cells, rows and
    columns that a person changed or added stay.
    """
    from litreview.console import print_json
    from litreview.files import read_text, write_atomic
    from litreview.questions.columns import cells_of
    from litreview.review import comparison

    rows = []
    for work in works:
        name = work.name if work.source else Path(work.name).name
        url = work.source.url if work.source else ""
        rows.append(comparison.Row(name, work.title, url, cells_of(work)))
    old = read_text(output) if output is not None and output.exists() else ""
    text, table = comparison.merged(old, rows)
    if as_json:
        print_json([row.to_json() for row in rows])
    elif output is None or dry_run or shown != "markdown":
        click.echo(comparison.show(table, shown, TITLE).rstrip("\n"))
    if output is not None and not dry_run:
        if text != old:
            write_atomic(output, text)
        stayed = f"; {table.kept} edited cells stay" if table.kept else ""
        click.echo(f"{output}: {'written' if text != old else 'unchanged'}{stayed}", err=True)
