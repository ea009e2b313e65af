"""DataCite: the registry of data, software, theses and preprints (Zenodo, figshare, arXiv …).

Reference: https://support.datacite.org/docs/api
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
from litreview.works.registered import Registered
from litreview.works.source import Source

SERVICE = Service(
    "DataCite", "LITREVIEW_DATACITE_URL", "https://api.datacite.org/dois", 0.2,
    advice="try again in a few minutes, or add the source by hand",
)  # fmt: skip
MAX_ROWS = 100
MAX_CHARACTERS = 1_500
_DATES = ("Issued", "Available", "Submitted", "Created", "Copyrighted")


def search(query: Query, limit: int, context: Context) -> SearchResult:
    """The works with given DOIs, or those that DataCite finds for the words.

    Raises:
        NothingFoundError: If there is no such work.
        FetchError: If DataCite does not answer as it should.
    """
    fetcher = context.fetcher
    first = len(fetcher.answers)
    names = [*query.dois, *(f"10.48550/arxiv.{name}" for name in query.ids)]
    if names:
        found = [source for doi in names[:limit] if (source := by_doi(doi, fetcher))]
        return SERVICE.result(
            "datacite", query, ", ".join(names), found, len(found), fetcher, first
        )
    words = to_boolean(query)
    if not words:
        raise UserError("DataCite needs words or a DOI; say what to look for")
    if len(words) > MAX_CHARACTERS:
        raise NothingFoundError("DataCite takes no request of so many words; use fewer")
    compiled = urlencode({"query": words, "page[size]": str(min(limit, MAX_ROWS))})
    data = SERVICE.json(f"?{compiled}", fetcher, holds="data") or {}
    sources = [to_source(record(item.get("attributes"))) for item in items(data.get("data"))]
    sources = [source for source in sources if source.title]
    total = number(record(data.get("meta")).get("total")) or 0
    notes = unmet("DataCite", query)
    return SERVICE.result(
        "datacite", query, compiled, sources[:limit], total, fetcher, first, notes
    )


def by_doi(doi: str, fetcher: Fetcher) -> Source | None:
    """The work with a DOI, or None if it is not DataCite's."""
    entry = _entry(doi, fetcher)
    source = to_source(entry) if entry else None
    return source if source and source.title else None


def registered(doi: str, fetcher: Fetcher) -> Registered | None:
    """What is registered under a DOI, or None if that is nothing."""
    entry = _entry(doi, fetcher)
    found = to_registered(entry) if entry else None
    return found if found and found.titles else None


def _entry(doi: str, fetcher: Fetcher) -> dict[str, Any]:
    data = SERVICE.json(f"/{quote(doi, safe='/')}", fetcher, holds="data") or {}
    return record(record(data.get("data")).get("attributes"))


def to_registered(entry: dict[str, Any]) -> Registered:
    """What DataCite has of a work, in all its forms; without titles if it has none."""
    titles = plain_texts([title.get("title") for title in items(entry.get("titles"))])
    joined = [" ".join(titles), f"{titles[0]}: {titles[1]}"] if titles[1:] else []
    doi = find_doi(text(entry.get("doi")))
    arxiv_id = find_arxiv_id(doi)
    years = {_year(entry)}
    for date in items(entry.get("dates")):
        found = re.match(r"\s{0,9}(1[5-9]\d\d|20\d\d)", text(date.get("date")))
        if found and date.get("dateType") in _DATES:
            years.add(int(found[1]))
    publisher = entry.get("publisher")
    kind = text(record(entry.get("types")).get("resourceTypeGeneral"))
    people = filter(None, map(_written, items(entry.get("creators"))))
    return Registered(
        registry="DataCite",
        titles=tuple(dict.fromkeys([*titles, *joined])),
        authors=tuple(people),
        years=tuple(sorted(year for year in years if year)),
        venues=tuple(plain_texts([
            record(entry.get("container")).get("title"),
            text(publisher) or record(publisher).get("name"),
        ])),
        doi=doi,
        arxiv_id=arxiv_id,
        url=f"https://doi.org/{doi}" if doi else text(entry.get("url")),
        preprint=kind.lower() == "preprint" or bool(arxiv_id),
    )  # fmt: skip


def to_source(entry: dict[str, Any]) -> Source:
    """A work as DataCite has it, as a source of a review."""
    known = to_registered(entry)
    titles = [plain(text(title.get("title"))) for title in items(entry.get("titles"))
              if text(title.get("titleType")) in ("", "Subtitle")]  # fmt: skip
    arxiv_id = known.arxiv_id
    container = record(entry.get("container"))
    publisher = entry.get("publisher")
    people = items(entry.get("creators"))
    authors, families = shown(list(filter(lambda name: name.shown, map(_name, people))))
    day = _day(entry)
    year = _year(entry)
    address = text(entry.get("url"))
    kind = text(record(entry.get("types")).get("citeproc"))
    start, end = text(container.get("firstPage")), text(container.get("lastPage"))
    details = {
        "type": kind,
        "volume": text(container.get("volume")), "issue": text(container.get("issue")),
        "page": f"{start}-{end}" if start and end else start,
        "publisher": plain(text(publisher) or text(record(publisher).get("name"))),
        "container-title": plain(text(container.get("title"))),
    }  # fmt: skip
    venue = details["container-title"] or details["publisher"]
    about = [description for description in items(entry.get("descriptions"))
             if text(description.get("descriptionType")) in ("Abstract", "")]  # fmt: skip
    return Source(
        title=": ".join(titles[:2]),
        authors=authors,
        families=families,
        year=year or (int(day[:4]) if day else None),
        url=f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else doi_address(known.doi)
        or (address if is_web_address(address) else ""),
        abstract=plain(text(about[0].get("description"))) if about else "",
        venue="arXiv" if arxiv_id else venue,
        arxiv_id=arxiv_id,
        doi=known.own_doi,
        published=day if not year or day.startswith(str(year)) else "",
        provider="datacite",
        details={name: one_line(value) for name, value in details.items() if value},
        citations=number(entry.get("citationCount")),
    )  # fmt: skip


def _year(entry: dict[str, Any]) -> int | None:
    year = number(entry.get("publicationYear"))
    if year and 2400 <= year <= 2600:
        return year - 543  # Thai universities count the years of the Buddha
    return year


def _day(item: dict[str, Any]) -> str:
    for kind in _DATES:
        for date in items(item.get("dates")):
            found = re.match(r"\d{4}-\d\d-\d\d", text(date.get("date")))
            if date.get("dateType") == kind and found:
                return found[0]
    return ""


def _written(person: dict[str, Any]) -> str:
    """A name with its family first where DataCite tells it apart, or else as it stands."""
    if text(person.get("familyName")):
        name = _name(person)
        return ", ".join(filter(None, (name.family, name.given)))
    return one_line(text(person.get("name")))


def _name(person: dict[str, Any]) -> Name:
    family, given = (
        one_line(text(person.get("familyName"))),
        one_line(text(person.get("givenName"))),
    )
    whole = one_line(text(person.get("name")))
    if family:
        return Name(family, given)
    if person.get("nameType") == "Organizational":
        return Name(whole)
    return from_commas(whole) if "," in whole else Name.of(whole)
