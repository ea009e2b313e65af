"""Semantic Scholar: abstracts, identifiers, citations and references.

Without a key all users of the world share one queue, so it often says that it is busy.

Reference: https://api.semanticscholar.org/api-docs/graph
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

from litreview.bib.names import Name, shown
from litreview.errors import UserError
from litreview.providers.result import Context, NothingFoundError, SearchResult
from litreview.providers.service import (
    Service,
    items,
    number,
    plain,
    record,
    text,
    unmet,
)
from litreview.text.clean import one_line
from litreview.text.identifiers import doi_address, find_arxiv_id, find_doi, is_web_address
from litreview.web.fetch import Fetcher
from litreview.works.query import Query
from litreview.works.source import Source
from litreview.works.terms import And, Node, Or, Term, not_wanted, positive_terms

SERVICE = Service(
    "Semantic Scholar", "LITREVIEW_S2_URL", "https://api.semanticscholar.org/graph/v1", 1.1,
    advice="try again in a minute, set LITREVIEW_S2_KEY, or use --provider openalex",
    key_variable="LITREVIEW_S2_KEY", key_name="x-api-key",
)  # fmt: skip
FIELDS = (
    "title,abstract,authors,year,venue,publicationDate,externalIds,url,openAccessPdf,citationCount,"
    "journal,publicationTypes"
)
MAX_ROWS = 100
MAX_CHARACTERS = 300
_PAGE = re.compile(r"semanticscholar\.org/(?:paper|reader)/(?:[^/\s]+/)?([0-9a-f]{40})", re.I)
_TYPES = {
    "JournalArticle": "article-journal", "Conference": "paper-conference", "Book": "book",
    "BookSection": "chapter", "Dataset": "dataset", "Review": "article-journal",
}  # fmt: skip


def search(query: Query, limit: int, context: Context) -> SearchResult:
    """The works with given arXiv ids, DOIs or pages, or those found for the words.

    Raises:
        NothingFoundError: If there is no such work.
        FetchError: If Semantic Scholar does not answer as it should.
    """
    fetcher = context.fetcher
    first = len(fetcher.answers)
    names = [f"ARXIV:{name}" for name in query.ids] + [f"DOI:{doi}" for doi in query.dois]
    names += [name for url in query.urls if (name := paper_id(url))]
    if names:
        found = [source for name in names[:limit] if (source := by_id(name, fetcher))]
        return SERVICE.result(
            "semantic-scholar", query, ", ".join(names), found, len(found), fetcher, first
        )
    words = compile_query(query)
    if not words:
        raise UserError("Semantic Scholar needs words, a DOI or an arXiv id; say what to look for")
    values = {"query": words, "limit": str(min(limit, MAX_ROWS)), "fields": FIELDS}
    if query.since or query.until:
        ends = [day.isoformat() if day else "" for day in (query.since, query.until)]
        values["publicationDateOrYear"] = ":".join(ends)
    compiled = urlencode(values)
    data = SERVICE.json(f"/paper/search?{compiled}", fetcher, holds="total") or {}
    sources = [source for item in items(data.get("data")) if (source := to_source(item)).title]
    total = number(data.get("total")) or 0
    notes = unmet("Semantic Scholar", query)
    if not_wanted(query.tree):
        notes.append(
            "Semantic Scholar cannot leave words out, so works with them may be among these"
        )
    return SERVICE.result(
        "semantic-scholar", query, compiled, sources[:limit], total, fetcher, first, notes
    )


def compile_query(query: Query) -> str:
    """The words of a query and its authors, all of which Semantic Scholar then wants.

    Its search by relevance knows no operators: of words that mean the same the first is asked.

    Reference: https://api.semanticscholar.org/api-docs/graph#tag/Paper-Data
    """
    words = [term.text for term in _asked(query.tree) if term.field != "cat"]
    return one_line(" ".join([*words, *query.authors])).replace("-", " ")[:MAX_CHARACTERS]


def _asked(node: Node | None) -> tuple[Term, ...]:
    if isinstance(node, Or):
        return _asked(node.parts[0])
    if isinstance(node, And):
        return tuple(term for part in node.parts for term in _asked(part))
    return positive_terms(node)


def paper_id(url: str) -> str:
    """The id of the paper that an address of Semantic Scholar's shows, or nothing."""
    match = _PAGE.search(url)
    return match[1].lower() if match else ""


