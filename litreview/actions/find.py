"""Search one provider, or several whose records are joined."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from litreview.errors import UserError
from litreview.providers import PROVIDERS
from litreview.providers.result import Context, NothingFoundError, SearchResult
from litreview.web.fetch import Fetcher
from litreview.web.gate import FetchError, Settings
from litreview.works.dedupe import dedupe
from litreview.works.query import Query, parse
from litreview.works.rungs import Rung, rungs

MAX_LIMIT = 30_000  # arXiv refuses to page further
# So many works are ranked at least to choose those that are shown.
CANDIDATES = 50
# With fewer works than this a search goes on with fewer words.
ENOUGH_WORKS = 5
# Providers that find nothing unless all words occur.
_ALL_WORDS = frozenset({"arxiv"})


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
                ask = _climb if name in _ALL_WORDS else PROVIDERS[name]
                results.append(ask(query, limit, context))
            except UserError as error:
                if len(names) == 1:
                    raise
                failures.append(f"{name}: {error}")
    if not results:
        raise UserError("no provider found anything: " + "; ".join(failures))
    return results[0] if len(names) == 1 else _joined(query, results, failures)


def _climb(query: Query, limit: int, context: Context) -> SearchResult:
    """Ask arXiv for all words, and for fewer of them until there are enough works."""
    ask = PROVIDERS["arxiv"]
    found: list[tuple[Rung, SearchResult]] = []
    notes: list[str] = []
    nothing: NothingFoundError | None = None
    steps = rungs(query)
    for rung in steps:
        try:
            result = ask(rung.query, limit, context)
        except NothingFoundError as error:
            nothing = nothing or error
            notes.append(f"arXiv has nothing with {rung.describe()}")
            continue
        except FetchError as error:
            if not found:
                raise
            notes.append(f"arXiv was not asked for more ({error})")
            break
        found.append((rung, result))
        enough = sum(len(part.sources) for _, part in found) >= min(limit, ENOUGH_WORKS)
        if enough or rung is steps[-1]:
            break
        notes.append(f"arXiv has {result.total} with {rung.describe()}")
    if not found:
        raise nothing or NothingFoundError(f"arXiv has nothing for {query.text!r}; use other words")
    last, result = found[-1]
    if len(found) == 1 and not notes:
        return result
    sources = {source.identity: source for _, part in found for source in part.sources}
    told = f"{'; '.join(notes)}; so it was asked for {last.describe()}: {result.total:,} works"
    return replace(
        result,
        query=query,
        compiled="; then ".join(part.compiled for _, part in found),
        sources=tuple(sources.values())[:limit],
        notes=(told, *(note for _, part in found for note in part.notes)),
        exchanges=tuple(exchange for _, part in found for exchange in part.exchanges),
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
    )
