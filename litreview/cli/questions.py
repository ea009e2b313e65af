"""`litreview questions`: what the sources say to the four guiding questions."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import json_option


@click.command(name="questions")
@click.argument("readme", type=click.Path(path_type=Path), required=False)
@click.option("--query", "-q", help="Search for sources instead of reading them from README.")
@click.option("--provider", default="arxiv", show_default=True, help="Where to search or look up.")
@click.option("--limit", "-n", default=25, show_default=True, help="The largest number of sources.")
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "markdown"]),
    default="text",
    show_default=True,
    help="For reading, or as a table to paste into a README.",
)
@json_option
def command(
    readme: Path | None, query: str | None, provider: str, limit: int, output: str, as_json: bool
) -> None:
    """Answer the guiding questions from abstracts, each with a quote.

    The sources are those of README (looked up by their arXiv ids), or those that
    --query finds. Where an abstract does not say it, the answer says so.
    """
    from litreview.abstracts.evidence import as_markdown, as_text, gather
    from litreview.actions.find import find
    from litreview.actions.lookup import sources_of
    from litreview.console import print_json, progress
    from litreview.errors import UserError

    def notify(message: str) -> None:
        click.echo(message, err=True)

    if (readme is None) == (query is None):
        raise click.UsageError('Give either a README or --query "…".')
    with progress("Reading abstracts"):
        if query is not None:
            sources = find(query, provider, limit, notify=notify).sources
        else:
            assert readme is not None  # noqa: S101 - the usage check above
            sources, missing = sources_of(readme, provider=provider, notify=notify)
            for name in missing:
                notify(f"Note: {name}: no abstract could be looked up, so it is left out")
    if not sources:
        raise UserError("there is no source with an abstract; add sources with litreview draft")
    evidence = gather(sources)
    if as_json:
        print_json(evidence.to_json())
    else:
        click.echo(as_markdown(evidence) if output == "markdown" else as_text(evidence))
