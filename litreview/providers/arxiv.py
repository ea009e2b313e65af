"""Search arXiv and return `Source` records.

The only module that talks to arXiv. The `arxiv` package builds the addresses
and reads the entries; the transport below it is ours, because the package
retries what cannot succeed, reads an error page as "nothing found" and an error
feed as a paper, and forgets other processes when it counts its requests.

Reference: https://info.arxiv.org/help/api/user-manual.html
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from litreview.errors import UserError
from litreview.providers.result import Exchange, SearchResult
from litreview.text.clean import one_line
from litreview.text.identifiers import find_doi, split_arxiv_id
from litreview.web.fetch import Fetcher
from litreview.web.gate import Answer, FetchError, GlitchError, RefusedError
from litreview.works.query import Query, to_arxiv
from litreview.works.source import Source

if TYPE_CHECKING:
    import arxiv

API_URL = "https://export.arxiv.org/api/query"
INTERVAL_SECONDS = 3.0
PAGE_SIZE = 200
IDS_PER_REQUEST = 100
MAX_FEED_BYTES = 30_000_000
_ADVICE = "try again in a few minutes, or work without it with --provider reading-list"
_ATOM = "{http://www.w3.org/2005/Atom}"
_OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


class EmptyPageError(GlitchError):
    """arXiv says that there are entries and sends none."""


class ErrorFeedError(FetchError):
    """arXiv answers with a message instead of works."""


class NotAFeedError(FetchError):
    """A web page came where a feed was expected."""


class MalformedFeedError(GlitchError):
    """The answer is no well-formed feed."""


class _DeclaredEntitiesError(Exception):
    """The XML wants something expanded."""


class NothingFoundError(UserError):
    """The search worked and there is no such work."""


@dataclass(frozen=True)
class Feed:
    """What a page says about itself.

    Attributes:
        total: How many works match in all.
        entries: How many entries the page holds.
        skipped: How many of them lack an id or a date.
        body: The page without these.
    """

    total: int
    entries: int
    skipped: int = 0
    body: bytes = b""


def search(
    query: Query, limit: int, fetcher: Fetcher, *, today: date | None = None
) -> SearchResult:
    """Ask arXiv for the works that match a query, or for those with given ids.

    Args:
        query: Words and filters, or ids.
        limit: The largest number of works.
        fetcher: Makes the requests.
        today: The day at which an open range of dates ends.

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
    first = len(fetcher.answers)
    if query.ids:
        sources, total, notes = _by_ids(query.ids[:limit], fetcher)
        compiled = "id_list=" + ",".join(query.ids)
    else:
        compiled = to_arxiv(query, today=today)
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
    import arxiv

    session = _Session(fetcher)
    client = _client(session, page_size=min(limit, PAGE_SIZE))
    found: dict[str, Source] = {}
    notes: list[str] = []
    results = client.results(arxiv.Search(compiled, max_results=None))
    while len(found) < limit:
        try:
            result = next(results)
        except StopIteration:
            break
        except arxiv.ArxivError:
            break  # the rest of the last page was left out as incomplete
        except FetchError as error:
            if not found:
                raise
            wanted = min(limit, session.total)
            notes.append(f"only {len(found)} of {wanted} works could be fetched: {error}")
            break
        source = _source(result)
        if source is not None:
            found.setdefault(source.arxiv_id, source)
    notes += session.notes()
    return list(found.values()), session.total, notes


def _by_ids(ids: tuple[str, ...], fetcher: Fetcher) -> tuple[list[Source], int, list[str]]:
    import arxiv

    found: dict[str, Source] = {}
    session = _Session(fetcher)
    for start in range(0, len(ids), IDS_PER_REQUEST):
        batch = list(ids[start : start + IDS_PER_REQUEST])
        # Fewer than one page is never asked for, so that a page is the whole answer.
        client = _client(session, page_size=len(batch))
        for result in client.results(arxiv.Search(id_list=batch, max_results=len(batch))):
            source = _source(result)
            if source is not None:
                found[source.arxiv_id] = source
    missing = [name for name in ids if name not in found]
    notes = [f"arXiv has no work with the id {name}; check it" for name in missing]
    return [found[name] for name in ids if name in found], len(found), notes + session.notes()


def _client(session: _Session, page_size: int) -> arxiv.Client:
    import arxiv

    # The waiting and the retries are the transport's: it sees all processes.
    client = arxiv.Client(page_size=page_size, delay_seconds=0, num_retries=0)
    client.query_url_format = f"{api_url()}?{{}}"
    client._session = session
    return client


class _Session:
    """What the `arxiv` package takes for a session; it only ever calls `get`."""

    def __init__(self, fetcher: Fetcher) -> None:
        self.fetcher = fetcher
        self.total = 0
        self.skipped = 0

    def get(self, url: str, **_: Any) -> _Response:
        """Fetch one page and make sure that it is one."""
        query = parse_qs(urlsplit(url).query)
        start = int(query.get("start", ["0"])[0])
        feed = Feed(0, 0)

        def check(answer: Answer) -> None:
            nonlocal feed
            feed = read_feed(answer, start=start, expected=self.total if start else 0)

        self.fetcher.get(
            url,
            service="arXiv",
            max_bytes=MAX_FEED_BYTES,
            interval_seconds=INTERVAL_SECONDS,
            accept="application/atom+xml",
            check=check,
            trusted=True,
            advice=_ADVICE,
        )
        self.total = max(self.total, feed.total)
        self.skipped += feed.skipped
        return _Response(feed.body)

    def notes(self) -> list[str]:
        """What the reader should know about the pages."""
        if not self.skipped:
            return []
        return [f"{self.skipped} entries of arXiv's answer lack an id or a date and were left out"]


