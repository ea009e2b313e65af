"""Crossref: the registry of most journals, conferences and books, and of what was retracted.

A work that was retracted carries `updated-by`; `update-to` stands on the notice, which is
no work. The data of Retraction Watch are among them.

Reference: https://api.crossref.org/swagger-ui/index.html,
https://www.crossref.org/documentation/retrieve-metadata/rest-api/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from litreview.bib.csl import from_json
from litreview.bib.item import to_source as item_to_source
from litreview.bib.names import PARTICLES
from litreview.errors import UserError
from litreview.providers.result import Context, SearchResult
from litreview.providers.service import (
    Service,
    items,
    number,
    plain,
    plain_texts,
    record,
    text,
    words_of,
)
from litreview.text.clean import one_line
from litreview.text.identifiers import doi_address, find_arxiv_id, find_doi
from litreview.web.fetch import Fetcher
from litreview.web.gate import Answer, FetchError
from litreview.works.query import Query
from litreview.works.registered import UPDATES, Registered, Update, is_notice, signed
from litreview.works.source import Source

SERVICE = Service(
    "Crossref", "LITREVIEW_CROSSREF_URL", "https://api.crossref.org/works", 1.0,
    advice="try again in a few minutes, or add the source by hand",
)  # fmt: skip
_SINGLE = replace(SERVICE, interval_seconds=0.2)  # single records may be asked for faster
MAX_ROWS = 200
CANDIDATES = 5
_TYPES = {
    "journal-article": "article-journal", "proceedings-article": "paper-conference",
    "book-chapter": "chapter", "book-part": "chapter", "reference-entry": "chapter",
    "monograph": "book", "edited-book": "book", "reference-book": "book", "book": "book",
    "proceedings": "book", "dissertation": "thesis", "report": "report", "dataset": "dataset",
    "posted-content": "article", "peer-review": "article",
}  # fmt: skip
_DATES = ("published", "issued", "published-online", "published-print", "posted", "created")
_YEARS = ("published", "issued", "published-online", "published-print", "posted", "approved")


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
    entry = _entry(doi, fetcher)
    if entry is None:
        return None
    source = to_source(entry)
    if source.title:
        return source
    return replace(source, title=doi, notes=(*source.notes, "Crossref has no title of it"))


def by_filter(condition: str, fetcher: Fetcher) -> list[Source]:
    """The works that a filter leaves, for example `isbn:9780262035613`."""
    return _asked(urlencode({"filter": condition, "rows": str(CANDIDATES)}), fetcher)[0]


def by_title(title: str, fetcher: Fetcher) -> list[Source]:
    """The likeliest works for what somebody writes of one: a title, or a whole reference."""
    return _asked(_titled(one_line(title)[:300]), fetcher)[0]


def registered(doi: str, fetcher: Fetcher) -> Registered | None:
    """What is registered under a DOI, or None if that is nothing."""
    entry = _entry(doi, fetcher)
    found = to_registered(entry) if entry is not None else None
    return found if found and found.titles else None


def registered_as(title: str, authors: Sequence[str], fetcher: Fetcher) -> tuple[Registered, ...]:
    """The likeliest records for a title and its first author."""
    message = _message(SERVICE, f"?{_titled(' '.join([one_line(title)[:300], *authors[:1]]))}",
                       fetcher) or {}  # fmt: skip
    found = map(to_registered, items(message.get("items")))
    return tuple(known for known in found if known.titles)


def _titled(words: str) -> str:
    return urlencode({"query.bibliographic": words, "rows": str(CANDIDATES)})


def _entry(doi: str, fetcher: Fetcher) -> dict[str, Any] | None:
    message = _message(_SINGLE, f"/{quote(doi, safe='/')}", fetcher)
    return None if message is None else {"DOI": doi, **message}


def _asked(parameters: str, fetcher: Fetcher) -> tuple[list[Source], int]:
    message = _message(SERVICE, f"?{parameters}", fetcher) or {}
    sources = [to_source(item) for item in items(message.get("items"))]
    return [s for s in sources if s.title], number(message.get("total-results")) or 0


def _message(service: Service, tail: str, fetcher: Fetcher) -> dict[str, Any] | None:
    def check(answer: Answer) -> None:
        if not isinstance(SERVICE.parse(answer, "message")["message"], dict):
            raise FetchError(f"Crossref's answer is not what its interface promises; "
                             f"{SERVICE.advice}")  # fmt: skip

    answer = service.get(tail, fetcher, check=check)
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


def to_registered(entry: dict[str, Any]) -> Registered:
    """What Crossref has of a work, in all its forms; without titles if it has none."""
    titles, subtitles = plain_texts(entry.get("title")), plain_texts(entry.get("subtitle"))
    forms = [*titles, *(f"{titles[0]}: {subtitle}" for subtitle in subtitles[:1] if titles)]
    forms += [*plain_texts(entry.get("original-title")), *plain_texts(entry.get("short-title"))]
    forms += [" ".join(titles)] if len(titles) > 1 else []
    doi = find_doi(text(entry.get("DOI"))) or text(entry.get("DOI")).lower()
    about = [_update(note) for note in items(entry.get("update-to"))]
    # A publisher sometimes retracts a work under the work's own DOI.
    own = [update for update in about if update.doi == doi]
    updates = [*(_update(note) for note in items(entry.get("updated-by"))), *own]
    named, updated = signed(dict.fromkeys(forms) if titles else (), updates)
    event = record(entry.get("event"))
    institution = entry.get("institution")
    places = items(institution) or [record(institution)]
    people = items(entry.get("author")) or items(entry.get("editor"))
    arxiv_id = find_arxiv_id(doi)
    return Registered(
        registry="Crossref",
        titles=named,
        authors=tuple(filter(None, map(_person, people))),
        years=tuple(sorted({year for name in _YEARS if (year := _year(entry.get(name)))})),
        venues=tuple(plain_texts([
            *plain_texts(entry.get("container-title")),
            *plain_texts(entry.get("short-container-title")),
            event.get("name"), event.get("acronym"), *(place.get("name") for place in places),
            entry.get("publisher"), entry.get("group-title"),
        ], 100)),
        doi=doi,
        arxiv_id=arxiv_id,
        url=f"https://doi.org/{doi}" if doi else "",
        preprint=text(entry.get("type")) == "posted-content",
        updates=updated,
        notices=tuple(u for u in about if u.doi not in ("", doi) and is_notice(u.kind)),
    )  # fmt: skip


def to_source(entry: dict[str, Any]) -> Source:
    """A work as Crossref has it, as a source of a review."""
    known = to_registered(entry)
    title = known.titles[0] if known.titles else ""
    subtitle = next(iter(plain_texts(entry.get("subtitle"))), "")
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
    institution = items(entry.get("institution")) or [record(entry.get("institution"))]
    return replace(
        source,
        title=title,
        abstract=plain(text(entry.get("abstract"))),
        venue=source.venue or plain(text(institution[0].get("name"))),
        url=f"https://arxiv.org/abs/{known.arxiv_id}"
        if known.arxiv_id
        else doi_address(known.doi) or source.url,
        provider="crossref",
        arxiv_id=known.arxiv_id,
        doi=known.own_doi,
        withdrawn=known.retraction is not None,
        notes=_notes(known),
        citations=number(entry.get("is-referenced-by-count")),
    )


def _notes(known: Registered) -> tuple[str, ...]:
    """What has happened to a work, in sentences, a retraction first."""
    notes: list[str] = []
    for update in known.updates:
        elsewhere = update.doi and update.doi != known.doi
        where = f" (notice: {doi_address(update.doi)})" if elsewhere else ""
        if update.by_title:
            notes.insert(0, "it was retracted, says its title")
        elif update.kind == "retraction":
            notes.insert(0, f"it was retracted{where}")
        elif is_notice(update.kind):
            notes.append(f"{UPDATES[update.kind]} has been published{where}")
    for notice in known.notices:
        what = notice.kind.replace("_", " ")
        notes.append(f"this is the notice of the {what} of {doi_address(notice.doi)}, "
                     "not a work of its own")  # fmt: skip
    return tuple(dict.fromkeys(notes))


def _update(note: dict[str, Any]) -> Update:
    day = "-".join(f"{part:02}" for part in _date_parts(note.get("updated")))
    doi = find_doi(text(note.get("DOI"))) or text(note.get("DOI")).lower()
    return Update.named(text(note.get("type")), day, doi)


def _person(person: dict[str, Any]) -> str:
    family, given = text(person.get("family")), text(person.get("given"))
    if family and given:
        return one_line(f"{family}, {given}")
    return one_line(family or text(person.get("name")) or given)


def _year(value: object) -> int | None:
    year = next(iter(_date_parts(value)), 0)
    return year if 1000 <= year <= 2999 else None


def _date_parts(value: object) -> list[int]:
    """Year, month and day of a date, as far as they are known."""
    parts = record(value).get("date-parts")
    first = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
    return [part for part in first[:3] if isinstance(part, int)]
