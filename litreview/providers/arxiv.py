"""Search arXiv and return `Source` records.

The only module that talks to arXiv, page by page; `arxiv_feed` reads what comes. The `arxiv`
package builds the addresses and makes records of the entries. The pages are fetched and counted
here, because the package retries what cannot succeed, forgets other processes when it counts its
requests, reads an error as a paper, and is one page off after an entry that it leaves out.

Reference: https://info.arxiv.org/help/api/user-manual.html
"""

from __future__ import annotations

import os

from litreview.errors import UserError
from litreview.providers.arxiv_feed import ADVICE, Feed, read_feed
from litreview.providers.result import Context, Exchange, NothingFoundError, SearchResult
from litreview.web.fetch import Fetcher
from litreview.web.gate import Answer, FetchError
from litreview.works.arxiv_query import to_arxiv
from litreview.works.query import Query
from litreview.works.source import Source

API_URL = "https://export.arxiv.org/api/query"
INTERVAL_SECONDS = 3.0
PAGE_SIZE = 200
IDS_PER_REQUEST = 100
MAX_FEED_BYTES = 30_000_000


def search(query: Query, limit: int, context: Context) -> SearchResult:
    """Ask arXiv for the works that match a query, or for those with given ids.

    Args:
        query: Words and filters, or ids.
        limit: The largest number of works.
        context: Makes the requests, and says at which day an open range of dates ends.

    Raises:
        NothingFoundError: If arXiv has no such work.
        FetchError: If arXiv does not answer, or not as it should; each kind of
            failure has its own class and sentence.
    """
    if query.dois or query.urls:
        raise UserError(
            f"{(query.dois + query.urls)[0]} is not on arXiv; use --provider "
            f"{'doi' if query.dois else 'web'}"
        )
    fetcher = context.fetcher
    first = len(fetcher.answers)
    if query.ids:
        sources, total, notes = _by_ids(query.ids[:limit], fetcher)
        compiled = "id_list=" + ",".join(query.ids)
    else:
        compiled = to_arxiv(query, today=context.today)
        if not compiled:
            raise UserError("the query is empty; say what to look for, or give an arXiv id")
        sources, total, notes = _by_words(compiled, limit, fetcher)
    if not sources:
        if query.ids:
            raise NothingFoundError(
                f"arXiv has no work with the id {', '.join(query.ids)}; check it"
            )
        raise NothingFoundError(
            f"arXiv has nothing for {compiled}; use fewer or other words, and see with --explain "
            "how they were understood"
        )
    return SearchResult(
        provider="arxiv",
        query=query,
        compiled=compiled,
        sources=tuple(sources),
        total=total,
        notes=tuple(notes),
        exchanges=tuple(Exchange.of(answer) for answer in fetcher.answers[first:]),
    )


def _by_words(compiled: str, limit: int, fetcher: Fetcher) -> tuple[list[Source], int, list[str]]:
    found: dict[str, Source] = {}
    notes: list[str] = []
    start = total = skipped = 0
    size = min(limit, PAGE_SIZE)
    while len(found) < limit:
        try:
            page = _page(fetcher, size, search_query=compiled, start=start, total=total)
        except FetchError as error:
            if not found:
                raise
            wanted = min(limit, total)
            notes.append(f"only {len(found)} of {wanted} works could be fetched: {error}")
            break
        for source in page.sources:
            found.setdefault(source.arxiv_id, source)
        total = max(total, page.total)
        skipped += page.skipped
        start += page.entries
        if not page.entries or start >= total:
            break
    return list(found.values())[:limit], total, [*notes, *_skipped(skipped)]


def _by_ids(ids: tuple[str, ...], fetcher: Fetcher) -> tuple[list[Source], int, list[str]]:
    found: dict[str, Source] = {}
    skipped = 0
    for start in range(0, len(ids), IDS_PER_REQUEST):
        batch = ids[start : start + IDS_PER_REQUEST]
        # Fewer than one page is never asked for, so that a page is the whole answer.
        page = _page(fetcher, len(batch), id_list=",".join(batch))
        found |= {source.arxiv_id: source for source in page.sources}
        skipped += page.skipped
    missing = [name for name in ids if name not in found]
    notes = [f"arXiv has no work with the id {name}; check it" for name in missing]
    return [found[name] for name in ids if name in found], len(found), notes + _skipped(skipped)


def _skipped(count: int) -> list[str]:
    if not count:
        return []
    return [f"{count} entries of arXiv's answer lack an id or a date and were left out"]


def _page(
    fetcher: Fetcher,
    size: int,
    *,
    search_query: str = "",
    id_list: str = "",
    start: int = 0,
    total: int = 0,
) -> Feed:
    """Fetch one page.

    Args:
        fetcher: Makes the request.
        size: The largest number of entries.
        search_query: What is looked for, in arXiv's language.
        id_list: Or ids, with commas between them.
        start: Index of the first entry.
        total: How many works match, as an earlier page said.
    """
    import arxiv

    client = arxiv.Client()
    client.query_url_format = f"{api_url()}?{{}}"
    ids = id_list.split(",") if id_list else []
    address = client._format_url(arxiv.Search(search_query, id_list=ids), start, size)
    pages: list[Feed] = []

    def check(answer: Answer) -> None:
        pages[:] = [read_feed(answer, start=start, expected=total)]

    fetcher.get(
        address,
        service="arXiv",
        max_bytes=MAX_FEED_BYTES,
        interval_seconds=INTERVAL_SECONDS,
        accept="application/atom+xml",
        check=check,
        trusted=True,
        advice=ADVICE,
    )
    return pages[0]


def api_url() -> str:
    """Where arXiv's interface is; `LITREVIEW_ARXIV_URL` names another one, say a mirror."""
    return os.environ.get("LITREVIEW_ARXIV_URL", "").rstrip("?") or API_URL
