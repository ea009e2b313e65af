"""What a provider is given for a search, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from litreview.errors import UserError
from litreview.web.fetch import Fetcher
from litreview.web.gate import Answer
from litreview.works.dedupe import Merge
from litreview.works.query import Query
from litreview.works.rank import Corpus
from litreview.works.source import Source


class NothingFoundError(UserError):
    """The search worked and there is no such work."""


@dataclass(frozen=True)
class Context:
    """What a provider may use for a search, besides the query.

    Attributes:
        fetcher: Makes the requests.
        snapshot: The index of a snapshot; the user's own by default.
        bib: A BibTeX file.
        today: The day at which an open range of dates ends; the current day by default.
    """

    fetcher: Fetcher
    snapshot: Path | None = None
    bib: Path | None = None
    today: date | None = None


@dataclass(frozen=True)
class Exchange:
    """One answer that a search was made from.

    Attributes:
        url: What was asked.
        sha256: Hash of the answer's body, in hexadecimal.
        size_bytes: Length of the body.
        from_cache: Whether it came from the cache, with no request.
        received: When it was first received, ISO 8601 in UTC.
    """

    url: str
    sha256: str
    size_bytes: int
    from_cache: bool
    received: str

    @classmethod
    def of(cls, answer: Answer) -> Exchange:
        """What is kept of an HTTP answer."""
        return cls(
            url=answer.url,
            sha256=answer.sha256,
            size_bytes=len(answer.body),
            from_cache=answer.from_cache,
            received=answer.received.isoformat(timespec="seconds"),
        )


@dataclass(frozen=True)
class SearchResult:
    """Sources, and how they were found.

    Attributes:
        provider: Who was asked.
        query: What was asked.
        compiled: The query in the provider's own language.
        sources: What was found, in the provider's order.
        total: How many works the provider says match, of which `sources` are the first.
        notes: What the user should know, in sentences.
        exchanges: The answers, in order; empty for a provider on this machine.
        merges: What was joined, if several providers were asked.
        identified: How many records came in before joining; by default all of `sources`.
        corpus: How common the words are among all works of the provider, if it says.
        holding_all: The identities of the works of which the provider says that they hold all
            words, wherever in them it looks.
    """

    provider: str
    query: Query
    compiled: str
    sources: tuple[Source, ...]
    total: int
    notes: tuple[str, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    merges: tuple[Merge, ...] = ()
    identified: int = 0
    corpus: Corpus | None = None
    holding_all: frozenset[str] = frozenset()

    def to_json(self) -> dict[str, Any]:
        """The result as plain JSON data."""
        return {
            "provider": self.provider,
            "query": self.query.text,
            "compiled": self.compiled,
            "total": self.total,
            "identified": self.identified or len(self.sources),
            "sources": [source.to_json() for source in self.sources],
            "merges": [merge.describe() for merge in self.merges],
            "notes": list(self.notes),
            "requests": sum(not exchange.from_cache for exchange in self.exchanges),
        }


# The function `search` of a provider's module: a query, the largest number of works, the means.
Provider = Callable[[Query, int, Context], SearchResult]
