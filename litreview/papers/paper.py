"""One paper as everything else reads it, and the builder that the formats share.

`Paper.text` is the running text; every sentence is a piece of it, so that a quote can be
found again. What a reader does not see (control characters, soft hyphens, marks that turn
the direction of writing) never enters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from litreview.text.sentences import split

# The longest paper that is read: a thesis of 1,000 pages has about 3 million characters.
MAX_CHARACTERS = 4_000_000
MAX_TABLES = 2_000
MAX_ROWS = 5_000
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_CAPTION_SHOWN = 90


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a paper.

    Attributes:
        title: With its number, as it is printed: `2.1 Data`; empty before the first heading.
        level: 1 for a section, 2 for a subsection, and so on.
        parents: The titles of the sections around it, outermost first.
    """

    title: str
    level: int
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and its place.

    Attributes:
        text: Exactly `paper.text[start:end]`.
        start: Offset of its first character in the paper's text.
        end: Offset behind its last character.
        section: Index into `Paper.sections`.
        page: Counted from 1, where the format has pages.
    """

    text: str
    start: int
    end: int
    section: int
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its caption with the number, and its cells row by row."""

    caption: str
    rows: tuple[tuple[str, ...], ...]
    section: int
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, of which only the caption is read."""

    caption: str
    section: int
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole text.

    Attributes:
        title: In one line, or empty.
        format: `html`, `latex`, `jats`, `pdf` or `abstract`.
        text: The running text, paragraphs apart by an empty line.
        sections: In order; the first has no title.
        sentences: In reading order.
        tables: Those with cells, and those of which only the caption could be read.
        figures: Captions.
        references: Each as it is printed.
        pages: How many pages the file has, where the format has pages.
        notes: What a reader should know, a sentence each: what was left out, and why.
    """

    title: str
    format: str
    text: str
    sections: tuple[Section, ...]
    sentences: tuple[Sentence, ...]
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    references: tuple[str, ...] = ()
    pages: int | None = None
    notes: tuple[str, ...] = ()

    def place(self, item: Sentence | Table | Figure) -> str:
        """Where something stands: a page, the caption of a table, or a section's title."""
        if isinstance(item, Table) and item.caption:
            return shortened(item.caption, _CAPTION_SHOWN)
        if item.page is not None:
            return f"p. {item.page}"
        return self.sections[item.section].title or self.title or "the beginning"


def shortened(text: str, length: int) -> str:
    """A text of at most so many characters, cut between words, with a sign of the cut."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def tidy(text: str) -> str:
    """One line of visible characters."""
    text = " ".join(text.split())
    if text.isascii() and text.isprintable():
        return text
    return " ".join(_UNSEEN.sub("", text).split())


@dataclass
class Builder:
    """Collects a paper in reading order; what exceeds the bounds is left out with a note."""

    format: str
    title: str = ""
    pages: int | None = None
    _sections: list[Section] = field(default_factory=lambda: [Section("", 0)])
    _path: list[Section] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _length: int = 0
    _sentences: list[Sentence] = field(default_factory=list)
    _tables: list[Table] = field(default_factory=list)
    _figures: list[Figure] = field(default_factory=list)
    _references: list[str] = field(default_factory=list)
    _notes: dict[str, None] = field(default_factory=dict)

    def heading(self, title: str, level: int) -> None:
        """Begin a section."""
        title = shortened(tidy(title), 300)
        if not title:
            return
        while self._path and self._path[-1].level >= level:
            self._path.pop()
        section = Section(title, level, tuple(parent.title for parent in self._path))
        self._path.append(section)
        self._sections.append(section)

    def lengthen_heading(self, more: str) -> None:
        """Add the second line of the last heading."""
        last = self._sections[-1]
        whole = shortened(f"{last.title} {tidy(more)}".strip(), 300)
        self._sections[-1] = Section(whole, last.level, last.parents)
        if self._path:
            self._path[-1] = self._sections[-1]

    def paragraph(self, text: str, pages: list[tuple[int, int]] | None = None) -> None:
        """Add running text.

        Args:
            text: One paragraph.
            pages: Where text of another page begins: offset and page, in ascending order;
                the text must then be tidy already.
        """
        text = text if pages else tidy(text)
        if not text or self._full(len(text)):
            return
        begin = self._length
        section = len(self._sections) - 1
        for span in split(text):
            page = None
            for offset, number in pages or ():
                if offset <= span.start:
                    page = number
            start, end = begin + span.start, begin + span.end
            self._sentences.append(Sentence(span.text, start, end, section, page))
        self._pieces.append(text)
        self._length += len(text) + 2

    def table(self, caption: str, rows: list[list[str]], page: int | None = None) -> None:
        """Add a table; empty rows and cells at the end of rows are dropped."""
        kept = []
        for row in rows[:MAX_ROWS]:
            cells = [tidy(cell) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            if cells and not self._full(sum(map(len, cells))):
                kept.append(tuple(cells))
        if (kept or caption) and len(self._tables) < MAX_TABLES:
            section = len(self._sections) - 1
            self._tables.append(Table(tidy(caption), tuple(kept), section, page))

    def figure(self, caption: str, page: int | None = None) -> None:
        """Add the caption of a figure."""
        caption = tidy(caption)
        if caption and not self._full(len(caption)):
            self._figures.append(Figure(caption, len(self._sections) - 1, page))

    def reference(self, text: str) -> None:
        """Add an entry of the list of references."""
        text = shortened(tidy(text), 2_000)
        if text and not self._full(len(text)):
            self._references.append(text)

    def note(self, sentence: str) -> None:
        """Say once what a reader should know."""
        self._notes.setdefault(sentence)

    def paper(self) -> Paper:
        """What was collected."""
        return Paper(
            title=tidy(self.title),
            format=self.format,
            text="\n\n".join(self._pieces),
            sections=tuple(self._sections),
            sentences=tuple(self._sentences),
            tables=tuple(self._tables),
            figures=tuple(self._figures),
            references=tuple(self._references),
            pages=self.pages,
            notes=tuple(self._notes),
        )

    def _full(self, more: int) -> bool:
        if self._length + more <= MAX_CHARACTERS:
            return False
        self.note(f"only the first {MAX_CHARACTERS / 1e6:g} million characters were read")
        return True
