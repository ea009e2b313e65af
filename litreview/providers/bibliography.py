"""Search a BibTeX file that the user has, for example an export of a reference manager."""

from __future__ import annotations

from pathlib import Path

from litreview.bib.bibtex import read_bibtex
from litreview.files import read_text
from litreview.providers.arxiv import NothingFoundError
from litreview.providers.local import select
from litreview.providers.result import SearchResult
from litreview.works.query import Query

MAX_BIB_BYTES = 20_000_000


def search(query: Query, limit: int, bib: Path) -> SearchResult:
    """The entries of a BibTeX file that fit a query; an empty query gives all of them.

    Raises:
        NothingFoundError: If nothing fits.
        UserError: If the file cannot be read.
    """
    parsed = read_bibtex(read_text(bib, max_bytes=MAX_BIB_BYTES), str(bib))
    found = select(parsed.sources, query)
    if not found:
        raise NothingFoundError(
            f"none of the {len(parsed.sources)} entries of {bib} fits {query.text!r}; "
            "use other words"
        )
    return SearchResult(
        provider="bibtex",
        query=query,
        compiled=query.text,
        sources=tuple(found[:limit]),
        total=len(found),
        notes=parsed.notes,
    )
