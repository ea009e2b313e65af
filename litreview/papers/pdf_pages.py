"""The lines of a PDF's pages in reading order, without running heads and page numbers."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

HYPHEN = "\ufffe"  # PDFium's sign for a hyphen at the end of a line
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_STAMP = re.compile(r"arXiv:\d{4}\.\d{4,5}v\d+\s+\[")
_MARGIN = 0.085
_OUTERMOST = 0.125


@dataclass
class Line:
    """A line of a page, in points from the lower left corner.

    Attributes:
        bottom: The height on which its first letter stands.
        end: The height on which its last letter stands; lower where lines were joined.
        foot: Nothing of the usual size stands below it in its column.
    """

    text: str
    left: float
    bottom: float
    right: float
    size: float
    bold: bool
    page: int
    end: float
    foot: bool = False


def in_reading_order(pages: list[dict[str, Any]]) -> list[list[Line]]:
    """The lines of each page.

    Args:
        pages: Records of `pdf_lines`.
    """
    by_page = [_merged(_lines(page)) for page in pages]
    by_page = _without_margins(by_page, [page["size"][1] for page in pages])
    return [_in_columns(lines, page["size"][0]) for lines, page in zip(by_page, pages, strict=True)]


def _lines(page: dict[str, Any]) -> list[Line]:
    number = page["page"]
    found: list[Line] = []
    split = sum(line[7] for line in page["lines"])
    columns = split >= 8 and split > 0.25 * len(page["lines"])
    for text, left, bottom, right, size, bold, end, goes_on in page["lines"]:
        if goes_on and not columns:
            found[-1].text = f"{found[-1].text.rstrip()} {_unligated(text)}"
            found[-1].right = right
            found[-1].end = end
        else:
            found.append(Line(_unligated(text), left, bottom, right, size, bold, number, end))
    return found


def _unligated(text: str) -> str:
    for sign, letters in _LIGATURES.items():
        text = text.replace(sign, letters)
    return text


def _merged(lines: list[Line]) -> list[Line]:
    """Join what stands on one line of the page: a superscript, a change of the font."""
    merged: list[Line] = []
    for line in lines:
        last = merged[-1] if merged else None
        if last is not None and _same_line(last, line):
            gap = " " if line.left - last.right > 0.12 * line.size else ""
            last.text = f"{last.text.rstrip()}{gap}{line.text}"
            last.right = line.right
            last.end = line.end
            last.size = max(last.size, line.size)
            last.bold = last.bold and line.bold
        elif line.text.strip():
            merged.append(line)
    return merged


def _same_line(last: Line, line: Line) -> bool:
    size = max(last.size, line.size)
    gap = line.left - last.right
    return abs(line.bottom - last.end) < 0.55 * size and -1 < gap < 1.2 * size


def _without_margins(pages: list[list[Line]], heights: list[float]) -> list[list[Line]]:
    """Drop running heads, page numbers, line numbers and arXiv's stamp."""
    seen: Counter[str] = Counter()
    for lines, height in zip(pages, heights, strict=True):
        seen.update({_shape(line) for line in _marginal(lines, height)})
    often = max(2, min(3, len(pages) // 3))
    kept_pages = []
    for lines, height in zip(pages, heights, strict=True):
        numbers = sum(bool(re.fullmatch(r"\d{3,4}", line.text.strip())) for line in lines)
        kept = []
        at_edge = {id(line) for line in _marginal(lines, height)}
        for line in lines:
            text = line.text.strip()
            marginal = id(line) in at_edge
            running = marginal and len(pages) > 2 and seen[_shape(line)] >= often
            if running or (marginal and re.fullmatch(r"(?:page\s)?[\divxlc–-]{1,5}", text, re.I)):
                continue
            if numbers > 15 and re.fullmatch(r"\d{3,4}", text):
                continue
            if not _STAMP.match(text):
                kept.append(line)
        kept_pages.append(kept)
    return kept_pages


def _marginal(lines: list[Line], height: float) -> list[Line]:
    """The lines near an edge, and the outermost ones that stand a little farther in."""
    if not lines:
        return []
    top, low = max(line.bottom for line in lines) - 2, min(line.bottom for line in lines) + 2
    return [
        line for line in lines
        if not height * _MARGIN <= line.bottom <= height * (1 - _MARGIN)
        or (line.bottom <= low and line.bottom < height * _OUTERMOST)
        or (line.bottom >= top and line.bottom > height * (1 - _OUTERMOST))
    ]  # fmt: skip


def _shape(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text.strip())[:80]


def _in_columns(lines: list[Line], width: float) -> list[Line]:
    """Put a page whose columns are interleaved in the file into reading order."""
    middle = width / 2
    sides = [-1 if x.right < middle + 6 else 1 if x.left > middle - 6 else 0 for x in lines]
    switches = sum(a * b == -1 for a, b in itertools.pairwise(sides))
    if min(sides.count(-1), sides.count(1)) < 8 or switches < 0.3 * len(lines):
        return lines
    ordered: list[Line] = []
    band: list[tuple[int, Line]] = []
    for side, line in sorted(zip(sides, lines, strict=True), key=lambda pair: -pair[1].bottom):
        if side == 0:
            ordered += [x for _, x in sorted(band, key=lambda pair: pair[0])]
            band = []
            ordered.append(line)
        else:
            band.append((side, line))
    return ordered + [x for _, x in sorted(band, key=lambda pair: pair[0])]
