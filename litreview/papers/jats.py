"""Read a paper from JATS, the XML in which journals and PubMed Central keep articles.

Reference: https://jats.nlm.nih.gov/publishing/tag-library/1.3/
"""

# Lists of many short words are read more easily as one string.
# ruff: noqa: SIM905

from __future__ import annotations

from lxml import etree

from litreview.errors import UserError
from litreview.papers.paper import Builder, Paper, tidy

_BLOCKS = frozenset("p list list-item def-list disp-quote statement sec".split())
_LEFT_OUT = frozenset("tex-math label object-id graphic inline-graphic xref-note".split())
_MAX_DEPTH = 200


def read_jats(data: bytes) -> Paper:
    """Read an article.

    Raises:
        UserError: If the XML is broken or holds no article.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (ValueError, etree.LxmlError) as error:
        raise UserError("the XML is broken from its first line on; fetch the file again") from error
    article = None if root is None else next(_named(root, "article"), None)
    if article is None:
        raise UserError("the XML holds no article in JATS; give the XML of PubMed Central or PLOS")
    for element in article.iter():
        if isinstance(element.tag, str) and element.tag.startswith("{"):
            element.tag = etree.QName(element).localname
    builder = Builder("jats")
    title = article.find("./front/article-meta/title-group/article-title")
    builder.title = _text(title) if title is not None else ""
    for abstract in article.findall("./front/article-meta/abstract"):
        heading = abstract.find("title")
        builder.heading(_text(heading) if heading is not None else "Abstract", 1)
        _abstract(abstract, builder)
    body = article.find("./body")
    if body is not None:
        _blocks(body, builder, 1)
    _back(article, builder)
    return builder.paper()


def _named(root: etree._Element, name: str) -> etree._Element:
    return (e for e in root.iter() if isinstance(e.tag, str) and etree.QName(e).localname == name)


def _abstract(abstract: etree._Element, builder: Builder) -> None:
    """The paragraphs of an abstract; its own headings stand in front of their text."""
    for part in abstract.iter("p"):
        section = part.getparent()
        heading = section.find("title") if section is not None and section.tag == "sec" else None
        label = f"{_text(heading)} " if heading is not None and section.find("p") is part else ""
        builder.paragraph(label + _text(part))


def _blocks(parent: etree._Element, builder: Builder, level: int) -> None:
    """Read what a section holds, in order."""
    for element in parent:
        tag = element.tag
        if not isinstance(tag, str) or level > _MAX_DEPTH:
            continue
        if tag in ("sec", "app"):
            _heading(element, builder, level)
            _blocks(element, builder, level + 1)
        elif tag == "p":
            _paragraph(element, builder)
        elif tag == "table-wrap":
            _table(element, builder)
        elif tag == "fig":
            builder.figure(_caption(element))
        elif tag in ("title", "label", "ref-list", "sec-meta", "object-id"):
            continue
        else:
            _blocks(element, builder, level)


def _heading(element: etree._Element, builder: Builder, level: int) -> None:
    title, label = element.find("title"), element.find("label")
    words = [_text(part) for part in (label, title) if part is not None]
    builder.heading(" ".join(words), level)


def _paragraph(element: etree._Element, builder: Builder) -> None:
    """A paragraph; what floats in it follows."""
    builder.paragraph(_text(element))
    for part in element.iter("table-wrap", "fig"):
        if part.tag == "table-wrap":
            _table(part, builder)
        else:
            builder.figure(_caption(part))


def _caption(element: etree._Element) -> str:
    words = [_text(part) for part in (element.find("label"), element.find("caption"))
             if part is not None]  # fmt: skip
    return ": ".join(tidy(word).rstrip(".") if i == 0 and len(words) > 1 else word
                     for i, word in enumerate(words))  # fmt: skip


def _table(element: etree._Element, builder: Builder) -> None:
    rows = [[_text(cell) for cell in row if cell.tag in ("td", "th")] for row in element.iter("tr")]
    builder.table(_caption(element), rows)
    for foot in element.iter("table-wrap-foot"):
        builder.paragraph(_text(foot))


def _back(article: etree._Element, builder: Builder) -> None:
    back = article.find("./back")
    if back is None:
        return
    for element in back:
        if element.tag in ("app-group", "app", "sec", "ack", "notes"):
            _heading(element, builder, 1)
            _blocks(element, builder, 2)
    for reference in back.iter("ref"):
        label = reference.find("label")
        parts = [_text(part, skip_floats=False) for part in reference if part is not label]
        builder.reference(" ".join(parts))


def _text(element: etree._Element | None, *, skip_floats: bool = True) -> str:
    """The text of an element, formulas included, without what floats in it."""
    if element is None:
        return ""
    pieces: list[str] = []

    def collect(part: etree._Element, depth: int) -> None:
        if part.text:
            pieces.append(part.text)
        for child in part:
            tag = child.tag
            if isinstance(tag, str) and depth < _MAX_DEPTH:
                if tag in ("table-wrap", "fig") and skip_floats:
                    pass
                elif tag in ("mml:math", "math"):
                    pieces.append("".join(child.itertext()))
                elif tag not in _LEFT_OUT or (tag == "label" and part.tag != "list-item"):
                    apart = tag in _BLOCKS or tag in ("break", "title", "name", "year", "source")
                    if apart:
                        pieces.append(" ")
                    collect(child, depth + 1)
                    if apart:
                        pieces.append(" ")
            if child.tail:
                pieces.append(child.tail)

    collect(element, 0)
    return tidy("".join(pieces))
