"""`litreview add`: write named works into a review README."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from litreview.cli.draft import (
    notify,
    open_reader,
    open_rewriter,
    paper_options,
    pick_option,
    rewrite_options,
    show,
)
from litreview.console import EXIT_USER_ERROR, dry_run_option, json_option

if TYPE_CHECKING:
    from litreview.actions.resolving.resolve import AmbiguousError
    from litreview.works.source import Source


@click.command(name="add")
@click.argument("readme", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1, required=True, metavar="ID_ADDRESS_OR_TITLE…")
@paper_options
@rewrite_options
@pick_option
@dry_run_option
@json_option
def command(
    readme: Path,
    names: tuple[str, ...],
    papers: Path | None,
    full_text: bool,
    rewrite: str | None,
    rewrite_model: str | None,
    pick: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Look works up and write them into README.

    A work is named by its DOI, its arXiv id, an ISBN, its title in quotation marks, or the
    address of a page: of a publisher, arXiv, OpenReview, the ACL Anthology, Hugging Face,
    GitHub, a blog, a video. As with draft, what a person wrote is never touched.
    """
    from litreview.actions.add import add
    from litreview.console import progress

    rewriter = open_rewriter(rewrite, rewrite_model)
    choose = _choose if sys.stdin.isatty() and not as_json else None
    bar = progress("Looking works up") if choose is None else contextlib.nullcontext()
    with open_reader(papers, full_text, False) as reader, bar:
        added = add(
            readme, names, dry_run=dry_run, reader=reader, rewriter=rewriter, choose=choose,
            notify=notify,
        )  # fmt: skip
    show(added.report, dry_run=dry_run, as_json=as_json, pick=pick)
    for failure in added.failures:
        click.echo(f"Error: {failure}", err=True)
    if added.failures:
        sys.exit(EXIT_USER_ERROR)


def _choose(error: AmbiguousError) -> Source | None:
    """Ask which of several works is meant; Enter means none."""
    click.echo(str(error), err=True)
    count = len(error.choices)
    number = click.prompt(
        f"Which one (1-{count}, 0 for none)", type=click.IntRange(0, count), default=0, err=True
    )
    return error.choices[number - 1] if number else None
