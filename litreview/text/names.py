"""Names of models in running text, each under the name that people know it by.

The names are data: `data/models.toml`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

# Most words with a capital letter are these: looking no further makes reading twice as fast.
_NO_NAME = (
    r"(?:A|An|And|As|At|Both|But|By|For|From|He|Here|How|However|If|In|It|Its|Many|Most|On|One|Our"
    r"|Such|That|The|Their|Then|There|These|They|This|Those|Thus|To|Unlike|We|What|When|Where|Which"
    r"|While|With)(?![\w-])"
)
# What a run of letters may begin is kept for so many runs.
MAX_KNOWN_RUNS = 50_000
_RUN = re.compile(r"[\w-]+")
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


class _Vocabulary(dict[str, re.Pattern[str] | None]):
    """For a run of letters the names that may begin with it, worked out when it is first met."""

    def __init__(self) -> None:
        super().__init__()
        text = files("litreview").joinpath("data/models.toml").read_text(encoding="utf-8")
        self.known: list[_Known] = []
        self._patterns: list[str] = []
        for entry in tomllib.loads(text)["model"]:
            for pattern, name in entry["patterns"]:
                self._patterns.append(f"(?P<m{len(self.known)}>{pattern})")
                self.known.append(_Known(name, entry["kind"]))
        starts = "|".join(_small_starts(self._patterns))
        self._begins = re.compile(rf"(?!{_NO_NAME})(?=[A-Z\d]|{starts})")
        self._firsts = [_first_characters(list(_parser.parse(p))) for p in self._patterns]
        self._by_first: dict[str, re.Pattern[str]] = {}

    def __missing__(self, run: str) -> re.Pattern[str] | None:
        if len(self) >= MAX_KNOWN_RUNS:
            self.clear()
        self[run] = self._beginning_with(run[0]) if self._begins.match(run) else None
        return self[run]

    def _beginning_with(self, first: str) -> re.Pattern[str] | None:
        if first not in self._by_first:
            own = [
                pattern
                for pattern, firsts in zip(self._patterns, self._firsts, strict=True)
                if firsts is None or first in firsts
            ]
            self._by_first[first] = re.compile(rf"(?:{'|'.join(own or ['(?!)'])})(?!\w)")
        return self._by_first[first]


@cache
def _vocabulary() -> _Vocabulary:
    return _Vocabulary()


def _first_characters(items: list[tuple[Any, Any]]) -> frozenset[str] | None:
    """The characters with which a match may begin; None if it may be any."""
    found: set[str] = set()
    for kind, value in items:
        if kind in (op.AT, op.ASSERT, op.ASSERT_NOT):
            continue
        optional = kind in (op.MAX_REPEAT, op.MIN_REPEAT) and value[0] == 0
        if kind is op.LITERAL:
            own: frozenset[str] | None = frozenset(chr(value))
        elif kind is op.IN:
            own = _members(value)
        elif kind is op.SUBPATTERN:
            own = _first_characters(list(value[3]))
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            own = _first_characters(list(value[2]))
        elif kind is op.BRANCH:
            each = [_first_characters(list(branch)) for branch in value[1]]
            own = frozenset[str]().union(*(e for e in each if e)) if None not in each else None
        else:
            own = None
        if own is None:
            return None
        found |= own
        if not optional:
            return frozenset(found)
    return None


def _members(items: list[tuple[Any, Any]]) -> frozenset[str] | None:
    """The characters of a class that lists letters or digits."""
    found: set[str] = set()
    for kind, value in items:
        if kind is op.LITERAL:
            found.add(chr(value))
        elif kind is op.RANGE:
            found.update(map(chr, range(value[0], value[1] + 1)))
        elif kind is op.CATEGORY and value is op.CATEGORY_DIGIT:
            found.update("0123456789")
        else:
            return None
    return frozenset(found)


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
    vocabulary = _vocabulary()
    found: list[Mention] = []
    end = 0
    for run in _RUN.finditer(text):
        pattern = vocabulary[run[0]]
        if pattern is None or run.start() < end:
            continue
        match = pattern.match(text, run.start())
        if match is None:
            continue
        end = match.end()
        named = match.groupdict()
        group = next(n for n, value in named.items() if value is not None and n[0] == "m")
        name, kind = vocabulary.known[int(group[1:])]
        versions = named.get("version") or named.get("version2") or ""
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
