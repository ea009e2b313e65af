"""Where sources come from: one file per provider, one function for all of them."""

from __future__ import annotations

from collections.abc import Callable

from litreview.errors import UserError
from litreview.http import Fetcher, Settings
from litreview.providers.result import Exchange, SearchResult
from litreview.query import Query, parse

__all__ = ["PROVIDERS", "Exchange", "SearchResult", "find"]

PROVIDERS = ("arxiv", "reading-list")
MAX_LIMIT = 30_000  # arXiv refuses to page further


def find(
    query: Query | str,
    provider: str = "arxiv",
    limit: int = 10,
    *,
    offline: bool = False,
    refresh: bool = False,
    notify: Callable[[str], None] | None = None,
    fetcher: Fetcher | None = None,
) -> SearchResult:
    """Search one provider.

    Args:
        query: What to look for; a string is parsed first.
        provider: One of `PROVIDERS`.
        limit: The largest number of sources wanted, at least 1.
        offline: Answer from the cache only.
        refresh: Ask again although the cache holds an answer.
        notify: Called with a sentence whenever the user has to wait.
        fetcher: Makes the requests; by default one with the settings of the
            environment, closed before this function returns.

    Raises:
        UserError: If the query or an option is wrong, or nothing can be found.
    """
    if isinstance(query, str):
        query = parse(query)
    if provider not in PROVIDERS:
        raise UserError(f"--provider {provider!r} is unknown; choose one of {', '.join(PROVIDERS)}")
    if not 1 <= limit <= MAX_LIMIT:
        raise UserError(f"--limit {limit} is out of range; give a number from 1 to {MAX_LIMIT}")
    if provider == "reading-list":
        from litreview.providers import reading_list

        return reading_list.search(query, limit)
    if fetcher is not None:
        return _online(query, provider, limit, fetcher)
    settings = Settings.from_environment(offline=offline, refresh=refresh, notify=notify)
    with Fetcher(settings) as own:
        return _online(query, provider, limit, own)


def _online(query: Query, provider: str, limit: int, fetcher: Fetcher) -> SearchResult:
    from litreview.providers import arxiv

    return arxiv.search(query, limit, fetcher)
