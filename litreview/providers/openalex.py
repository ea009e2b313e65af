"""OpenAlex: works of all fields, their abstracts, open PDFs, citations and retractions.

Its abstracts come as an index of words by place, from which the text is put together
again. Records are CC0; a key from the environment is sent if the user has one.

Reference: https://docs.openalex.org/api-entities/works
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from litreview.bib.names import Name, from_commas, shown
from litreview.errors import UserError
from litreview.providers.result import Context, NothingFoundError, SearchResult
from litreview.providers.service import Service, items, number, plain, record, text, words_of
from litreview.text.clean import one_line
from litreview.text.identifiers import doi_address, find_arxiv_id, find_doi, is_web_address
from litreview.web.fetch import Fetcher
from litreview.works.query import Query
from litreview.works.source import Source

SERVICE = Service(
    "OpenAlex", "LITREVIEW_OPENALEX_URL", "https://api.openalex.org/works", 0.2,
    key_variable="LITREVIEW_OPENALEX_KEY", key_name="?api_key",
)  # fmt: skip
MAX_ROWS = 100
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
    names = [f"https://doi.org/{quote(doi, safe='/:;()')}" for doi in query.dois]
    names += [f"https://doi.org/10.48550/arXiv.{name}" for name in query.ids]
    names += [match[1] for url in query.urls if (match := _ID.fullmatch(url))]
    if names:
        found = [source for name in names[:limit] if (source := by_id(name, fetcher))]
        compiled = ", ".join(names)
        return SERVICE.result("openalex", query, compiled, found, len(found), fetcher, first)
    words = words_of(query)
    if not words:
        raise UserError("OpenAlex needs words, a DOI or an arXiv id; say what to look for")
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
    return SERVICE.result("openalex", query, compiled, sources[:limit], total, fetcher, first)


def by_id(name: str, fetcher: Fetcher) -> Source | None:
    """The work with an OpenAlex id or the address of a DOI, or None."""
    data = SERVICE.json(f"/{name}", fetcher, holds="id")
    source = to_source(data) if data else None
    return source if source and source.title else None


def titled(words: str, fetcher: Fetcher, rows: int = 5) -> list[Source]:
    """The works in whose titles all the words stand, the likeliest first."""
    values = {"filter": f"title.search:{words[:300]}", "per-page": str(rows)}
    data = SERVICE.json(f"?{urlencode(values)}", fetcher, holds="results") or {}
    return [source for item in items(data.get("results")) if (source := to_source(item)).title]


def by_doi(doi: str, fetcher: Fetcher) -> Source | None:
    """The work with a DOI, or None."""
    return by_id(f"https://doi.org/{quote(doi, safe='/:;()')}", fetcher)


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


def to_source(item: dict[str, Any]) -> Source:
    """A work as OpenAlex has it."""
    doi = find_doi(text(item.get("doi")))
    places = [record(item.get("primary_location")), *items(item.get("locations"))]
    addresses = [text(place.get("landing_page_url")) for place in places]
    arxiv_id = find_arxiv_id(doi) or next(filter(None, map(find_arxiv_id, addresses)), "")
    own = "" if doi.startswith("10.48550/") else doi
    name = _ID.fullmatch(text(item.get("id")))
    authors, families = shown(_authors(item.get("authorships")))
    best = record(item.get("best_oa_location"))
    pdf = text(best.get("pdf_url")) or text(record(item.get("primary_location")).get("pdf_url"))
    day = text(item.get("publication_date"))
    year = number(item.get("publication_year"))
    retracted = item.get("is_retracted") is True
    venue = _venue(places)
    return Source(
        title=plain(text(item.get("title")) or text(item.get("display_name"))),
        authors=authors,
        families=families,
        year=year,
        url=f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else doi_address(own)
        or next(filter(is_web_address, addresses), "") or text(item.get("id")),
        abstract=rebuild(item.get("abstract_inverted_index")),
        venue="arXiv" if "arxiv" in venue.lower() else venue,
        arxiv_id=arxiv_id,
        doi=own,
        # Where only the year is known, OpenAlex says the first of January.
        published=day if re.fullmatch(r"\d{4}-(?!01-01)\d\d-\d\d", day) else "",
        pdf_url=pdf if is_web_address(pdf) else "",
        provider="openalex",
        withdrawn=retracted,
        notes=("it was retracted, says OpenAlex",) if retracted else (),
        aliases=(f"openalex:{name[1].upper()}",) if name else (),
        citations=number(item.get("cited_by_count")),
        details=_details(item),
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


def _authors(value: object) -> Sequence[Name]:
    names = []
    for entry in items(value):
        raw = one_line(text(entry.get("raw_author_name")))
        known = one_line(text(record(entry.get("author")).get("display_name")))
        if "," in raw:
            names.append(from_commas(raw))
        elif raw or known:
            names.append(Name.of(raw or known))
    return names


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
