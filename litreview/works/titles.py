"""Whether two titles are those of one work, however they are written.

Case, accents, LaTeX, markup, quotation marks, dashes and spaces do not count, nor
does a subtitle that only one of them has, nor a slip of the pen. Another word, another
number or another negation does: titles that are merely similar nearly always belong
to different works.
"""

from __future__ import annotations

import difflib
import html
import re
import unicodedata
from collections.abc import Sequence

from litreview.text.latex import to_text

# Longer than any title; what is beyond is not compared.
MAX_TITLE_CHARACTERS = 1_000
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_SMALL = frozenset(
    # ruff: noqa: SIM905  (a string of words reads better than a list of them)
    "a an and the of in on for to with by from at as is der die das und ein eine le la les de des "
    "et un une el los y e o da do dos das".split()
)
_SUBTITLE = re.compile(r"\s*[:?!—–]\s+|\s+[-|]\s+|:\s*|\.\s+")
_MIN_MAIN_LETTERS = 12
# Two titles with more of their words in common are taken for those of one work.
TITLE_AGREES = 0.5
_MAX_SLIPS = 2
_STOP = frozenset(
    {"a", "an", "the", "of", "for", "and", "in", "on", "to", "with", "by", "from", "using"}
)


def fold(text: str) -> str:
    """A text in lower case, without LaTeX, markup and accents."""
    text = to_text(html.unescape(text[: 2 * MAX_TITLE_CHARACTERS]))
    text = re.sub(r"</?[A-Za-z][^<>]{0,200}>", "", text[:MAX_TITLE_CHARACTERS])
    text = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(letter for letter in text if not unicodedata.combining(letter))


def tokens(text: str) -> list[str]:
    """The words and numbers of a title, folded."""
    return re.findall(r"[^\W_]+", re.sub(r"(?<=\w)['’ʼ`](?=\w)", "", fold(text)))


def letters(text: str) -> str:
    """A title's letters and digits alone, with one spelling for ä, ae and a."""
    joined = "".join(tokens(text))
    return joined.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def same_title(written: str, registered: Sequence[str]) -> bool:
    """Whether a written title is one of the forms in which a work is registered.

    Args:
        written: As somebody cites it.
        registered: The title first, then with its subtitle, original and short ones.
    """
    known = [form for form in registered if form.strip()]
    if any(_same(written, form) for form in known):
        return True
    mains = {letters(main) for form in known for main in _mains(form)}
    if letters(written) in mains:
        return True
    # The registry often lacks the subtitle.
    return any(letters(main) in {letters(form) for form in known} for main in _mains(written))


def stands_in(citation: str, registered: Sequence[str]) -> bool:
    """Whether a citation holds the title, or names a telling part of it.

    Args:
        citation: A line that may hold authors and a year besides the title, or a short title.
        registered: The forms in which the work is registered.
    """
    whole = letters(citation)
    words = set(tokens(citation)) - _SMALL
    for form in registered:
        title = letters(form)
        if len(title) >= _MIN_MAIN_LETTERS and title in whole:
            return True
        if len(whole) >= _MIN_MAIN_LETTERS and title.startswith(whole):
            return True
        telling = set(tokens(form)) - _SMALL
        if words and words <= telling and (len(words) > 1 or words <= set(tokens(form)[:1])):
            return True
    return False


def likeness(written: str, registered: Sequence[str]) -> float:
    """How much two titles have in common, from 0 to 1, by their telling words in order."""
    left = [word for word in tokens(written) if word not in _SMALL]
    best = 0.0
    for form in registered:
        right = [word for word in tokens(form) if word not in _SMALL]
        if left and right:
            matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
            best = max(best, matcher.ratio())
    return best


def _mains(title: str) -> list[str]:
    """The title without its subtitle, for each place where one may begin."""
    found = [title[: match.start()] for match in _SUBTITLE.finditer(title[:MAX_TITLE_CHARACTERS])]
    return [main for main in found if len(letters(main)) >= _MIN_MAIN_LETTERS]


def _same(written: str, registered: str) -> bool:
    if letters(written) == letters(registered):
        return True
    left = [word for word in tokens(written) if word not in _SMALL]
    right = [word for word in tokens(registered) if word not in _SMALL]
    slips = 0
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        one, two = "".join(left[a:b]), "".join(right[c:d])
        slips += 1
        if slips > _MAX_SLIPS or not is_slip(one, two):
            return False
    return True


def is_slip(one: str, two: str) -> bool:
    """Whether two spellings differ by a letter or an ending, and not in a number."""
    if one == two:
        return True
    if min(len(one), len(two)) < 4 or re.findall(r"\d+", one) != re.findall(r"\d+", two):
        return False
    if one[:1] != two[:1] and len(one) < 6:
        return False
    return difflib.SequenceMatcher(None, one[:60], two[:60], autojunk=False).ratio() >= 0.84


def title_agreement(written: str, real: str) -> float:
    """How much of one title's words the other has, from 0 to 1.

    A written title may be shorter (no subtitle) or longer (a whole citation).
    """
    left, right = _telling_words(written), _telling_words(real)
    if not left or not right:
        return 1.0
    shared = len(left & right)
    return max(shared / len(right), shared / len(left) if len(left) >= 3 or left <= right else 0.0)


def _telling_words(title: str) -> set[str]:
    return {word for word in re.findall(r"\w+", title.casefold()) if word not in _STOP}
