"""Read a paper from HTML as LaTeXML makes it (arXiv, ar5iv), or from any other page.

Only what a reader sees is read: no scripts, nothing hidden by a style, nothing in white.
Nothing is loaded and nothing runs.

Reference: https://math.nist.gov/~BMiller/LaTeXML/manual/
"""

# Lists of many short words are read more easily as one string.
# ruff: noqa: SIM905

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import html as lxml_html

from litreview.errors import UserError
from litreview.papers.paper import Builder, Paper, tidy
from litreview.text.latex import to_text

_SKIPPED = frozenset(
    "script style noscript template head nav footer iframe object embed svg form button select "
    "canvas audio video dialog aside".split()
)
_HEADINGS = {"h1": 1, "h2": 1, "h3": 2, "h4": 3, "h5": 4, "h6": 5}
_LATEXML_LEVELS = {
    "ltx_title_chapter": 1, "ltx_title_section": 1, "ltx_title_appendix": 1,
    "ltx_title_abstract": 1, "ltx_title_bibliography": 1, "ltx_title_acknowledgements": 1,
    "ltx_title_subsection": 2, "ltx_title_subsubsection": 3, "ltx_title_paragraph": 4,
    "ltx_title_subparagraph": 5,
}  # fmt: skip
_BLOCKS = frozenset(
    "p div section article main ul ol li dl dt dd blockquote table figure h1 h2 h3 h4 h5 h6 pre "
    "header hr body center fieldset details summary".split()
)
_NOT_RUNNING_TEXT = frozenset(
    "ltx_authors ltx_page_footer ltx_page_navbar ltx_TOC ltx_ERROR ltx_dates ltx_keywords "
    "ltx_classification ltx_role_affiliationtext ltx_pagination ltx_tag_listingline "
    "package-alerts ltx_role_newpage ltx_note_mark".split()
)
_HIDING = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:0(?:\.0+)?(?:;|$)"
    r"|font-size:(?:0|1px|0?\.\d+p)|text-indent:-\d{3}|left:-\d{3}|clip:rect\(0"
)
_WHITE = re.compile(
    r"(?:^|;)color:(?:#fff(?:fff)?(?:;|$)|white|transparent|rgba?\(255,255,255|rgba\([^)]{1,30},0\))"
)
_REFERENCES = re.compile(r"(?:\w{0,3}\.?\s)?(?:references?|bibliography|literatur\w*)", re.I)
_MAX_DEPTH = 250


def read_html(data: bytes) -> Paper:
    """Read a page.

    Raises:
        UserError: If it is no HTML.
    """
    try:
        parser = lxml_html.HTMLParser(encoding=_encoding(data), no_network=True)
        root = lxml_html.document_fromstring(data, parser=parser)
    except (ValueError, AssertionError, lxml_html.etree.LxmlError) as error:
        raise UserError("the page cannot be read as HTML; save it again as a whole page") from error
    reader = _Reader(root)
    return reader.read()


def _encoding(data: bytes) -> str | None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


