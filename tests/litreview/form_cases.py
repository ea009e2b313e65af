"""Cases in Markdown files: what a README says, and how it is read.

A case is a heading `## name`, perhaps a sentence on the rule, a block fenced by `~~~markdown`
with the README, and one fenced by `~~~toml` with its reading.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "forms"
PROSE = (
    "The transformer has changed natural language processing since it was introduced, and most "
    "later work builds on it. Recurrent networks came before that and remain a sensible baseline."
)
_CASE = re.compile(
    r"## (?P<name>[^\n]+)\n(?P<rule>[^~]*)~~~markdown\n(?P<text>.*?)~~~\n\n"
    r"~~~toml\n(?P<reading>.*?)~~~(?:\n|$)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Case:
    """A README and its reading."""

    name: str
    text: str
    reading: dict[str, Any]


def cases(file: str) -> list[Case]:
    """The cases of a file in `forms/`; nothing in it is passed over."""
    page = (FOLDER / file).read_text(encoding="utf-8")
    beginning = page.index("\n## ") + 1
    found = list(_CASE.finditer(page, beginning))
    rest = _CASE.sub("", page[beginning:])
    assert not rest.strip(), f"{file}: no case: {rest.strip()[:200]!r}"
    return [
        Case(
            name=match["name"],
            text=match["text"].replace("«prose»", PROSE),
            reading=tomllib.loads(match["reading"].replace("«prose»", PROSE)),
        )
        for match in found
    ]
