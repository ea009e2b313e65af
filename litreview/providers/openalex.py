"""OpenAlex: works of all fields, their abstracts, open PDFs, citations and retractions.

Its abstracts come as an index of words by place, from which the text is put together
again. Records are CC0; a key from the environment is sent if the user has one.

Reference: https://docs.openalex.org/api-entities/works
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

from litreview.bib.names import Name, from_commas, shown
from litreview.errors import UserError
from litreview.providers.result import Context, NothingFoundError, SearchResult
from litreview.providers.service import (
    Service,
    items,
    number,
    plain,
    plain_texts,
    record,
    text,
    unmet,
)
from litreview.text.clean import one_line
from litreview.text.identifiers import doi_address, find_arxiv_id, find_doi, is_web_address
from litreview.web.fetch import Fetcher
from litreview.works.boolean_query import to_boolean
from litreview.works.query import Query
from litreview.works.registered import Registered, Update, signed
from litreview.works.source import Source
from litreview.works.venues import is_preprint_server

SERVICE = Service(
    "OpenAlex", "LITREVIEW_OPENALEX_URL", "https://api.openalex.org/works", 0.2,
    key_variable="LITREVIEW_OPENALEX_KEY", key_name="?api_key",
)  # fmt: skip
MAX_ROWS = 100
MAX_CHARACTERS = 1_500  # the address may have 4,000, and a sign takes up to three there
CANDIDATES = 5
_ID = re.compile(r"(?:https?://(?:api\.)?openalex\.org/(?:works/)?)?(W\d{4,12})", re.I)
_TYPES = {
    "article": "article-journal", "preprint": "article", "book-chapter": "chapter", "book": "book",
    "dissertation": "thesis", "dataset": "dataset", "report": "report", "review": "article-journal",
    "proceedings-article": "paper-conference", "journal-article": "article-journal",
}  # fmt: skip
_MAX_ABSTRACT_WORDS = 3_000


def search(query: Query, limit: int, context: Context) -> SearchResult:
    """The works with given DOIs, arXiv ids or OpenAlex ids, or those found for the words.

    Raises:
        NothingFoundError: If there is no such work.
        FetchError: If OpenAlex does not answer as it should.
    """
    fetcher = context.fetcher
    first = len(fetcher.answers)
    names = [_doi_name(doi) for doi in query.dois]
    names += [f"https://doi.org/10.48550/arXiv.{name}" for name in query.ids]
    names += [match[1] for url in query.urls if (match := _ID.fullmatch(url))]
    if names:
        found = [source for name in names[:limit] if (source := by_id(name, fetcher))]
        compiled = ", ".join(names)
        return SERVICE.result("openalex", query, compiled, found, len(found), fetcher, first)
    words = to_boolean(query)
    if not words:
        raise UserError("OpenAlex needs words, a DOI or an arXiv id; say what to look for")
    if len(words) > MAX_CHARACTERS:
        raise NothingFoundError("OpenAlex takes no request of so many words; use fewer")
    filters = []
    if query.since:
        filters.append(f"from_publication_date:{query.since.isoformat()}")
    if query.until:
        filters.append(f"to_publication_date:{query.until.isoformat()}")
    values = {"search": words, "filter": ",".join(filters), "per-page": str(min(limit, MAX_ROWS))}
    compiled = urlencode({name: value for name, value in values.items() if value})
    data = SERVICE.json(f"?{compiled}", fetcher, holds="results") or {}
    sources = [source for item in items(data.get("results")) if (source := to_source(item)).title]
    total = number(record(data.get("meta")).get("count")) or 0
    notes = unmet("OpenAlex", query)
    return SERVICE.result(
        "openalex", query, compiled, sources[:limit], total, fetcher, first, notes
    )


def by_id(name: str, fetcher: Fetcher) -> Source | None:
    """The work with an OpenAlex id or the address of a DOI, or None."""
    entry = SERVICE.json(f"/{name}", fetcher, holds="id")
    source = to_source(entry) if entry else None
    return source if source and source.title else None


def by_doi(doi: str, fetcher: Fetcher) -> Source | None:
    """The work with a DOI, or None."""
    return by_id(_doi_name(doi), fetcher)


def by_title(title: str, fetcher: Fetcher) -> list[Source]:
    """The works in whose titles all words of this one stand, the likeliest first."""
    return [source for entry in _titled(title, fetcher) if (source := to_source(entry)).title]


def registered(doi: str, fetcher: Fetcher) -> Registered | None:
    """What OpenAlex has under a DOI, or None if that is nothing."""
    entry = SERVICE.json(f"/{_doi_name(doi)}", fetcher, holds="id")
    found = to_registered(entry) if entry else None
    return found if found and found.titles else None


def registered_as(title: str, fetcher: Fetcher) -> tuple[Registered, ...]:
    """The likeliest records for a title."""
    found = map(to_registered, _titled(title, fetcher))
    return tuple(known for known in found if known.titles)


def _doi_name(doi: str) -> str:
    return f"https://doi.org/{quote(doi, safe='/:;()')}"


def _titled(title: str, fetcher: Fetcher) -> list[dict[str, Any]]:
    words = " ".join(re.findall(r"[^\W_]+", one_line(title)[:300]))
    values = {"filter": f"title.search:{words}", "per-page": str(CANDIDATES)}
    data = SERVICE.json(f"?{urlencode(values)}", fetcher, holds="results") or {}
    return items(data.get("results"))


def related(source: Source, how: str, limit: int, fetcher: Fetcher) -> list[Source]:
    """The works that cite one, or that it cites.

    Args:
        source: With an OpenAlex id among its aliases, a DOI, or an arXiv id.
        how: `cited-by` or `references`.
        limit: The largest number of works.
        fetcher: Makes the requests: two, or one if the OpenAlex id is known.

    Raises:
        NothingFoundError: If OpenAlex does not have the work.
        FetchError: If it does not answer as it should.
    """
    name = next((a.removeprefix("openalex:") for a in source.aliases if a.startswith("openalex:")),
                "")  # fmt: skip
    if not name:
        doi = source.doi or (f"10.48550/arxiv.{source.arxiv_id}" if source.arxiv_id else "")
        found = by_doi(doi, fetcher) if doi else None
        if found is None:
            raise NothingFoundError(
                f"OpenAlex does not have “{source.title}”; try Semantic Scholar"
            )
        name = found.aliases[0].removeprefix("openalex:")
    condition = "cites" if how == "cited-by" else "cited_by"
    values = {"filter": f"{condition}:{name}", "per-page": str(min(limit, MAX_ROWS)),
              "sort": "cited_by_count:desc"}  # fmt: skip
    data = SERVICE.json(f"?{urlencode(values)}", fetcher, holds="results") or {}
    works = [to_source(item) for item in items(data.get("results"))]
    return [work for work in works if work.title][:limit]


def to_registered(entry: dict[str, Any]) -> Registered:
    """What OpenAlex has of a work, in all its forms; without titles if it has none."""
    title = plain(text(entry.get("title")) or text(entry.get("display_name")))
    doi = find_doi(text(entry.get("doi")))
    first = record(entry.get("primary_location"))
    venues: list[object] = []
    for place in [first, *items(entry.get("locations")), record(entry.get("host_venue"))]:
        source = record(place.get("source"))
        venues += [
            source.get("display_name"), place.get("raw_source_name"),
            source.get("host_organization_name"), place.get("display_name"),
            place.get("publisher"), *plain_texts(source.get("alternate_titles")),
        ]  # fmt: skip
    named = tuple(plain_texts(venues, 500))
    year = number(entry.get("publication_year"))
    updates = [Update("retraction")] if entry.get("is_retracted") is True else []
    titles, updated = signed([title] if title else (), updates)
    preprint = text(entry.get("type")) in ("preprint", "posted-content")
    return Registered(
        registry="OpenAlex",
        titles=titles,
        authors=_names(entry.get("authorships")),
        years=(year,) if year is not None else (),
        venues=named,
        doi=doi,
        arxiv_id=find_arxiv_id(doi),
        url=f"https://doi.org/{doi}" if doi else text(entry.get("id")),
        preprint=preprint or any(map(is_preprint_server, named)),
        updates=updated,
    )


def to_source(entry: dict[str, Any]) -> Source:
    """A work as OpenAlex has it, as a source of a review."""
    known = to_registered(entry)
    places = [record(entry.get("primary_location")), *items(entry.get("locations"))]
    addresses = [text(place.get("landing_page_url")) for place in places]
    arxiv_id = known.arxiv_id or next(filter(None, map(find_arxiv_id, addresses)), "")
    own = "" if known.doi.startswith("10.48550/") else known.doi
    name = _ID.fullmatch(text(entry.get("id")))
    people = [from_commas(name) if "," in name else Name.of(name) for name in known.authors]
    authors, families = shown(people)
    best = record(entry.get("best_oa_location"))
    open_copy = text(record(entry.get("open_access")).get("oa_url"))
    pdf = text(best.get("pdf_url")) or text(record(entry.get("primary_location")).get("pdf_url"))
    pdf = pdf or ("" if "doi.org/" in open_copy else open_copy)
    day = text(entry.get("publication_date"))
    says = "its title" if known.retraction and known.retraction.by_title else "OpenAlex"
    venue = _venue(places)
    return Source(
        title=known.titles[0] if known.titles else "",
        authors=authors,
        families=families,
        year=known.years[0] if known.years else None,
        url=f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else doi_address(own)
        or next(filter(is_web_address, addresses), "") or text(entry.get("id")),
        abstract=rebuild(entry.get("abstract_inverted_index")),
        venue="arXiv" if "arxiv" in venue.lower() else venue,
        arxiv_id=arxiv_id,
        doi=own,
        # Where only the year is known, OpenAlex says the first of January.
        published=day if re.fullmatch(r"\d{4}-(?!01-01)\d\d-\d\d", day) else "",
        pdf_url=pdf if is_web_address(pdf) else "",
        provider="openalex",
        withdrawn=known.retraction is not None,
        notes=(f"it was retracted, says {says}",) if known.retraction else (),
        aliases=(f"openalex:{name[1].upper()}",) if name else (),
        citations=number(entry.get("cited_by_count")),
        details=_details(entry),
    )  # fmt: skip


def rebuild(index: object) -> str:
    """The abstract from its index of words by place."""
    places: dict[int, str] = {}
    for word, found in record(index).items():
        for place in found if isinstance(found, list) else ():
            if isinstance(place, int) and 0 <= place < _MAX_ABSTRACT_WORDS:
                places[place] = word
    words = plain(" ".join(places[place] for place in sorted(places)))
    return re.sub(r"^Abstract[:.]?\s+(?=[A-Z])", "", words)


def _names(value: object) -> tuple[str, ...]:
    """The authors as they stand on the work, or else as OpenAlex calls them."""
    names = (
        one_line(text(entry.get("raw_author_name")))
        or one_line(text(record(entry.get("author")).get("display_name")))
        for entry in items(value)
    )
    return tuple(filter(None, names))


def _venue(places: list[dict[str, Any]]) -> str:
    sources = [record(place.get("source")) for place in places]
    named = [plain(text(source.get("display_name"))) for source in sources]
    return next(filter(None, named), "")


def _details(item: dict[str, Any]) -> dict[str, str]:
    biblio = record(item.get("biblio"))
    start, end = text(biblio.get("first_page")), text(biblio.get("last_page"))
    kind = _TYPES.get(text(item.get("type_crossref")), _TYPES.get(text(item.get("type")), ""))
    values = {
        "type": kind,
        "volume": text(biblio.get("volume")),
        "issue": text(biblio.get("issue")),
        "page": f"{start}-{end}" if start and end and start != end else start,
    }
    return {name: one_line(value) for name, value in values.items() if value}