class _Reader:
    """Walks through a page in reading order."""

    def __init__(self, root: lxml_html.HtmlElement) -> None:
        self.root = root
        self.builder = Builder("html")
        self.hidden_names = _hidden_names(root)
        self.footnotes: list[str] = []
        self.in_references = False

    def read(self) -> Paper:
        main = self.root
        for path in (".//article", ".//main", ".//*[@role='main']", ".//body"):
            found = self.root.find(path)
            if found is not None and len(found):
                main = found
                break
        self.walk(main, 0)
        if not self.builder.title:
            self.builder.title = self.root.findtext(".//head/title") or ""
        return self.builder.paper()

    def walk(self, element: lxml_html.HtmlElement, depth: int) -> None:
        """Read a block: what stands in it, in order."""
        running: list[str] = []
        if element.text:
            running.append(element.text)
        for child in element:
            if not self.seen(child):
                pass
            elif self.is_equation(child):
                running.append(f" {self.inline(child, depth + 1)} ")
            elif self.is_block(child) and depth < _MAX_DEPTH:
                if running and child.tag == "p" and self.continues(running, child):
                    running += [" ", self.inline(child, depth + 1)]
                else:
                    self.flush(running)
                    self.block(child, depth + 1, running)
            else:
                running.append(self.inline(child, depth + 1))
            if child.tail:
                running.append(child.tail)
        self.flush(running)

    def block(self, child: lxml_html.HtmlElement, depth: int, running: list[str]) -> None:
        """Read one block inside another."""
        classes = _classes(child)
        tag = child.tag
        if tag in _HEADINGS or "ltx_title" in classes:
            self.title(child, classes)
        elif "ltx_bibitem" in classes or (tag == "li" and self.in_references):
            self.builder.reference(self.inline(child, depth))
        elif tag == "figure" or classes & {"ltx_figure", "ltx_table", "ltx_float"}:
            self.figure(child, classes, depth)
        elif tag == "table" or "ltx_tabular" in classes:
            self.builder.table("", self.rows(child, depth))
        elif tag == "p":
            # Kept open: behind a displayed formula the sentence goes on.
            running.append(self.inline(child, depth))
        else:
            self.walk(child, depth)

    def continues(self, running: list[str], child: lxml_html.HtmlElement) -> bool:
        """Tell whether a paragraph goes on with what stands before it: behind a formula."""
        before = child.getprevious()
        if before is None or not self.is_equation(before):
            return False
        start = (child.text or "").lstrip()[:1]
        return start.islower() or start in ",.;" or not "".join(running).rstrip().endswith(".")

    def flush(self, running: list[str]) -> None:
        """End a paragraph; its footnotes follow."""
        text = tidy("".join(running))
        running.clear()
        if text:
            if self.in_references and len(text) > 30:
                self.builder.reference(text)
            else:
                self.builder.paragraph(text)
        notes, self.footnotes = self.footnotes, []
        for note in notes:
            self.builder.paragraph(note)

    def title(self, element: lxml_html.HtmlElement, classes: set[str]) -> None:
        """Take a heading."""
        text = tidy(self.inline(element, 0))
        self.footnotes.clear()
        first = element.tag == "h1" and not self.builder.title
        if "ltx_title_document" in classes or (first and not classes & set(_LATEXML_LEVELS)):
            self.builder.title = text
            return
        level = next((_LATEXML_LEVELS[name] for name in classes if name in _LATEXML_LEVELS), 0)
        self.builder.heading(text, level or _HEADINGS.get(element.tag, 4))
        self.in_references = bool(_REFERENCES.fullmatch(text))

    def figure(self, element: lxml_html.HtmlElement, classes: set[str], depth: int) -> None:
        """Take a table or a figure with its caption."""
        captions = []
        tables = []
        for part in element.iter():
            if not isinstance(part.tag, str):
                continue
            names = _classes(part)
            if (part.tag == "figcaption" or "ltx_caption" in names) and self.seen(part):
                captions.append(tidy(self.inline(part, depth)))
            elif part.tag == "table" or "ltx_tabular" in names:
                inside = any(up.tag == "table" for up in part.iterancestors() if up is not element)
                if not inside and not self.is_equation(part):
                    tables.append(part)
        caption = " ".join(dict.fromkeys(captions))
        if tables or "ltx_table" in classes:
            for table in tables or [None]:
                self.builder.table(caption, self.rows(table, depth) if table is not None else [])
        else:
            self.builder.figure(caption)
            for part in element.iter("p"):
                if "ltx_listingline" not in _classes(part) and self.seen(part):
                    self.builder.paragraph(self.inline(part, depth))

    def rows(self, table: lxml_html.HtmlElement, depth: int) -> list[list[str]]:
        """The cells of a table."""
        found = []
        for row in table.iter("tr"):
            cells = (cell for cell in row if cell.tag in ("td", "th") and self.seen(cell))
            found.append([tidy(self.inline(cell, depth)) for cell in cells])
        if not found:
            for row in table.iter("span"):
                if "ltx_tr" in _classes(row):
                    cells = (c for c in row if "ltx_td" in _classes(c) and self.seen(c))
                    found.append([tidy(self.inline(cell, depth)) for cell in cells])
        return found

    def inline(self, element: lxml_html.HtmlElement, depth: int) -> str:
        """The visible text of an element; footnotes are put aside."""
        pieces: list[str] = []
        self.collect(element, pieces, depth)
        return "".join(pieces)

    def collect(self, element: lxml_html.HtmlElement, pieces: list[str], depth: int) -> None:
        """Add the visible text of an element, without what follows it."""
        tag = element.tag
        if not isinstance(tag, str) or depth > _MAX_DEPTH:
            return
        if tag == "math":
            pieces.append(_formula(element))
            return
        if tag in ("br", "hr"):
            pieces.append(" ")
            return
        if tag == "img":
            return
        if "ltx_note_outer" in (element.get("class") or ""):
            self.footnote(element, depth)
            return
        if element.text:
            pieces.append(element.text)
        for child in element:
            if self.seen(child):
                apart = child.tag in _BLOCKS or child.tag in ("td", "th", "tr")
                if apart:
                    pieces.append(" ")
                self.collect(child, pieces, depth + 1)
                if apart:
                    pieces.append(" ")
            if child.tail:
                pieces.append(child.tail)

    def footnote(self, element: lxml_html.HtmlElement, depth: int) -> None:
        """Keep a footnote for the end of the paragraph."""
        pieces: list[str] = []
        for part in element.iter():
            if "ltx_note_content" in _classes(part):
                if part.text:
                    pieces.append(part.text)
                for child in part:
                    names = _classes(child)
                    if self.seen(child) and not names & {"ltx_note_mark", "ltx_tag_note"}:
                        self.collect(child, pieces, depth + 1)
                    if child.tail:
                        pieces.append(child.tail)
                break
        text = tidy("".join(pieces))
        if text:
            self.footnotes.append(text)

    def seen(self, element: lxml_html.HtmlElement) -> bool:
        """Tell whether a reader sees an element."""
        tag = element.tag
        if not isinstance(tag, str) or tag in _SKIPPED:
            return False
        attributes = element.attrib
        if not attributes:
            return True
        if "hidden" in attributes:
            return False
        style = attributes.get("style")
        if style and _hides(style):
            return False
        names = (attributes.get("class") or "").split()
        if not _NOT_RUNNING_TEXT.isdisjoint(names):
            return False
        return not self.hidden_names or not (
            any(f".{name}" in self.hidden_names for name in names)
            or f"#{attributes.get('id')}" in self.hidden_names
        )

    def is_block(self, element: lxml_html.HtmlElement) -> bool:
        """Tell whether an element is set apart from the text around it."""
        if element.tag in _BLOCKS:
            return True
        return element.tag == "span" and bool(_classes(element) & {"ltx_title", "ltx_tabular"})

    def is_equation(self, element: lxml_html.HtmlElement) -> bool:
        """Tell whether an element is a displayed formula."""
        names = element.get("class") or "" if isinstance(element.tag, str) else ""
        return "ltx_equation" in names or "ltx_eqn" in names


