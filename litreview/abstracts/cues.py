"""Cue words: what a sentence says about its own part in a text.

A cue is a pattern with a name; a sentence has some of them. None decides
anything alone: `litreview.abstracts.choice` weighs them. The patterns of a
language are data (`litreview/data/cues_*.toml`). They read one sentence of
bounded length, and each is tried only where the words stand that it needs.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from litreview.text.prefilter import Prefilter

Language = Literal["english", "german"]
# More of a sentence is never read.
MAX_CHARACTERS = 1200
# As PDF readers and word processors leave them.
_LIGATURES = str.maketrans({"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl", "’": "'"})
_CONTRACTIONS = (("'ll ", " will "), ("'re ", " are "), ("'ve ", " have "), ("i'm ", "i am "))


@dataclass(frozen=True, slots=True)
class Cue:
    """A pattern over a sentence in lower case.

    Attributes:
        name: What the weights call it.
        pattern: In the verbose form, searched from the start.
    """

    name: str
    pattern: str


class Cues:
    """The cues of one language."""

    def __init__(self, cues: tuple[Cue, ...]) -> None:
        self.cues = cues
        self._filter = Prefilter([(cue.name, cue.pattern) for cue in cues])

    def find(self, sentence: str) -> frozenset[str]:
        """Name the cues of a sentence, which is without the heading of its part."""
        return self._filter.find(plain(sentence))


def plain(sentence: str) -> str:
    """A sentence as the patterns expect it: lower case, single spaces, no contractions."""
    text = sentence[:MAX_CHARACTERS]
    if not text.isascii():
        text = text.translate(_LIGATURES)
    text = " ".join(text.lower().split())
    if "'" in text:
        for short, long in _CONTRACTIONS:
            text = text.replace(short, long)
    return text


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
        cues.append(Cue(name, pattern))
    return Cues(tuple(cues))
