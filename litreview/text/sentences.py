"""Split an abstract into sentences, with the place of each.

A regular expression finds what may end a sentence, and a short list of reasons
says when it does not: an abbreviation, an initial, a decimal, a formula. On
abstracts this beats the general splitters, which are trained on news.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: `text` is exactly `source[start:end]`."""

    start: int
    end: int
    text: str


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# A full stop needs white space behind it; the ideographic one does not.
_END = re.compile(
    # Repetitions are bounded, so that a megabyte of full stops costs linear time.
    r"""[.!?]{1,5}[)\]"'”’»*]{0,5}\s+  # the end of a sentence, perhaps in quotes
      | [。！？｡][」』”’）]*\s*           # Chinese and Japanese
      | [।۔؟]\s*                        # Hindi, Urdu, Arabic
      | \n[ \t\r]{0,40}\n\s*            # an empty line ends a paragraph
      | (?<=[a-z)\]%])[.?!](?=(?:We|The|This|These|In|Our|It|To|However|Here|For|Results?|Methods?|
          Background|Conclusions?|Objectives?)(?:\s|:|[A-Z]))   # glued: "surgery.MethodsWe did"
      | ;\s+(?=\(\d\)\s(?:Background|Purpose|Aims?|Objectives?|Methods|Results|Conclusions?)\b)
      """,
    re.VERBOSE,
)
_MARK = re.compile(r"[.!?;\n。！？｡।۔؟]")
# Abbreviations that a sentence hardly ever ends with.
_NEVER_LAST = _words(
    "e.g i.e eg ie cf viz fig figs eq eqs eqn eqns sec sect secs ch chap tab thm thms lem "
    "def prop ref refs vs resp approx ca dr prof mr mrs ms st mt jan feb mar apr jun jul aug "
    "sep sept oct nov dec vol pp p no nos ed eds dept univ w.r.t s.t a.k.a i.i.d incl"
)
# Those that may stand last: a sentence ends there if the next one clearly begins.
_MAYBE_LAST = _words("al etc inc ltd co corp jr sr a.m p.m u.s u.k")
_MONTH_OR_NUMBERED = _words("mar no nos p ch st mt ed tab def prop")
_STARTERS = _words(
    "We The This These Those In Our It Its However A An To For By As On At With From Here "
    "There Then Thus Moreover Furthermore Finally First Second While Although Unlike Results "
    "They Experiments Experimental Both All Each Such When If Since Despite Using Based"
)
_WORD_BEFORE = re.compile(r"[(\[\"'“‘]*([^\s(\[\"'“‘]+)$")
_WORD_AFTER = re.compile(r"[(\[\"'“‘*]*([^\s,;:.)\]]*)")
# Names that begin with a small letter (mBERT, word2vec, iOS) may open a sentence.
_SMALL_NAME = re.compile(r"[a-z]+[-]?[A-Z0-9]")
# As in Pandoc, so that "$5. We pay $6" is money and not a formula.
_MATH = re.compile(r"\$\$[^$]{1,2000}\$\$|\$(?=[^\s$])[^$]{0,500}(?<=[^\s$])\$(?!\d)")
_LOOK_BACK = 40


def split(text: str) -> list[Span]:
    """Split a text into sentences.

    The text is not changed: white space and line breaks inside a sentence stay,
    and every character that is not white space belongs to exactly one sentence.
    Time is linear in the length of the text.

    Args:
        text: An abstract, or any prose.

    Returns:
        The sentences in order; none for a text without a visible character.
    """
    # Full stops in formulas must not count, and offsets must not move.
    masked = _MATH.sub(lambda m: "M" * len(m.group()), text) if "$" in text else text
    spans: list[Span] = []
    start = 0
    for match in _ends(masked):
        if _ends_sentence(masked, start, match):
            _append(spans, text, start, match.end())
            start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _ends(text: str) -> Iterator[re.Match[str]]:
    """What `_END` finds, tried only where one of its signs stands."""
    place = 0
    while mark := _MARK.search(text, place):
        match = _END.match(text, mark.start())
        place = match.end() if match else mark.end()
        if match:
            yield match


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if not stripped:
        return
    begin = start + len(piece) - len(piece.lstrip())
    spans.append(Span(begin, begin + len(stripped), stripped))


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    mark = match.group()
    if mark[0] not in ".!?":
        return True
    if not mark[-1].isspace() and match.end() < len(text) and len(mark) == 1:
        return True
    if match.end() == len(text):
        return True
    after = _WORD_AFTER.match(text, match.end())
    following = after.group(1)[:40] if after else ""
    if following[:1].islower() and not _SMALL_NAME.match(following):
        return False
    if not mark.startswith(".") or mark.startswith(".."):
        return True
    before = _WORD_BEFORE.search(text[max(start, match.start() - _LOOK_BACK) : match.start()])
    if before is None:
        return True
    word = before.group(1)
    bare = word.lower()
    if bare in _NEVER_LAST:
        # "in March." and "the answer is no." end; "Mar. 3" and "No. 5" do not.
        return bare in _MONTH_OR_NUMBERED and word.islower() and following in _STARTERS
    if bare in _MAYBE_LAST or (len(word) == 1 and word.isupper()):
        return following in _STARTERS
    # A numbered item: the number belongs to what follows it.
    return not (word.isdigit() and len(word) <= 2 and _opens_item(text, start, before, match))


def _opens_item(text: str, start: int, before: re.Match[str], match: re.Match[str]) -> bool:
    """Tell whether the number is the first thing of its sentence ("1. We show …")."""
    return not text[start : match.start() - len(before.group())].strip()
