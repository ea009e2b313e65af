"""`litreview draft`: fill a review README with real sources."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from litreview.cli._searching import Searching, order_options, search_options
from litreview.console import dry_run_option, json_option, print_json

if TYPE_CHECKING:
    from litreview.abstracts.summary import Summary
    from litreview.actions.draft import DraftReport, Reader, Rewriter
    from litreview.review.rewrite import Ask
    from litreview.works.source import Source


def rewrite_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--rewrite` and `--rewrite-model`, for every command that quotes."""
    where = click.option(
        "--rewrite",
        metavar="ADDRESS",
        help="Reword sentences with an OpenAI-compatible server (http://localhost:11434/v1) or a "
        "model on this machine (local:FOLDER). What is not in the text is refused.",
    )
    model = click.option("--rewrite-model", metavar="NAME", help="The model's name on that server.")
    return where(model(function))


def paper_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--papers` and `--full-text`, for every command that drafts."""
    folder = click.option(
        "--papers",
        type=click.Path(path_type=Path),
        help="A folder of whole papers: what an abstract leaves open comes from the introduction "
        "or the conclusion, with its place.",
    )
    web = click.option(
        "--full-text",
        is_flag=True,
        help="The same from papers that are open on the web.",
    )
    return folder(web(function))


@contextlib.contextmanager
def open_reader(papers: Path | None, full_text: bool, offline: bool) -> Iterator[Reader | None]:
    """What completes a draft from whole papers, if that is asked for."""
    if papers is None and not full_text:
        yield None
        return
    from litreview.questions.whole import paper_reader
    from litreview.web.fetch import Fetcher
    from litreview.web.gate import Settings

    settings = Settings.from_environment(offline=offline, notify=notify)
    with Fetcher(settings) as fetcher:
        yield paper_reader(papers, fetcher if full_text else None, notify)


def pick_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--pick`, for every command that drafts."""
    return click.option(
        "--pick",
        is_flag=True,
        help="Choose the works yourself (on a terminal), and see up to three sentences for each "
        "field, with what speaks for them.",
    )(function)


@click.command(name="draft")
@click.argument("readme", type=click.Path(path_type=Path))
@click.option("--query", "-q", required=True, help="What to search for, in plain words.")
@search_options(5, "sources")
@order_options
@paper_options
@rewrite_options
@pick_option
@click.option("--anyway", is_flag=True, help="Take works that hold few of the words, too.")
@dry_run_option
@json_option
def command(
    readme: Path,
    query: str,
    searching: Searching,
    about: str | None,
    semantic: bool,
    papers: Path | None,
    full_text: bool,
    rewrite: str | None,
    rewrite_model: str | None,
    pick: bool,
    anyway: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Search for sources and write them into README.

    Title, authors, year, venue and link come from the provider; objective, methods
    and outcomes are sentences of the abstract, word for word, and on request of the paper
    where the abstract does not say it. The relation to the project stays empty: only your
    team can write it. Works that hold too few of the words are not taken unless you say
    --anyway or --pick them. Run the command again whenever
    you like: what a person wrote or edited is never touched.
    """
    from litreview.actions.draft import draft
    from litreview.console import progress

    parsed = searching.query(query)
    rewriter = open_rewriter(rewrite, rewrite_model)
    asks = pick and sys.stdin.isatty() and not as_json
    # A bar would be drawn over the question.
    bar = (
        contextlib.nullcontext()
        if asks
        else progress(f"Searching {searching.provider}, reading abstracts")
    )
    with open_reader(papers, full_text, searching.offline) as reader, bar:
        report = draft(
            readme,
            parsed,
            provider=searching.provider,
            limit=searching.limit,
            dry_run=dry_run,
            offline=searching.offline,
            refresh=searching.refresh,
            snapshot=searching.snapshot,
            bib=searching.bib,
            about=about,
            semantic=semantic,
            reader=reader,
            rewriter=rewriter,
            choose=choose_works if asks else None,
            anyway=anyway,
            notify=notify,
        )
    show(report, dry_run=dry_run, as_json=as_json, pick=pick)


