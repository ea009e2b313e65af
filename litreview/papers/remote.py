"""Get the whole text of a work from where it is open: arXiv's HTML first, then source, then PDF."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from litreview.errors import UserError
from litreview.papers.open import MAX_FILE_BYTES, parse
from litreview.papers.paper import Builder, Paper
from litreview.web.fetch import Fetcher
from litreview.web.gate import FetchError, NoNetworkError, RateLimitedError
from litreview.works.source import Source

ARXIV_URL = "https://arxiv.org"
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
        fetcher: Makes the requests, at most three, each kept for a day.
    """
    if source.withdrawn:
        return _abstract_of(source, "the work was withdrawn or retracted")
    reason = "no open text is known of it"
    for url, ours in _addresses(source):
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


def _addresses(source: Source) -> Iterator[tuple[str, bool]]:
    """Where the text may be, the best form first, and whether the address is the program's own."""
    if source.arxiv_id:
        base = os.environ.get("LITREVIEW_ARXIV_TEXT_URL", ARXIV_URL).rstrip("/")
        for kind in ("html", "e-print", "pdf"):
            yield f"{base}/{kind}/{source.arxiv_id}", True
    elif source.pdf_url:
        yield source.pdf_url, False


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
