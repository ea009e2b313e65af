"""Where sources come from: one file per provider, one function for all of them."""

from __future__ import annotations

from litreview.errors import UserError
from litreview.providers.result import Exchange, SearchResult
from litreview.query import Query, parse

__all__ = ["PROVIDERS", "Exchange", "SearchResult", "find"]

PROVIDERS = ("arxiv", "reading-list")
MAX_LIMIT = 30_000  # arXiv refuses to page further


def find(query: Query | str, provider: str = "arxiv", limit: int = 10) -> SearchResult:
    """Search one provider.

    Args:
        query: What to look for; a string is parsed first.
        provider: One of `PROVIDERS`.
        limit: The largest number of sources wanted, at least 1.

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
    raise UserError("arXiv is not reachable; use --provider reading-list")
