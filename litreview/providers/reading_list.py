"""The works that the course names, embedded: no network, no key, no download."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

from litreview.errors import UserError
from litreview.providers.local import select
from litreview.providers.result import SearchResult
from litreview.query import Query
from litreview.source import Source


@functools.cache
def works() -> tuple[tuple[Source, ...], tuple[str, ...], tuple[str, ...]]:
    """All works of the list; for each, its short name and more words by which it is found."""
    text = resources.files("litreview").joinpath("data/reading_list.toml").read_text("utf-8")
    entries = tomllib.loads(text)["work"]
    sources, names, keywords = [], [], []
    for entry in entries:
        names.append(entry.pop("name", entry["title"].partition(":")[0]))
        keywords.append("; ".join([names[-1], *entry.pop("keywords", ())]))
        arxiv_id, doi = entry.get("arxiv_id", ""), entry.get("doi", "")
        entry.setdefault(
            "url", f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else f"https://doi.org/{doi}"
        )
        entry.setdefault("pdf_url", f"https://arxiv.org/pdf/{arxiv_id}" if arxiv_id else "")
        entry["abstract"] = " ".join(entry["abstract"].split())
        sources.append(Source.from_json({**entry, "provider": "reading-list"}))
    return tuple(sources), tuple(names), tuple(keywords)


def search(query: Query, limit: int) -> SearchResult:
    """The works of the reading list that fit a query; an empty query gives all of them.

    Raises:
        UserError: If nothing fits.
    """
    sources, names, keywords = works()
    found = select(sources, query, names, keywords)
    if not found:
        raise UserError(
            f"none of the {len(sources)} works of the reading list fits {query.text!r}; "
            "use other words, or search arXiv with --provider arxiv"
        )
    return SearchResult(
        provider="reading-list",
        query=query,
        compiled=query.text,
        sources=tuple(found[:limit]),
        total=len(found),
        notes=("abstracts of the reading list are summaries written for it, not the originals",),
    )
