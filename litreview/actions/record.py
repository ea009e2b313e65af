"""Read the record of what was verified, and say which tiers there are.

The record, `verification.json` beside a review, keeps the tier of each source for
whoever shows the review later. It names the text that it is about by a hash, so that a
review that was changed since is recognised. Who only reads it needs no registry, so
nothing here imports one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from litreview.errors import UserError
from litreview.files import read_bytes, read_text

RECORD_NAME = "verification.json"
VERIFIED, UNCHECKED = "verified", "unchecked"
TIERS = (VERIFIED, "differs", "retracted", "not found", UNCHECKED)


@dataclass(frozen=True)
class Record:
    """What a record beside a review says.

    Attributes:
        checked: The day, as an ISO date.
        tiers: How many sources there are of each tier.
        by_identity: The tier of each source.
        current: Whether the review is still the text that was verified.
        fails: Whether a source may not stay as it is cited.
    """

    checked: str
    tiers: Mapping[str, int]
    by_identity: Mapping[str, str]
    current: bool
    fails: bool


def read_record(review: Path) -> Record | None:
    """The record beside a review README, or None where there is none that can be read.

    A record is a statement of whoever ran the command, the team itself perhaps: to be
    sure, verify again.
    """
    try:
        return parse_record(read_text(review.with_name(RECORD_NAME)), read_bytes(review))
    except UserError:
        return None


def parse_record(text: str, review: bytes) -> Record | None:
    """What a record says of a review; None where it cannot be read.

    Args:
        text: The record.
        review: The README that lies beside it, as it is stored.
    """
    try:
        data = json.loads(text)
        sources = [item for item in data["sources"] if item["tier"] in TIERS]
        return Record(
            checked=str(data["checked"])[:10],
            tiers={tier: sum(item["tier"] == tier for item in sources) for tier in TIERS},
            by_identity={str(item["identity"]): item["tier"] for item in sources},
            current=hashlib.sha256(review).hexdigest() == data["sha256"],
            fails=any(item["fails"] is True for item in sources),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
