"""Find the work that somebody means, whatever they paste: an id, an address, or a title.

The way goes from an identifier in the text, over the service that the address belongs to,
to the page itself and what it says of its work, and at last to the registries by title. It
ends in one work, in a choice of five at most, or in one sentence that says why not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import unquote

from litreview.actions.resolving.addresses import normal_address
from litreview.bib.formats import read as read_bibliography
from litreview.errors import UserError
from litreview.providers import (
    acl,
    arxiv,
    crossref,
    datacite,
    doi,
    openalex,
    openreview,
    semantic_scholar,
    web,
)
from litreview.providers.named import huggingface, isbn
from litreview.providers.result import Context, NothingFoundError
from litreview.text.clean import one_line
from litreview.text.identifiers import find_arxiv_id, find_doi, is_web_address
from litreview.web.fetch import Fetcher
from litreview.web.gate import FetchError
from litreview.works.dedupe import dedupe, normalise_title
from litreview.works.query import Query
from litreview.works.source import Source

MAX_CHOICES = 5
_MIN_TITLE_LETTERS = 6


class AmbiguousError(UserError):
    """Several works fit what was given.

    Attributes:
        name: What was given.
        choices: The works, the likeliest first, `MAX_CHOICES` at most.
    """

    def __init__(self, name: str, choices: Sequence[Source]) -> None:
        self.name = name
        self.choices = tuple(choices)[:MAX_CHOICES]
        lines = [
            f"  {number}. {_described(source)}"
            for number, source in enumerate(self.choices, start=1)
        ]
        super().__init__(
            f"{name!r} may be one of {len(self.choices)} works; give the DOI, arXiv id or address "
            "of the one that you mean:\n" + "\n".join(lines)
        )


def resolve(name: str, fetcher: Fetcher) -> Source:
    """The work that a text names.

    Args:
        name: A DOI, an arXiv id, an ISBN, an address, or a title.
        fetcher: Makes the requests.

    Raises:
        AmbiguousError: If several works fit.
        NothingFoundError: If none does.
        FetchError: If those who could know cannot be asked.
        UserError: If the text is none of these.
    """
    name = one_line(name).strip("<>“”\"' ")
    address = normal_address(name)
    arxiv_id = find_arxiv_id(address)
    if arxiv_id:
        return _from_arxiv(arxiv_id, fetcher)
    number = isbn.find_isbn(name)
    if number:
        return _only(isbn.by_isbn(number, fetcher), name, f"no registry knows a book with {name}")
    if not is_web_address(address):
        paper = acl.paper_id(name)
        if paper:
            return _from_acl(paper, fetcher)
        known = find_doi(name)
        if known and not re.search(r"\s\S+\s", name.replace(known, " ")):
            return doi.by_doi(known, fetcher)
        return by_title(name, fetcher)
    return _from_address(address, fetcher)


def _from_address(address: str, fetcher: Fetcher) -> Source:
    trouble: UserError | None = None
    for way in (_by_service, _by_doi_in_it, _by_page, _by_slug):
        try:
            found = way(address, fetcher)
        except AmbiguousError:
            raise
        except UserError as error:
            # The first says most: a wall is told as such even if the title cannot be searched.
            trouble = trouble or error
        else:
            if found is not None:
                return found
    raise trouble or NothingFoundError(f"{address}: nobody knows what this is; add it by hand")


def _by_service(address: str, fetcher: Fetcher) -> Source | None:
    """The work, where an address belongs to a service that can be asked about it."""
    paper = acl.paper_id(address)
    if paper:
        return _from_acl(paper, fetcher)
    forum = openreview.paper_id(address)
    if forum:
        found = openreview.by_id(forum, fetcher)
        if found is None:
            raise NothingFoundError(f"OpenReview has no submission {forum}; check the address")
        return found
    kind, repository = huggingface.repository(address)
    if kind:
        found = huggingface.by_name(kind, repository, fetcher)
        if found is None:
            raise NothingFoundError(
                f"Hugging Face has no public {kind[:-1]} {repository}; check it"
            )
        return found
    paper = semantic_scholar.paper_id(address)
    if paper:
        return semantic_scholar.by_id(paper, fetcher)
    work = re.search(r"openalex\.org/(?:works/)?(W\d{4,12})\b", address, re.IGNORECASE)
    if work:
        return openalex.by_id(work[1].upper(), fetcher)
    piece = re.search(r"(?:/pii/|cell\.com/\S{0,80}?/)(S?B?[\dX][\dX()-]{14,24})", address, re.I)
    if piece:
        code = re.sub(r"[()-]", "", piece[1]).upper()
        works = crossref.by_filter(f"alternative-id:{code}", fetcher)
        return works[0] if len(works) == 1 else None
    record = re.search(r"(?<=://)(dblp\.(?:org|uni-trier\.de)/rec/[\w/.-]+?)(?:\.html|\.bib)?(?:[?#]|$)",
                       address)  # fmt: skip
    if record:
        answer = fetcher.get(f"https://{record[1]}.bib", service="DBLP", max_bytes=200_000)
        found = read_bibliography(answer.body.decode("utf-8", "replace"), "DBLP").sources[0]
        return _registered(replace(found, provider="web"), fetcher)
    return None


def _by_doi_in_it(address: str, fetcher: Fetcher) -> Source | None:
    known = find_doi(address)
    return doi.by_doi(known, fetcher) if known else None


def _by_page(address: str, fetcher: Fetcher) -> Source | None:
    return _registered(web.page_at(address, fetcher), fetcher)


def _by_slug(address: str, fetcher: Fetcher) -> Source | None:
    """The work by the title that an address spells out, for sites that let no program in."""
    slug = re.search(
        r"(?:researchgate\.net/publication/\d+_|semanticscholar\.org/paper/|academia\.edu/\d+/)"
        r"([^/?#]{12,300})",
        address,
    )
    if slug is None:
        return None
    title = re.sub(r"[_+-]+", " ", unquote(slug[1])).strip()
    return by_title(title, fetcher)


def _registered(page: Source, fetcher: Fetcher) -> Source:
    """A page's record, completed by what is registered under the identifier that it names."""
    try:
        if page.arxiv_id:
            known = _from_arxiv(page.arxiv_id, fetcher)
        elif page.doi:
            known = doi.by_doi(page.doi, fetcher)
        else:
            return page
    except NothingFoundError:
        told = f"read from its page alone; no registry knows {page.doi or page.arxiv_id}"
        return replace(page, notes=(*page.notes, told))
    except UserError:
        told = (
            f"read from its page alone; no registry could be asked about {page.doi or ''}".strip()
        )
        return replace(page, notes=(*page.notes, told))
    (joined, *_), _ = dedupe([known, page])
    return joined