@dataclass(frozen=True)
class _Response:
    content: bytes
    status_code: int = 200


def read_feed(answer: Answer, *, start: int = 0, expected: int = 0) -> Feed:
    """Make sure that an answer is a page of works, and tell why if it is not.

    Args:
        answer: As it came.
        start: Index of the page's first entry.
        expected: The total that an earlier page gave, if there was one.

    Raises:
        FetchError: `NotAFeedError` for HTML, `MalformedFeedError` for broken or
            dangerous XML, `ErrorFeedError` for a message of arXiv,
            `EmptyPageError` for the page that should not be empty.
    """
    from lxml import etree

    head = answer.body[:500].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html")) or "text/html" in answer.content_type:
        raise NotAFeedError(
            f"arXiv sent a web page instead of search results (HTTP {answer.status}), as it does "
            f"during maintenance or behind a login page of the network; {_ADVICE}"
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        if re.search(rb"<!(?:DOCTYPE|ENTITY)", answer.body[:100_000]):
            raise _DeclaredEntitiesError
        root = etree.fromstring(answer.body, parser)
        if root.getroottree().docinfo.doctype:
            raise _DeclaredEntitiesError
    except _DeclaredEntitiesError:
        raise MalformedFeedError(
            "arXiv's answer declares XML entities, which a feed never does, so it was not read; "
            f"{_ADVICE}"
        ) from None
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedFeedError(
            f"arXiv's answer is not well-formed XML ({error}); {_ADVICE}"
        ) from error
    entries = root.findall(f"{_ATOM}entry")
    message = _error_message(entries)
    if message:
        raise ErrorFeedError(
            f"arXiv refuses the request: {message}; --explain shows what was asked for"
        )
    if answer.status != 200:
        raise RefusedError(
            f"arXiv refuses the request (HTTP {answer.status}); --explain shows what was asked for"
        )
    try:
        total = int(root.findtext(f"{_OPENSEARCH}totalResults", "").strip())
    except ValueError as error:
        raise MalformedFeedError(
            f"arXiv's answer is XML but not a page of search results; {_ADVICE}"
        ) from error
    if not entries and max(total, expected) > start:
        raise EmptyPageError(
            f"arXiv says that {max(total, expected)} works match but keeps sending an empty page, "
            f"a known fault of its interface; {_ADVICE}"
        )
    broken = [entry for entry in entries if not _is_complete(entry)]
    for entry in broken:
        root.remove(entry)
    body = etree.tostring(root) if broken else answer.body
    return Feed(total, len(entries), len(broken), body)


def _is_complete(entry: Any) -> bool:
    if not entry.findtext(f"{_ATOM}id", "").strip():
        return False
    try:
        for name in ("published", "updated"):
            datetime.fromisoformat(entry.findtext(f"{_ATOM}{name}", "").strip())
    except ValueError:
        return False
    return True


def _error_message(entries: list[Any]) -> str:
    for entry in entries:
        address = entry.findtext(f"{_ATOM}id", "")
        title = entry.findtext(f"{_ATOM}title", "").strip()
        if "/api/errors" in address or (title == "Error" and "/abs/" not in address):
            return one_line(entry.findtext(f"{_ATOM}summary", ""))[:300] or "no reason given"
    return ""


def _source(result: arxiv.Result) -> Source | None:
    arxiv_id, version = split_arxiv_id(result.entry_id)
    title = one_line(result.title)
    if not arxiv_id or not title:
        return None
    comment = one_line(result.comment or "")
    abstract = one_line(result.summary)
    withdrawn = is_withdrawn(comment, abstract)
    return Source(
        title=title,
        authors=tuple(one_line(author.name) for author in result.authors if author.name.strip()),
        year=result.published.year,
        url=f"https://arxiv.org/abs/{arxiv_id}",
        abstract=abstract,
        venue=one_line(result.journal_ref or "") or "arXiv",
        arxiv_id=arxiv_id,
        doi=find_doi(result.doi or ""),
        published=result.published.date().isoformat(),
        categories=tuple(
            filter(None, dict.fromkeys([result.primary_category, *result.categories]))
        ),
        pdf_url=f"https://arxiv.org/pdf/{arxiv_id}",
        provider="arxiv",
        version=version,
        withdrawn=withdrawn,
        notes=("its authors have withdrawn this work",) if withdrawn else (),
    )


def is_withdrawn(comment: str, abstract: str) -> bool:
    """Whether the comment or the abstract of a record says that it was withdrawn."""
    said = r"\b(?:paper|article|submission|manuscript|work|preprint|version)\b.{0,40}\bwithdrawn\b"
    return bool(
        re.search(r"^\W*withdrawn\b", comment, re.I)
        or re.search(said, comment, re.I)
        or re.search(r"\bwithdrawn by (?:the )?(?:author|arxiv)", comment, re.I)
        or re.match(rf"(?:this|the) {said}", abstract[:200], re.I)
    )


def api_url() -> str:
    """Where arXiv's interface is; `LITREVIEW_ARXIV_URL` names another one, say a mirror."""
    return os.environ.get("LITREVIEW_ARXIV_URL", "").rstrip("?") or API_URL
