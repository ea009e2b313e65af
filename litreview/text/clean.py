"""Text from elsewhere, made fit to be shown."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"</?[A-Za-z][\w:-]{0,40}(?:\s[^<>]{0,300})?/?>")
# Within a word, as in CO<sub>2</sub>, or within a formula.
_INLINE = re.compile(
    r"</?(?:[a-z]{1,8}:)?(?:a|abbr|b|big|bold|code|del|em|font|i|inline-formula|ins|italic|kbd|mark"
    r"|math|mi|mn|mo|mrow|msub|msup|mtext|q|s|samp|sc|scp|small|span|strike|strong|sub|sup|tt|u)"
    r"(?:\s[^<>]{0,300})?/?>",
    re.IGNORECASE,
)


_CONTROLS = dict.fromkeys((*range(32), 127), " ")


def one_line(text: str) -> str:
    """A text on one line, without what would steer a terminal or turn the reading direction."""
    if text.isascii():
        return " ".join(text.translate(_CONTROLS).split())
    text = re.sub(r"[\u202a-\u202e\u2066-\u2069\ufeff]", "", text)
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()


def without_markup(text: str) -> str:
    """A text on one line without tags and entities, such as publishers and exports leave in it.

    Tags within a word go; where a block ended, its last word and the next one stay apart.
    """
    if "<" in text:
        text = _TAG.sub(" ", _INLINE.sub("", text))
    if "&" in text:
        text = html.unescape(text)
        # Some publishers escape their markup twice.
        text = html.unescape(_TAG.sub(" ", _INLINE.sub("", text)))
    return one_line(text)
