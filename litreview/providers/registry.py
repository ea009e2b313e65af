"""What the registries of works say about one work: Crossref, OpenAlex, DataCite and arXiv.

Each function asks one registry once, for an identifier or for a title, and gives back
what is registered, in one form for all. That a registry has no such work is an answer,
kept for a day like any other; that it cannot be asked is a `FetchError`.
"""

from __future__ import annotations

from collections.abc import Sequence

from litreview.providers import arxiv, crossref, datacite, openalex
from litreview.providers.result import Context, NothingFoundError
from litreview.providers.service import plain_texts
from litreview.web.fetch import Fetcher
from litreview.works.query import Query
from litreview.works.registered import Registered, Update
from litreview.works.source import Source

BY_DOI = {
    "Crossref": crossref.registered,
    "OpenAlex": openalex.registered,
    "DataCite": datacite.registered,
}
# Prefixes whose DOIs are DataCite's: repositories of data, code, theses and preprints.
# ruff: noqa: SIM905  (a string of words reads better than a list of them)
_DATACITE = frozenset(
    "10.48550 10.5281 10.6084 10.5061 10.7910 10.57967 10.17605 10.17632 10.13140 10.1594 10.4230 "
    "10.34740 10.24432 10.4121 10.3929 10.18154 10.5445 10.21227 10.22002 10.18429 10.13026 "
    "10.18112 10.25384 10.15468 10.17182 10.5067 10.3886 10.5066 10.5438 10.14279 10.5517 10.5518 "
    "10.25384 10.11588 10.3932 10.5169 10.24433 10.60692 10.70967 10.71569 10.25912 10.17863 "
    "10.48321 10.26180 10.5065 10.7916 10.14288 10.18452 10.22541".split()
)


def registry_of(doi: str) -> str:
    """Who is asked first for a DOI: the agency that its prefix belongs to, as far as is known."""
    return "DataCite" if doi.partition("/")[0] in _DATACITE else "Crossref"


def by_doi(registry: str, doi: str, fetcher: Fetcher) -> Registered | None:
    """The work with a DOI, or None if the registry has none.

    Args:
        registry: A key of `BY_DOI`.
        doi: Without an address around it.
        fetcher: Makes the request.

    Raises:
        FetchError: If the registry cannot be asked.
    """
    return BY_DOI[registry](doi, fetcher)


def by_title(
    registry: str, title: str, authors: Sequence[str], fetcher: Fetcher
) -> tuple[Registered, ...]:
    """The works that a registry finds for a title, the likeliest first.

    Args:
        registry: `Crossref` or `OpenAlex`.
        title: As cited.
        authors: As cited; the first one helps Crossref's search.
        fetcher: Makes the request.

    Raises:
        FetchError: If the registry cannot be asked.
    """
    if registry == "Crossref":
        return crossref.registered_as(title, authors, fetcher)
    return openalex.registered_as(title, fetcher)


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


def _arxiv(source: Source) -> Registered:
    return Registered(
        registry="arXiv",
        titles=(source.title,),
        authors=source.authors,
        years=(source.year,) if source.year else (),
        venues=tuple(plain_texts([source.venue, "arXiv"])),
        doi=source.doi,
        arxiv_id=source.arxiv_id,
        url=f"https://arxiv.org/abs/{source.arxiv_id}",
        preprint=True,
        updates=(Update("withdrawal"),) if source.withdrawn else (),
    )