def _classes(element: lxml_html.HtmlElement) -> set[str]:
    return set((element.get("class") or "").split()) if isinstance(element.tag, str) else set()


def _formula(element: lxml_html.HtmlElement) -> str:
    """A formula as plain text, else as its TeX between dollar signs."""
    tex = element.get("alttext")
    if tex and len(tex) < 2_000:
        return to_text(f"${tex.strip()}$")
    parts = (part.text or "" for part in element.iter() if part.tag not in ("annotation",))
    return "".join(parts)


def _hides(style: str) -> bool:
    plain = re.sub(r"\s+", "", style[:2_000].lower())
    if _HIDING.search(plain):
        return True
    return bool(_WHITE.search(plain)) and "background" not in plain


def _hidden_names(root: lxml_html.HtmlElement) -> set[str]:
    """The classes and ids that the page's own styles hide."""
    return {name for sheet in root.iter("style") for name in _hidden_in(sheet.text or "")}


def _hidden_in(sheet: str) -> Iterator[str]:
    for rule in sheet[:500_000].split("}"):
        selectors, _, style = rule.rpartition("{")
        if style and _hides(style):
            for selector in selectors[-2_000:].split(","):
                name = selector.strip().rpartition(" ")[2]
                match = re.search(r"[.#][\w-]{1,80}$", name)
                if match:
                    yield match[0]
