"""Trying patterns only where their words stand: what is needed, and that nothing is lost."""

from __future__ import annotations

import random
import re
import time

import pytest

from litreview.text.prefilter import Prefilter, alternatives, needed


def clauses(pattern: str) -> list[set[str]]:
    """What a pattern needs, the choosiest first."""
    tree = re._parser.parse(pattern, re.VERBOSE)  # type: ignore[attr-defined]
    return [set(clause) for clause in needed(list(tree))]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        (r"\bfuture\swork\b", [{"^future$"}, {"^work$"}]),
        (r"\b(?:future|further)\s(?:\w+\s)?stud(?:y|ies)", [{"^future$", "^further$"},
                                                         {"study", "studies"}]),
        (r"outlook", [{"outlook"}]),
        (r"\boutper\w+", [{"^outper"}]),
        (r"\d+\spoints?\b", [{"^point$", "^points$"}, {"0"}]),
        (r"\w+", []),
        (r"(?:\w+|lemma)", []),
        (r"(?:lemma)?", []),
        (r"(?:lemma){2}", [{"lemma"}]),
        (r"\?$", [{"?"}]),
    ],
)  # fmt: skip
def test_what_a_pattern_needs(pattern, wanted):
    """`^` and `$` are the ends of a word; what may be missing is not needed."""
    assert clauses(pattern) == wanted


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("a|b", ["a", "b"]),
        ("a[|]b", ["a[|]b"]),
        (r"a\|b", [r"a\|b"]),
        ("(a|b)", ["(a|b)"]),
        (r"x(?:\w|c)d", [r"x(?:\w)d", "x(?:c)d"]),
        (r"x(?:\w|c)?d", [r"x(?:\w|c)?d"]),
        ("x(?:a|b)", ["x(?:a|b)"]),
    ],
)
def test_a_pattern_is_taken_apart_where_that_changes_nothing(pattern, parts):
    """Bars in classes, behind a backslash and in repeated groups stay together."""
    assert alternatives(pattern) == parts


def test_nothing_is_lost_whatever_the_pattern():
    """Made-up patterns over made-up texts find what `re.search` finds."""
    chooser = random.Random(7)
    pieces = [
        r"\b", "^", "$", r"\s", r"\w+", "(?:ab|ba)", "(?:ab|b\\w)", "a", "b", "ab", "[ab]", "[^a]",
        "-", r"\d", "(?:a\\s)?", "(?:ab){1,2}", "(?!a)", "(?<=b)", "b?", "(?:|ab)", "ä", "7", r"\%",
    ]  # fmt: skip
    for _ in range(400):
        pattern = "|".join(
            "".join(chooser.choice(pieces) for _ in range(chooser.randint(1, 5)))
            for _ in range(chooser.randint(1, 3))
        )
        texts = ["".join(chooser.choice("ab ab-ä7_%é") for _ in range(9)) for _ in range(12)]
        known = Prefilter([("it", pattern)])
        for text in texts:
            found = re.search(pattern, text, re.VERBOSE) is not None
            assert known.find(text) == ({"it"} if found else set()), (pattern, text)


def test_a_long_word_is_read_in_linear_time():
    """A hostile word without a space costs what as many letters in words cost, or little more."""
    known = Prefilter([("it", r"\b(?:alpha|beta)\s\w+"), ("that", "gamma")])
    begin = time.process_time()
    assert known.find("x" * 100_000 + "gamma") == {"that"}
    assert time.process_time() - begin < 2.0
