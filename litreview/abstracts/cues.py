"""Cue words: what a sentence says about its own part in a text.

A cue is a pattern with a name; a sentence has some of them. None decides
anything alone: `litreview.abstracts.choice` weighs them. The patterns of a
language are data (`litreview/data/cues_*.toml`). They read one sentence of
bounded length, and most are tried only where one of the words stands that they
need, which saves most of the time.
"""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Literal

Language = Literal["english", "german"]
# More of a sentence is never read.
MAX_CHARACTERS = 1200
# As PDF readers and word processors leave them.
_LIGATURES = str.maketrans({"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl", "’": "'"})
_CONTRACTIONS = (("'ll ", " will "), ("'re ", " are "), ("'ve ", " have "), ("i'm ", "i am "))
_WORD = re.compile(r"[a-zäöüß]+")


_DIGIT = re.compile(r"\d")
# What a word may trigger is kept for so many words.
MAX_KNOWN_WORDS = 50_000


@dataclass(frozen=True, slots=True)
class Cue:
    """A pattern over a sentence in lower case, tried only if a trigger is among its words.

    Attributes:
        name: What the weights call it.
        triggers: Words of which one has to be there, `stem*` for words with this
            beginning, `#` for a digit; empty to try it always.
        pattern: Searched from the start.
        also: Words of which one has to be there, too; empty if none need.
    """

    name: str
    triggers: frozenset[str]
    pattern: re.Pattern[str]
    also: frozenset[str] = frozenset()


class Cues:
    """The cues of one language, and for each word which of them it may trigger."""

    def __init__(self, cues: tuple[Cue, ...]) -> None:
        self.cues = cues
        # A cue has two bits: one for its triggers, one further up for the words beside them.
        self._words: dict[str, int] = {}
        self._stems: dict[str, int] = {}
        self._known: dict[str, int] = {}
        self._always = sum(
            (not cue.triggers) << number | (not cue.also) << number + len(cues)
            for number, cue in enumerate(cues)
        )
        for number, cue in enumerate(cues):
            for words, bit in ((cue.triggers, number), (cue.also, number + len(cues))):
                for word in words:
                    table = self._stems if word[-1] == "*" else self._words
                    stem = word.rstrip("*")
                    table[stem] = table.get(stem, 0) | 1 << bit
        self._digit = self._words.get("#", 0)
        self._longest = max(map(len, self._stems), default=0)

    def find(self, sentence: str) -> frozenset[str]:
        """Name the cues of a sentence, which is without the heading of its part."""
        text = " ".join(sentence[:MAX_CHARACTERS].translate(_LIGATURES).lower().split())
        if "'" in text:
            for short, long in _CONTRACTIONS:
                text = text.replace(short, long)
        mask = self._always
        known = self._known
        for word in _WORD.findall(text):
            may = known.get(word)
            mask |= self._learn(word) if may is None else may
        if _DIGIT.search(text):
            mask |= self._digit
        mask &= mask >> len(self.cues)
        return frozenset(
            cue.name
            for number, cue in enumerate(self.cues)
            if mask >> number & 1 and cue.pattern.search(text)
        )

    def _learn(self, word: str) -> int:
        mask = self._words.get(word, 0)
        for end in range(1, min(len(word), self._longest) + 1):
            mask |= self._stems.get(word[:end], 0)
        if len(self._known) >= MAX_KNOWN_WORDS:
            self._known = {}
        self._known[word] = mask
        return mask


@functools.cache
def load_cues(language: Language) -> Cues:
    """Read a language's cues, once a process."""
    file = resources.files("litreview").joinpath(f"data/cues_{language}.toml")
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    cues = []
    for name, entry in table["cues"].items():
        pattern = entry["pattern"]
        for fragment, text in table["fragments"].items():
            pattern = pattern.replace(f"<<{fragment}>>", text)
        triggers = frozenset(entry.get("triggers", "").split())
        also = frozenset(entry.get("also", "").split())
        cues.append(Cue(name, triggers, re.compile(pattern, re.VERBOSE), also))
    return Cues(tuple(cues))
