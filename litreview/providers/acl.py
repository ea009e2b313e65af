"""The ACL Anthology: papers of computational linguistics, with their abstracts.

It has no interface for searching; a paper is known by its id (`N19-1423`,
`2021.naacl-main.208`), and its page says what it is. The data are CC BY 4.0.

Reference: https://aclanthology.org/info/ids/
"""

from __future__ import annotations

import re
from dataclasses import replace

from litreview.errors import UserError
from litreview.providers import web
from litreview.providers.result import Context, SearchResult
from litreview.providers.service import Service
from litreview.web.fetch import Fetcher
from litreview.web.gate import Answer, FetchError
from litreview.works.query import Query
from litreview.works.source import Source

SERVICE = Service(
    "the ACL Anthology", "LITREVIEW_ACL_URL", "https://aclanthology.org", 1.0,
    advice="try again in a few minutes, or add the source by hand",
)  # fmt: skip
_NAME = r"[A-Z]\d{2}-\d{4}|(?:19|20)\d\d\.[a-z0-9_]+-[a-z0-9_]+\.\d{1,4}"
_ADDRESS = re.compile(
    rf"(?:aclanthology\.org|aclanthology\.info/papers|aclweb\.org/anthology(?:/papers)?(?:/[A-Z]"
    rf"/[A-Z]\d\d)?)/({_NAME})(?:v\d)?(?:[./?#]|$)",
    re.IGNORECASE,
)
_DOI = re.compile(rf"10\.(?:18653/v1|3115)/({_NAME})", re.IGNORECASE)


def paper_id(name: str) -> str:
    """The Anthology's id in an address or a DOI, or given as it is; else nothing."""
    match = _ADDRESS.search(name) or _DOI.fullmatch(name) or re.fullmatch(f"({_NAME})", name, re.I)
    if match is None:
        return ""
    return match[1].upper() if "-" in match[1][:4] else match[1].lower()


def search(query: Query, limit: int, context: Context) -> SearchResult:
    """The papers whose addresses or DOIs a query holds.

    Raises:
        UserError: If it holds words only, which the Anthology does not search.
        NothingFoundError: If there is no such paper.
        FetchError: If the Anthology does not answer as it should.
    """
    names = [name for text in (*query.urls, *query.dois, query.text) if (name := paper_id(text))]
    names = list(dict.fromkeys(names))
    if not names:
        raise UserError(
            "the ACL Anthology cannot be searched by words; give a paper's address or id "
            "(N19-1423), or search with --provider openalex"
        )
    first = len(context.fetcher.answers)
    found = [source for name in names[:limit] if (source := by_id(name, context.fetcher))]
    return SERVICE.result("acl", query, ", ".join(names), found, len(found), context.fetcher, first)


def by_id(name: str, fetcher: Fetcher) -> Source | None:
    """The paper with an id of the Anthology, or None."""

    def check(answer: Answer) -> None:
        if b"citation_title" not in answer.body:
            raise FetchError(f"{SERVICE.name} has no page of the usual form for {name}; "
                             f"{SERVICE.advice}")  # fmt: skip

    answer = SERVICE.get(f"/{name}/", fetcher, accept="text/html", check=check)
    if answer is None:
        return None
    source = web.read_page(answer)
    return replace(
        source,
        url=f"https://aclanthology.org/{name}/",
        pdf_url=f"https://aclanthology.org/{name}.pdf",
        provider="acl",
        aliases=(f"acl:{name.lower()}",),
        details={**source.details, "type": "paper-conference"},
    )
