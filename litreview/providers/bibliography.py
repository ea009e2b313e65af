"""Search a bibliography that the user has: BibTeX, RIS, CSL-JSON or NBIB."""

from __future__ import annotations

from litreview.bib.formats import read
from litreview.errors import UserError
from litreview.files import read_text
from litreview.providers.local import select
from litreview.providers.result import Context, NothingFoundError, SearchResult
from litreview.works.query import Query

MAX_BIB_BYTES = 20_000_000


def search(query: Query, limit: int, context: Context) -> SearchResult:
    """The records of a bibliography that fit a query; an empty query gives all of them.

    Raises:
        NothingFoundError: If nothing fits.
        UserError: If there is no file, or it cannot be read.
    """
    bib = context.bib
    if bib is None:
        raise UserError("--provider bibtex needs a file; name it with --bib FILE")
    parsed = read(read_text(bib, max_bytes=MAX_BIB_BYTES), str(bib))
    found = select(parsed.sources, query)
    if not found:
        raise NothingFoundError(
            f"none of the {len(parsed.sources)} records of {bib} fits {query.text!r}; "
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