def choose_works(works: Sequence[Source]) -> list[Source]:
    """Ask which of the works found go into the review; Enter takes none."""
    for number, source in enumerate(works, start=1):
        year = f" ({source.year})" if source.year else ""
        click.echo(f"{number:3}. {source.title}{year}", err=True)
        people = ", ".join(source.authors[:3]) + (" et al." if len(source.authors) > 3 else "")
        click.echo(f"     {people}; {source.venue}; {source.url}", err=True)
    while True:
        answer = click.prompt(
            "Which ones (numbers with spaces; Enter for none)", default="", show_default=False,
            err=True,
        )  # fmt: skip
        words = answer.replace(",", " ").split()
        if all(word.isdecimal() and 1 <= int(word) <= len(works) for word in words):
            return [works[int(word) - 1] for word in dict.fromkeys(words)]
        click.echo(f"{answer!r}: give numbers from 1 to {len(works)}", err=True)


def notify(message: str) -> None:
    """Tell the user why something takes time, or what was left out."""
    click.echo(message, err=True)


def open_model(where: str | None, model: str | None) -> Ask | None:
    """What `--rewrite` asks: a server, or `local:FOLDER`."""
    if where is None:
        if model is not None:
            raise click.UsageError("--rewrite-model needs --rewrite, the address of the server.")
        return None
    from litreview.review.rewrite import open_endpoint, open_local

    kind, _, folder = where.partition(":")
    return open_local(folder) if kind == "local" else open_endpoint(where, model)


def open_rewriter(where: str | None, model: str | None) -> Rewriter | None:
    """What words the sentences of a draft, if that is asked for."""
    ask = open_model(where, model)
    if ask is None:
        return None
    from litreview.review.rewrite import rewriter

    return rewriter(ask, notify, progress=lambda title: notify(f"Rewording “{title}” …"))


def show(report: DraftReport, *, dry_run: bool, as_json: bool, pick: bool = False) -> None:
    """Say what became of each source."""
    if as_json:
        print_json(report.to_json())
        return
    words = {
        "added": "added",
        "refreshed": "brought up to date",
        "unchanged": "unchanged",
        "present": "already there",
    }
    for drafted in report.sources:
        outcome = drafted.outcome
        year = f" ({outcome.source.year})" if outcome.source.year else ""
        kept = f"; yours and kept: {', '.join(outcome.edited)}" if outcome.edited else ""
        click.echo(f"{words[outcome.action]:>18}: {outcome.source.title}{year}{kept}")
        for note in drafted.notes:
            click.echo(f"{'':>20}{note}")
        if pick:
            show_candidates(drafted.summary)
    for note in report.notes:
        click.echo(f"Note: {note}", err=True)
    if dry_run and report.changed:
        click.echo(report.diff(), nl=False)
        click.echo(f"{report.path}: nothing was written (--dry-run)")
    elif report.written:
        click.echo(f"{report.path}: written. Read each source, then write its relation yourself.")
    else:
        click.echo(f"{report.path}: nothing to change")


def show_candidates(summary: Summary) -> None:
    """List what each field could say; an asterisk marks what it does say."""
    for name, extracts in summary.candidates.items():
        click.echo(f"{'':>4}{name}" + ("" if extracts else ": no sentence says it"))
        for number, extract in enumerate(extracts, start=1):
            mark = "*" if extract == getattr(summary, name) else " "
            why = ", ".join(extract.reasons) or "its place only"
            click.echo(f"{'':>4}{mark} {number}. {' '.join(extract.text.split())}")
            click.echo(f"{'':>9}({extract.score:.0%} sure: {why})")
    click.echo(f"{'':>4}Another one suits better? Put it into the README: what you edit stays.")