def by_id(name: str, fetcher: Fetcher) -> Source | None:
    """The work with an id (`DOI:…`, `ARXIV:…`, `ACL:…`, `PMID:…` or its own), or None."""
    data = SERVICE.json(
        f"/paper/{quote(name, safe=':/')}?fields={FIELDS}", fetcher, holds="paperId"
    )
    source = to_source(data) if data else None
    return source if source and source.title else None


def titled(title: str, fetcher: Fetcher) -> list[Source]:
    """The one work whose title comes closest, if any does."""
    values = {"query": title[:300], "fields": FIELDS}
    data = SERVICE.json(f"/paper/search/match?{urlencode(values)}", fetcher, holds="data") or {}
    return [source for item in items(data.get("data")) if (source := to_source(item)).title]


def related(source: Source, how: str, limit: int, fetcher: Fetcher) -> list[Source]:
    """The works that cite one, or that it cites.

    Args:
        source: With a DOI, an arXiv id, or its id here among its aliases.
        how: `cited-by` or `references`.
        limit: The largest number of works.
        fetcher: Makes the request.

    Raises:
        NothingFoundError: If Semantic Scholar does not have the work.
        FetchError: If it does not answer as it should.
    """
    own = next((alias[3:] for alias in source.aliases if alias.startswith("s2:")), "")
    name = own or (f"ARXIV:{source.arxiv_id}" if source.arxiv_id else "")
    name = name or (f"DOI:{source.doi}" if source.doi else "")
    kind, inner = ("citations", "citingPaper") if how == "cited-by" else (
        "references", "citedPaper")  # fmt: skip
    tail = f"/paper/{quote(name, safe=':/')}/{kind}?fields={FIELDS}&limit={min(limit, MAX_ROWS)}"
    data = SERVICE.json(tail, fetcher, holds="data") if name else None
    if data is None:
        raise NothingFoundError(f"Semantic Scholar does not have “{source.title}”; try OpenAlex")
    works = [to_source(record(entry.get(inner))) for entry in items(data.get("data"))]
    return [work for work in works if work.title][:limit]


def to_source(item: dict[str, Any]) -> Source:
    """A work as Semantic Scholar has it."""
    ids = record(item.get("externalIds"))
    doi = find_doi(text(ids.get("DOI")))
    arxiv_id = find_arxiv_id(text(ids.get("ArXiv"))) or find_arxiv_id(doi)
    own = "" if doi.startswith("10.48550/") else doi
    day = text(item.get("publicationDate"))
    authors, families = shown(
        [Name.of(text(author.get("name"))) for author in items(item.get("authors"))
         if text(author.get("name")).strip()]
    )  # fmt: skip
    journal = record(item.get("journal"))
    pdf = text(record(item.get("openAccessPdf")).get("url"))
    venue = plain(text(item.get("venue")) or text(journal.get("name")))
    name = text(item.get("paperId"))
    corpus = number(ids.get("CorpusId"))
    kinds = item.get("publicationTypes")
    named = [text(kind) for kind in kinds] if isinstance(kinds, list) else []
    kind = next((_TYPES[name] for name in named if name in _TYPES), "")
    details = {
        "type": kind, "volume": text(journal.get("volume")), "PMID": text(ids.get("PubMed")),
        "page": re.sub(r"\s+", "", text(journal.get("pages"))),
    }  # fmt: skip
    return Source(
        title=plain(text(item.get("title"))),
        authors=authors,
        families=families,
        year=number(item.get("year")),
        url=f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else doi_address(own)
        or text(item.get("url")),
        abstract=plain(text(item.get("abstract"))),
        venue="arXiv" if "arxiv" in venue.lower() else venue,
        arxiv_id=arxiv_id,
        doi=own,
        published=day if re.fullmatch(r"\d{4}-\d\d-\d\d", day) else "",
        pdf_url=pdf if is_web_address(pdf) else "",
        provider="semantic-scholar",
        aliases=tuple(filter(None, (f"s2:{name}" if name else "",
                                    f"corpus:{corpus}" if corpus else ""))),
        citations=number(item.get("citationCount")),
        details={key: value for key, value in details.items()
                 if value and not value.startswith("abs/")},
    )  # fmt: skip
