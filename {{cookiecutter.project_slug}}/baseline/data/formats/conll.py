"""CoNLL files: a word on each line, its tag behind it, an empty line after each sentence."""

import re
from collections.abc import Sequence
from itertools import groupby

from baseline.data.columns import Rows

_LOOKED_AT = 500  # lines that tell whether words are numbered
SUFFIXES = (".conll", ".bio", ".iob", ".iob2", ".bioes")


def looks_like_conll(text: str) -> bool:
    """Whether most lines are a word and something behind it, with empty lines in between."""
    lines = text[:20_000].split("\n")[:-1]
    words = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    ending = re.compile(r"O|[BIESLUM]-\S+")
    tagged = sum(len(line) > 1 and any(ending.fullmatch(cell) for cell in line) for line in words)
    return any(not line.strip() for line in lines) and tagged > 0.9 * len(words) > 0


def read_conll(text: str) -> Rows:
    """Read sentences; the word is the first column, or the second after a number, as in GermEval.

    The tag is the last column, in GermEval the one behind the word. Lines with `-DOCSTART-` and
    comments hold nothing.
    """
    rows: list[dict[str, object]] = []
    bad: list[str] = []
    lines = text.split("\n")
    numbered = _is_numbered(lines)
    filled = ((number, line.split()) for number, line in enumerate(lines, 1) if _counts(line))
    for has_words, sentence in groupby(filled, key=lambda line: bool(line[1])):
        words, tags, broken = [], [], ""
        for number, cells in sentence if has_words else ():
            if len(cells) == 1:
                broken = broken or f"line {number}: {cells[0][:40]!r} has no tag"
            counted = numbered and len(cells) > 2
            words.append(cells[1] if counted else cells[0])
            tags.append(cells[2] if counted else cells[-1])
        if broken:
            bad.append(broken)
        elif words:
            rows.append({"tokens": words, "tags": tags})
    return Rows(rows, bad)


def _counts(line: str) -> bool:
    """Whether a line holds a word, or ends a sentence; the word "#" has a tag, a comment none."""
    cells = line.split()
    tagged_mark = cells[:1] == ["#"] and len(cells) > 1 and cells[-1] == "O"
    return cells[:1] != ["-DOCSTART-"] and (tagged_mark or not line.startswith("#"))


def _is_numbered(lines: Sequence[str]) -> bool:
    """Whether each line begins with the number of its word in the sentence."""
    expected, found = 1, 0
    for line in lines[:_LOOKED_AT]:
        cells = line.split()
        if not cells:
            expected = 1
        elif not line.startswith("#") and cells[0] != "-DOCSTART-":
            if cells[0] != str(expected):
                return False
            expected, found = expected + 1, found + 1
    return found > 0
