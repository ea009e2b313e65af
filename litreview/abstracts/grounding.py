"""Accept a reworded sentence only if it says what the original says.

A language model may shorten a sentence; it may not bring numbers, names or claims
of its own. Every check here errs on the side of the original: a refusal costs
nothing, because the verbatim sentence stands.
"""

# ruff: noqa: SIM905  (a string of words reads better than a list of them)

from __future__ import annotations

import re
from collections.abc import Callable

MAX_WORDS = 60
MIN_WORDS = 4
# Share of the reworded content words that the original sentence has to hold.
MIN_OVERLAP = 0.6

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_TOKEN = re.compile(r"[^\s(),;:\"“”‘!?\[\]{}]+")
_NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
} | {
    word: word.rstrip("s")
    for word in "hundred hundreds thousand thousands million millions billion billions trillion "
    "half twice double doubles doubled triple triples tripled third quarter dozen dozens "
    "percent".split()
}
_NEGATIONS = frozenset(
    "not no never without neither nor cannot none nothing hardly rarely fail fails failed "
    "unable lack lacks lacking".split()
)
_UP = re.compile(
    r"(?:improv|increas|outperform|better|higher|gain|exceed|surpass|more|best|faster|larger"
    r"|superior|rais|boost|greater)\w*"
)
_DOWN = re.compile(
    r"(?:worse|decreas|lower|underperform|drop|reduc|less|fewer|worst|slower|smaller|inferior"
    r"|degrad|declin|fall)\w*"
)
_COMMON = frozenset(
    "the a an this that these those it its they their them there we our us in on at of for to from "
    "by with and or but as is are was were be been being has have had do does did can could may "
    "might will would shall should than then so such both each all any some many most much very "
    "which who whose what how when where while if whether also into onto over under between among "
    "through during before after about against only just even more less other others one paper "
    "work study article authors author researchers research approach method methods model models "
    "results result show shows shown find finds found propose proposes proposed present presents "
    "presented use uses used using introduce introduces introduced describe describes described "
    "achieve achieves achieved new here given based via per".split()
)
_MARKUP = re.compile(r"[<>{}\[\]|`#*]|\]\(|https?://|www\.|@\w|\\\w")


def refusal(reworded: str, original: str, context: str = "") -> str | None:
    """Why a reworded sentence must not replace the original one.

    Args:
        reworded: What a language model wrote.
        original: The sentence of the abstract.
        context: Title and abstract; names (not numbers) may come from here, so
            that "it" can become the model's name.

    Returns:
        The reason in a few words, or None if the sentence is accepted.
    """
    checks: tuple[Callable[[str, str, str], str | None], ...] = (
        _shape,
        _numbers,
        _names,
        _direction,
        _overlap,
    )
    for check in checks:
        reason = check(reworded, original, f"{original} {context}")
        if reason:
            return reason
    return None


def _shape(reworded: str, original: str, context: str) -> str | None:
    words = reworded.split()
    if len(words) < MIN_WORDS:
        return "it is too short"
    if len(words) > min(MAX_WORDS, 1.3 * len(original.split()) + 8):
        return "it is longer than the original"
    if "\n" in reworded.strip():
        return "it has more than one line"
    if any(mark[0] not in original for mark in _MARKUP.finditer(reworded)):
        return "it holds markup or an address"
    if re.search(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069]", reworded):
        return "it holds invisible characters"
    if len(re.findall(r"[.!?](?:\s|$)", reworded)) > 1 + len(
        re.findall(r"[.!?](?:\s|$)", original)
    ):
        return "it has more sentences than the original"
    return None


def _numbers(reworded: str, original: str, context: str) -> str | None:
    allowed = _number_set(original)
    invented = sorted(_number_set(reworded) - allowed)
    if invented:
        return f"the number {invented[0]!r} does not stand in the sentence"
    return None


def _number_set(text: str) -> set[str]:
    found = set()
    for match in _NUMBER.finditer(text):
        number = re.sub(r",(?=\d{3}(?!\d))", "", match[0])
        found.add(number)
    # A sign or a unit that is glued on belongs to the number.
    found |= {match[0].replace(" ", "") for match in re.finditer(r"\d\s?[%‰×]", text)}
    for word in _WORD.findall(text.casefold()):
        if word in _NUMBER_WORDS and word != "one":
            found.add(_NUMBER_WORDS[word])
    return found


def _names(reworded: str, original: str, context: str) -> str | None:
    known = {_bare(token) for token in _TOKEN.findall(context)}
    known |= {part for token in known for part in re.split(r"[-/–]", token)}
    lowered = {token.casefold() for token in known}
    for position, raw in enumerate(_TOKEN.findall(reworded)):
        token = _bare(raw)
        if not token or token in known or (not _is_name(token) and token.casefold() in lowered):
            continue
        parts = [part for part in re.split(r"[-/–]", token) if part]
        first = position == 0 and token[:1].isupper() and not _is_name(token)
        if first or all(not _is_name(p) and not p[:1].isupper() for p in parts):
            continue
        if all(part in known or part.casefold() in _COMMON for part in parts):
            continue
        return f"the name {token!r} does not stand in the abstract"
    return None


def _bare(token: str) -> str:
    token = token.strip(".'’*_-–/\\…")
    return re.sub(r"['’]s$", "", token)


def _is_name(token: str) -> bool:
    """Whether a token is a name wherever it stands: capitals inside, digits, underscores."""
    return bool(re.search(r"\w[A-Z]|\d|_|[^\W\d_]\.[^\W\d_]", token)) and not _NUMBER.fullmatch(
        token
    )


def _direction(reworded: str, original: str, context: str) -> str | None:
    new, old = (set(_WORD.findall(text.casefold())) for text in (reworded, original))
    if _negative(new) != _negative(old):
        return "it changes a negation"
    for pattern in (_UP, _DOWN):
        says = any(pattern.fullmatch(word) for word in new)
        if says and not any(pattern.fullmatch(word) for word in old):
            return "it compares what the sentence does not compare"
    return None


def _negative(words: set[str]) -> bool:
    return bool(words & _NEGATIONS) or any(word.endswith(("n't", "n’t")) for word in words)


def _overlap(reworded: str, original: str, context: str) -> str | None:
    new, old = _content(reworded), _content(original)
    if not new or len(new & old) / len(new) < MIN_OVERLAP:
        return "it says other things than the sentence"
    if old and len(new & old) / len(old) < 0.25:
        return "it leaves out nearly everything"
    return None


def _content(text: str) -> set[str]:
    words = (word for word in _WORD.findall(text.casefold()) if word not in _COMMON)
    return {word[:5] for word in words if len(word) > 2}
