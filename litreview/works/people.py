"""Whether the authors that somebody names are those of a work.

Family names decide, with particles, initials, accents and reversed order allowed for;
given names count only where both sides have them and they cannot be the same person's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from litreview.works.titles import fold, is_slip

# At the end of a name, or in it where "Taylor, M. et al." was turned round.
_OTHERS = re.compile(
    r"[\s,;&]{0,9}(?:\b(?:and\s)?others$|\bet\.?\s?al(?:ii|ia)?\b\.?|\bu\.\s?a\.$"
    r"|\band\scolleagues$|…$|\.\.\.$)",
    re.IGNORECASE,
)
# ruff: noqa: SIM905  (a string of words reads better than a list of them)
_PARTICLES = frozenset(
    "de da do dos das del della di du der den van von vom zu zum zur ten ter te la le el al bin "
    "ibn abu af av st y e i".split()
)
_SUFFIXES = frozenset("jr sr ii iii iv phd md dr prof".split())
_MAX_SCANNED = 200  # names without an equal family name are compared with at most so many


@dataclass(frozen=True)
class Name:
    """A person's name, folded.

    Attributes:
        family: The family name's words, particles included.
        given: The other words and initials, in order.
    """

    family: tuple[str, ...]
    given: tuple[str, ...]

    @property
    def key(self) -> str:
        """The family name without particles, in one spelling for ä, ae and a."""
        core = [word for word in self.family if word not in _PARTICLES] or list(self.family)
        return _plain("".join(core))

    @property
    def words(self) -> frozenset[str]:
        """All words that are no initials, in one spelling."""
        both = (*self.family, *self.given)
        return frozenset(_plain(word) for word in both if len(word) > 1)


@dataclass(frozen=True)
class Comparison:
    """What two lists of authors have and have not in common.

    Attributes:
        strangers: Written names that the registry does not have.
        missing: Registered names that are not written.
        shared: How many names are in both.
        cut: Whether the written list says that there are more ("et al.").
    """

    strangers: tuple[str, ...]
    missing: tuple[str, ...]
    shared: int
    cut: bool

    @property
    def agree(self) -> bool:
        """Whether nobody is invented, and nobody left out without a word."""
        return not self.strangers and (self.cut or not self.missing)


def read_name(text: str) -> Name:
    """Read `Family, Given`, `Given Family` or `Family G.`."""
    before, comma, after = text.partition(",")
    family = _words(before)
    given = _words(after)
    if comma and given and set(given) <= _SUFFIXES:
        comma = ""  # "Sammy Davis, Jr."
    if not comma or not given:
        words = [word for word in family if word not in _SUFFIXES] or family
        if len(words) > 1 and len(words[0]) > 1 and all(len(word) == 1 for word in words[1:]):
            return Name((words[0],), tuple(words[1:]))  # "Smith J A"
        start = max(len(words) - 1, 0)
        while start > 0 and words[start - 1] in _PARTICLES:
            start -= 1
        return Name(tuple(words[start:]), tuple(words[:start]))
    core = [word for word in family if word not in _SUFFIXES] or family
    return Name(tuple(core), tuple(word for word in given if word not in _SUFFIXES))


def compare_authors(written: Sequence[str], registered: Sequence[str]) -> Comparison:
    """Find each written name among the registered ones, each of which is used once.

    Args:
        written: Names in any form; a last one may be "et al." or "others".
        registered: Names as the registry has them.
    """
    names, cut = _without_others(written)
    known = [read_name(text) for text in registered]
    by_key: dict[str, list[int]] = defaultdict(list)
    for index, name in enumerate(known):
        by_key[name.key].append(index)
    free = dict.fromkeys(range(len(known)))
    strangers: list[str] = []
    waiting: list[tuple[str, Name]] = []
    for text in names:
        name = read_name(text)
        place = next(
            (i for i in by_key.get(name.key, ()) if i in free and _given_agree(name, known[i])),
            None,
        )
        if place is None:
            waiting.append((text, name))
        else:
            del free[place]
    for number, (text, name) in enumerate(waiting):
        candidates = list(free)[:_MAX_SCANNED] if number < _MAX_SCANNED else []
        place = next((i for i in candidates if _same_person(name, known[i])), None)
        if place is None:
            strangers.append(text)
        else:
            del free[place]
    missing = tuple(registered[index] for index in free)
    return Comparison(tuple(strangers), missing, len(known) - len(free), cut)


def _without_others(written: Iterable[str]) -> tuple[list[str], bool]:
    names, cut = [], False
    for text in written:
        text = " ".join(text[:300].split())
        rest = _OTHERS.sub("", text)
        cut = cut or rest != text
        if re.search(r"\w", rest):
            names.append(rest)
    return names, cut


def _words(text: str) -> list[str]:
    plain = re.sub(r"(?<=\w)['’ʼ`](?=\w)", "", fold(text[:300]))
    return re.findall(r"[^\W_]+", re.sub(r"[-‐‑]", " ", plain))


def _plain(word: str) -> str:
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _given_agree(one: Name, two: Name) -> bool:
    """Whether two persons of one family name may be the same."""
    left, right = {word[0] for word in one.given}, {word[0] for word in two.given}
    return not left or not right or bool(left & right)


def _same_person(one: Name, two: Name) -> bool:
    """Names whose family names are not simply equal: compound, reversed, run together, a slip."""
    if not one.words or not two.words:
        return False
    if "".join(sorted(one.words)) == "".join(sorted(two.words)):
        return True
    left, right = _family_words(one), _family_words(two)
    if (left and left <= two.words) or (right and right <= one.words):
        return _given_agree(one, two) or len(one.words & two.words) > 1
    joined = "".join(map(_plain, (*one.given, *one.family)))
    if joined == "".join(map(_plain, (*two.given, *two.family))):
        return True
    return is_slip(one.key, two.key) and _given_agree(one, two)


def _family_words(name: Name) -> frozenset[str]:
    return frozenset(
        _plain(word) for word in name.family if word not in _PARTICLES and len(word) > 1
    )
