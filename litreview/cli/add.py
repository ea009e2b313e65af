"""`litreview add`: write named works into a review README."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.cli.draft import notify, open_rewriter, pick_option, rewrite_options, show
from litreview.console import dry_run_option, json_option


@click.command(name="add")
@click.argument("readme", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1, required=True, metavar="ID_OR_ADDRESS…")
@rewrite_options
@pick_option
@dry_run_option
@json_option
def command(
    readme: Path,
    names: tuple[str, ...],
    rewrite: str | None,
    rewrite_model: str | None,
    pick: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Look works up and write them into README.

    A work is named by its arXiv id (1706.03762), its DOI (10.1162/neco.1997.9.8.1735)
    or the address of a page. As with draft, what a person wrote is never touched.
    """
    from litreview.actions.draft import write_sources
    from litreview.actions.lookup import look_up
    from litreview.console import progress

    rewriter = open_rewriter(rewrite, rewrite_model)
    with progress("Looking works up"):
        sources = look_up(names, notify=notify)
        report = write_sources(readme, sources, dry_run=dry_run, rewriter=rewriter)
    show(report, dry_run=dry_run, as_json=as_json, pick=pick)
