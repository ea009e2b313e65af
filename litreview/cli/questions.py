"""`litreview questions`: what papers say to the four guiding questions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from litreview.cli._searching import Searching, search_options
from litreview.cli.draft import open_model, rewrite_options
from litreview.console import EXIT_USER_ERROR, json_option

if TYPE_CHECKING:
    from litreview.questions.totals import Work

_OPTIONS = (
    click.argument("names", nargs=-1, metavar="[README_ID_OR_ADDRESS]…"),
    click.option(
        "--file",
        "files",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A paper on this machine: HTML, LaTeX, an archive of arXiv, PDF or JATS.",
    ),
    click.option("--query", "-q", help="Search for works instead of naming them."),
    search_options(25, "works"),
    click.option("--abstracts-only", is_flag=True, help="Read no whole text."),
)


def reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say what to read, and the works that were read.

    The command gets `works`; what could not be read is printed, and the exit code says it.
    """

    @functools.wraps(command)
    def run(**values: Any) -> None:
        asked = ("names", "files", "query", "searching", "abstracts_only")
        chosen = {name: values.pop(name) for name in asked}
        works, failures = _read(**chosen)
        command(works=works, **values)
        for failure in failures:
            click.echo(f"Error: {failure}", err=True)
        if failures:
            raise SystemExit(EXIT_USER_ERROR)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


def _read(
    names: tuple[str, ...],
    files: tuple[Path, ...],
    query: str | None,
    searching: Searching,
    abstracts_only: bool,
) -> tuple[list[Work], list[str]]:
    from litreview.actions.questions import ask, wanted
    from litreview.console import progress
    from litreview.web.fetch import Fetcher
    from litreview.web.gate import Settings

    def notify(message: str) -> None:
        click.echo(message, err=True)

    if not names and not files and query is None:
        raise click.UsageError('Give a README, an id, --file PATH or --query "…".')
    asked = searching.query(query) if query is not None else None
    settings = Settings.from_environment(
        offline=searching.offline, refresh=searching.refresh, notify=notify
    )
    with Fetcher(settings) as fetcher:
        found = wanted(
            names, files, asked, fetcher, provider=searching.provider, limit=searching.limit,
            snapshot=searching.snapshot, bib=searching.bib, notify=notify,
        )  # fmt: skip
        for note in found.notes:
            notify(f"Note: {note}")
        count = len(found.sources) + len(found.files)
        with progress(f"Reading {count} work{'s' * (count != 1)}", total=count) as advance:
            return ask(found, fetcher, abstracts_only=abstracts_only, advance=advance)


@click.command(name="questions")
@reading
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "markdown"]),
    default="text",
    show_default=True,
    help="For reading, or for a README: totals that open to their quotes.",
)
@rewrite_options
@json_option
def command(
    works: list[Work], output: str, rewrite: str | None, rewrite_model: str | None, as_json: bool
) -> None:
    """Answer the guiding questions from papers, each with quotes and their places.

    Whole texts are read where they are open: of arXiv, of an open copy that a registry
    names, or from --file. Of other works the abstract is read, and the answer says so.
    Nothing is inferred: what a paper does not say is "not stated".
    """
    from litreview.actions.questions import reworded
    from litreview.console import print_json
    from litreview.questions.render import as_markdown, as_text
    from litreview.questions.totals import to_json
    from litreview.review.rewrite import Rewording

    ask = open_model(rewrite, rewrite_model)
    if ask is not None:
        works = reworded(works, Rewording(ask, lambda said: click.echo(said, err=True)))
    if as_json:
        print_json(works[0].to_json() if len(works) == 1 else to_json(works))
    else:
        click.echo(as_markdown(works) if output == "markdown" else as_text(works))
