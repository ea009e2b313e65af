"""Find the records of works that somebody names: by id, DOI, address, or in a README."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from litreview.actions.find import find
from litreview.errors import UserError
from litreview.review import readme as readme_file
from litreview.review.reading import read_review
from litreview.text.identifiers import find_arxiv_id, find_doi, is_web_address, normalise_url
from litreview.works.reading_list import works
from litreview.works.source import Source

Notify = Callable[[str], None]


def look_up(names: Sequence[str], *, notify: Notify | None = None) -> tuple[Source, ...]:
    """The works with given names, in the same order.

    What the embedded reading list knows is not asked for online.

    Args:
        names: arXiv ids, DOIs, or addresses.
        notify: Called with a sentence whenever the user has to wait.

    Raises:
        UserError: If a name is none of these, or a work cannot be found.
    """
    listed = _reading_list()
    found: dict[str, Source] = {}
    wanted: list[tuple[str, str]] = []
    for name in names:
        kind, identity = _kind(name)
        wanted.append((kind, identity))
        if identity in listed:
            found[identity] = listed[identity]
    ids = [i.removeprefix("arxiv:") for kind, i in wanted if kind == "arxiv" and i not in found]
    if ids:
        for source in find(" ".join(dict.fromkeys(ids)), "arxiv", len(ids), notify=notify).sources:
            found[f"arxiv:{source.arxiv_id}"] = source
    for kind, identity in wanted:
        if identity in found:
            continue
        if kind == "arxiv":
            raise UserError(f"arXiv has no work with the id {identity[6:]!r}; check it")
        provider, _, text = (kind, "", identity.partition(":")[2])
        found[identity] = find(text, provider, 1, notify=notify).sources[0]
    return tuple(found[identity] for _, identity in dict.fromkeys(wanted))


def sources_of(
    readme: Path, *, provider: str = "arxiv", notify: Notify | None = None
) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """The records of the sources in a review README.

    Args:
        readme: The README, its folder or a team's repository.
        provider: `reading-list` asks nobody online.
        notify: Called with a sentence whenever the user has to wait.

    Returns:
        The works with an abstract, and the names of the entries without.

    Raises:
        UserError: If there is no README, or the lookup fails.
    """
    review = read_review(readme_file.read(readme_file.find_review(readme)))
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
        result = find(" ".join(ids), "arxiv", len(ids), notify=notify)
        by_id = {source.arxiv_id: source for source in result.sources}
        found |= {index: by_id[name] for index, name in online.items() if name in by_id}
    for index, doi in by_doi.items():
        # Crossref knows few abstracts, so one that is missing is nothing unusual.
        with contextlib.suppress(UserError):
            found[index] = find(doi, "doi", 1, notify=notify).sources[0]
    known = {index: source for index, source in found.items() if source.abstract}
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


def _kind(name: str) -> tuple[str, str]:
    """Which provider knows a name, and the identity that it stands for."""
    if arxiv_id := find_arxiv_id(name):
        return "arxiv", f"arxiv:{arxiv_id}"
    if doi := find_doi(name):
        return "doi", f"doi:{doi}"
    if is_web_address(name):
        return "web", f"url:{name.strip()}"
    raise UserError(
        f"{name!r} is neither an arXiv id (1706.03762), a DOI (10.1162/…) nor an address (https://…)"
    )
