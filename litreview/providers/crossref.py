"""Crossref: the registry of most journals, conferences and books, and of what was retracted.

A work that was retracted carries `updated-by`; `update-to` stands on the notice, which is
no work. The data of Retraction Watch are among them.

Reference: https://api.crossref.org/swagger-ui/index.html,
https://www.crossref.org/documentation/retrieve-metadata/rest-api/
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from litreview.bib.csl import from_json
from litreview.bib.item import to_source as item_to_source
from litreview.bib.names import PARTICLES
from litreview.errors import UserError
from litreview.providers.result import Context, SearchResult
from litreview.providers.service import Service, items, number, plain, record, text, words_of
from litreview.text.clean import one_line
from litreview.text.identifiers import doi_address, find_arxiv_id, find_doi
from litreview.web.fetch import Fetcher
from litreview.web.gate import Answer, FetchError
from litreview.works.query import Query
from litreview.works.source import Source

SERVICE = Service(
    "Crossref", "LITREVIEW_CROSSREF_URL", "https://api.crossref.org/works", 1.0,
    advice="try again in a few minutes, or add the source by hand",
)  # fmt: skip
MAX_ROWS = 200
_TYPES = {
    "journal-article": "article-journal", "proceedings-article": "paper-conference",
    "book-chapter": "chapter", "book-part": "chapter", "reference-entry": "chapter",
    "monograph": "book", "edited-book": "book", "reference-book": "book", "book": "book",
    "proceedings": "book", "dissertation": "thesis", "report": "report", "dataset": "dataset",
    "posted-content": "article", "peer-review": "article",
}  # fmt: skip
_DATES = ("published", "issued", "published-online", "published-print", "posted", "created")
_RETRACTIONS = frozenset(("retraction", "withdrawal", "removal", "partial_retraction"))
_TOLD = {
    "correction": "a correction", "corrigendum": "a correction", "erratum": "an erratum",
    "expression_of_concern": "an expression of concern", "addendum": "an addendum",
}  # fmt: skip
_SIGN = re.compile(r"\W*(?:retracted(?:\s+article)?|withdrawn)\b\s*[:\]—–-]\s*", re.IGNORECASE)


def search(query: Query, limit: int, context: Context) -> SearchResult:
    """The works with the given DOIs, or those that Crossref finds for the words.

    Raises:
        NothingFoundError: If there is no such work.
        FetchError: If Crossref does not answer as it should.
    """
    fetcher = context.fetcher
    first = len(fetcher.answers)
    if query.dois:
        found = [source for doi in query.dois[:limit] if (source := by_doi(doi, fetcher))]
        return SERVICE.result(
            "crossref", query, ", ".join(query.dois), found, len(found), fetcher, first
        )
    if query.ids or query.urls:
        raise UserError(
            f"{(query.ids + query.urls)[0]!r} is no DOI; Crossref knows works by theirs"
        )
    compiled = _parameters(query, limit)
    sources, total = _asked(compiled, fetcher)
    return SERVICE.result("crossref", query, compiled, sources[:limit], total, fetcher, first)


def by_doi(doi: str, fetcher: Fetcher) -> Source | None:
    """The work with a DOI, or None if it is not Crossref's."""
    message = _message(f"/{quote(doi, safe='/')}", fetcher)
    if message is None:
        return None
    source = to_source({"DOI": doi, **message})
    if source.title:
        return source
    return replace(source, title=doi, notes=(*source.notes, "Crossref has no title of it"))


def by_filter(condition: str, fetcher: Fetcher) -> list[Source]:
    """The works that a filter leaves, for example `isbn:9780262035613`."""
    return _asked(urlencode({"filter": condition, "rows": "5"}), fetcher)[0]


def by_title(title: str, fetcher: Fetcher, rows: int = 5) -> list[Source]:
    """The likeliest works for what somebody writes of one: a title, or a whole reference."""
    values = {"query.bibliographic": one_line(title)[:300], "rows": str(rows)}
    return _asked(urlencode(values), fetcher)[0]


