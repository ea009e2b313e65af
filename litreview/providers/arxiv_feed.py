"""Read arXiv's Atom feeds: pages of works, and the many things that come in their place.

Reference: https://info.arxiv.org/help/api/user-manual.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from litreview.text.clean import one_line
from litreview.text.identifiers import find_doi, split_arxiv_id
from litreview.web.gate import Answer, FetchError, GlitchError, RefusedError
from litreview.works.source import Source

if TYPE_CHECKING:
    import arxiv

ADVICE = "try again in a few minutes, or work without it with --provider reading-list"
_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
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


@dataclass(frozen=True)
class Feed:
    """One page of works.

    Attributes:
        total: How many works match in all.
        entries: How many entries the page holds.
        sources: Those of them that are works, in order.
        skipped: How many of them lack an id or a date.
    """

    total: int
    entries: int
    sources: tuple[Source, ...] = ()
    skipped: int = 0


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
            f"during maintenance or behind a login page of the network; {ADVICE}"
        )
    if answer.status != 200 and not head.startswith(b"<"):
        raise _refusal(answer)  # in plain words, and so it will be when asked again
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        if re.search(rb"<!(?:DOCTYPE|ENTITY)", answer.body[:100_000]):
            raise _DeclaredEntitiesError
        root = etree.fromstring(answer.body, parser)
        if root.getroottree().docinfo.doctype:
            raise _DeclaredEntitiesError
    except _DeclaredEntitiesError:
        if answer.status != 200:
            raise _refusal(answer) from None
        raise MalformedFeedError(
            "arXiv's answer declares XML entities, which a feed never does, so it was not read; "
            f"{ADVICE}"
        ) from None
    except (etree.XMLSyntaxError, ValueError) as error:
        if answer.status != 200:
            raise _refusal(answer) from error
        raise MalformedFeedError(
            f"arXiv's answer is not well-formed XML ({error}); {ADVICE}"
        ) from error
    entries = root.findall(f"{_ATOM}entry")
    message = _error_message(entries)
    if message:
        raise ErrorFeedError(
            f"arXiv refuses the request: {message}; --explain shows what was asked for"
        )
    if answer.status != 200:
        raise _refusal(answer)
    try:
        total = int(root.findtext(f"{_OPENSEARCH}totalResults", "").strip())
    except ValueError as error:
        raise MalformedFeedError(
            f"arXiv's answer is XML but not a page of search results; {ADVICE}"
        ) from error
    if not entries and max(total, expected) > start:
        raise EmptyPageError(
            f"arXiv says that {max(total, expected)} works match but keeps sending an empty page, "
            f"a known fault of its interface; {ADVICE}"
        )
    results = [result for entry in entries if (result := _result(entry)) is not None]
    sources = tuple(source for result in results if (source := _source(result)) is not None)
    return Feed(total, len(entries), sources, skipped=len(entries) - len(results))


def _refusal(answer: Answer) -> RefusedError:
    """What a status of 4xx means, with what arXiv says in plain text."""
    said = one_line(answer.body[:300].decode("utf-8", "replace"))
    said = f": {said[:120]}" if said and "<" not in said else ""
    what = "--explain shows what was asked for" if answer.status == 400 else ADVICE
    return RefusedError(f"arXiv refuses the request (HTTP {answer.status}{said}); {what}")


def _result(entry: Any) -> arxiv.Result | None:
    """What the `arxiv` package makes of an entry; none where an id or a date is missing."""
    from arxiv import _feed

    try:
        return _feed._build_result(entry)
    except ValueError:
        return None


def _error_message(entries: list[Any]) -> str:
    for entry in entries:
        address = entry.findtext(f"{_ATOM}id", "")
        title = entry.findtext(f"{_ATOM}title", "").strip()
        if "/api/errors" in address or (title == "Error" and "/abs/" not in address):
            return one_line(entry.findtext(f"{_ATOM}summary", ""))[:300] or "no reason given"
    return ""


def _source(result: arxiv.Result) -> Source | None:
    arxiv_id, version = split_arxiv_id(one_line(result.entry_id))
    title = one_line(result.title)
    if not arxiv_id or not title:
        return None
    abstract = one_line(result.summary)
    withdrawn = is_withdrawn(one_line(result.comment or ""), abstract)
    categories = (result.primary_category, *result.categories)
    return Source(
        title=title,
        authors=tuple(filter(None, (one_line(author.name) for author in result.authors))),
        year=result.published.year,
        url=f"https://arxiv.org/abs/{arxiv_id}",
        abstract=abstract,
        venue=one_line(result.journal_ref or "") or "arXiv",
        arxiv_id=arxiv_id,
        doi=find_doi(one_line(result.doi or "")),
        published=result.published.date().isoformat(),
        categories=tuple(filter(None, dict.fromkeys(categories))),
        pdf_url=f"https://arxiv.org/pdf/{arxiv_id}",
        provider="arxiv",
        version=version,
        withdrawn=withdrawn,
        notes=("its authors have withdrawn this work",) if withdrawn else (),
    )


def is_withdrawn(comment: str, abstract: str) -> bool:
    """Whether the comment or the abstract of a record says that it was withdrawn."""
    if "withdrawn" not in f"{comment} {abstract[:300]}".lower():
        return False
    said = r"\b(?:paper|article|submission|manuscript|work|preprint|version)\b.{0,40}\bwithdrawn\b"
    return bool(
        re.search(r"^\W*withdrawn\b", comment, re.I)
        or re.search(said, comment, re.I)
        or re.search(r"\bwithdrawn by (?:the )?(?:author|arxiv)", comment, re.I)
        or re.match(rf"(?:this|the) {said}", abstract[:200], re.I)
    )