def _from_arxiv(arxiv_id: str, fetcher: Fetcher) -> Source:
    query = Query(text=arxiv_id, ids=(arxiv_id,))
    try:
        return arxiv.search(query, 1, Context(fetcher)).sources[0]
    except NothingFoundError:
        raise
    except FetchError as error:
        # arXiv registers its works with DataCite, which answers when arXiv is busy.
        found = _quietly(datacite.by_doi, f"10.48550/arxiv.{arxiv_id}", fetcher)
        if found is None:
            raise
        return replace(found, notes=(*found.notes, f"from DataCite, because {error}"))


def _from_acl(paper: str, fetcher: Fetcher) -> Source:
    trouble: FetchError | None = None
    try:
        found = acl.by_id(paper, fetcher)
        if found is not None:
            return found
    except FetchError as error:
        trouble = error
    try:
        return doi.by_doi(f"10.18653/v1/{paper.lower()}", fetcher)
    except UserError:
        raise trouble or NothingFoundError(
            f"the ACL Anthology has no paper {paper}; check the id"
        ) from None


def by_title(title: str, fetcher: Fetcher) -> Source:
    """The work with a title, if one and only one is called so.

    Raises:
        AmbiguousError: If several are, or none quite.
        NothingFoundError: If nothing like it is registered.
        FetchError: If no registry can be asked.
    """
    title = one_line(title)
    one_word = " " not in title and title.isascii()
    if one_word or len(re.sub(r"\W", "", title)) < _MIN_TITLE_LETTERS:
        raise UserError(
            f"{title!r} is neither an arXiv id (1706.03762), a DOI (10.1162/…), an address "
            "(https://…), an ISBN nor a whole title"
        )
    found: list[Source] = []
    trouble: FetchError | None = None
    asked = 0
    for ask in (crossref.by_title, _openalex_by_title, _semantic_scholar_by_title):
        try:
            found += ask(title, fetcher)
            asked += 1
        except FetchError as error:
            trouble = trouble or error
        except NothingFoundError:
            asked += 1
        exact = _called(title, found)
        if len(exact) == 1 and exact[0].authors:
            return exact[0]
        if asked == 2:
            break
    if not asked and trouble is not None:
        raise trouble
    exact = _called(title, found)
    if len(exact) == 1:
        return exact[0]
    near = exact or [work for work in dedupe(found)[0] if _alike(title, work.title)]
    if near:
        raise AmbiguousError(title, near)
    raise NothingFoundError(
        f"no registry has a work called {title!r}; check the spelling, or give its DOI, arXiv id "
        "or address"
    )


def _openalex_by_title(title: str, fetcher: Fetcher) -> list[Source]:
    return openalex.by_title(title, fetcher)


def _semantic_scholar_by_title(title: str, fetcher: Fetcher) -> list[Source]:
    return semantic_scholar.titled(title, fetcher)


def _called(title: str, works: Sequence[Source]) -> list[Source]:
    """The works with exactly this title, a subtitle left out or not."""
    wanted = normalise_title(title)
    same = []
    for work in dedupe(works)[0]:
        forms = {normalise_title(work.title), normalise_title(work.title.partition(": ")[0])}
        if wanted in forms and not any("not a work of its own" in note for note in work.notes):
            same.append(work)
    whole = [work for work in same if normalise_title(work.title) == wanted]
    return whole or same


def _alike(one: str, two: str) -> bool:
    left, right = (set(re.findall(r"\w{3,}", text.casefold())) for text in (one, two))
    return bool(left and right) and len(left & right) >= 0.6 * min(len(left), len(right))


def _only(works: Sequence[Source], name: str, sentence: str) -> Source:
    works = dedupe(works)[0]
    if not works:
        raise NothingFoundError(f"{sentence}; check it, or add the book by hand")
    if len(works) > 1:
        raise AmbiguousError(name, works)
    return works[0]


def _quietly(
    ask: Callable[[str, Fetcher], Source | None], name: str, fetcher: Fetcher
) -> Source | None:
    try:
        return ask(name, fetcher)
    except UserError:
        return None


def _described(source: Source) -> str:
    people = ", ".join(source.authors[:2]) + (" et al." if len(source.authors) > 2 else "")
    where = f"arXiv:{source.arxiv_id}" if source.arxiv_id else source.doi or source.url
    facts = "; ".join(filter(None, (people, str(source.year or ""), source.venue)))
    return f"{source.title} ({facts}) {where}"
