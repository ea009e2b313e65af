"""Books by their ISBN: Crossref first, then Open Library.

Reference: https://openlibrary.org/dev/docs/api/search
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from litreview.bib.names import Name, shown
from litreview.providers import crossref
from litreview.providers.service import Service, items, number, plain, text
from litreview.web.fetch import Fetcher
from litreview.web.gate import FetchError
from litreview.works.source import Source

SERVICE = Service(
    "Open Library", "LITREVIEW_OPENLIBRARY_URL", "https://openlibrary.org", 1.0,
    advice="try again in a few minutes, or add the source by hand",
)  # fmt: skip
_ISBN = re.compile(r"(?:urn:)?(?:isbn(?:-1[03])?:?\s*)?([\dXx][\dXx\s–-]{8,16})", re.IGNORECASE)


def find_isbn(name: str) -> str:
    """The ISBN that a text is, digits only and with a valid check digit; else nothing."""
    match = _ISBN.fullmatch(name.strip())
    digits = re.sub(r"[\s–-]", "", match[1]).upper() if match else ""
    if re.fullmatch(r"97[89]\d{10}", digits):
        total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits))
        return digits if total % 10 == 0 else ""
    if re.fullmatch(r"\d{9}[\dX]", digits):
        values = [10 if d == "X" else int(d) for d in digits]
        return digits if sum(v * (10 - i) for i, v in enumerate(values)) % 11 == 0 else ""
    return ""


def by_isbn(isbn: str, fetcher: Fetcher) -> list[Source]:
    """The books with an ISBN: usually one, more if its chapters are registered too.

    Raises:
        FetchError: If neither registry can be asked.
    """
    trouble: FetchError | None = None
    try:
        found = [s for s in crossref.by_filter(f"isbn:{isbn}", fetcher)
                 if s.details.get("type") == "book"]  # fmt: skip
        if found:
            return found
    except FetchError as error:
        trouble = error
    fields = "title,subtitle,author_name,first_publish_year,publisher,key"
    try:
        data = SERVICE.json(f"/search.json?{urlencode({'isbn': isbn, 'fields': fields})}", fetcher,
                            holds="docs")  # fmt: skip
    except FetchError as error:
        raise trouble or error from None
    books = [_source(entry, isbn) for entry in items((data or {}).get("docs"))]
    return [book for book in books if book.title]


def _source(entry: dict[str, object], isbn: str) -> Source:
    people = entry.get("author_name")
    authors, families = shown([Name.of(name) for name in people if isinstance(name, str)]
                              if isinstance(people, list) else [])  # fmt: skip
    title = ": ".join(filter(None, (plain(text(entry.get("title"))),
                                    plain(text(entry.get("subtitle"))))))  # fmt: skip
    publishers = entry.get("publisher")
    publisher = text(publishers[0]) if isinstance(publishers, list) and publishers else ""
    key = text(entry.get("key"))
    return Source(
        title=title,
        authors=authors,
        families=families,
        year=number(entry.get("first_publish_year")),
        url=f"https://openlibrary.org{key}" if re.fullmatch(r"/works/OL\d+W", key)
        else f"https://openlibrary.org/isbn/{isbn}",
        abstract="",
        venue=plain(publisher),
        provider="web",
        details={"type": "book", "ISBN": isbn, **({"publisher": plain(publisher)} if publisher
                                                  else {})},
    )  # fmt: skip
