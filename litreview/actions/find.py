"""Search one provider, or several whose records are joined."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from litreview.errors import UserError
from litreview.providers import PROVIDERS, semantic_scholar
from litreview.providers.result import Context, NothingFoundError, SearchResult
from litreview.providers.service import words_of
from litreview.web.fetch import Fetcher
from litreview.web.gate import FetchError, Settings
from litreview.works.arxiv_query import to_arxiv
from litreview.works.boolean_query import to_boolean
from litreview.works.dedupe import dedupe
from litreview.works.query import Query, parse
from litreview.works.rungs import Rung, rungs

MAX_LIMIT = 30_000  # arXiv refuses to page further
# So many works are ranked at least to choose those that are shown.
CANDIDATES = 50
# And so many where meaning counts, too: it finds what stands lower by its words.
CANDIDATES_BY_MEANING = 100
# With fewer works than this a search goes on with fewer words.
ENOUGH_WORKS = 5


@dataclass(frozen=True)
class _Ladder:
    """A provider that finds nothing unless all words occur, so that it is asked step by step.

    Attributes:
        name: What to call it in a sentence.
        compiled: A query in its language.
        any_word: Whether that has a word for "or".
    """

    name: str
    compiled: Callable[[Query], str]
    any_word: bool = True


_LADDERS = {
    "arxiv": _Ladder("arXiv", to_arxiv),
    "openalex": _Ladder("OpenAlex", to_boolean),
    "datacite": _Ladder("DataCite", to_boolean),
    "semantic-scholar": _Ladder("Semantic Scholar", semantic_scholar.compile_query, any_word=False),
}
# It climbs itself, since it knows how common each word is.
_SNAPSHOT = _Ladder("the snapshot", to_boolean)
# What is said of the other providers that are asked with words.
_OTHERS = {
    "crossref": "Crossref is asked for: {}; it finds works with any of them",
    "doi": "Crossref is asked for: {}; it finds works with any of them",
    "openreview": "OpenReview is asked for: {}; how many of them have to occur is its own matter",
    "reading-list": "the reading list is searched for works with any of: {}",
    "bibtex": "the bibliography is searched for works with any of: {}",
}


def find(
    query: Query | str,
    provider: str = "arxiv",
    limit: int = 10,
    *,
    offline: bool = False,
    refresh: bool = False,
    notify: Callable[[str], None] | None = None,
    fetcher: Fetcher | None = None,
    snapshot: Path | None = None,
    bib: Path | None = None,
    today: date | None = None,
) -> SearchResult:
    """Search one provider, or several whose records are then joined.

    Args:
        query: What to look for; a string is parsed first.
        provider: One of `PROVIDERS`, or several with commas between them.
        limit: The largest number of sources wanted of each, at least 1.
        offline: Answer from the cache only.
        refresh: Ask again although the cache holds an answer.
        notify: Called with a sentence whenever the user has to wait.
        fetcher: Makes the requests; by default one with the settings of the
            environment, closed before this function returns.
        snapshot: The index that `snapshot` searches; the user's own by default.
        bib: The file that `bibtex` searches.
        today: The day at which an open range of dates ends.

    Returns:
        What was found. If one of several providers fails, its reason is a note.

    Raises:
        UserError: If the query or an option is wrong, or nothing can be found.
    """
    if isinstance(query, str):
        query = parse(query)
    names = list(dict.fromkeys(name.strip() for name in provider.split(",") if name.strip()))
    unknown = [name for name in names if name not in PROVIDERS]
    if unknown or not names:
        raise UserError(
            f"--provider {', '.join(unknown) or provider!r} is unknown; choose one of "
            f"{', '.join(PROVIDERS)}"
        )
    if not 1 <= limit <= MAX_LIMIT:
        raise UserError(f"--limit {limit} is out of range; give a number from 1 to {MAX_LIMIT}")
    settings = Settings.from_environment(offline=offline, refresh=refresh, notify=notify)
    results: list[SearchResult] = []
    failures: list[str] = []
    with contextlib.ExitStack() as stack:
        requests = fetcher or stack.enter_context(Fetcher(settings))
        context = Context(requests, snapshot, bib, today)
        for name in names:
            try:
                climbs = name in _LADDERS and not (query.ids or query.dois or query.urls)
                ask = partial(_climb, name) if climbs else PROVIDERS[name]
                results.append(ask(query, limit, context))
            except UserError as error:
                if len(names) == 1:
                    raise
                failures.append(f"{name}: {error}")
    if not results:
        raise UserError("no provider found anything: " + "; ".join(failures))
    return results[0] if len(names) == 1 else _joined(query, results, failures)


def explain(query: Query, provider: str = "arxiv") -> list[str]:
    """Say in sentences how a query was understood, and what each provider is asked for.

    Args:
        query: The query.
        provider: One of `PROVIDERS`, or several with commas between them.
    """
    lines = [f"You asked for: {query.text or '(nothing)'}"]
    if query.ids:
        lines.append(f"arXiv ids that are fetched: {', '.join(query.ids)}")
    if query.dois:
        lines.append(f"DOIs that are fetched: {', '.join(query.dois)}")
    if query.urls:
        lines.append(f"Addresses that are fetched: {', '.join(query.urls)}")
    for name in filter(None, map(str.strip, provider.split(","))):
        lines += _steps(query, name)
    lines += [f"- {note}" for note in query.notes]
    if "arxiv" in provider and (query.since or query.until):
        lines.append("- dates are those of the first version, the only ones that arXiv can filter")
    return lines


def _steps(query: Query, provider: str) -> list[str]:
    """What a provider is asked for, step by step."""
    ladder = {**_LADDERS, "snapshot": _SNAPSHOT}.get(provider)
    if ladder is None:
        words = words_of(query)
        return [_OTHERS[provider].format(words)] if words and provider in _OTHERS else []
    lines: list[str] = []
    for rung in rungs(query, any_word=ladder.any_word):
        if compiled := ladder.compiled(rung.query):
            start = f"if too little, {rung.describe()}" if lines else f"{ladder.name} is asked for"
            lines.append(f"{start}: {compiled}")
    if not ladder.any_word and len(lines) > 1:
        lines.append(f"- {ladder.name} cannot be asked for any of several words")
    return lines


def _climb(provider: str, query: Query, limit: int, context: Context) -> SearchResult:
    """Ask a provider for all words, and for fewer of them until there are enough works."""
    ask, ladder = PROVIDERS[provider], _LADDERS[provider]
    found: list[tuple[Rung, SearchResult]] = []
    notes: list[str] = []
    nothing: NothingFoundError | None = None
    steps = rungs(query, any_word=ladder.any_word)
    for rung in steps:
        try:
            result = ask(rung.query, limit, context)
        except NothingFoundError as error:
            nothing = nothing or error
            notes.append(f"{ladder.name} has nothing with {rung.describe()}")
            continue
        except FetchError as error:
            if not found:
                raise
            notes.append(f"{ladder.name} was not asked for more ({error})")
            break
        found.append((rung, result))
        many = max(result.total, sum(len(part.sources) for _, part in found))
        if many >= min(limit, ENOUGH_WORKS) or rung is steps[-1]:
            break
        notes.append(f"{ladder.name} has {result.total} with {rung.describe()}")
    if not found:
        raise nothing or NothingFoundError(
            f"{ladder.name} has nothing for {query.text!r}; use other words"
        )
    last, result = found[-1]
    first = found[0][1].sources if found[0][0] is steps[0] else ()
    holding_all = frozenset(source.identity for source in first)
    if len(found) == 1 and not notes:
        return replace(result, holding_all=holding_all)
    sources = {source.identity: source for _, part in found for source in part.sources}
    told = "; ".join(notes)
    if rung is last:
        told += f"; so it was asked for {last.describe()}: {result.total:,} works"
    return replace(
        result,
        query=query,
        compiled="; then ".join(part.compiled for _, part in found),
        sources=tuple(sources.values())[:limit],
        notes=(told, *(note for _, part in found for note in part.notes)),
        exchanges=tuple(exchange for _, part in found for exchange in part.exchanges),
        holding_all=holding_all,
    )


def _joined(query: Query, results: list[SearchResult], failures: list[str]) -> SearchResult:
    """One result of several, in turns, so that no provider's order outranks another's."""
    turns = itertools.zip_longest(*(result.sources for result in results))
    records = [source for turn in turns for source in turn if source is not None]
    sources, merges = dedupe(records)
    notes = [f"{result.provider}: {note}" for result in results for note in result.notes]
    return SearchResult(
        provider=",".join(result.provider for result in results),
        query=query,
        compiled="; ".join(f"{result.provider}: {result.compiled}" for result in results),
        sources=sources,
        total=sum(result.total for result in results),
        notes=(*failures, *(merge.describe() for merge in merges), *notes),
        exchanges=tuple(exchange for result in results for exchange in result.exchanges),
        merges=merges,
        identified=len(records),
        holding_all=frozenset().union(*(result.holding_all for result in results)),
    )
