"""One work that a review may cite, and what makes two records the same work.

A work is known by its arXiv id without the version, else by its DOI, else by
its address. Nothing else is an identity: titles are compared in `dedupe`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from litreview.text.identifiers import normalise_url


@dataclass(frozen=True)
class Source:
    """One reviewed or reviewable work.

    Attributes:
        title: In one line.
        authors: Full names, in the work's order.
        year: Of the first publication.
        url: Where to read about it.
        abstract: As the provider gives it, or empty.
        venue: Journal, conference or web site.
        arxiv_id: Without a version: `1706.03762`, `math/0601001`.
        doi: In lower case, without an address around it.
        published: ISO date of the first version, or empty.
        categories: arXiv categories, the primary one first.
        pdf_url: Address of a PDF, or empty.
        provider: Who the record is from.
        version: arXiv version that the record describes, if it says one.
        withdrawn: Whether the work was withdrawn by its authors or retracted; a note says which.
        notes: What a reader should know about the record.
        families: The family name in each of `authors`, where the record tells it apart;
            that of an organisation is its whole name.
        details: What bibliographies say beyond this, by its name in CSL: `type`, `volume`,
            `page`, `publisher` …
        aliases: Other names of the same work: `openalex:W…`, `s2:…`.
        citations: How often it is cited, if the provider counts.
    """

    title: str
    authors: tuple[str, ...]
    year: int | None
    url: str
    abstract: str
    venue: str = ""
    arxiv_id: str = ""
    doi: str = ""
    published: str = ""
    categories: tuple[str, ...] = ()
    pdf_url: str = ""
    provider: str = ""
    version: int | None = None
    withdrawn: bool = False
    notes: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict, hash=False)
    aliases: tuple[str, ...] = ()
    citations: int | None = None

    @property
    def identity(self) -> str:
        """What tells this work from others: `arxiv:…`, `doi:…`, `url:…` or `title:…`."""
        if self.arxiv_id:
            return f"arxiv:{self.arxiv_id}"
        if self.doi:
            return f"doi:{self.doi}"
        if self.url:
            return f"url:{normalise_url(self.url)}"
        words = re.findall(r"\w+", self.title.casefold())
        return f"title:{' '.join(words)}"

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON data, with its identity."""
        return {"identity": self.identity, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Source:
        """The inverse of `to_json`; unknown keys are ignored, missing ones are empty.

        Raises:
            TypeError: If a value is of another type than its field.
        """
        values: dict[str, Any] = {
            "title": "", "authors": (), "year": None, "url": "", "abstract": "",
            **{each.name: data[each.name] for each in fields(cls) if each.name in data},
        }  # fmt: skip
        for key in ("authors", "categories", "notes", "families", "aliases"):
            values[key] = tuple(values.get(key) or ())
            if not all(isinstance(item, str) for item in values[key]):
                raise TypeError(f"{key} holds something that is no text")
        values["details"] = dict(values.get("details") or {})
        for name in ("title", "url", "abstract", "venue", "arxiv_id", "doi", "published"):
            if not isinstance(values.get(name, ""), str):
                raise TypeError(f"{name} is no text")
        for name in ("year", "version", "citations"):
            if not isinstance(values.get(name), int | None):
                raise TypeError(f"{name} is no number")
        return cls(**values)
