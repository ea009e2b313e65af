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
# As PDF readers leave them.
_LIGATURES = str.maketrans({"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl"})
_WORD = re.compile(r"[a-zäöüß]+")


@dataclass(frozen=True, slots=True)
class Cue:
    """A pattern over a sentence in lower case, tried only if a trigger is among its words.

    Attributes:
        name: What the weights call it.
        triggers: Words of which one has to be there; empty to try it always.
        pattern: Searched from the start.
    """

    name: str
    triggers: frozenset[str]
    pattern: re.Pattern[str]


@functools.cache
def load(language: Language) -> tuple[Cue, ...]:
    """Read a language's cues, once a process."""
    file = resources.files("litreview").joinpath(f"data/cues_{language}.toml")
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    cues = []
    for name, entry in table["cues"].items():
        pattern = entry["pattern"]
        for fragment, text in table["fragments"].items():
            pattern = pattern.replace(f"<<{fragment}>>", text)
        triggers = frozenset(entry.get("triggers", "").split())
        cues.append(Cue(name, triggers, re.compile(pattern, re.VERBOSE)))
    return tuple(cues)


def find(sentence: str, language: Language) -> set[str]:
    """Name the cues of a sentence, without the heading of its part."""
    text = " ".join(sentence[:MAX_CHARACTERS].translate(_LIGATURES).lower().split())
    words = set(_WORD.findall(text))
    return {
        cue.name
        for cue in load(language)
        if (not cue.triggers or not cue.triggers.isdisjoint(words)) and cue.pattern.search(text)
    }
