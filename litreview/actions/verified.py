"""From a review or a bibliography to claims, and from verifications to findings and a record.

The record names the text that it is about by a hash; `record` reads it again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from litreview.actions.record import RECORD_NAME
from litreview.actions.verify import Verification, count_tiers
from litreview.bib.formats import read as read_bibliography
from litreview.errors import UserError
from litreview.files import decode_text, read_bytes, read_text, write_atomic
from litreview.review.claims import Claim, entry_claims
from litreview.review.entry import Entry
from litreview.review.findings import Finding, Report
from litreview.review.reading import read_review
from litreview.review.readme import find_review

MAX_BIB_BYTES = 20_000_000


@dataclass(frozen=True)
class Cited:
    """A file and the sources that it cites.

    Attributes:
        path: The README or the bibliography.
        claims: Its sources, in order.
        is_review: Whether it is a team's review.
        sha256: Hash of the file, in hexadecimal.
    """

    path: Path
    claims: tuple[Claim, ...]
    is_review: bool
    sha256: str


def read_claims(path: Path) -> Cited:
    """The sources of a review README, its folder or repository, or of a BibTeX file.

    Raises:
        UserError: If there is nothing to read, or nothing cited in it.
    """
    if path.suffix.lower() == ".bib":
        text = read_text(path, max_bytes=MAX_BIB_BYTES)
        claims = _bibtex_claims(text, str(path))
        return Cited(path, claims, False, hashlib.sha256(text.encode()).hexdigest())
    readme = find_review(path)
    data = read_bytes(readme)
    entries = read_review(decode_text(data, str(readme))).sources
    claims = entry_claims(entries)
    if not claims:
        raise UserError(
            f"{readme}: cites no source yet; `litreview check` says what a review needs"
        )
    return Cited(readme, claims, True, hashlib.sha256(data).hexdigest())


def _bibtex_claims(text: str, name: str) -> tuple[Claim, ...]:
    claims = []
    lines = _Lines(text)
    for source in read_bibliography(text, name).sources:
        line = lines.find(source.doi or source.arxiv_id or source.title)
        authors = source.authors
        if authors and lines.has_others(line):
            authors = (*authors, "others")
        claims.append(
            Claim(
                source.title, authors, source.year, source.venue, source.doi, source.arxiv_id,
                source.url, line,
            )
        )  # fmt: skip
    return tuple(claims)


class _Lines:
    """Where the entries of a BibTeX file begin."""

    def __init__(self, text: str) -> None:
        starts = [match.start() for match in re.finditer(r"^[ \t]{0,20}@\w+\s?[{(]", text, re.M)]
        self.entries: list[tuple[int, str]] = []
        line = text.count("\n", 0, starts[0]) + 1 if starts else 1
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
            self.entries.append((line, text[start:end].casefold()))
            line += text.count("\n", start, end)
        self.at = dict(self.entries)
        self.position = 0

    def find(self, telling: str) -> int:
        """The line of the next entry that holds a text, or of the next entry of all."""
        wanted = telling.casefold()[:60]
        for index in range(self.position, min(len(self.entries), self.position + 50)):
            if wanted and wanted in self.entries[index][1]:
                self.position = index + 1
                return self.entries[index][0]
        if self.position < len(self.entries):
            self.position += 1
            return self.entries[self.position - 1][0]
        return 0

    def has_others(self, line: int) -> bool:
        """Whether the entry at a line says that there are more authors."""
        return bool(re.search(r"\band\s+others\b", self.at.get(line, "")))


def findings(verifications: Sequence[Verification]) -> tuple[Finding, ...]:
    """What a team has to put right, and what it should know."""
    found: list[Finding] = []
    for item in verifications:
        line, name = item.claim.line or 1, _name(item.claim)
        if item.tier == "retracted":
            message = f"{name}: {item.reason}; take it out, or say why a retracted work is cited"
            found.append(Finding(line, "error", "retracted", message))
        elif item.tier == "not found":
            message = (
                f"{name}: {item.reason}; open the work itself, and correct or remove the source"
            )
            found.append(Finding(line, "error", "not-found", message))
        elif item.tier == "unchecked":
            found.append(Finding(line, "hint", "unchecked", f"{name}: {item.reason}"))
        for difference in item.differences:
            level = "error" if difference.grave else "warning"
            message = (
                f"{name}: {difference.field} “{difference.written[:200]}” is registered as "
                f"“{difference.registered[:200]}” ({item.registry}, {item.url})"
            )
            found.append(Finding(line, level, f"{difference.field}-differs", message))
        found += [Finding(line, "hint", "note", f"{name}: {note}") for note in item.notes]
    return tuple(sorted(set(found)))


def as_report(cited: Cited, verifications: Sequence[Verification]) -> Report:
    """The verifications as a report that the formats of `check` can tell."""
    entries = tuple(
        Entry(
            claim.title or claim.identity, (claim.url,) if claim.url else (), claim.arxiv_id,
            claim.doi, None, None, None, None, claim.line or number,
        )
        for number, claim in enumerate(cited.claims, 1)
    )  # fmt: skip
    failed = any(item.fails for item in verifications)
    return Report(cited.path.as_posix(), "list", not failed, 0, entries, findings(verifications))


def as_text(cited: Cited, verifications: Sequence[Verification]) -> str:
    """One line for each source, what differs below it, and a summary."""
    lines = []
    for item in verifications:
        place = f"{cited.path.as_posix()}:{item.claim.line or 1}"
        reason = item.reason if item.tier != "differs" else f"{item.registry} has it otherwise"
        address = f" ({item.url})" if item.url and item.url not in reason else ""
        lines.append(f"{place}: {item.tier}: {_name(item.claim)}: {reason}{address}")
        lines += [
            f"    {difference.field}: {difference.written[:300]}\n"
            f"    {'registered':>{max(len(difference.field), 10)}}: {difference.registered[:300]}"
            for difference in item.differences
        ]
        lines += [f"    note: {note}" for note in item.notes if note not in item.reason]
    counts = ", ".join(
        f"{count} {tier}" for tier, count in count_tiers(verifications).items() if count
    )
    many = len(verifications)
    lines.append(f"{cited.path.as_posix()}: {many} source{'s' * (many != 1)}: {counts}")
    return "\n".join(lines)


def _name(claim: Claim) -> str:
    return f"“{claim.title[:80]}”" if claim.title else claim.identity[:120]


def record(cited: Cited, verifications: Sequence[Verification], day: date) -> dict[str, Any]:
    """The tiers of a review's sources as the JSON that lies beside it."""
    return {
        "checked": day.isoformat(),
        "sha256": cited.sha256,
        "tiers": count_tiers(verifications),
        "sources": [
            {
                "identity": item.claim.identity, "title": item.claim.title,
                "line": item.claim.line, "tier": item.tier, "reason": item.reason,
                "registry": item.registry, "url": item.url, "fails": item.fails,
            }
            for item in verifications
        ],
    }  # fmt: skip


def write_record(cited: Cited, verifications: Sequence[Verification], day: date) -> Path:
    """Write the record beside the review; returns its path.

    Raises:
        UserError: If it cannot be written.
    """
    path = cited.path.with_name(RECORD_NAME)
    data = record(cited, verifications, day)
    write_atomic(path, json.dumps(data, ensure_ascii=False, indent=2) + "\n")
    return path
