"""Which texts are the same for a model that has read one of them: equal, or nearly so.

Equal means: apart from case, spaces and punctuation. Nearly equal means: 60 % of the runs of five
words of the shorter text stand in the other one. Such texts must not lie on two sides of a split.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

NEAR = 0.6
_RUN = 5
# Chinese and Japanese have no spaces: each sign is a word there.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|\w+|[^\w\s]")
# A run of words that stands in more texts than this is a set phrase; looking at all pairs of them
# would take quadratic time.
_HOLDERS = 32


def plain(text: str) -> str:
    """The text without case, spaces and punctuation; as it is where nothing else is in it."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c for c in folded if c.isalnum() or unicodedata.category(c)[0] in "MS")
    return kept or folded.strip()


def key(text: str) -> str:
    """A short name for all texts that are equal to this one."""
    return hashlib.sha256(plain(text).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def runs_of_words(text: str) -> set[int]:
    """The runs of five words and marks in a text, as numbers; none where it is shorter."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return {hash(tuple(words[i : i + _RUN])) for i in range(len(words) - _RUN + 1)}


class Units:
    """Sets of things that stay together.

    Args:
        count: Number of things, from 0 on; each begins as a set of its own.
    """

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def of(self, thing: int) -> int:
        """The first thing of the set."""
        while self._above[thing] != thing:
            self._above[thing] = self._above[self._above[thing]]
            thing = self._above[thing]
        return thing

    def join(self, one: int, other: int) -> None:
        """Make two sets one."""
        first, second = sorted((self.of(one), self.of(other)))
        self._above[second] = first


def join_alike(
    texts: Sequence[str], groups: Sequence[str] = (), *, near: bool = True
) -> tuple[Units, int]:
    """Join texts that are equal, nearly equal, or of one group.

    The time grows with the length of all texts together.

    Args:
        groups: What each belongs to, such as its author; empty names are no group.
        near: Whether texts that are only nearly equal are joined.

    Returns:
        The sets of texts, and how many texts are equal or nearly equal to an earlier one.
    """
    units = Units(len(texts))
    first: dict[str, int] = {}
    for thing, text in enumerate(texts):
        units.join(first.setdefault(plain(text), thing), thing)
    repeated = len(texts) - len(first)
    if near:
        repeated += _join_near(units, {thing: texts[thing] for thing in first.values()})
    members: dict[str, int] = {}
    for thing, group in enumerate(groups):
        if group:
            units.join(members.setdefault(group, thing), thing)
    return units, repeated


def _join_near(units: Units, texts: Mapping[int, str]) -> int:
    holders: dict[int, list[int]] = {}
    sizes: dict[int, int] = {}
    joined = 0
    for thing, text in texts.items():
        runs = runs_of_words(text)
        sizes[thing] = len(runs)
        shared: Counter[int] = Counter()
        for run in runs:
            found = holders.setdefault(run, [])
            shared.update(found)
            if len(found) < _HOLDERS:
                found.append(thing)
        near = [o for o, n in shared.items() if n >= NEAR * min(len(runs), sizes[o])]
        for other in near:
            units.join(other, thing)
        joined += bool(near)
    return joined
