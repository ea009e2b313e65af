"""Words that the ends of a PDF's lines cut in two: put together, real hyphens kept."""

# Lists of many short words are read more easily as one string.
# ruff: noqa: SIM905

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from litreview.papers.paper import tidy
from litreview.papers.pdf_pages import HYPHEN, Line

_COMPOUNDING = frozenset(
    "self non pre fine state end multi semi cross co sub re single low high large small long short "
    "well open data task domain word sentence token document real two three first second one zero "
    "few rule model knowledge graph text human hand time question sequence".split()
)


class Words:
    """How a document writes its words, so that a hyphen at a line's end can be decided."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.words = Counter(
            word.lower() for line in lines
            for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.text)
        )  # fmt: skip
        self.hyphenated = _hyphenated(self.words)

    def joined(self, lines: list[Line]) -> str:
        """The text of lines on one line."""
        text = ""
        for line in lines:
            text = self.join(text, line.text.strip())
        return tidy(self.whole_words(text))

    def join(self, text: str, more: str) -> str:
        """Put a line behind a text; a hyphen at its end is left to be decided."""
        if not text:
            return more
        if re.search(r"[^\W\d_]-$", text) and more[:1].islower():
            return text[:-1] + HYPHEN + more
        if text.endswith(HYPHEN):
            return text + more
        return f"{text} {more}"

    def rehyphenated(self, text: str) -> str:
        """Put back the hyphen that PDFium took for one of a line's end: `documentlevel`."""

        def restore(match: re.Match[str]) -> str:
            word = match[0]
            known = self.hyphenated.get(word.lower())
            if known is None or word[1:] != word[1:].lower():
                return word
            at = known.index("-")
            return word[:at] + known[at:]

        return re.sub(r"[^\W\d_]{8,40}", restore, text) if self.hyphenated else text

    def whole_words(self, text: str) -> str:
        """Join words that a line's end cut in two, and keep real hyphens."""

        def decide(match: re.Match[str]) -> str:
            before, first, second, after = match.groups()
            whole, parts = f"{first}{second}".lower(), f"{first}-{second}".lower()
            hyphen = (
                self.words[parts] > self.words[whole]
                or bool(before or after)
                or second[:1].isupper()
                or (self.words[first.lower()] > 0 and self.words[second.lower()] > 1
                    and not self.words[whole] and first.lower() in _COMPOUNDING)
            )  # fmt: skip
            return f"{before}{first}{'-' if hyphen else ''}{second}{after}"

        text = self.rehyphenated(text)
        if HYPHEN not in text:
            return text
        text = re.sub(
            rf"((?:[^\W_]{{1,40}}-){{0,4}})([^\W_]+){HYPHEN}\s?([^\W_]+)(-?)", decide, text
        )
        return text.replace(HYPHEN, "")


def _hyphenated(words: Counter[str]) -> dict[str, str]:
    """Words with a hyphen by what they would be without it, where that is hardly ever written."""
    found = {}
    for word, count in words.items():
        joined = word.replace("-", "")
        if "-" in word and len(joined) > 7 and words[joined] <= count:
            found[joined] = word
    return found
