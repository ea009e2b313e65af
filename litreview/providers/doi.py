"""A work by its DOI, whichever agency has registered it.

Crossref and DataCite are asked themselves, because they say most; whatever else there is
(mEDRA, JaLC, CNKI, ISTIC, OP …) answers by the content negotiation of doi.org.

Reference: https://citation.doi.org/docs.html
"""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import quote

from litreview.bib.csl import from_json
from litreview.bib.item import to_source as item_to_source
from litreview.errors import UserError
from litreview.providers import crossref, datacite
from litreview.providers.registry import registry_of
from litreview.providers.result import Context, Exchange, NothingFoundError, SearchResult
from litreview.providers.service import Service, plain, text
from litreview.text.identifiers import doi_address, find_arxiv_id
from litreview.web.fetch import Fetcher
from litreview.web.gate import Answer, FetchError
from litreview.works.query import Query
from litreview.works.source import Source

SERVICE = Service(
    "doi.org", "LITREVIEW_DOI_URL", "https://doi.org", 0.5,
    advice="try again in a few minutes, or add the source by hand",
)  # fmt: skip
_CSL = "application/vnd.citationstyles.csl+json"


def search(query: Query, limit: int, context: Context) -> SearchResult:
    """The works with the given DOIs; for words those that Crossref finds.

    Raises:
        NothingFoundError: If there is no such work.
        FetchError: If an agency does not answer as it should.
    """
    names = query.dois
    if not names and (query.ids or query.urls):
        raise UserError(
            f"{(query.ids + query.urls)[0]!r} is no DOI; use --provider "
            f"{'arxiv' if query.ids else 'web'}"
        )
    if not names:
        found = crossref.search(query, limit, context)
        return replace(found, provider="doi")
    fetcher = context.fetcher
    first = len(fetcher.answers)
    sources, notes = [], []
    for doi in names[:limit]:
        try:
            sources.append(by_doi(doi, fetcher))
        except NothingFoundError as error:
            if len(names) == 1:
                raise
            notes.append(str(error))
    if not sources:
        raise NothingFoundError("; ".join(notes))
    return SearchResult(
        provider="doi",
        query=query,
        compiled=", ".join(names),
        sources=tuple(sources),
        total=len(sources),
        notes=tuple(notes),
        exchanges=tuple(Exchange.of(answer) for answer in fetcher.answers[first:]),
    )


def by_doi(doi: str, fetcher: Fetcher) -> Source:
    """The work with a DOI, from the agency that has it.

    Args:
        doi: Without an address around it.
        fetcher: Makes two requests at most.

    Raises:
        NothingFoundError: If no agency knows the DOI.
        FetchError: If an agency does not answer as it should, and no other knows the DOI.
    """
    agency = registry_of(doi)
    trouble: FetchError | None = None
    try:
        found = (datacite.by_doi if agency == "DataCite" else crossref.by_doi)(doi, fetcher)
        if found is not None:
            return found
    except FetchError as error:
        trouble = error
    try:
        found = negotiated(doi, fetcher)
    except FetchError as error:
        if trouble is not None:
            raise trouble from None
        raise NothingFoundError(
            f"{agency} does not know the DOI {doi}, and the other agencies cannot be asked "
            f"({error}); check it, or give the address of the work's page"
        ) from error
    if found is not None:
        return found
    if trouble is not None:
        raise trouble
    raise NothingFoundError(
        f"{agency} does not know the DOI {doi}, nor does any other agency; check it, or give the "
        "address of the work's page"
    )


def negotiated(doi: str, fetcher: Fetcher) -> Source | None:
    """The work as doi.org gives it, from any agency, or None if there is no such DOI."""

    def check(answer: Answer) -> None:
        if not _is_json(answer):
            raise FetchError(f"doi.org has no record of {doi} that can be read; {SERVICE.advice}")

    answer = SERVICE.get(f"/{quote(doi, safe='/:;()')}", fetcher, accept=_CSL, check=check)
    if answer is None:
        return None
    entry = json.loads(answer.body)
    if entry.get("source") == "Crossref":
        return replace(crossref.to_source({"DOI": doi, **entry}), provider="doi")
    abstract = plain(text(entry.get("abstract")))
    source = item_to_source(from_json({**entry, "DOI": doi}))
    if not source.title:
        return None
    arxiv_id = find_arxiv_id(doi)
    return replace(
        source,
        title=plain(source.title),
        abstract=abstract,
        url=f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else doi_address(doi),
        doi="" if arxiv_id else doi,
        provider="doi",
    )


def _is_json(answer: Answer) -> bool:
    try:
        return isinstance(json.loads(answer.body), dict)
    except (ValueError, RecursionError):
        return False
