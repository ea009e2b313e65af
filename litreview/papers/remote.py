"""Get the whole text of a work from where it is open.

Of arXiv its HTML, else that of ar5iv (older papers), the source, the PDF. Of another work the open
copy that its registry names, else those that Unpaywall knows.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from litreview.errors import UserError
from litreview.papers.open import MAX_FILE_BYTES, parse
from litreview.papers.paper import Builder, Paper
from litreview.providers.named.unpaywall import open_copies
from litreview.web.fetch import Fetcher
from litreview.web.gate import FetchError, NoNetworkError, RateLimitedError
from litreview.works.source import Source

ARXIV_URL = "https://arxiv.org"
AR5IV_URL = "https://ar5iv.labs.arxiv.org"
ARXIV_INTERVAL_SECONDS = 3.0
# A page with less is a landing page, a cookie notice or a login, and no paper.
MIN_SENTENCES = 40


@dataclass(frozen=True)
class Obtained:
    """What could be read of a work.

    Attributes:
        paper: The whole paper, else its abstract; None if there is neither.
        read: `html`, `latex`, `pdf`, `jats`, `abstract` or `nothing`.
        reason: Why it is not the whole paper; empty if it is.
    """

    paper: Paper | None
    read: str
    reason: str = ""


def obtain(source: Source, fetcher: Fetcher) -> Obtained:
    """Read a work as a whole where it is open, else its abstract.

    Args:
        source: The work.
        fetcher: Makes the requests, at most five, each kept for a day.
    """
    if source.withdrawn:
        return _abstract_of(source, "the work was withdrawn or retracted")
    reason = "no open text is known of it"
    for url, ours in _addresses(source, fetcher):
        try:
            answer = fetcher.get(
                url,
                service="arXiv" if ours else "the open copy",
                max_bytes=MAX_FILE_BYTES,
                interval_seconds=ARXIV_INTERVAL_SECONDS if ours else 1.0,
                accept="text/html, application/pdf, */*;q=0.5",
                trusted=ours,
                advice="try again later",
            )
            paper = parse(answer.body)
        except (NoNetworkError, RateLimitedError) as error:
            return _abstract_of(source, str(error))
        except (FetchError, UserError) as error:
            reason = str(error)
            continue
        if paper.format == "html" and len(paper.sentences) < MIN_SENTENCES:
            reason = f"{url} shows a page about the work and not its text"
            continue
        return Obtained(paper, paper.format)
    return _abstract_of(source, reason)


def _addresses(source: Source, fetcher: Fetcher) -> Iterator[tuple[str, bool]]:
    """Where the text may be, the best form first, and whether the address is the program's own."""
    if source.arxiv_id:
        base = os.environ.get("LITREVIEW_ARXIV_TEXT_URL", ARXIV_URL).rstrip("/")
        ar5iv = os.environ.get("LITREVIEW_AR5IV_URL", AR5IV_URL).rstrip("/")
        yield f"{base}/html/{source.arxiv_id}", True
        yield f"{ar5iv}/html/{source.arxiv_id}", True
        yield f"{base}/e-print/{source.arxiv_id}", True
        yield f"{base}/pdf/{source.arxiv_id}", True
        return
    if source.pdf_url:
        yield source.pdf_url, False
    if source.doi:
        with contextlib.suppress(FetchError):
            for url in open_copies(source.doi, fetcher):
                if url != source.pdf_url:
                    yield url, False


def _abstract_of(source: Source, reason: str) -> Obtained:
    if not source.abstract.strip():
        return Obtained(None, "nothing", reason)
    return Obtained(paper_of_abstract(source), "abstract", reason)


def paper_of_abstract(source: Source) -> Paper:
    """An abstract as a paper of one section."""
    builder = Builder("abstract", source.title)
    builder.heading("Abstract", 1)
    builder.paragraph(source.abstract[:50_000])
    return builder.paper()
