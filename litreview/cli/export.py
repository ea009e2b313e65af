"""`litreview export`: the sources of a review as BibTeX, RIS or CSL-JSON."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import dry_run_option


@click.command(name="export")
@click.argument("review", type=click.Path(path_type=Path), default="0_LiteratureReview")
@click.option(
    "--format",
    "form",
    type=click.Choice(["bibtex", "ris", "csl"]),
    help="The format (default: by the name of --out, else bibtex).",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write here instead of printing.")
@click.option("--online", is_flag=True, help="Look up what is not known here at its registry.")
@dry_run_option
def command(review: Path, form: str | None, out: Path | None, online: bool, dry_run: bool) -> None:
    """Print the sources of REVIEW for a reference manager or a LaTeX document.

    Authors and years come from the searches recorded beside the review, from the
    reading list, or with --online from the source's own provider. What stays unknown
    is exported with the title and address that the team wrote.
    """
    from litreview.actions.references import references
    from litreview.bib.formats import export
    from litreview.files import write_atomic

    def notify(message: str) -> None:
        click.echo(message, err=True)

    if form is None:
        known = {".bib": "bibtex", ".ris": "ris", ".json": "csl"}
        form = known.get(out.suffix.lower(), "bibtex") if out else "bibtex"
    sources, notes = references(review, online=online, notify=notify)
    text = export(sources, form)
    for note in notes:
        click.echo(f"Note: {note}", err=True)
    if out is None:
        click.echo(text, nl=False)
    elif dry_run:
        click.echo(f"{out}: would hold {len(sources)} sources as {form}; nothing was written")
    else:
        write_atomic(out, text)
        click.echo(f"{out}: {len(sources)} sources as {form}")
