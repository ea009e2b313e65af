"""Three versions of a text and what becomes of them, byte for byte."""

from __future__ import annotations

import pytest

from coursekit.merge.lines import Clash, merge_sequences, merge_text

BOM = b"\xef\xbb\xbf"


def clash(line: int, base: bytes, ours: bytes, theirs: bytes) -> Clash:
    return Clash(line, *(tuple(part.split(b"|")) if part else () for part in (base, ours, theirs)))


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged", "clashes"),
    [
        (b"a\nb\nc\n", b"a\nb\nc\n", b"a\nB\nc\n", b"a\nB\nc\n", []),
        (b"a\nb\nc\n", b"a\nO\nc\n", b"a\nb\nc\n", b"a\nO\nc\n", []),
        (b"a\nb\nc\n", b"a\nX\nc\n", b"a\nX\nc\n", b"a\nX\nc\n", []),
        # Neighbouring lines: one is the team's, the next is the template's.
        (b"a\nb\nc\n", b"A\nb\nc\n", b"a\nB\nc\n", b"A\nB\nc\n", []),
        (b"a\nb\nc\n", b"a\nO\nc\n", b"a\nT\nc\n", b"a\nO\nc\n", [clash(2, b"b", b"O", b"T")]),
        (b"a\nb\nc\nd\n", b"a\nO\nP\nd\n", b"a\nT\nU\nd\n", b"a\nO\nP\nd\n",
         [clash(2, b"b|c", b"O|P", b"T|U")]),
        (b"a\nb\nc\nd\n", b"O\nb\nP\nd\n", b"T\nB\nU\nd\n", b"O\nB\nP\nd\n",
         [clash(1, b"a", b"O", b"T"), clash(3, b"c", b"P", b"U")]),
        (b"a\nb\n", b"a\nO\nP\n", b"a\nT\n", b"a\nO\nP\n", [clash(2, b"b", b"O|P", b"T")]),
        (b"", b"O\n", b"T\n", b"O\n", [clash(1, b"", b"O", b"T")]),
        # Endings are the team's, line by line; a new line gets the usual one.
        (b"a\nb\n", b"a\r\nb\r\n", b"a\nb\nc\n", b"a\r\nb\r\nc\r\n", []),
        (b"a\nb\nc\n", b"a\r\nb\nc\n", b"a\nb\nc\nd\n", b"a\r\nb\nc\nd\n", []),
        (b"a\nb\n", b"a\r\nb\n", b"a\nb\nc\n", b"a\r\nb\nc\n", []),
        (b"a\nb\nc\n", b"a\r\nb\r\nc\n", b"z\na\nb\nc\n", b"z\r\na\r\nb\r\nc\n", []),
        (b"a", b"a", b"a\r\nb\r\n", b"a\r\nb\r\n", []),
        (b"a", b"a", b"a\nb", b"a\nb", []),
        # The end of the last line is merged like everything else.
        (b"a\nb\n", b"a\nb", b"A\nb\n", b"A\nb", []),
        (b"a\nb", b"a\nb", b"A\nb\n", b"A\nb\n", []),
        (b"a\nb\n", b"O\nb\n", b"a\nb", b"O\nb", []),
        # A byte order mark stays the team's.
        (b"a\n", BOM + b"a\n", b"a\nb\n", BOM + b"a\nb\n", []),
        (BOM + b"a\n", b"a\n", BOM + b"a\nb\n", b"a\nb\n", []),
        (b"a\n", b"", b"a\n", b"", []),
    ],
)  # fmt: skip
def test_a_text_is_merged(base, ours, theirs, merged, clashes):
    found = merge_text(base, ours, theirs)
    assert (found.content, list(found.clashes)) == (merged, clashes)


@pytest.mark.parametrize("size", [7, 22, 23, 24, 40])
def test_lines_that_look_like_conflict_markers_are_lines(size):
    """A lesson on git holds such lines; none of ours may be taken for them."""
    lines = [mark * size for mark in (b"<", b"|", b"=", b">")]
    base, ours, theirs = [*lines, b"x"], [b"O", *lines, b"o"], [*lines, b"t"]
    assert merge_sequences(base, ours, theirs) == [
        [b"O", *lines],
        clash(0, b"x", b"o", b"t"),
    ]
