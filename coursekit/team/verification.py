"""How far a team's sources were verified, by the record that lies beside its review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coursekit.errors import RepositoryError
from coursekit.team.files import TeamFiles
from litreview.actions.record import RECORD_NAME, TIERS, UNCHECKED, parse_record
from litreview.review.claims import entry_claims
from litreview.review.findings import Report

MAX_BYTES = 1_000_000
MAX_SOURCES = 1_000


@dataclass(frozen=True, slots=True)
class SourceTiers:
    """The tiers of a review's sources.

    Attributes:
        counts: How many sources there are of each of litreview's tiers, in their order.
        by_identity: The tier of each source, by the identity of its claim.
        checked: The day of the record as an ISO date; empty where there is no record.
        current: Whether the review is still the text that was verified.
        fails: Whether the record names a source that may not stay as it is cited.
    """

    counts: tuple[tuple[str, int], ...] = ()
    by_identity: tuple[tuple[str, str], ...] = ()
    checked: str = ""
    current: bool = False
    fails: bool = False

    @property
    def total(self) -> int:
        """How many sources the review has."""
        return sum(count for _, count in self.counts)

    @property
    def is_verified(self) -> bool:
        """Whether the review as it is was verified, and no source has to be put right."""
        return self.current and not self.fails

    def count(self, tier: str) -> int:
        """How many sources have a tier."""
        return dict(self.counts).get(tier, 0)

    def told(self) -> str:
        """The counts in words, such as "3 verified, 1 not found"."""
        return ", ".join(f"{count} {tier}" for tier, count in self.counts if count)


def read_tiers(files: TeamFiles, review: Report) -> SourceTiers:
    """Which tier each source of a review has, as the team's record says.

    The record is a statement of whoever ran `litreview verify`; a source that it does not
    name is unchecked.

    Args:
        files: The team's repository.
        review: What `check_review` found.
    """
    identities = [claim.identity for claim in entry_claims(review.sources[:MAX_SOURCES])]
    folder, _, _ = review.path.rpartition("/")
    path = f"{folder}/{RECORD_NAME}" if folder else RECORD_NAME
    record = None
    if review.path and path in files.entries:
        text = files.text(path, max_bytes=MAX_BYTES)
        record = parse_record(text, _as_stored(files, review.path))
        if text and record is None:
            files.note(path, "is no record of `litreview verify`; run it again")
    known = record.by_identity if record else {}
    return _tiers(
        [(one, known.get(one, UNCHECKED)) for one in identities],
        record.checked if record else "",
        current=bool(record and record.current),
        fails=bool(record and record.fails),
    )


def _tiers(
    pairs: Sequence[tuple[str, str]], checked: str, *, current: bool, fails: bool
) -> SourceTiers:
    found = [tier for _, tier in pairs]
    counts = tuple((tier, found.count(tier)) for tier in TIERS)
    return SourceTiers(counts, tuple(pairs), checked, current, fails)


def _as_stored(files: TeamFiles, path: str) -> bytes:
    try:
        return files.repository.read_object(files.entries[path].oid)
    except RepositoryError:
        return b""
