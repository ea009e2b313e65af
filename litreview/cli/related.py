"""`litreview related`: the works around one."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.cli.search import project_description, show_ranked
from litreview.console import cache_options, json_option


@click.command(name="related")
@click.argument("name", metavar="ID_ADDRESS_OR_TITLE")
@click.option("--cited-by", "way", flag_value="cited-by", help="The works that cite it (default).")
@click.option("--references", "way", flag_value="references", help="The works that it cites.")
@click.option("--limit", "-n", default=10, show_default=True, help="The largest number of works.")
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    help="Rank by this project's README (default: that of the team repository you are in).",
)
@click.option("--abstracts", is_flag=True, help="Print abstracts as well.")
@cache_options
@json_option
def command(
    name: str,
    way: str | None,
    limit: int,
    project: Path | None,
    abstracts: bool,
    offline: bool,
    refresh: bool,
    as_json: bool,
) -> None:
    """Find what cites a work, or what it cites: from one good source to the next.

    OpenAlex is asked, and Semantic Scholar where it has nothing. The most cited works are
    taken, and ordered by what they have to do with your project.
    """
    from litreview.actions.related import MAX_WORKS, related
    from litreview.console import print_json
    from litreview.works.rank import rank

    def notify(message: str) -> None:
        click.echo(message, err=True)

    wanted = MAX_WORKS if limit > 0 else limit
    work, result = related(
        name, way or "cited-by", limit=wanted, offline=offline, refresh=refresh, notify=notify
    )
    ranked = rank(result.sources, None, project_description(project))[:limit]
    if as_json:
        data = result.to_json()
        data["work"] = work.to_json()
        data["sources"] = [{**item.source.to_json(), "score": item.score} for item in ranked]
        print_json(data)
        return
    around = "cited by" if way == "references" else "citing"
    click.echo(f"Works {around} “{work.title}”:", err=True)
    show_ranked(result, ranked, abstracts=abstracts)
