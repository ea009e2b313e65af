"""The words by which a sentence answers a guiding question: `data/questions.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files


@cache
def cues() -> dict[str, re.Pattern[str]]:
    """The cues by name."""
    text = files("litreview").joinpath("data/questions.toml").read_text(encoding="utf-8")
    found = {}
    for name, patterns in tomllib.loads(text).items():
        flags = re.RegexFlag(0) if name.endswith("_exactly") else re.IGNORECASE
        found[name.removesuffix("_exactly")] = re.compile("|".join(patterns), flags)
    return found


def has(cue: str, text: str) -> bool:
    """Tell whether a sentence holds a cue."""
    return cues()[cue].search(text) is not None


def all_of(cue: str, text: str) -> list[str]:
    """The pieces of a sentence that match a cue."""
    return [match[0] for match in cues()[cue].finditer(text)]
