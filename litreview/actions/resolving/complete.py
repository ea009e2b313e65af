"""Give a work without abstract the one that the next provider has, and say whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from litreview.errors import UserError
from litreview.providers import acl, arxiv, crossref, openalex, semantic_scholar
from litreview.providers.result import Context
from litreview.web.fetch import Fetcher
from litreview.works.query import Query
from litreview.works.source import Source

Way = tuple[str, Callable[[], Source | None]]


def with_abstracts(sources: Sequence[Source], fetcher: Fetcher) -> tuple[Source, ...]:
    """The same works in the same order, each with an abstract where one can be had.

    Args:
        sources: What lacks an abstract and has a DOI or an arXiv id is asked for.
        fetcher: Makes the requests; who does not answer is passed over.
    """
    return tuple(with_abstract(source, fetcher) for source in sources)


def with_abstract(source: Source, fetcher: Fetcher) -> Source:
    """One work with the abstract of the first provider that has one."""
    if source.abstract or source.withdrawn:
        return source
    for name, ask in _ways(source, fetcher):
        try:
            other = ask()
        except UserError:
            continue
        if other is None:
            continue
        if other.withdrawn:
            # Not every registry has heard of it, and this one has.
            return replace(source, withdrawn=True, notes=(*source.notes, *other.notes))
        if other.abstract:
            return replace(
                source,
                abstract=other.abstract,
                pdf_url=source.pdf_url or other.pdf_url,
                aliases=tuple(dict.fromkeys((*source.aliases, *other.aliases))),
                notes=(*source.notes, f"its abstract is from {name}"),
            )
    return source


def _ways(source: Source, fetcher: Fetcher) -> Iterator[Way]:
    """Who may know the abstract, the most likely first."""
    doi, name = source.doi, source.arxiv_id
    paper = acl.paper_id(doi) or acl.paper_id(source.url)
    if name and source.provider != "arxiv":
        yield "arXiv", lambda: arxiv.search(Query(text=name, ids=(name,)), 1,
                                            Context(fetcher)).sources[0]  # fmt: skip
    if paper and source.provider != "acl":
        yield "the ACL Anthology", lambda: acl.by_id(paper, fetcher)
    if (doi or name) and source.provider != "openalex":
        yield "OpenAlex", lambda: openalex.by_doi(doi or f"10.48550/arxiv.{name}", fetcher)
    if (doi or name) and source.provider != "semantic-scholar":
        yield (
            "Semantic Scholar",
            lambda: semantic_scholar.by_id(f"DOI:{doi}" if doi else f"ARXIV:{name}", fetcher),
        )
    if doi and source.provider not in ("crossref", "doi"):
        yield "Crossref", lambda: crossref.by_doi(doi, fetcher)
