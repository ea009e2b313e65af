"""Join records of the same work, and never two works.

Records are joined if they share an arXiv id, a DOI or an address. Beyond that,
only if their titles are equal up to case, accents, punctuation and spelling, the
digits and negations in them are the same, an author is shared, and no arXiv ids
or dates speak against it: titles that are merely similar nearly always belong to
different works ("TREC 2019", "TREC 2020").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from litreview.text.identifiers import normalise_url
from litreview.works.source import Source

_NEGATIONS = frozenset("no not non without never nor cannot".split())  # noqa: SIM905
_MAX_YEARS_APART = 3
_MIN_TITLE_WORDS = 3


@dataclass(frozen=True)
class Merge:
    """Records that were joined.

    Attributes:
        kept: The joined record.
        joined: All records that went into it, in the order found.
        reasons: Why each record after the first belongs to it.
    """

    kept: Source
    joined: tuple[Source, ...]
    reasons: tuple[str, ...]

    def describe(self) -> str:
        """The merge in one sentence."""
        providers = ", ".join(dict.fromkeys(source.provider or "?" for source in self.joined))
        return (
            f"joined {len(self.joined)} records of “{self.kept.title}” ({providers}): "
            + "; ".join(dict.fromkeys(self.reasons))
        )


def dedupe(sources: Sequence[Source]) -> tuple[tuple[Source, ...], tuple[Merge, ...]]:
    """Join records of the same work.

    Args:
        sources: In order of preference; a group takes the place of its first record.

    Returns:
        The works in order, and a report of what was joined.
    """
    groups: list[list[Source]] = []
    reasons: list[list[str]] = []
    by_key: dict[str, int] = {}
    by_title: dict[str, list[int]] = {}
    for source in sources:
        place, why = _find(source, groups, by_key, by_title)
        if place is None:
            place = len(groups)
            groups.append([])
            reasons.append([])
        elif groups[place]:
            reasons[place].append(why)
        groups[place].append(source)
        for key in _keys(source):
            by_key.setdefault(key, place)
        titles = by_title.setdefault(normalise_title(source.title), [])
        if place not in titles:
            titles.append(place)
    kept = tuple(_joined(group) for group in groups)
    merges = tuple(
        Merge(work, tuple(group), tuple(why))
        for work, group, why in zip(kept, groups, reasons, strict=True)
        if len(group) > 1
    )
    return kept, merges


def normalise_title(title: str) -> str:
    """A title's letters and digits, in one spelling; equal for equal titles only."""
    text = unicodedata.normalize("NFKD", title.replace("$", " ")).casefold()
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"\\[a-z]+|[{}^_\\]", "", text)
    words = re.findall(r"[^\W_]+", text)
    return "".join(re.sub(r"is(?=(?:e|ed|es|ing|ation|ations)$)", "iz", word) for word in words)


def _find(
    source: Source,
    groups: Sequence[Sequence[Source]],
    by_key: dict[str, int],
    by_title: dict[str, list[int]],
) -> tuple[int | None, str]:
    for key in _keys(source):
        if key in by_key and not _contradict(source, groups[by_key[key]], key):
            kind, _, value = key.partition(":")
            names = {"arxiv": "same arXiv id", "doi": "same DOI", "url": "same address"}
            return by_key[key], f"{names.get(kind, f'same id at {kind}')} {value}"
    for place in by_title.get(normalise_title(source.title), ()):
        if source.title and all(_same_work(source, other) for other in groups[place]):
            return place, "equal title, an author in common and no id that differs"
    return None, ""


def _contradict(source: Source, group: Sequence[Source], key: str) -> bool:
    """A shared address or DOI does not outweigh two different arXiv ids."""
    ids = {other.arxiv_id for other in group if other.arxiv_id}
    return not key.startswith("arxiv:") and bool(
        source.arxiv_id and ids and source.arxiv_id not in ids
    )


def _same_work(one: Source, two: Source) -> bool:
    if one.arxiv_id and two.arxiv_id and one.arxiv_id != two.arxiv_id:
        return False
    if _digits(one.title) != _digits(two.title) or _negations(one.title) != _negations(two.title):
        return False
    if not _families(one) & _families(two):
        return False
    if one.year is None or two.year is None:
        return True
    short = len(re.findall(r"[^\W_]+", one.title)) < _MIN_TITLE_WORDS
    return abs(one.year - two.year) <= (0 if short else _MAX_YEARS_APART)


def _keys(source: Source) -> list[str]:
    keys = [f"arxiv:{source.arxiv_id}"] if source.arxiv_id else []
    if source.doi:
        keys.append(f"doi:{source.doi}")
    if source.url:
        keys.append(f"url:{normalise_url(source.url)}")
    return [*keys, *source.aliases]


def _joined(group: Sequence[Source]) -> Source:
    """The first record, completed from the others; the original abstract wins over ours."""
    if len(group) == 1:
        return group[0]
    result = group[0]
    donor = next((other for other in group if other.abstract), result)
    if donor.abstract and not result.abstract and donor.provider:
        result = replace(result, notes=(*result.notes, f"its abstract is from {donor.provider}"))
    for other in group[1:]:
        for name in ("year", "url", "abstract", "arxiv_id", "doi", "published", "pdf_url"):
            if not getattr(result, name):
                result = replace(result, **{name: getattr(other, name)})
        if result.venue in ("", "arXiv") and other.venue:
            result = replace(result, venue=other.venue)
        if len(other.authors) > len(result.authors):
            result = replace(result, authors=other.authors, families=other.families)
        if not result.details:
            result = replace(result, details=other.details)
        if not result.categories:
            result = replace(result, categories=other.categories)
        if other.version and other.version > (result.version or 0):
            result = replace(result, version=other.version)
    return replace(
        result,
        withdrawn=any(source.withdrawn for source in group),
        notes=tuple(
            dict.fromkeys([*result.notes, *(note for source in group for note in source.notes)])
        ),
        aliases=tuple(dict.fromkeys(alias for source in group for alias in source.aliases)),
        citations=max((s.citations for s in group if s.citations is not None), default=None),
        provider=", ".join(dict.fromkeys(filter(None, (source.provider for source in group)))),
    )


def _digits(title: str) -> list[str]:
    return re.findall(r"\d+", unicodedata.normalize("NFKD", title))


def _negations(title: str) -> list[str]:
    words = re.findall(r"[\w']+", title.casefold().replace("’", "'").replace("-", " "))
    return [word for word in words if word in _NEGATIONS]


def _families(source: Source) -> set[str]:
    """Family names without accents: what stands before a comma, or the last word."""
    found = set()
    for author in source.authors:
        letters = unicodedata.normalize("NFKD", author.partition(",")[0]).casefold()
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
        words = re.findall(r"[^\W\d_]+", plain)
        if words:
            found.add(words[-1])
    return found
