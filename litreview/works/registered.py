"""A work as a registry has it, and what has happened to it since it appeared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# What happens to works, by its name at Crossref, and what to call it.
UPDATES = {
    "retraction": "the retraction", "correction": "a correction", "corrigendum": "a correction",
    "erratum": "an erratum", "expression_of_concern": "an expression of concern",
    "addendum": "an addendum", "clarification": "a clarification",
    "new_version": "a new version", "new_edition": "a new edition",
}  # fmt: skip
_RETRACTIONS = frozenset(("retraction", "withdrawal", "removal", "partial_retraction"))
_WORKS = frozenset(("new_version", "new_edition"))  # these are works of their own, no notices
_SIGN = re.compile(
    r"\W{0,20}(?:retracted(?:\s{1,9}article)?|withdrawn|removed|temporary removal)\b\s{0,9}[:\]—–-]"
    r"\s{0,9}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Update:
    """What has happened to a work since it appeared.

    Attributes:
        kind: As Crossref names it: `retraction`, `correction`, `expression_of_concern` …
        day: When, as an ISO date or its beginning, or empty.
        doi: Of the notice, or of the work that a notice is about, or empty.
        by_title: Whether nothing says so but the title.
    """

    kind: str
    day: str = ""
    doi: str = ""
    by_title: bool = False

    @classmethod
    def named(cls, kind: str, day: str = "", doi: str = "") -> Update:
        """With its kind as a registry writes it: case, hyphens, and ways to say retraction."""
        kind = kind.lower().replace("-", "_").replace(" ", "_")
        return cls("retraction" if kind in _RETRACTIONS else kind, day, doi)


@dataclass(frozen=True)
class Registered:
    """A work as a registry has it.

    Attributes:
        registry: `Crossref`, `OpenAlex`, `DataCite` or `arXiv`.
        titles: The title, then with its subtitle, and other forms that are registered.
        authors: Each as `Family, Given` or as it stands; empty if none are registered.
        years: Of every publication that is registered: online, in print, as a preprint.
        venues: Journal, its short names, event, publisher, institution.
        doi: In lower case, or empty.
        arxiv_id: Without a version, or empty.
        url: Where a person can look.
        preprint: Whether this is a version before publication.
        updates: Retractions, corrections and concerns.
        notices: What this record is a notice of, each with the DOI of the work it is about.
    """

    registry: str
    titles: tuple[str, ...]
    authors: tuple[str, ...]
    years: tuple[int, ...]
    venues: tuple[str, ...]
    doi: str = ""
    arxiv_id: str = ""
    url: str = ""
    preprint: bool = False
    updates: tuple[Update, ...] = ()
    notices: tuple[Update, ...] = ()

    @property
    def retraction(self) -> Update | None:
        """The update that retracts the work, if one does."""
        return next((u for u in self.updates if u.kind == "retraction"), None)

    @property
    def own_doi(self) -> str:
        """The DOI, unless it is the one that arXiv gives to an id."""
        return "" if self.arxiv_id else self.doi


def without_sign(title: str) -> tuple[str, bool]:
    """A title without the `RETRACTED:` that some put before it, and whether it stood there."""
    sign = _SIGN.match(title)
    return (title[sign.end() :] or title, True) if sign else (title, False)


def signed(
    titles: Iterable[str], updates: Iterable[Update]
) -> tuple[tuple[str, ...], tuple[Update, ...]]:
    """Titles without their sign, and the updates with the retraction that only the sign tells."""
    read = [without_sign(title) for title in titles]
    found = list(dict.fromkeys(updates))
    if read and read[0][1] and not any(update.kind == "retraction" for update in found):
        found.append(Update("retraction", by_title=True))
    return tuple(title for title, _ in read), tuple(found)


def is_notice(kind: str) -> bool:
    """Whether an update of a work is a notice, and not another work."""
    return kind in UPDATES and kind not in _WORKS
