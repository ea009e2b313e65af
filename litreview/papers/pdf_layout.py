"""Put the lines of a PDF's pages in order: what is running text, heading, caption, footnote."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from litreview.papers.paper import Builder, Paper, tidy
from litreview.papers.pdf_pages import HYPHEN, Line, in_reading_order
from litreview.papers.pdf_words import Words

_NUMBERED = re.compile(r"(?:(?:[A-Z]|\d{1,2}|[IVX]{1,4})(?:\.\d{1,2}){0,3}\.?)\s+[A-ZÄÖÜ(“]\S*")
_KNOWN = re.compile(
    r"(?:\d{1,2}\.?\s+)?(?:abstract|zusammenfassung|(?:1\s+)?introduction|einleitung|background"
    r"|related works?|methods?|methodology|materials? and methods?|results?|discussion"
    r"|results and discussion|experiments?|evaluation|conclusions?|conclusion and future work"
    r"|acknowledge?ments?|references|bibliography|literatur(?:verzeichnis)?|appendix"
    r"|data(?: ?sets?)?|limitations?|future work|summary|ccs concepts|keywords)",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"(?:Table|TABLE|Figure|FIGURE|Fig\.|FIG\.|Tabelle|Abbildung|Abb\.|Tab\.|Algorithm|Listing)"
    r"\s+(?:[A-Z]\.?)?\d{1,3}(?!\d|\.\d)[.:]?\s?(?=\S|$)"
)
_GLUED = re.compile(r"(?<=[.!?]) (\d{1,2}(?:\.\d{1,2}){0,3}\.? [A-Z][^.!?]{3,60})$")
_ABSTRACT = re.compile(r"(Abstract|ABSTRACT|Zusammenfassung)\s?[.:—–-]\s?(?=\S)")
_REFERENCES = re.compile(r"(?:\S{1,4}\s)?(?:references|bibliography|literatur\w*)", re.I)
_ITEM = re.compile(r"(?:\[\w{1,12}\]|\(?\d{1,3}[.)])\s")
_FINISHED = re.compile(r"[.!?:;][\"”’)\]]{0,2}(?:\d{1,2})?$")
_NUMBER = re.compile(r"[-+±]?\d[\d.,]*%?|[-–—✓✗×]")
_MAX_HEADING = 110
_SMALLER = 0.6  # points below the size of the running text
_DRAWN = 0.65  # of its size: the letters of a drawing


@dataclass
class _Stream:
    """A paragraph that is being put together from lines."""

    lines: list[Line] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        return not self.lines or bool(_FINISHED.search(self.lines[-1].text.rstrip()))


def arrange(pages: list[dict[str, Any]], count: int) -> Paper:
    """Make a paper of the pages' lines.

    Args:
        pages: Records of `pdf_lines`, in order.
        count: How many pages the file has.
    """
    layout = _Layout(in_reading_order(pages))
    layout.builder.pages = count
    if len(pages) < count:
        layout.builder.note(f"only the first {len(pages)} of {count} pages were read")
    empty = sum(not page["lines"] and page["image"] for page in pages)
    if empty:
        layout.builder.note(f"{empty} of {count} pages are pictures without text")
    if any(page["recognised"] for page in pages):
        layout.builder.note("it is a scan whose text a program recognised: expect wrong letters")
    return layout.read()


class _Layout:
    """Goes through the lines of all pages once."""

    def __init__(self, pages: list[list[Line]]) -> None:
        self.pages = pages
        self.builder = Builder("pdf")
        sizes: Counter[float] = Counter()
        for lines in pages:
            for line in lines:
                sizes[round(line.size * 2) / 2] += len(line.text)
        self.body = sizes.most_common(1)[0][0] if sizes else 10.0
        self.words = Words(line for lines in pages for line in lines)
        self.main = _Stream()
        self.aside = _Stream()
        self.waiting: list[_Stream] = []
        self.caption: list[Line] = []
        self.rows: list[Line] = []
        self.in_references = False
        self.reference: list[Line] = []
        self.number: tuple[int, ...] = (0,)
        self.last_heading: Line | None = None

    def read(self) -> Paper:
        """The paper."""
        if self.pages:
            self.title(self.pages[0])
        for lines in self.pages:
            self.mark_feet(lines)
            spacing = self.spacing(lines)
            previous: Line | None = None
            for line in lines:
                self.line(line, previous, spacing)
                previous = line
            self.end_of_page()
        self.end_all()
        return self.builder.paper()

    def mark_feet(self, lines: list[Line]) -> None:
        """Mark the lines below which nothing of the usual size stands in their column."""
        lowest: dict[int, float] = {}
        for line in lines:
            if line.size >= self.body - _SMALLER:
                for strip in _strips(line):
                    lowest[strip] = min(line.end, lowest.get(strip, line.end))
        for line in lines:
            line.foot = all(
                lowest.get(strip, line.bottom) >= line.bottom for strip in _strips(line)
            )

    def title(self, lines: list[Line]) -> None:
        """The largest lines of the first page that follow each other."""
        candidates = [
            line
            for line in lines[:60]
            if len(line.text.strip()) > 3
            and not _NUMBERED.match(line.text)
            and not _KNOWN.fullmatch(line.text.strip())
        ]
        largest = max((line.size for line in candidates), default=0.0)
        if largest < self.body + 1.5:
            return
        picked: list[Line] = []
        for line in lines[:60]:
            if abs(line.size - largest) < 0.6:
                picked.append(line)
            elif picked:
                break
        self.builder.title = self.words.joined(picked)
        for line in picked:
            lines.remove(line)

    def spacing(self, lines: list[Line]) -> float:
        """The usual distance of two lines on a page."""
        gaps = Counter(
            round(a.end - b.bottom)
            for a, b in itertools.pairwise(lines)
            if 0 < a.end - b.bottom < 40 and abs(a.left - b.left) < 30
        )
        return float(gaps.most_common(1)[0][0]) if gaps else self.body * 1.2

    def line(self, line: Line, previous: Line | None, spacing: float) -> None:
        """Give a line to what it belongs to."""
        glued = _GLUED.search(line.text)
        if glued and self.follows(glued[1]):
            rest = replace(line, text=glued[1])
            line.text = line.text[: glued.start()]
            self.line(line, previous, spacing)
            line, previous = rest, line
        begins = _ABSTRACT.match(line.text)
        if begins and self.last_heading is None:
            self.heading(replace(line, text=begins[1]), previous, begins[1])
            line = replace(line, text=line.text[begins.end() :])
        text = line.text.strip()
        if self.caption and self.goes_on(line, previous, spacing):
            self.caption.append(line)
            return
        self.end_caption()
        if self.is_heading(line, previous, text):
            self.heading(line, previous, text)
        elif self.in_references:
            self.add_reference(line, previous)
        elif _CAPTION.match(text) and not self.mentions(line, previous, spacing):
            self.caption = [line]
        elif self.is_row(text):
            self.rows.append(line)
        elif line.size < self.body - _SMALLER:
            self.add_small(line, previous, spacing)
        else:
            self.add(line, previous, spacing)

    def goes_on(self, line: Line, previous: Line | None, spacing: float) -> bool:
        """Tell whether a line goes on with the caption."""
        if previous is None or len(self.caption) > 14:
            return False
        near = 0 < previous.end - line.bottom < 1.35 * spacing
        same = abs(line.size - self.caption[0].size) < 0.4
        return near and same and abs(line.left - self.caption[0].left) < 120

    def mentions(self, line: Line, previous: Line | None, spacing: float) -> bool:
        """Tell whether "Table 2 shows …" is running text and no caption."""
        text = line.text.strip()
        match = _CAPTION.match(text)
        if previous is None or match is None or match[0].rstrip()[-1:] in ".:":
            return False
        goes_on = 0 < previous.end - line.bottom < 1.3 * spacing and not self.main.finished
        return goes_on or bool(re.match(r"[a-z(,]", text[match.end() :]))

    def is_heading(self, line: Line, previous: Line | None, text: str) -> bool:
        """Tell whether a line is a heading."""
        if len(text) > _MAX_HEADING or len(text) < 3 or not re.search(r"[^\W\d_]{3}", text):
            return False
        large = line.size > self.body + 0.7
        if _KNOWN.fullmatch(text.rstrip(".:")):
            alone = self.main.finished or bool(_REFERENCES.fullmatch(text.rstrip(".:")))
            return large or line.bold or text.isupper() or (alone and text[:1].isupper())
        if text.endswith((".", ",", ";")) and not _NUMBERED.match(text):
            return False
        if _NUMBERED.match(text):
            if (large or line.bold) and text.count(". ") < 2:
                return True
            short = len(text) < 70 and not text.endswith(".")
            return short and self.main.finished and self.follows(text)
        last = self.last_heading
        if last is not None and last is previous and line.bold and last.bold:
            return abs(last.size - line.size) < 0.3 and line.left >= last.left
        return large and line.bold and len(text.split()) < 14 and bool(self.builder.title)

    def follows(self, text: str) -> bool:
        """Tell whether a heading's number is the next one."""
        number = _number(text)
        if not number or self.in_references:
            return False
        depth = len(number)
        if depth > len(self.number):
            return number == (*self.number, 1)
        # One may have been missed, because it runs into its paragraph.
        next_ones = (self.number[depth - 1] + 1, self.number[depth - 1] + 2)
        return number[:-1] == self.number[: depth - 1] and number[-1] in next_ones

    def heading(self, line: Line, previous: Line | None, text: str) -> None:
        """Begin a section, or go on with a heading of two lines."""
        last = self.last_heading
        if (last is not None and last is previous and not _NUMBERED.match(text)
                and abs(last.size - line.size) < 0.3 and last.bold == line.bold
                and 0 < last.end - line.bottom < 2 * line.size):  # fmt: skip
            self.builder.lengthen_heading(text)
            self.last_heading = line
            return
        self.end_all()
        self.last_heading = line
        self.number = _number(text) or self.number
        match = re.match(r"(?:[A-Z]|\d{1,2})((?:\.\d{1,2})*)", text)
        level = 1 + (match[1].count(".") if match and text[match.end() :][:1] in " ." else 0)
        self.builder.heading(text, level)
        self.in_references = bool(_REFERENCES.fullmatch(text.rstrip(".:")))

    def is_row(self, text: str) -> bool:
        """Tell whether a line is the row of a table: mostly figures."""
        words = text.split()
        numbers = sum(bool(_NUMBER.fullmatch(word)) for word in words)
        return numbers >= 2 and numbers >= 0.45 * len(words)

    def add(self, line: Line, previous: Line | None, spacing: float) -> None:
        """Add a line of running text; end the paragraph before it if one begins here."""
        last = self.main.lines[-1] if self.main.lines else None
        if self.main.finished and (
            last is None or self.aside.lines or self.waiting
            or self.begins(last, line, previous, spacing)
        ):  # fmt: skip
            self.flush()
        self.main.lines.append(line)

    def add_small(self, line: Line, previous: Line | None, spacing: float) -> None:
        """Add a line in small letters: of a footnote, a listing, a drawing.

        At the foot of a column it waits for the end of the sentence that goes on in the next;
        elsewhere it stands where it was printed.
        """
        if not line.foot and self.main.finished and self.main.lines:
            self.flush()
        last = self.aside.lines[-1] if self.aside.lines else None
        if last is not None and (
            abs(last.size - line.size) > 0.7 or last.foot != line.foot
            or (self.aside.finished and self.begins(last, line, previous, spacing))
        ):  # fmt: skip
            self.waiting.append(self.aside)
            self.aside = _Stream()
        self.aside.lines.append(line)

    def begins(self, last: Line, line: Line, previous: Line | None, spacing: float) -> bool:
        """Tell whether a line begins a paragraph, where the one before is finished."""
        if last is not previous:
            return True
        gap = last.end - line.bottom
        apart = gap > 1.4 * spacing or gap < -spacing
        return apart or line.left > last.left + 6 or line.bold

    def add_reference(self, line: Line, previous: Line | None) -> None:
        """Add a line to the list of references."""
        text = line.text.strip()
        last = self.reference[-1] if self.reference else None
        hanging = last is not None and line.left < self.reference[0].left + 3
        new = _ITEM.match(text) or (hanging and last is not None and len(self.reference) > 0
                                    and last.text.rstrip().endswith("."))  # fmt: skip
        if new:
            self.end_reference()
        self.reference.append(line)

    def end_reference(self) -> None:
        """Finish an entry of the list of references."""
        if self.reference:
            self.builder.reference(self.words.joined(self.reference))
            self.reference = []

    def end_caption(self) -> None:
        """Finish a caption; rows before it or behind it are its table's."""
        if not self.caption:
            return
        text, page = self.words.joined(self.caption), self.caption[0].page
        self.caption = []
        if text.lower().startswith("tab"):
            self.builder.table(text, self.cells(), page)
        else:
            self.builder.figure(text, page)

    def cells(self) -> list[list[str]]:
        """The rows that were set aside; a label first, then figures."""
        rows = []
        for line in self.rows:
            words = tidy(line.text).split()
            at = next((i for i, word in enumerate(words) if _NUMBER.fullmatch(word)), len(words))
            rows.append([" ".join(words[:at]), *words[at:]])
        self.rows = []
        return rows

    def end_of_page(self) -> None:
        """What belongs to a page alone ends with it; running text goes on."""
        self.end_caption()
        if self.rows:
            page = self.rows[0].page
            self.builder.table("", self.cells(), page)
        if self.main.finished:
            self.flush()

    def end_all(self) -> None:
        """Finish everything that is open."""
        self.end_caption()
        self.end_reference()
        self.flush()

    def flush(self) -> None:
        """Finish the running text, and then what waits beside it."""
        streams = [self.main, *self.waiting, self.aside]
        self.main, self.waiting, self.aside = _Stream(), [], _Stream()
        for stream in streams:
            self.paragraph(stream)

    def paragraph(self, stream: _Stream) -> None:
        """Finish a paragraph; crumbs of drawings are dropped."""
        lines = stream.lines
        if not lines or (lines[0].size < _DRAWN * self.body and not stream.finished):
            return
        text = ""
        pages: list[tuple[int, int]] = []
        for line in lines:
            start = len(text)
            text = self.words.join(
                text, tidy(line.text.replace(HYPHEN, "\ue000")).replace("\ue000", HYPHEN)
            )
            if not pages or pages[-1][1] != line.page:
                pages.append((start, line.page))
        text = self.words.whole_words(text)
        if len(text.split()) >= 5 or (_FINISHED.search(text) and len(text) > 12):
            self.builder.paragraph(text, pages)


def _strips(line: Line) -> range:
    """The strips of a page, 20 points wide, over which a line reaches."""
    return range(max(int(line.left), 0) // 20, min(int(line.right), 4_000) // 20 + 1)


def _number(text: str) -> tuple[int, ...]:
    """The number of a heading: (3, 1) for `3.1 Data`."""
    match = re.match(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[A-Z]", text)
    return tuple(int(part) for part in match[1].split(".")) if match else ()
