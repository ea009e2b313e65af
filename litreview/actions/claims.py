"""In what a source, as somebody cites it, is not as the registries have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from litreview.review.claims import Claim
from litreview.works.people import Comparison, compare_authors
from litreview.works.registered import Registered
from litreview.works.titles import likeness, same_title, stands_in
from litreview.works.venues import is_preprint_server, same_venue

# Below this likeness a registered title is another work, not this one written wrongly.
ALIKE = 0.6


@dataclass(frozen=True)
class Difference:
    """A field that is not as it is registered.

    Attributes:
        field: `title`, `authors`, `year`, `venue` or `identifier`.
        written: As cited.
        registered: As the registry has it.
        grave: Whether it makes another work of the source: a title, or people who have
            nothing to do with it. A year, a venue, or a name left out does not.
    """

    field: str
    written: str
    registered: str
    grave: bool


def differences(claim: Claim, records: Sequence[Registered]) -> tuple[Difference, ...]:
    """The fields that none of a work's records has as they are cited; what is absent is not one.

    Args:
        claim: The source as cited.
        records: A preprint and its publication are one work with two records.
    """
    found = _of_another_work(records)
    first = records[0]
    forms = [title for record in records for title in record.titles]
    if claim.title and not is_titled(claim, forms):
        found.append(Difference("title", claim.title, first.titles[0], grave=True))
    authors = authors_compared(claim, records)
    if authors is not None and not authors.agree:
        found.append(_author_difference(claim, authors, first))
    years = sorted({year for record in records for year in record.years})
    if claim.year and years and not is_of_year(claim, records):
        written, known = str(claim.year), " or ".join(map(str, years))
        found.append(Difference("year", written, known, grave=False))
    venues = [venue for record in records for venue in record.venues]
    preprint = any(record.preprint for record in records)
    # A preprint may have been published anywhere since, and a work posted as a preprint.
    free = is_preprint_server(claim.venue) or (
        preprint and all(is_preprint_server(venue) for venue in venues)
    )
    if claim.venue and venues and not free and not same_venue(claim.venue, venues):
        found.append(Difference("venue", claim.venue, venues[0], grave=False))
    return tuple(found)


def _of_another_work(records: Sequence[Registered]) -> list[Difference]:
    """An id and a DOI that belong to two works cannot both be the source's."""
    first = records[0]
    return [
        Difference("identifier", other.url, f"another work, {other.titles[0]}", grave=True)
        for other in records[1:]
        if not same_title(other.titles[0], first.titles)
        and likeness(other.titles[0], first.titles) < ALIKE
    ]


def is_titled(claim: Claim, forms: Sequence[str]) -> bool:
    """Whether a source's title is one of the forms in which a work is registered."""
    if same_title(claim.title, forms):
        return True
    return claim.whole_citation and stands_in(claim.title, forms)


def authors_compared(claim: Claim, records: Sequence[Registered]) -> Comparison | None:
    """The comparison with the record that agrees best, or None if there is nothing to compare."""
    if not claim.authors:
        return None
    compared = [
        compare_authors(claim.authors, record.authors) for record in records if record.authors
    ]
    return min(compared, key=lambda c: (len(c.strangers), len(c.missing)), default=None)


def _author_difference(claim: Claim, authors: Comparison, record: Registered) -> Difference:
    first = claim.authors[0] in authors.strangers
    if authors.strangers:
        written = _listed(authors.strangers)
        return Difference(
            "authors", written, _listed(record.authors), grave=first or not authors.shared
        )
    count = len(authors.missing)
    written = f"{_listed(claim.authors)}, without {count} of {authors.shared + count} authors"
    return Difference("authors", written, _listed(record.authors), grave=False)


def _listed(names: Sequence[str]) -> str:
    return "; ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def is_of_year(claim: Claim, records: Sequence[Registered]) -> bool:
    """Whether a source's year is one of a work's, a year more or less where it is a preprint."""
    years = [year for record in records for year in record.years]
    slack = 1 if any(record.preprint for record in records) else 0
    return min(years) - slack <= (claim.year or 0) <= max(years) + slack
