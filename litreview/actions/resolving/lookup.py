"""Find the records of works that somebody names: by id, DOI, address, or in a README."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from litreview.actions.find import find
from litreview.actions.resolving.addresses import normal_address
from litreview.actions.resolving.resolve import resolve
from litreview.errors import UserError
from litreview.providers import arxiv
from litreview.providers.result import Context
from litreview.review.reading import read_review
from litreview.review.readme import find_review, read_readme
from litreview.text.identifiers import find_arxiv_id, find_doi, normalise_url
from litreview.web.fetch import Fetcher
from litreview.works.query import Query
from litreview.works.reading_list import works
from litreview.works.source import Source

Notify = Callable[[str], None]


def look_up(names: Sequence[str], fetcher: Fetcher) -> Iterator[tuple[str, Source | UserError]]:
    """The works with given names, or why there is none, in the same order and each once.

    What the embedded reading list knows is not asked for online, and arXiv is asked for
    all its ids together.

    Args:
        names: Whatever names a work: an id, an address, an ISBN, a title.
        fetcher: Makes the requests.

    Yields:
        Each name with its work, or with the reason: an `AmbiguousError` holds a choice.
    """
    listed = _reading_list()
    addresses = [normal_address(name) for name in names]
    ids = [find_arxiv_id(address) for address in addresses]
    asked = [name for name in dict.fromkeys(ids) if name and f"arxiv:{name}" not in listed]
    together = _from_arxiv(asked, fetcher) if len(asked) > 1 else {}
    seen: set[str] = set()
    for name, address, arxiv_id in zip(names, addresses, ids, strict=True):
        keys = (f"arxiv:{arxiv_id}", f"doi:{find_doi(address)}")
        known = next((listed[key] for key in keys if key in listed), together.get(arxiv_id))
        outcome: Source | UserError
        try:
            outcome = known or resolve(name, fetcher)
        except UserError as error:
            outcome = error
        if isinstance(outcome, Source):
            if outcome.identity in seen:
                continue
            seen.add(outcome.identity)
        yield name, outcome


def _from_arxiv(ids: Sequence[str], fetcher: Fetcher) -> dict[str, Source]:
    """Those of the works that arXiv has, in one request; none if it does not answer."""
    query = Query(text=" ".join(ids), ids=tuple(ids))
    with contextlib.suppress(UserError):
        found = arxiv.search(query, len(ids), Context(fetcher)).sources
        return {source.arxiv_id: source for source in found}
    return {}


def sources_of(
    readme: Path,
    *,
    provider: str = "arxiv",
    notify: Notify | None = None,
    fetcher: Fetcher | None = None,
    without_abstract: bool = False,
) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """The records of the sources in a review README.

    Args:
        readme: The README, its folder or a team's repository.
        provider: `reading-list` asks nobody online.
        notify: Called with a sentence whenever the user has to wait.
        fetcher: Makes the requests; by default one with the settings of the environment.
        without_abstract: Whether works without an abstract count as known, too.

    Returns:
        The works with an abstract, and the names of the entries without.

    Raises:
        UserError: If there is no README, or the lookup fails.
    """
    review = read_review(read_readme(find_review(readme)))
    listed = _reading_list()
    found: dict[int, Source] = {}
    online: dict[int, str] = {}
    by_doi: dict[int, str] = {}
    for index, entry in enumerate(review.sources):
        names = [f"arxiv:{entry.arxiv_id}", f"doi:{(entry.doi or '').lower()}"]
        names += [f"url:{normalise_url(url)}" for url in entry.urls]
        name = next((name for name in names if name in listed), None)
        if name is not None:
            found[index] = listed[name]
        elif provider != "reading-list" and entry.arxiv_id:
            online[index] = entry.arxiv_id
        elif provider != "reading-list" and entry.doi:
            by_doi[index] = entry.doi
    if online:
        ids = list(dict.fromkeys(online.values()))
        result = find(" ".join(ids), "arxiv", len(ids), notify=notify, fetcher=fetcher)
        by_id = {source.arxiv_id: source for source in result.sources}
        found |= {index: by_id[name] for index, name in online.items() if name in by_id}
    for index, doi in by_doi.items():
        # Crossref knows few abstracts, so one that is missing is nothing unusual.
        with contextlib.suppress(UserError):
            found[index] = find(doi, "doi", 1, notify=notify, fetcher=fetcher).sources[0]
    known = {index: source for index, source in found.items()
             if source.abstract or without_abstract}  # fmt: skip
    missing = tuple(
        entry.title or f"the source at line {entry.line}"
        for index, entry in enumerate(review.sources)
        if index not in known
    )
    return tuple(known[index] for index in sorted(known)), missing


def _reading_list() -> dict[str, Source]:
    sources, _, _ = works()
    known = {f"doi:{source.doi}": source for source in sources if source.doi}
    return known | {source.identity: source for source in sources}
