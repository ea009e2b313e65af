"""OpenReview: submissions to ICLR, NeurIPS and other conferences.

Reference: https://docs.openreview.net/reference/api-v2
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from litreview.bib.names import Name, shown
from litreview.errors import UserError
from litreview.providers.result import Context, SearchResult
from litreview.providers.service import Service, items, number, plain, record, text, words_of
from litreview.text.identifiers import find_arxiv_id
from litreview.web.fetch import Fetcher
from litreview.works.query import Query
from litreview.works.source import Source

SERVICE = Service(
    "OpenReview", "LITREVIEW_OPENREVIEW_URL", "https://api2.openreview.net", 1.0,
    advice="try again in a few minutes, or add the source by hand",
)  # fmt: skip
# What was submitted before 2023 is only in the first version of the interface.
OLDER = Service(
    "OpenReview", "LITREVIEW_OPENREVIEW_V1_URL", "https://api.openreview.net", 1.0,
    advice=SERVICE.advice,
)  # fmt: skip
_PAGE = re.compile(r"openreview\.net/(?:forum|pdf|attachment)\?(?:[^#\s]*&)?id=([\w-]{6,20})", re.I)
_MAX_ROWS = 100


def paper_id(url: str) -> str:
    """The id of the submission that an address shows, or nothing."""
    match = _PAGE.search(url)
    return match[1] if match else ""


def search(query: Query, limit: int, context: Context) -> SearchResult:
    """The submissions whose addresses a query holds, or those found for the words.

    Raises:
        NothingFoundError: If there is no such submission.
        FetchError: If OpenReview does not answer as it should.
    """
    fetcher = context.fetcher
    first = len(fetcher.answers)
    names = [name for url in query.urls if (name := paper_id(url))]
    if names:
        found = [source for name in names[:limit] if (source := by_id(name, fetcher))]
        return SERVICE.result(
            "openreview", query, ", ".join(names), found, len(found), fetcher, first
        )
    words = words_of(query)
    if not words:
        raise UserError("OpenReview needs words or the address of a forum; say what to look for")
    values = {"term": words, "type": "terms", "content": "all", "source": "forum",
              "limit": str(min(limit, _MAX_ROWS))}  # fmt: skip
    compiled = urlencode(values)
    data = SERVICE.json(f"/notes/search?{compiled}", fetcher, holds="notes") or {}
    sources = [source for note in items(data.get("notes")) if (source := to_source(note)).title]
    total = number(data.get("count")) or 0
    return SERVICE.result("openreview", query, compiled, sources[:limit], total, fetcher, first)


def by_id(name: str, fetcher: Fetcher) -> Source | None:
    """The submission with an id, or None."""
    for service in (SERVICE, OLDER):
        data = service.json(f"/notes?id={quote(name)}", fetcher, holds="notes") or {}
        for note in items(data.get("notes")):
            source = to_source(note)
            if source.title and note.get("id") in (name, None):
                return source
    return None


def to_source(note: dict[str, Any]) -> Source:
    """A submission as OpenReview has it; replies and reviews have no title of a work."""
    content = record(note.get("content"))

    def value(name: str) -> object:
        found = content.get(name)
        return found.get("value") if isinstance(found, dict) else found

    name = text(note.get("forum")) or text(note.get("id"))
    people = value("authors")
    authors, families = shown([Name.of(person) for person in people if isinstance(person, str)]
                              if isinstance(people, list) else [])  # fmt: skip
    venue = plain(text(value("venue")))
    bibtex = text(value("_bibtex"))
    year = re.search(r"\byear\s*=\s*\{?((?:19|20)\d\d)", bibtex) or re.search(
        r"\b(20\d\d)\b", f"{venue} {text(value('venueid'))}"
    )
    stamp = number(note.get("cdate")) or number(note.get("tcdate"))
    created = datetime.fromtimestamp(stamp / 1000, UTC) if stamp and stamp < 4e12 else None
    pdf = text(value("pdf"))
    withdrawn = "withdrawn" in f"{venue} {text(value('venueid'))}".lower()
    rejected = bool(re.search(r"rejected|desk.reject", text(value("venueid")), re.IGNORECASE))
    notes = ["its authors have withdrawn it"] if withdrawn else []
    notes += ["it was submitted and not accepted, says OpenReview"] if rejected else []
    return Source(
        title=plain(text(value("title"))) if text(note.get("id")) in ("", name) else "",
        authors=authors,
        families=families,
        year=int(year[1]) if year else created.year if created else None,
        url=f"https://openreview.net/forum?id={name}" if name else "",
        abstract=plain(text(value("abstract"))),
        venue=venue or "OpenReview",
        arxiv_id=find_arxiv_id(bibtex),
        pdf_url=f"https://openreview.net{pdf}" if pdf.startswith("/") else "",
        provider="openreview",
        withdrawn=withdrawn,
        notes=tuple(notes),
        aliases=(f"openreview:{name}",) if name else (),
        details={"type": "paper-conference"},
    )
