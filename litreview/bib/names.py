"""People's names, as bibliography formats take them apart.

Reference: Patashnik (1988), BibTeXing, section 4; https://docs.citationstyles.org (names)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from litreview.text.clean import one_line
from litreview.text.latex import to_text

_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.? ?d|m\.? ?d)\.?", re.IGNORECASE)
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[- ]{0,2}){1,4}")
PARTICLES = frozenset(
    ("van", "von", "der", "den", "de", "da", "del", "della", "di", "du", "la", "le", "ter", "dos",
     "das", "zu", "zum", "zur", "vom", "af", "av", "bin", "ibn", "al")
)  # fmt: skip
_NO_PERSON = frozenset(("of", "for", "the", "and", "at", "in", "on", "für", "pour"))
# An organisation is called by its whole name, in whatever format it stands.
_BODY = re.compile(
    r"\b(?:University|Institute|Commission|Council|Consortium|Collaboration|Committee|Association|"
    r"Organi[sz]ation|Foundation|Society|Ministry|Department|Agency|Team|Group|Research|Labs?|"
    r"Laborator(?:y|ies)|Inc|Ltd|GmbH|Corporation|Company|Network|Center|Centre|Working)\b\.?"
)


@dataclass(frozen=True)
class Name:
    """The parts of one name.

    Attributes:
        family: With its particles, or the whole name of an organisation.
        given: Empty for an organisation.
        suffix: `Jr.` and the like.
    """

    family: str
    given: str = ""
    suffix: str = ""

    @property
    def shown(self) -> str:
        """As it is read aloud."""
        return " ".join(filter(None, (self.given, self.family, self.suffix)))

    @classmethod
    def of(cls, shown: str, family: str = "") -> Name:
        """The parts of a name as it is shown, with the family name where that is known."""
        shown = one_line(to_text(shown))
        place = shown.rfind(family) if family else -1
        if place < 0:
            return _guessed(shown)
        return cls(family, shown[:place].strip(), shown[place + len(family) :].strip(" ,"))


def _guessed(name: str) -> Name:
    if 0 < name.count(",") < 3:
        return from_commas(name)
    words = name.split()
    if len(words) < 2 or _BODY.search(name) or re.search(r"\band\b", name):
        return Name(name)
    end = len(words)
    suffix = ""
    if end > 2 and _SUFFIX.fullmatch(words[-1]):
        end -= 1
        suffix = words[-1]
    start = end - 1
    while start > 1 and words[start - 1].lower() in PARTICLES:
        start -= 1
    return Name(" ".join(words[start:end]), " ".join(words[:start]), suffix)


def from_commas(text: str) -> Name:
    """The parts of `Family, Given`, `Family, Suffix, Given` or `Family, Given, Suffix`."""
    parts = [part.strip() for part in text.split(",")]
    family, given = parts[0], parts[1] if len(parts) > 1 else ""
    suffix = " ".join(parts[2:])
    if suffix and _SUFFIX.fullmatch(given):
        given, suffix = suffix, given
    words = family.split()
    if len(words) > 1 and not suffix and _SUFFIX.fullmatch(words[-1]):
        family, suffix = " ".join(words[:-1]), words[-1]
    if not family:
        return Name(given)
    return Name(family, given, suffix)


def from_bibtex(field: str) -> tuple[list[Name], bool]:
    """The names of an `author` or `editor` field, and whether it says `and others`.

    Braces hold a name together: `{European Commission and Council}` is one.
    """
    pieces = _split(field, re.compile(r"\s+and\s+", re.IGNORECASE))
    if len(pieces) == 1:
        pieces = _split(field, re.compile(r"\s*;\s*"))
    if len(pieces) == 1:
        pieces = _unconnected(field) or pieces
    names: list[Name] = []
    others = False
    for piece in pieces:
        piece = one_line(piece).strip(" ,")
        if piece.lower() in ("others", "et al.", "et al"):
            others = True
        elif piece:
            name = _one(piece)
            if name.family:
                names.append(name)
    return names, others


def _one(text: str) -> Name:
    whole = re.fullmatch(r"\{(?!\\)(.*)\}", text, re.DOTALL)
    if whole and _closes_at_end(text):
        return Name(_plain(whole[1]))
    if re.match(r"\w+\s*=", text) and "family" in text:
        parts = dict(re.findall(r"(\w+)\s*=\s*\{?([^,{}]*)", text))
        family = " ".join(filter(None, (parts.get("prefix"), parts.get("family"))))
        return Name(_plain(family), _plain(parts.get("given", "")), _plain(parts.get("suffix", "")))
    parts_ = [_plain(part) for part in _split(text, re.compile(r"\s*,\s*"))]
    if len(parts_) > 1:
        return from_commas(", ".join(parts_))
    words = [_plain(word) for word in _split(text, re.compile(r"[\s~]+"))]
    words = [word for word in words if word]
    if len(words) < 2:
        return Name(" ".join(words))
    if _NO_PERSON & {word for word in words if word.islower()}:
        return Name(" ".join(words))
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    first = next((i for i, word in enumerate(words[1:-1], start=1) if _is_lower(word)), None)
    if first is None or _is_lower(words[0]):
        first = 0 if _is_lower(words[0]) and words[0] in PARTICLES else len(words) - 1
    return Name(" ".join(words[first:]), " ".join(words[:first]), suffix)


def _unconnected(field: str) -> list[str]:
    """`Smith, J., Jones, K.`: names that somebody joined by commas alone."""
    parts = [part.strip() for part in _split(field, re.compile(r"\s*,\s*")) if part.strip()]
    paired = len(parts) >= 4 and len(parts) % 2 == 0
    if paired and all(_INITIALS.fullmatch(given) for given in parts[1::2]):
        return [f"{a}, {b}" for a, b in zip(parts[::2], parts[1::2], strict=True)]
    if len(parts) >= 3 and all(len(part.split()) >= 2 for part in parts):
        return parts
    return []


def _split(text: str, separator: re.Pattern[str]) -> list[str]:
    """Split where no brace is open."""
    pieces: list[str] = []
    depth = start = position = 0
    for match in re.finditer(rf"(?P<open>\{{)|(?P<close>\}})|{separator.pattern}", text, re.I):
        position = match.start()
        if match["open"]:
            depth += 1
        elif match["close"]:
            depth = max(0, depth - 1)
        elif depth == 0:
            pieces.append(text[start:position])
            start = match.end()
    return [*pieces, text[start:]]


def _closes_at_end(text: str) -> bool:
    depth = 0
    for index, letter in enumerate(text):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0:
            return index == len(text) - 1
    return False


def _is_lower(word: str) -> bool:
    letter = next((letter for letter in word if letter.isalpha()), "A")
    return letter.islower() and not word.startswith(("d'", "d’", "l'"))


def _plain(text: str) -> str:
    return one_line(to_text(text)).strip(" ,")


def shown(names: Sequence[Name]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names as a `Source` keeps them, and the family name of each."""
    return tuple(name.shown for name in names), tuple(name.family for name in names)
