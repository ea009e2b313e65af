"""Whether a venue that somebody names is where a work appeared.

Journals are abbreviated, conferences have short names, and both carry years and
numbers: what stays is compared word by word, a shorter word standing for the longer
one that it begins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from litreview.works.titles import tokens

# ruff: noqa: SIM905  (a string of words reads better than a list of them)
_SMALL = frozenset(
    "a an and the of in on for to with by from at der die das und fur le la les de des du et und "
    "y e da do the proceedings proc conference conf annual international intl int meeting volume "
    "vol part issue no number pages pp series lecture notes advances workshop symposium th st nd "
    "rd first second third fourth fifth main short long papers findings ltd inc bv press".split()
)
# Short names in everyday use, with what proceedings call themselves.
_ALIASES: tuple[tuple[str, ...], ...] = (
    ("neurips", "nips", "neural information processing systems"),
    ("icml", "machine learning"),
    ("iclr", "learning representations"),
    ("acl", "association for computational linguistics"),
    ("emnlp", "empirical methods in natural language processing"),
    ("naacl", "north american chapter of the association for computational linguistics"),
    ("eacl", "european chapter of the association for computational linguistics"),
    ("tacl", "transactions of the association for computational linguistics"),
    ("coling", "computational linguistics"),
    ("lrec", "language resources and evaluation"),
    ("jmlr", "journal of machine learning research"),
    ("cvpr", "computer vision and pattern recognition"),
    ("iccv", "computer vision"),
    ("eccv", "computer vision", "european conference on computer vision"),
    ("aaai", "artificial intelligence"),
    ("ijcai", "joint conference on artificial intelligence"),
    ("kdd", "knowledge discovery and data mining", "knowledge discovery data mining"),
    ("sigir", "research and development in information retrieval"),
    ("www", "world wide web"),
    ("interspeech", "speech communication association"),
    ("icassp", "acoustics speech and signal processing"),
    ("pnas", "national academy of sciences"),
    ("jama", "american medical association"),
    ("bmj", "british medical journal"),
    ("mit press", "massachusetts institute of technology press"),
)
_PREPRINTS = re.compile(
    r"\b(?:arxiv|corr|preprints?|bio ?rxiv|med ?rxiv|chem ?rxiv|psyarxiv|ssrn|open ?review|osf"
    r"|research ?square|hal|zenodo|techrxiv|computing research repository)\b",
    re.IGNORECASE,
)


def is_preprint_server(venue: str) -> bool:
    """Whether a venue is where works lie before (or beside) their publication."""
    return bool(_PREPRINTS.search(venue[:300]))


def same_venue(written: str, registered: Sequence[str]) -> bool:
    """Whether a venue is one of those that a registry gives.

    Args:
        written: As somebody cites it.
        registered: Journal, its short name, event, series, publisher, institution.
    """
    known = [venue for venue in registered if venue.strip()]
    left = _words(written)
    if not known or not left:
        return True
    return any(_agree(left, _words(venue), written, venue) for venue in known)


def _agree(left: list[str], right: list[str], written: str, venue: str) -> bool:
    if not right:
        return False
    shorter, longer = sorted((left, right), key=lambda words: (len(words), sum(map(len, words))))
    return (
        _stands_for(shorter, longer)
        or _stands_for(longer, shorter)
        or _is_acronym(written, venue)
        or _is_acronym(venue, written)
        or bool(_alias(left) & _alias(right))
    )


def _words(venue: str) -> list[str]:
    found = tokens(venue[:400])
    kept = [word for word in found if word not in _SMALL and not re.fullmatch(r"\d+\w{0,2}", word)]
    return kept or found


def _stands_for(short: Sequence[str], full: Sequence[str]) -> bool:
    """Whether each word of one begins (or leaves letters out of) a word of the other, in order."""
    position = 0
    for word in short:
        while position < len(full) and not _abbreviates(word, full[position]):
            position += 1
        if position == len(full):
            return False
        position += 1
    # "Nature" does not stand for "Nature Machine Intelligence", nor "Science" for all the others.
    return len(short) * 2 > len(full) or sum(map(len, short)) >= 14


def _abbreviates(short: str, full: str) -> bool:
    if full.startswith(short) or short.startswith(full):
        return True
    if short[0] != full[0] or len(short) < 3:
        return False
    rest = iter(full)
    return len(short) < len(full) and all(letter in rest for letter in short)


def _is_acronym(short: str, full: str) -> bool:
    letters = re.findall(r"[^\W\d_]+", short[:100])
    for word in letters:
        if not (2 <= len(word) <= 10 and sum(map(str.isupper, word)) >= min(len(word), 2)):
            continue
        wanted = word.casefold()
        words = tokens(full[:400])
        telling = [w for w in words if w not in _SMALL]
        for initials in ("".join(w[0] for w in words), "".join(w[0] for w in telling)):
            if wanted in initials:
                return True
        if wanted in words:
            return True
    return False


def _alias(words: list[str]) -> frozenset[int]:
    text = f" {' '.join(words)} "
    found = set()
    for number, names in enumerate(_ALIASES):
        for name in names:
            core = " ".join(word for word in name.split() if word not in _SMALL) or name
            if f" {core} " in text:
                found.add(number)
    return frozenset(found)
