"""Keep a record of every search that feeds a review, beside it.

One line of JSON per search in `searches.jsonl`: what was asked, when, of whom, how
many works there were, how many remained at each step (as PRISMA counts them), the
hash of every answer, and what was found. With it a reader can repeat the search.

Reference: https://www.prisma-statement.org (Page et al., 2021, doi:10.1136/bmj.n71)
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from litreview import __version__
from litreview.errors import UserError
from litreview.files import read_text, write_atomic
from litreview.providers.result import SearchResult
from litreview.works.query import Query, parse
from litreview.works.source import Source

NAME = "searches.jsonl"
SCHEMA = 1
MAX_LOG_BYTES = 50_000_000


@dataclass(frozen=True)
class Record:
    """One search.

    Attributes:
        date: When, ISO 8601 in UTC.
        provider: Who was asked.
        query: What was typed.
        filters: `categories`, `authors`, `since` and `until`.
        compiled: What the provider was asked in its own language.
        limit: The largest number of works wanted.
        total: How many works the provider says match.
        counts: `identified`, `deduplicated`, `screened`, `included`.
        responses: Address, hash and size of each answer.
        found: Identity, title, authors, year, venue and addresses of each work.
        included: Identities of the works that went into the review.
        merges: What was joined, in sentences.
        notes: What was said to the user.
        tool: Name and version of this program.
        schema: Version of this layout.
    """

    date: str
    provider: str
    query: str
    filters: dict[str, Any]
    compiled: str
    limit: int
    total: int
    counts: dict[str, int]
    responses: list[dict[str, Any]]
    found: list[dict[str, Any]]
    included: list[str]
    merges: list[str]
    notes: list[str]
    tool: str = f"litreview {__version__}"
    schema: int = SCHEMA

    @property
    def sources(self) -> tuple[Source, ...]:
        """The works that were found, without abstracts."""
        return tuple(map(Source.from_json, self.found))


def record_search(
    review: Path,
    result: SearchResult,
    *,
    limit: int,
    included: Iterable[str],
    screened: int | None = None,
    today: date | None = None,
) -> Record:
    """Add a search to the log beside a review.

    A search that is already there with the same answer and outcome is not added
    again, so that a repeated command leaves the log as it is.

    Args:
        review: The review's README.
        result: What was found.
        limit: The largest number of works that was asked for.
        included: Identities of the works that are in the review now.
        screened: How many works were looked at; by default all but the withdrawn.
        today: The day of the search, in UTC; now by default.

    Returns:
        The record, as it stands in the log.

    Raises:
        UserError: If the log cannot be written.
    """
    path = log_path(review)
    chosen = set(included)
    entry = make(result, limit=limit, included=chosen, screened=screened, today=today)
    text = read_text(path, max_bytes=MAX_LOG_BYTES) if path.exists() else ""
    known = _read_lines(text, path, strict=False)
    for other in known:
        if _outcome(other) == _outcome(entry):
            return other
    gap = "" if not text or text.endswith("\n") else "\n"
    line = json.dumps(asdict(entry), ensure_ascii=False, separators=(",", ":"))
    write_atomic(path, f"{text}{gap}{line}\n")
    return entry


def make(
    result: SearchResult,
    *,
    limit: int,
    included: Iterable[str] = (),
    screened: int | None = None,
    today: date | None = None,
) -> Record:
    """The record of a search; the arguments are those of `record_search`."""
    now = datetime.now(UTC)
    if today is not None:
        now = datetime(today.year, today.month, today.day, tzinfo=UTC)
    query = result.query
    chosen = set(included)
    names = [source.identity for source in result.sources]
    kept = [source for source in result.sources if not source.withdrawn]
    return Record(
        date=now.isoformat(timespec="seconds"),
        provider=result.provider,
        query=query.text,
        filters={
            "categories": list(query.categories),
            "authors": list(query.authors),
            "since": query.since.isoformat() if query.since else "",
            "until": query.until.isoformat() if query.until else "",
        },
        compiled=result.compiled,
        limit=limit,
        total=result.total,
        counts={
            "identified": result.identified or len(names),
            "deduplicated": len(names),
            "screened": len(kept) if screened is None else screened,
            "included": sum(name in chosen for name in names),
        },
        responses=[
            {"url": exchange.url, "sha256": exchange.sha256, "bytes": exchange.size_bytes}
            for exchange in result.exchanges
        ],
        found=[_brief(source) for source in result.sources],
        included=[name for name in names if name in chosen],
        merges=[merge.describe() for merge in result.merges],
        notes=list(result.notes),
    )


def read_searches(review: Path) -> tuple[Record, ...]:
    """The searches that are recorded beside a review.

    Args:
        review: The review's README, its folder, or the log itself.

    Raises:
        UserError: If there is no log, or a line of it cannot be read.
    """
    path = log_path(review)
    if not path.is_file():
        raise UserError(
            f"{path}: no search is recorded here yet; `litreview draft` and `litreview search "
            "--log` record theirs"
        )
    return tuple(_read_lines(read_text(path, max_bytes=MAX_LOG_BYTES), path, strict=True))


def query_of(entry: Record) -> Query:
    """The query of a record, as it was parsed then."""
    filters = entry.filters
    return parse(
        entry.query,
        categories=filters.get("categories") or (),
        authors=filters.get("authors") or (),
        since=filters.get("since") or "",
        until=filters.get("until") or "",
    )


def log_path(review: Path) -> Path:
    """Where the log of a review lies."""
    if review.name == NAME:
        return review
    return (review if review.is_dir() else review.parent) / NAME


def _outcome(entry: Record) -> Record:
    """What two records of the same search have in common, whenever they were made."""
    hashes = [{"sha256": response.get("sha256")} for response in entry.responses]
    return replace(entry, date="", tool="", responses=hashes)


def _brief(source: Source) -> dict[str, Any]:
    fields = ("title", "authors", "year", "url", "venue", "arxiv_id", "doi", "published",
              "version", "withdrawn", "provider", "families", "details", "aliases")  # fmt: skip
    values = {name: getattr(source, name) for name in fields}
    # What is empty goes, so that a line stays short; `Source.from_json` puts it back.
    brief = {
        # As JSON gives them back, so that a record equals itself when it is read again.
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value
    }
    return {"identity": source.identity, **brief, "authors": list(source.authors)}


def _read_lines(text: str, path: Path, *, strict: bool) -> list[Record]:
    records = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            known = {name: data[name] for name in Record.__dataclass_fields__}
            _check_types(known)
            entry = Record(**known)
            _ = entry.sources  # so that a damaged work is told with its line, and here only
            records.append(entry)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if strict:
                raise UserError(
                    f"{path}, line {number}: is not the record of a search ({error}); restore the "
                    "line from git, or delete it"
                ) from error
    return records


_TYPES = {
    "date": str, "provider": str, "query": str, "filters": dict, "limit": int,
    "counts": dict, "responses": list, "found": list,
}  # fmt: skip


def _check_types(values: dict[str, Any]) -> None:
    for name, kind in _TYPES.items():
        if not isinstance(values[name], kind):
            raise TypeError(f"{name} is no {kind.__name__}")
    date.fromisoformat(values["date"][:10])
    if not all(isinstance(item, dict) for item in [*values["responses"], *values["found"]]):
        raise TypeError("an answer or a work is no object")
