"""The works that the course names, embedded: no network, no key, no download."""

from __future__ import annotations

from litreview.errors import UserError
from litreview.providers.local import select
from litreview.providers.result import Context, SearchResult
from litreview.works.query import Query
from litreview.works.reading_list import works


def search(query: Query, limit: int, _: Context) -> SearchResult:
    """The works of the reading list that fit a query; an empty query gives all of them.

    Raises:
        UserError: If nothing fits.
    """
    sources, names, keywords = works()
    found = select(sources, query, names, keywords)
    if not found:
        raise UserError(
            f"none of the {len(sources)} works of the reading list fits {query.text!r}; "
            "use other words, or search arXiv with --provider arxiv"
        )
    return SearchResult(
        provider="reading-list",
        query=query,
        compiled=query.text,
        sources=tuple(found[:limit]),
        total=len(found),
        notes=("abstracts of the reading list are summaries written for it, not the originals",),
    )
