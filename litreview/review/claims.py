"""A source as somebody cites it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from litreview.review.entry import Entry
from litreview.text.identifiers import find_arxiv_id, find_doi


@dataclass(frozen=True)
class Claim:
    """A source as somebody cites it.

    Attributes:
        title: As cited, or empty.
        authors: As cited; the last may be "et al." or "others".
        year: As cited.
        venue: As cited, or empty.
        doi: As cited, or empty; one in `url` counts, too.
        arxiv_id: As cited, or empty; one in `doi` or `url` counts, too.
        url: Address, or empty.
        line: Where the citation stands, from 1; 0 if nobody knows.
        whole_citation: Whether the title may be all that is cited, or a part of the title, as
            people write in running text.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    doi: str = ""
    arxiv_id: str = ""
    url: str = ""
    line: int = 0
    whole_citation: bool = False

    @property
    def identity(self) -> str:
        """`arxiv:…`, `doi:…`, `url:…` or `title:…`, as cited."""
        for kind, value in (
            ("arxiv", self.named_arxiv_id), ("doi", self.named_doi), ("url", self.url),
        ):  # fmt: skip
            if value:
                return f"{kind}:{value}"
        return f"title:{self.title.casefold()}"

    @property
    def named_arxiv_id(self) -> str:
        """The arXiv id, wherever it stands, or empty."""
        named = find_arxiv_id(self.arxiv_id) or find_arxiv_id(self.doi) or find_arxiv_id(self.url)
        return named or find_arxiv_id(self.venue)

    @property
    def named_doi(self) -> str:
        """The DOI, wherever it stands, unless it is arXiv's own for an id; or empty."""
        text = re.sub(
            r"^(?:doi:\s*|https?://(?:\w+\.)?doi\.org/)", "", self.doi.strip(), flags=re.I
        )
        doi = text.lower() if re.fullmatch(r"10\.\d{4,9}/\S+", text) else find_doi(self.doi)
        if not doi and self.url:
            resolver = re.match(r"https?://(?:[\w-]{1,60}\.)?doi\.org/+([^?#]*)", self.url, re.I)
            bare = resolver[1] if resolver else ""
            doi = bare.lower() if re.fullmatch(r"10\.\d{4,9}/\S+", bare) else find_doi(self.url)
        return "" if doi and find_arxiv_id(doi) else doi


def entry_claims(entries: Iterable[Entry]) -> tuple[Claim, ...]:
    """The sources of a review as claims."""
    return tuple(_entry_claim(entry) for entry in entries if not entry.empty)


def _entry_claim(entry: Entry) -> Claim:
    return Claim(
        title=entry.title or "",
        doi=entry.doi or "",
        arxiv_id=entry.arxiv_id or "",
        url=entry.urls[0] if entry.urls else "",
        line=entry.line,
        whole_citation=True,
    )
