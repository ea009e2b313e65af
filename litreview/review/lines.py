"""What one line of a review README is: a source's head, a field's label, a heading, a bullet.

The marks that people put around a label live here, its words in `labels` and `form`;
`reading` puts the lines together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from litreview.review.form import Form
from litreview.review.labels import FIELDS, LABEL
from litreview.text.markdown import addresses, plain

_BULLET = re.compile(
    r"(?:[-*+•–·◦▪‣]|\(?\d{1,3}[.)]|\d{1,2}(?:\.\d{1,2}){1,3}[.)]?|[a-z][.)])(?:\s+|(?=\*\*)|$)"
)
_TAG = r"</?(?:b|strong|u|i|em|ins|h[1-6]|p|li|mark|summary|details)>"
_OPENERS = re.compile(rf"(?:[^\w<]|_|\d{{1,2}}[.)]\s|{_TAG}){{0,40}}", re.IGNORECASE)
_CLOSERS = re.compile(rf"(?:[*_`\])\"”'~\s]|{_TAG})*", re.IGNORECASE)
_SEPARATOR = re.compile(r"[:：=]+|(?:-{1,3}>?|[–—→])(?=\s|$|[*_\]])")
_HEAD = re.compile(
    r"(?P<word>sources?|quelle|paper|work|article|reference|literature|literatur|study|publication"
    r"|resource|artikel|studie|beitrag|item|entry)\s*(?:no\.?|nr\.?|number|#|№|[-_])?\s*"
    r"[\[(]?(?P<number>\d{1,4}|[ivx]{1,5}|[a-h])[\])]?(?![\w])",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:\s*[&/]\s*\w+|\s+(?:and|or|und)\s+\w+|\s*\([^)]*\)|\s+used|\s+applied"
    r"|\s+(?:of|in|from|for|der|des)\s+(?:the|this|our)?\s*(?:study|paper|work|project|article"
    r"|authors?|research|source|arbeit|studie))+\s*",
    re.IGNORECASE,
)
_LABEL_WORDS = re.compile(r"[^:：*_\]\[\n`<>]{0,60}")
MAX_LABEL_CHARS = 120


@dataclass(frozen=True)
class Line:
    """One line of a README, taken apart.

    Attributes:
        number: From 1.
        raw: The line without its line break.
        indent: Width of the leading white space, in columns.
        level: Of a heading, 1–6; 0 for other lines.
        bullet: Whether it begins a list item.
        body: What follows the bullet or the heading's marks.
        field: The label that it begins with (`FIELDS`, `link`, `title`, `about`), or "".
        canonical: Whether the label is the template's own word.
        strong: Whether the label is in bold, brackets or a heading.
        value: What follows the label; the body where there is no label.
        head: The number in `Source 3:`, as text, or "".
        title: What follows `Source 3:`.
    """

    number: int
    raw: str
    indent: int
    level: int
    bullet: bool
    body: str
    field: str = ""
    canonical: bool = False
    strong: bool = False
    value: str = ""
    head: str = ""
    title: str = ""

    @property
    def blank(self) -> bool:
        """Whether nothing stands on the line (an empty bullet is nothing)."""
        return not self.body

    @property
    def heading(self) -> bool:
        """Whether the line is a heading and no label."""
        return self.level > 0 and not self.field

    @property
    def bold_only(self) -> bool:
        """Whether the whole line is one bold phrase, perhaps with a colon."""
        return bool(
            re.fullmatch(r"(?:\*\*|__)(?!\s)(?:(?!\*\*|__).){1,400}(?:\*\*|__)\s*[:：]?", self.body)
        ) and bool(plain(self.body).strip(" :"))

    @property
    def only_links(self) -> bool:
        """Whether the line holds addresses and otherwise only a word or two for them."""
        if self.field and self.field not in ("link", "about"):
            return False
        text = self.value if self.field else self.body
        found = addresses(text)
        if not found:
            return bool(re.fullmatch(r"[\s*_]*\[[^\]]{0,60}\]\([^)]{0,400}\)[\s*_:]*", text))
        words = plain(text)
        for address in found:
            words = words.replace(address, " ").replace(address.replace("_", ""), " ")
        return len(re.findall(r"\w+", words)) <= 6


_INLINE_LABEL = re.compile(
    r"(?<=\S)(?:\s+|\s*<br\s*/?>\s*)(?=(?:\*\*|__)(?P<label>[^*_:\n]{2,60})"
    r"(?::\s*(?:\*\*|__)|(?:\*\*|__)\s*:))"
)
_INLINE_WORDS = re.compile(
    r"objectives?|methods?|outcomes?|results?|relation[^*_:]{0,30}", re.IGNORECASE
)


def read_lines(text: str, limit: int, form: Form) -> list[Line]:
    """Take a text apart, at most `limit` of its lines.

    `**Objective**: … **Methods**: …` on one line gives two lines with one number.
    """
    lines: list[Line] = []
    for number, raw in enumerate(text.split("\n", limit)[:limit], start=1):
        start = 0
        for match in _INLINE_LABEL.finditer(raw):
            label = match["label"]
            if not (_INLINE_WORDS.fullmatch(label) or form.exact.match(label)):
                continue
            # A bullet or a number before a label is no text before it.
            if re.search(r"[^\W\d_]", raw[start : match.start()]):
                lines.append(read_line(number, raw[start : match.start()], form))
                start = match.end()
        lines.append(read_line(number, raw[start:], form))
    return lines


def read_line(number: int, raw: str, form: Form) -> Line:
    """Take one line apart.

    Args:
        number: From 1.
        raw: The line, without its line break.
        form: The labels that the README uses.
    """
    quoted = re.match(r"(?:\s{0,3}>[ ]?)+", raw)
    unquoted = raw[quoted.end() :] if quoted else raw
    expanded = unquoted[:200].expandtabs(4)
    indent = len(expanded) - len(expanded.lstrip())
    body = unquoted.strip().lstrip("\ufeff")
    level = 0
    heading = re.match(r"(#{1,6})(?:\s+|(?=[*\[\w]))", body)
    if heading:
        level = len(heading[1])
        body = body[heading.end() :].rstrip("#").strip()
    bullet = False
    while (mark := _BULLET.match(body)) and not body.startswith("**"):
        bullet = True
        body = body[mark.end() :].lstrip()
    head, title = _head(body)
    line = Line(number, raw, indent, level, bullet, body, value=body, head=head, title=title)
    if head:
        return line
    label = _label(body, level > 0, form)
    return Line(number, raw, indent, level, bullet, body, *label) if label else line


def _after(marks: re.Pattern[str], text: str, start: int = 0) -> int:
    """Where the text goes on after some marks, of which there may be none."""
    found = marks.match(text, start)
    return found.end() if found else start


def _head(body: str) -> tuple[str, str]:
    start = _after(_OPENERS, body)
    match = _HEAD.match(body, start, start + MAX_LABEL_CHARS)
    if match is None:
        return "", ""
    rest = body[match.end() :]
    if re.match(r"[^()]{0,200}\]\(#", rest):  # a table of contents
        return "", ""
    closed = rest[: _after(_CLOSERS, rest)]
    after = rest[len(closed) :]
    separator = re.match(r"[:：.)=]+|[-–—|]+(?=\s|$|[*_\[])", after)
    number = match["number"]
    marked = bool(separator) or not after or bool(start and closed.strip())
    # `Source 3 Attention…` is a head; `paper 3 shows that` is a sentence.
    if not marked and not (number.isdigit() and match["word"].lower() in ("source", "quelle")):
        return "", ""
    if not number.isdigit() and not separator:
        return "", ""
    title = after[separator.end() :] if separator else (closed.lstrip("*_ ") + after)
    open_bracket = "[" in body[:start] and "]" not in match[0] + closed
    if separator and open_bracket and title.rstrip().endswith("]"):
        title = title.rstrip()[:-1]
    return number, title.strip("*_ \t") if title.count("**") % 2 else title.strip()


def _longer_label(field: str, rest: str) -> str | None:
    """What else belongs to a label in bold or a heading: ` of the study`, ` used`, `/Data`.

    Other words do only where a colon closes them: `## Methods of forecasting` is a title.
    """
    tail = re.match(r"[^:：*_\]\[\n`<>]{1,60}", rest)
    if tail is None or len(tail[0].split()) > 8:
        return None
    closed = re.match(r"\s*(?:[:：]|[*_\]`]+\s*[:：])", rest[tail.end() :])
    ends = closed or re.match(r"\s*(?:[*_\]`<]|$)", rest[tail.end() :])
    if ends and (closed or field == "relation" or _TAIL.fullmatch(tail[0])):
        return tail[0]
    return None


def _label(body: str, heading: bool, form: Form) -> tuple[str, bool, bool, str] | None:
    """The label at the beginning of a line: field, canonical, strong, value."""
    start = _after(_OPENERS, body)
    end = start + MAX_LABEL_CHARS
    match = form.own_labels.match(body, start, end) or LABEL.match(body, start, end)
    if match is None:
        return None
    strong = heading or bool(re.search(r"[*_\[`<]", body[:start]))
    field = str(match.lastgroup)
    words, rest = match[0], body[match.end() :]
    tail = rest[: _after(_LABEL_WORDS, rest)]
    closers = _after(_CLOSERS, rest)
    if rest[:closers].strip() or _SEPARATOR.match(rest, closers):
        used = closers
    elif not rest.strip():
        used = len(rest)
    elif strong and field in FIELDS and (more := _longer_label(field, rest)):
        words += more
        used = _after(_CLOSERS, rest, len(more))
    elif field == "relation" and (
        longer := re.match(r"[^:：*_\]\[\n`<>]{0,60}?(?=\s*[:：]|\s[-–]\s)", rest)
    ):
        words += longer[0]
        used = longer.end()
    elif field in FIELDS and tail.startswith((" (", "/", " /", " &", " and ")):
        if not re.match(r"\s*[:：]", rest[len(tail) :]):
            return None
        used = len(tail)
    else:
        return None
    value = rest[used:]
    separator = _SEPARATOR.match(value.lstrip())
    if separator:
        value = value.lstrip()[separator.end() :]
    elif (value.strip() and not strong) or (
        value.strip() and field not in FIELDS and not re.match(r"\s*[\[(<h]", value)
    ):
        return None
    if field == "link":
        if re.match(r"(?:sources?|quelle|paper|article)$", match[0], re.IGNORECASE) and separator:
            named = plain(value)
            for address in addresses(value):
                named = named.replace(address, " ")
            if len(re.findall(r"[^\W\d_]{2,}", named)) >= 3:
                # `**Source**: Attention Is All You Need` names the work.
                return "title", False, strong, value.lstrip()
        # `[Link](u)` is a label with its address; keep the whole body so that it is found.
        value = body
    value = value.lstrip()
    # `**Objective: a whole sentence in bold**` leaves its closing mark behind.
    for mark in ("**", "__"):
        if value.endswith(mark) and value.count(mark) % 2:
            value = value[: -len(mark)].rstrip()
        elif value.startswith(mark) and value.count(mark) % 2:
            value = value[len(mark) :].lstrip()
    canonical = bool(form.exact.match(words.rstrip()))
    return field, canonical, strong, value
