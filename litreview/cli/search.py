"""`litreview search`: find works, whatever the provider."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from litreview.cli._searching import Searching, order_options, search_options
from litreview.console import json_option

if TYPE_CHECKING:
    from litreview.providers.result import SearchResult
    from litreview.works.query import Query
    from litreview.works.rank import Ranked


@click.command(name="search")
@click.argument("words", nargs=-1)
@search_options(10, "works")
@click.option("--explain", is_flag=True, help="Show how the query is understood; search nothing.")
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    help="Rank by this project's README too (default: that of the team repository you are in).",
)
@order_options
@click.option("--abstracts", is_flag=True, help="Print abstracts as well.")
@click.option(
    "--log",
    type=click.Path(path_type=Path),
    help="Record the search beside this review README.",
)
@json_option
def command(
    words: tuple[str, ...],
    searching: Searching,
    explain: bool,
    project: Path | None,
    about: str | None,
    semantic: bool,
    abstracts: bool,
    log: Path | None,
    as_json: bool,
) -> None:
    """Search for works: WORDS, "phrases", title:…, OR, -not, or ids, DOIs and addresses.

    Works with all words are wanted; where there are too few, those without the words that
    say least, then those with any word, and a note says so. Answers are kept for a day, so
    a repeated search sends nothing; new requests to arXiv are 3 s apart, as it asks.
    """
    from litreview.actions.find import CANDIDATES, CANDIDATES_BY_MEANING, find
    from litreview.actions.order import order
    from litreview.console import print_json

    query = searching.query(" ".join(words))
    if explain:
        _explain(query, searching.provider, as_json=as_json)
        return

    def notify(message: str) -> None:
        click.echo(message, err=True)

    limit = searching.limit
    least = CANDIDATES_BY_MEANING if semantic else CANDIDATES
    wanted = max(limit, least) if limit > 0 else limit
    result = find(
        query, searching.provider, wanted, offline=searching.offline, refresh=searching.refresh,
        notify=notify, snapshot=searching.snapshot, bib=searching.bib,
    )  # fmt: skip
    ranked = order(
        result, query, project_description(project), about=about, semantic=semantic, notify=notify
    )[:limit]
    if log is not None:
        _record(log, result, wanted)
    if as_json:
        data = result.to_json()
        data["sources"] = [
            {**item.source.to_json(), "score": item.score, "score_parts": dict(item.parts)}
            for item in ranked
        ]
        print_json(data)
        return
    show_ranked(result, ranked, abstracts=abstracts)


def _explain(query: Query, provider: str, *, as_json: bool) -> None:
    from litreview.actions.find import explain
    from litreview.console import print_json
    from litreview.works.arxiv_query import to_arxiv

    if as_json:
        print_json(
            {
                "query": query.text,
                "compiled": to_arxiv(query),
                "ids": list(query.ids),
                "dois": list(query.dois),
                "urls": list(query.urls),
                "why": list(query.notes),
            }
        )
        return
    for line in explain(query, provider):
        click.echo(line)


def project_description(project: Path | None) -> str:
    """The project's own words, from the README given or that of the folder around us."""
    from litreview.errors import UserError
    from litreview.files import read_text
    from litreview.works.rank import describe_project

    if project is not None:
        return describe_project(read_text(project / "README.md" if project.is_dir() else project))
    here = Path.cwd()
    for folder in (here, here.parent):
        if (folder / "0_LiteratureReview").is_dir():
            try:
                return describe_project(read_text(folder / "README.md"))
            except UserError:
                return ""  # nobody asked for it, so it is no reason to fail
    return ""


def _record(log: Path, result: SearchResult, limit: int) -> None:
    from litreview.providers import searchlog

    entry = searchlog.record_search(log, result, limit=limit, included=())
    click.echo(f"{searchlog.log_path(log)}: search of {entry.date} recorded", err=True)


def show_ranked(result: SearchResult, ranked: list[Ranked], *, abstracts: bool) -> None:
    """List works with the parts of their scores, and say who was asked how often."""
    for number, item in enumerate(ranked, start=1):
        source = item.source
        year = f" ({source.year})" if source.year else ""
        withdrawn = " [withdrawn or retracted]" if source.withdrawn else ""
        click.echo(f"{number:3}. {source.title}{year}{withdrawn}")
        details = [_people(source.authors), source.venue]
        click.echo("     " + "; ".join(filter(None, details)))
        click.echo(f"     {source.url or source.identity}")
        parts = " + ".join(f"{name} {value:.2f}" for name, value in item.parts.items() if value)
        click.echo(f"     score {item.score:.2f} = {parts}")
        if abstracts and source.abstract:
            click.echo(f"     {source.abstract}")
    for note in result.notes:
        click.echo(f"Note: {note}", err=True)
    sent = sum(not exchange.from_cache for exchange in result.exchanges)
    cached = len(result.exchanges) - sent
    asked = f", {_count(sent, 'request')}, {cached} from the cache" if result.exchanges else ""
    click.echo(f"{len(ranked)} of {result.total:,} works ({result.provider}{asked})", err=True)


def _people(authors: tuple[str, ...]) -> str:
    return ", ".join(authors[:3]) + (" et al." if len(authors) > 3 else "")


def _count(number: int, name: str) -> str:
    return f"{number} {name}" + ("" if number == 1 else "s")
