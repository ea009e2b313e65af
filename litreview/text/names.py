"""Names of models in running text, each under the name that people know it by.

The names are data: `data/models.toml`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

# Most words with a capital letter are these: looking no further makes reading twice as fast.
_NO_NAME = (
    r"(?:A|An|And|As|At|Both|But|By|For|From|He|Here|How|However|If|In|It|Its|Many|Most|On|One|Our"
    r"|Such|That|The|Their|Then|There|These|They|This|Those|Thus|To|Unlike|We|What|When|Where|Which"
    r"|While|With)(?![\w-])"
)
_KEY = re.compile(r"(?:19|20)\d\d")  # Devlin2019BERT is the key of a citation


class _Known(NamedTuple):
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A model that a text names.

    Attributes:
        name: What it is counted as.
        kind: `pretrained`, `embeddings`, `architecture`, `classic` or `statistical`.
        start: Offset of its first character.
        end: Offset behind its last character.
    """

    name: str
    kind: str
    start: int
    end: int


@cache
def _vocabulary() -> tuple[re.Pattern[str], tuple[_Known, ...]]:
    """One expression for all names, and what its groups stand for."""
    text = files("litreview").joinpath("data/models.toml").read_text(encoding="utf-8")
    known: list[_Known] = []
    patterns = []
    for entry in tomllib.loads(text)["model"]:
        for pattern, name in entry["patterns"]:
            patterns.append(f"(?P<m{len(known)}>{pattern})")
            known.append(_Known(name, entry["kind"]))
    starts = "|".join(_small_starts(patterns))
    begins = rf"(?<![\w-])(?!{_NO_NAME})(?=[A-Z\d]|{starts})"
    expression = rf"{begins}(?:{'|'.join(patterns)})(?!\w)"
    return re.compile(expression), tuple(known)


def _small_starts(patterns: list[str]) -> list[str]:
    """How names begin that may be written small, so that most words are passed over at once."""
    starts: dict[str, set[str]] = {}
    for pattern in patterns:
        for letter, rest in _starts(pattern.partition(">")[2][:-1]):
            starts.setdefault(letter, set()).add(rest[:2] or "(?![a-z])")
    return [f"{letter}(?:{'|'.join(sorted(rests))})" for letter, rests in sorted(starts.items())]


def _starts(pattern: str) -> list[tuple[str, str]]:
    """The small first letter of each alternative of a pattern, and the letters behind it."""
    found = []
    for alternative in _alternatives(pattern):
        if alternative.startswith("(?:"):
            inner, rest = _group(alternative)
            found += _starts(inner)
            if rest.startswith("?"):
                found += _starts(rest[1:])
        elif match := re.match(r"(?:\[[A-Z]([a-z])\]|([a-z])\??)([a-z]*)", alternative):
            found.append((match[1] or match[2], match[3]))
    return found


def _alternatives(pattern: str) -> list[str]:
    """A pattern cut at its outermost bars."""
    pieces, depth = [""], 0
    for char in re.findall(r"\\.|\[[^\]]*\]|.", pattern):
        depth += (char == "(") - (char == ")")
        if char == "|" and not depth:
            pieces.append("")
        else:
            pieces[-1] += char
    return pieces


def _group(pattern: str) -> tuple[str, str]:
    """The inside of the group that a pattern begins with, and what follows it."""
    depth = 0
    for index, char in enumerate(pattern):
        depth += (char == "(") - (char == ")")
        if not depth:
            return pattern[3:index], pattern[index + 1 :]
    return "", ""


def mentions_in(text: str) -> list[Mention]:
    """The models that a text names, in order, each time that it does."""
    pattern, known = _vocabulary()
    found = []
    for match in pattern.finditer(text):
        group = match.lastgroup or ""
        if group.startswith("version"):
            group = next(n for n, value in match.groupdict().items() if value and n[0] == "m")
        name, kind = known[int(group[1:])]
        versions = match["version"] or match["version2"] or ""
        name = name or match[0]
        if _KEY.search(match[0]):
            continue
        name = name.replace("{version}", versions).replace("{version2}", versions).strip()
        found.append(Mention(name, kind, match.start(), match.end()))
    return found


def models_in(text: str) -> tuple[str, ...]:
    """Name the models in a text.

    Args:
        text: A title, a sentence, an abstract.

    Returns:
        Names in order of first mention, without repeats. A general word such as
        "Transformer" counts only as itself, not for the models built from it.
    """
    return tuple(dict.fromkeys(mention.name for mention in mentions_in(text)))
