"""A team's text, cleaned once where it enters."""

from __future__ import annotations

import re

# Half an emoji cannot be written as UTF-8, control characters steer terminals, and marks of
# direction make a line read otherwise than it is. Tabs and line ends stay.
_HALVES = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
_ASCII_CONTROL = bytes({*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F})
_LINE_ENDS = re.compile(r"\r\n?|[\x85\u2028\u2029]")
# Colours and titles for a terminal, as progress bars and loggers write them.
_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;:?]{0,40}[ -/]?[@-~]|\][^\x07\x1b]{0,400}(?:\x07|\x1b\\)?)")
# No Markdown means more by a thousand spaces than by two hundred.
_SPACES = re.compile(r"[ \t]{400,}")
_EMPTY_LINES = re.compile(r"\n{100,}")


def clean_text(text: str) -> str:
    """A text without half characters, escape sequences, control and direction marks."""
    if text.isascii() and text.isprintable():
        return text
    if "\x1b" in text:
        text = _SEQUENCE.sub("", text)
    if text.isascii():
        # The same characters, at a twentieth of the cost.
        return text.encode("ascii").translate(None, _ASCII_CONTROL).decode("ascii")
    return _CONTROL.sub("", _HALVES.sub("\ufffd", text))


def clean_lines(text: str) -> str:
    """A file of text: clean, with one kind of line end."""
    if "\r" in text or not text.isascii():
        text = _LINE_ENDS.sub("\n", text)
    return clean_text(text)


def clean_markdown(text: str) -> str:
    """A README: clean, and without endless runs of nothing."""
    return shorten_runs(clean_lines(text))


def shorten_runs(text: str) -> str:
    """A clean text without endless runs of nothing."""
    if "\t" in text or " " * 400 in text:
        text = _SPACES.sub(" " * 400, text)
    return _EMPTY_LINES.sub("\n" * 100, text) if "\n" * 100 in text else text
