"""What the registries of works say about one work: Crossref, OpenAlex, DataCite and arXiv.

Each function asks one registry once, for an identifier or for a title, and gives back
what is registered, in one form for all. That a registry has no such work is an answer,
kept for a day like any other; that it cannot be asked is a `FetchError`.

Reference: https://api.crossref.org/swagger-ui/index.html, https://docs.openalex.org,
https://support.datacite.org/docs/api-get-doi
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from litreview.providers import arxiv
from litreview.providers.result import Context, NothingFoundError
from litreview.providers.service import items, record, text
from litreview.text.clean import one_line
from litreview.text.identifiers import find_arxiv_id, find_doi
from litreview.web.fetch import Fetcher
from litreview.web.gate import Answer, FetchError, RefusedError
from litreview.works.query import Query
from litreview.works.source import Source
from litreview.works.venues import is_preprint_server

BASES = {
    "Crossref": ("LITREVIEW_CROSSREF_URL", "https://api.crossref.org/works"),
    "OpenAlex": ("LITREVIEW_OPENALEX_URL", "https://api.openalex.org/works"),
    "DataCite": ("LITREVIEW_DATACITE_URL", "https://api.datacite.org/dois"),
}
MAX_BYTES = 10_000_000
CANDIDATES = 5
_INTERVAL_SECONDS = {"Crossref": 0.2, "OpenAlex": 0.2, "DataCite": 0.2}
_ADVICE = "try again in a few minutes"
_DATES = ("issued", "published", "published-print", "published-online", "posted", "approved")
# Prefixes whose DOIs are DataCite's: repositories of data, code, theses and preprints.
# ruff: noqa: SIM905  (a string of words reads better than a list of them)
_DATACITE = frozenset(
    "10.48550 10.5281 10.6084 10.5061 10.7910 10.57967 10.17605 10.17632 10.13140 10.1594 10.4230 "
    "10.34740 10.24432 10.4121 10.3929 10.18154 10.5445 10.21227 10.22002 10.18429 10.13026 "
    "10.18112 10.25384 10.15468 10.17182 10.5067 10.3886 10.5066 10.5438 10.14279 10.5517 10.5518 "
    "10.25384 10.11588 10.3932 10.5169 10.24433 10.60692 10.70967 10.71569 10.25912 10.17863 "
    "10.48321 10.26180 10.5065 10.7916 10.14288 10.18452 10.22541".split()
)
_SIGNS = re.compile(
    r"^\W*(?:retracted(?:\s+article)?|withdrawn|removed|temporary removal)\b\s*[:\]—–-]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Update:
    """What has happened to a work since it appeared.

    Attributes:
        kind: As Crossref names it: `retraction`, `correction`, `expression_of_concern` …
        day: When, as an ISO date or its beginning, or empty.
        doi: Of the notice, or empty.
    """

    kind: str
    day: str = ""
    doi: str = ""


@dataclass(frozen=True)
class Registered:
    """A work as a registry has it.

    Attributes:
        registry: `Crossref`, `OpenAlex`, `DataCite` or `arXiv`.
        titles: The title, then with its subtitle, and other forms that are registered.
        authors: Each as `Family, Given` or as it stands; empty if none are registered.
        years: Of every publication that is registered: online, in print, as a preprint.
        venues: Journal, its short names, event, publisher, institution.
        doi: In lower case, or empty.
        arxiv_id: Without a version, or empty.
        url: Where a person can look.
        preprint: Whether this is a version before publication.
        updates: Retractions, corrections and concerns.
        notice_of: DOI of the work that this record is only a notice about, or empty.
    """

    registry: str
    titles: tuple[str, ...]
    authors: tuple[str, ...]
    years: tuple[int, ...]
    venues: tuple[str, ...]
    doi: str = ""
    arxiv_id: str = ""
    url: str = ""
    preprint: bool = False
    updates: tuple[Update, ...] = ()
    notice_of: str = ""


def registry_of(doi: str) -> str:
    """Who is asked first for a DOI: the agency that its prefix belongs to, as far as is known."""
    return "DataCite" if doi.partition("/")[0] in _DATACITE else "Crossref"


def by_doi(registry: str, doi: str, fetcher: Fetcher) -> Registered | None:
    """The work with a DOI, or None if the registry has none.

    Args:
        registry: A key of `BASES`.
        doi: Without an address around it.
        fetcher: Makes the request.

    Raises:
        FetchError: If the registry cannot be asked.
    """
    name = quote(doi, safe="/") if registry != "OpenAlex" else f"https://doi.org/{_encoded(doi)}"
    data = _get(registry, f"/{name}", fetcher)
    if data is None:
        return None
    if registry == "Crossref":
        return _crossref(record(data.get("message")))
    if registry == "OpenAlex":
        return _openalex(data)
    return _datacite(record(record(data.get("data")).get("attributes")))


def by_title(
    registry: str, title: str, authors: Sequence[str], fetcher: Fetcher
) -> tuple[Registered, ...]:
    """The works that a registry finds for a title, the likeliest first.

    Args:
        registry: `Crossref` or `OpenAlex`.
        title: As cited.
        authors: As cited; the first one helps the search.
        fetcher: Makes the request.

    Raises:
        FetchError: If the registry cannot be asked.
    """
    title = one_line(title)[:300]
    if registry == "Crossref":
        words = " ".join([title, *authors[:1]])
        values = {"query.bibliographic": words, "rows": str(CANDIDATES)}
        data = _get(registry, f"?{urlencode(values)}", fetcher) or {}
        works = record(data.get("message")).get("items")
        return tuple(found for item in items(works) if (found := _crossref(item)))
    plain = " ".join(re.findall(r"[^\W_]+", title))
    values = {"filter": f"title.search:{plain}", "per-page": str(CANDIDATES)}
    data = _get(registry, f"?{urlencode(values)}", fetcher) or {}
    return tuple(found for item in items(data.get("results")) if (found := _openalex(item)))


def by_arxiv_ids(ids: Sequence[str], fetcher: Fetcher) -> dict[str, Registered]:
    """The works with the given arXiv ids, asked for together; those that arXiv lacks are left out.

    Raises:
        FetchError: If arXiv cannot be asked.
    """
    query = Query(text=" ".join(ids), ids=tuple(ids))
    try:
        result = arxiv.search(query, len(ids), Context(fetcher))
    except NothingFoundError:
        return {}
    return {source.arxiv_id: _arxiv(source) for source in result.sources}


def _get(registry: str, tail: str, fetcher: Fetcher) -> dict[str, Any] | None:
    variable, base = BASES[registry]
    base = os.environ.get(variable, "").rstrip("/") or base

    def check(answer: Answer) -> None:
        if answer.status not in (200, 404):
            raise RefusedError(f"{registry} refuses the request (HTTP {answer.status}); {_ADVICE}")
        if answer.status == 200:
            _json(registry, answer)

    answer = fetcher.get(
        f"{base}{tail}",
        service=registry,
        max_bytes=MAX_BYTES,
        interval_seconds=_INTERVAL_SECONDS[registry],
        accept="application/json",
        check=check,
        trusted=True,
        advice=_ADVICE,
        keep_missing=True,
    )
    return None if answer.status == 404 else _json(registry, answer)


def _json(registry: str, answer: Answer) -> dict[str, Any]:
    try:
        data = json.loads(answer.body)
        if isinstance(data, dict):
            return data
    except (ValueError, RecursionError):
        pass
    raise FetchError(f"{registry}'s answer is not what its interface promises; {_ADVICE}")


def _crossref(item: dict[str, Any]) -> Registered | None:
    titles = _texts(item.get("title"))
    subtitles = _texts(item.get("subtitle"))
    if not titles:
        return None
    forms = [*titles, *(f"{titles[0]}: {subtitle}" for subtitle in subtitles[:1])]
    forms += [*_texts(item.get("original-title")), *_texts(item.get("short-title"))]
    forms += [" ".join(titles)] if len(titles) > 1 else []
    doi = find_doi(text(item.get("DOI"))) or text(item.get("DOI")).lower()
    updates = [_update(note) for note in items(item.get("updated-by"))]
    notices = items(item.get("update-to"))
    # A publisher sometimes retracts a work under the work's own DOI.
    updates += [_update(note) for note in notices if text(note.get("DOI")).lower() == doi]
    about = [text(note.get("DOI")).lower() for note in notices]
    if _SIGNS.match(titles[0]) and not any(update.kind == "retraction" for update in updates):
        updates.append(Update("retraction"))
    event, institution = item.get("event"), item.get("institution")
    venues = [
        *_texts(item.get("container-title")), *_texts(item.get("short-container-title")),
        text(record(event).get("name")), text(record(event).get("acronym")),
        *(text(place.get("name")) for place in items(institution) or [record(institution)]),
        text(item.get("publisher")), text(item.get("group-title")),
    ]  # fmt: skip
    people = items(item.get("author")) or items(item.get("editor"))
    return Registered(
        registry="Crossref",
        titles=tuple(_SIGNS.sub("", form).strip() or form for form in dict.fromkeys(forms)),
        authors=tuple(filter(None, (_person(person) for person in people))),
        years=tuple(sorted({year for name in _DATES if (year := _year(item.get(name)))})),
        venues=_venues(venues),
        doi=doi,
        arxiv_id=find_arxiv_id(doi),
        url=f"https://doi.org/{doi}" if doi else "",
        preprint=text(item.get("type")) == "posted-content",
        updates=tuple(dict.fromkeys(updates)),
        notice_of=next((other for other in about if other and other != doi), ""),
    )


def _update(note: dict[str, Any]) -> Update:
    kind = text(note.get("type")).lower().replace("-", "_").replace(" ", "_")
    kind = "retraction" if kind in ("removal", "withdrawal", "partial_retraction") else kind
    parts = record(note.get("updated")).get("date-parts")
    first = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
    day = "-".join(f"{number:02}" for number in first[:3] if isinstance(number, int))
    return Update(kind, day, text(note.get("DOI")).lower())


def _openalex(item: dict[str, Any]) -> Registered | None:
    title = _plain(text(item.get("title")) or text(item.get("display_name")))
    if not title:
        return None
    doi = find_doi(text(item.get("doi")))
    places = items(item.get("locations")) or [record(item.get("primary_location"))]
    venues: list[str] = []
    for place in [record(item.get("primary_location")), *places, record(item.get("host_venue"))]:
        source = record(place.get("source"))
        venues += [
            text(source.get("display_name")), text(place.get("raw_source_name")),
            text(source.get("host_organization_name")), text(place.get("display_name")),
            text(place.get("publisher")), *_texts(source.get("alternate_titles")),
        ]  # fmt: skip
    year = item.get("publication_year")
    people = [
        text(person.get("raw_author_name"))
        or text(record(person.get("author")).get("display_name"))
        for person in items(item.get("authorships"))
    ]
    venues = list(_venues(venues))
    kind = text(item.get("type"))
    return Registered(
        registry="OpenAlex",
        titles=(_SIGNS.sub("", title).strip() or title,),
        authors=tuple(filter(None, map(one_line, people))),
        years=(year,) if isinstance(year, int) else (),
        venues=tuple(venues),
        doi=doi,
        arxiv_id=find_arxiv_id(doi),
        url=f"https://doi.org/{doi}" if doi else text(item.get("id")),
        preprint=kind in ("preprint", "posted-content") or any(map(is_preprint_server, venues)),
        updates=(Update("retraction"),)
        if item.get("is_retracted") is True or _SIGNS.match(title)
        else (),
    )


def _datacite(item: dict[str, Any]) -> Registered | None:
    titles = [_plain(text(title.get("title"))) for title in items(item.get("titles"))]
    titles = [title for title in titles if title]
    if not titles:
        return None
    doi = find_doi(text(item.get("doi")))
    years = {item.get("publicationYear")}
    for date in items(item.get("dates")):
        if date.get("dateType") in ("Issued", "Available", "Submitted", "Created", "Copyrighted"):
            found = re.match(r"\s*(1[5-9]\d\d|20\d\d)", text(date.get("date")))
            years |= {int(found[1])} if found else set()
    publisher = item.get("publisher")
    people = [
        f"{text(person['familyName'])}, {text(person.get('givenName'))}"
        if text(person.get("familyName")) else text(person.get("name"))
        for person in items(item.get("creators"))
    ]  # fmt: skip
    kind = text(record(item.get("types")).get("resourceTypeGeneral"))
    return Registered(
        registry="DataCite",
        titles=(*titles, *([" ".join(titles), f"{titles[0]}: {titles[1]}"] if titles[1:] else [])),
        authors=tuple(filter(None, (one_line(person).strip(", ") for person in people))),
        years=tuple(sorted(year for year in years if isinstance(year, int))),
        venues=_venues(
            [
                text(record(item.get("container")).get("title")),
                text(publisher) or text(record(publisher).get("name")),
            ]
        ),
        doi=doi,
        arxiv_id=find_arxiv_id(doi),
        url=f"https://doi.org/{doi}" if doi else text(item.get("url")),
        preprint=kind.lower() == "preprint" or bool(find_arxiv_id(doi)),
    )


def _arxiv(source: Source) -> Registered:
    return Registered(
        registry="arXiv",
        titles=(source.title,),
        authors=source.authors,
        years=(source.year,) if source.year else (),
        venues=_venues([source.venue, "arXiv"]),
        doi=source.doi,
        arxiv_id=source.arxiv_id,
        url=f"https://arxiv.org/abs/{source.arxiv_id}",
        preprint=True,
        updates=(Update("withdrawal"),) if source.withdrawn else (),
    )


def _person(person: dict[str, Any]) -> str:
    family, given = text(person.get("family")), text(person.get("given"))
    if family and given:
        return one_line(f"{family}, {given}")
    return one_line(family or text(person.get("name")) or given)


def _year(value: object) -> int | None:
    parts = record(value).get("date-parts")
    first = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
    year = first[0] if first else None
    return year if isinstance(year, int) and 1000 <= year <= 2999 else None


def _venues(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plain for name in names if (plain := _plain(name))))


def _encoded(doi: str) -> str:
    return quote(doi, safe="/:;()")


def _plain(text: str) -> str:
    return one_line(text[:3000])


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [plain for item in values[:20] if (plain := _plain(text(item)))]
