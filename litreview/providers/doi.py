"""Look up works by DOI, or search by words, at Crossref.

Reference: https://api.crossref.org/swagger-ui/index.html
"""

from __future__ import annotations

import html
import json
import os
import re
from typing import Any
from urllib.parse import quote, urlencode

from litreview.errors import UserError
from litreview.providers.result import Context, Exchange, NothingFoundError, SearchResult
from litreview.text.clean import one_line
from litreview.text.identifiers import find_doi, is_web_address
from litreview.web.fetch import Fetcher
from litreview.web.gate import Answer, FetchError, RefusedError
from litreview.works.query import Query
from litreview.works.source import Source
from litreview.works.terms import positive_terms

API_URL = "https://api.crossref.org/works"
INTERVAL_SECONDS = 1.0
MAX_BYTES = 10_000_000
MAX_ROWS = 200
_ADVICE = "try again in a few minutes, or add the source by hand"


def search(query: Query, limit: int, context: Context) -> SearchResult:
    """The works with the given DOIs, or those that Crossref finds for the words.

    Raises:
        NothingFoundError: If there is no such work.
        FetchError: If Crossref does not answer as it should.
    """
    if query.ids or query.urls:
        raise UserError(
            f"{(query.ids + query.urls)[0]!r} is no DOI; use --provider "
            f"{'arxiv' if query.ids else 'web'}"
        )
    fetcher = context.fetcher
    first = len(fetcher.answers)
    notes: list[str] = []
    if query.dois:
        sources = []
        for doi in query.dois[:limit]:
            try:
                sources.append(_source(_message(_get(f"/{quote(doi, safe='/')}", fetcher, doi))))
            except NothingFoundError as error:
                if len(query.dois) == 1:
                    raise
                notes.append(str(error))
        total, compiled = len(sources), ", ".join(query.dois)
    else:
        compiled = _parameters(query, limit)
        message = _message(_get(f"?{compiled}", fetcher, ""))
        items = message.get("items")
        found = [_source(item) for item in items if isinstance(item, dict)] if items else []
        sources = [source for source in found if source.title]
        total = message.get("total-results") or len(sources)
    if not sources:
        raise NothingFoundError(f"Crossref has nothing for {compiled}; use other words")
    return SearchResult(
        provider="doi",
        query=query,
        compiled=compiled,
        sources=tuple(sources[:limit]),
        total=int(total),
        notes=tuple(notes),
        exchanges=tuple(Exchange.of(answer) for answer in fetcher.answers[first:]),
    )


def _parameters(query: Query, limit: int) -> str:
    words = " ".join(term.text for term in positive_terms(query.tree) if term.field != "cat")
    if not words and not query.authors:
        raise UserError("the query is empty; give a DOI, or say what to look for")
    filters = []
    if query.since:
        filters.append(f"from-pub-date:{query.since.isoformat()}")
    if query.until:
        filters.append(f"until-pub-date:{query.until.isoformat()}")
    values = {
        "query.bibliographic": words,
        "query.author": " ".join(query.authors),
        "filter": ",".join(filters),
        "rows": str(min(limit, MAX_ROWS)),
    }
    return urlencode({name: value for name, value in values.items() if value})


def _get(tail: str, fetcher: Fetcher, doi: str) -> Answer:
    def check(answer: Answer) -> None:
        if answer.status == 404 and doi:
            raise NothingFoundError(
                f"Crossref does not know the DOI {doi}; check it, or give the work's web address "
                "with --provider web"
            )
        if answer.status != 200:
            raise RefusedError(f"Crossref refuses the request (HTTP {answer.status}); {_ADVICE}")
        _message(answer)

    base = os.environ.get("LITREVIEW_CROSSREF_URL", "").rstrip("/") or API_URL
    return fetcher.get(
        f"{base}{tail}",
        service="Crossref",
        max_bytes=MAX_BYTES,
        interval_seconds=INTERVAL_SECONDS,
        accept="application/json",
        check=check,
        trusted=True,
        advice=_ADVICE,
    )


def _message(answer: Answer) -> dict[str, Any]:
    try:
        message = json.loads(answer.body)["message"]
        if isinstance(message, dict):
            return message
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise FetchError(f"Crossref's answer is not what its interface promises; {_ADVICE}")


def _source(item: dict[str, Any]) -> Source:
    doi = find_doi(_text(item.get("DOI")))
    published = _date(item)
    address = _text(item.get("URL"))
    return Source(
        title=_plain(_first(item.get("title"))),
        authors=tuple(filter(None, (_author(author) for author in _items(item.get("author"))))),
        year=int(published[:4]) if published else None,
        url=f"https://doi.org/{doi}" if doi else address if is_web_address(address) else "",
        abstract=_plain(_text(item.get("abstract"))),
        venue=_plain(_first(item.get("container-title")) or _text(item.get("publisher"))),
        doi=doi,
        published=published if len(published) == 10 else "",
        provider="doi",
        withdrawn=any(
            _text(note.get("type")) == "retraction" for note in _items(item.get("update-to"))
        ),
    )


def _author(author: dict[str, Any]) -> str:
    parts = (_text(author.get("given")), _text(author.get("family")))
    return one_line(" ".join(parts)) or one_line(_text(author.get("name")))


def _date(item: dict[str, Any]) -> str:
    for name in ("published", "issued", "published-online", "published-print", "created"):
        parts = item.get(name)
        parts = parts.get("date-parts") if isinstance(parts, dict) else None
        numbers = _first_list(parts)
        if numbers and isinstance(numbers[0], int) and 1000 <= numbers[0] <= 2999:
            return "-".join(
                f"{number:04}" if place == 0 else f"{number:02}"
                for place, number in enumerate(numbers[:3])
                if isinstance(number, int)
            )
    return ""


def _plain(text: str) -> str:
    """Text without the JATS markup of publishers; section titles become cues."""
    text = re.sub(r"<jats:title>\s*(?:abstract|summary)\s*</jats:title>", " ", text, flags=re.I)
    text = re.sub(r"<jats:title>\s*([^<]{1,60}?)\s*:?\s*</jats:title>", r" \1: ", text)
    return one_line(html.unescape(re.sub(r"</?[A-Za-z][^<>]{0,300}>", " ", text)))


def _items(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _first_list(value: object) -> list[Any]:
    return value[0] if isinstance(value, list) and value and isinstance(value[0], list) else []


def _first(value: object) -> str:
    return _text(value[0]) if isinstance(value, list) and value else _text(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