def _asked(parameters: str, fetcher: Fetcher) -> tuple[list[Source], int]:
    message = _message(f"?{parameters}", fetcher) or {}
    sources = [to_source(item) for item in items(message.get("items"))]
    return [s for s in sources if s.title], number(message.get("total-results")) or 0


def _message(tail: str, fetcher: Fetcher) -> dict[str, Any] | None:
    def check(answer: Answer) -> None:
        if not isinstance(SERVICE.parse(answer, "message")["message"], dict):
            raise FetchError(f"Crossref's answer is not what its interface promises; "
                             f"{SERVICE.advice}")  # fmt: skip

    answer = SERVICE.get(tail, fetcher, check=check)
    return None if answer is None else record(SERVICE.parse(answer, "message")["message"])


def _parameters(query: Query, limit: int) -> str:
    words = words_of(replace(query, authors=()))
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


def to_source(entry: dict[str, Any]) -> Source:
    """A work as Crossref has it."""
    titles, subtitles = entry.get("title"), entry.get("subtitle")
    title = _first(titles)
    subtitle = _first(subtitles)
    if subtitle and subtitle.casefold() not in title.casefold():
        title = f"{title}: {subtitle}"
    dated = next(
        (entry[name] for name in _DATES if record(entry.get(name)).get("date-parts")), None
    )
    kind = text(entry.get("type"))
    people = [
        {
            **person,
            "literal": text(person.get("name")),
            "non-dropping-particle": text(person.get("prefix")).lower()
            if text(person.get("prefix")).lower() in PARTICLES
            else "",
        }
        for person in items(entry.get("author"))
    ]
    source = item_to_source(
        from_json(
            {
                **entry, "title": title, "issued": dated, "author": people, "note": "",
                "type": _TYPES.get(kind, kind), "number": "", "archive_location": "",
            }
        )
    )  # fmt: skip
    doi = find_doi(text(entry.get("DOI"))) or text(entry.get("DOI")).lower()
    withdrawn, notes = _updates(entry, doi)
    sign = _SIGN.match(title)
    if sign and not withdrawn:
        withdrawn, notes = True, ["it was retracted, says its title", *notes]
    arxiv_id = find_arxiv_id(doi)
    return replace(
        source,
        title=title[sign.end() :] if sign else title,
        abstract=plain(text(entry.get("abstract"))),
        venue=source.venue or plain(_first(entry.get("institution"))),
        url=f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else doi_address(doi) or source.url,
        provider="crossref",
        arxiv_id=arxiv_id,
        doi="" if arxiv_id else doi,
        withdrawn=withdrawn,
        notes=tuple(notes),
        citations=number(entry.get("is-referenced-by-count")),
    )


def _updates(entry: dict[str, Any], doi: str) -> tuple[bool, list[str]]:
    """Whether the work was retracted, and what else has happened to it, in sentences."""
    retracted = False
    notes: list[str] = []
    own = [update for update in items(entry.get("update-to")) if _doi_of(update) == doi]
    for update in [*items(entry.get("updated-by")), *own]:
        kind = text(update.get("type")).lower().replace("-", "_").replace(" ", "_")
        notice = _doi_of(update)
        where = f" (notice: {doi_address(notice)})" if notice and notice != doi else ""
        if kind in _RETRACTIONS:
            retracted = True
            notes.insert(0, f"it was retracted{where}")
        elif kind in _TOLD:
            notes.append(f"{_TOLD[kind]} has been published{where}")
    for update in items(entry.get("update-to")):
        kind = text(update.get("type")).lower()
        if _doi_of(update) != doi and (kind in _RETRACTIONS or kind in _TOLD):
            what = "retraction" if kind in _RETRACTIONS else kind.replace("_", " ")
            notes.append(f"this is the notice of the {what} of {doi_address(_doi_of(update))}, "
                         "not a work of its own")  # fmt: skip
    return retracted, list(dict.fromkeys(notes))


def _doi_of(update: dict[str, Any]) -> str:
    return find_doi(text(update.get("DOI")))


def _first(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("name")
    return plain(text(value))
