"""Reviews without labelled sources: tables, lists of works, and essays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from litreview.review.entry import Entry, make_entry
from litreview.review.form import Form
from litreview.review.labels import FIELDS
from litreview.review.lines import Line, read_line
from litreview.review.placeholders import is_template_prose
from litreview.text.markdown import addresses, plain

ESSAY_WORDS = 120


def read_table(lines: Sequence[Line], form: Form) -> list[Entry]:
    """Sources written as the rows of a table whose columns are the fields."""
    for index, line in enumerate(lines[:-2]):
        if line.raw.count("|") < 3 or not re.fullmatch(r"[\s|:-]{5,}", lines[index + 1].raw):
            continue
        columns = [read_line(0, f"**{plain(cell)}**:", form).field for cell in _cells(line.raw)]
        if len(set(columns) & set(FIELDS)) < 2:
            continue
        entries = []
        for row in lines[index + 2 :]:
            if "|" not in row.raw:
                break
            entry = _row(row, columns)
            if not entry.empty:
                entries.append(entry)
        return entries
    return []


def _cells(raw: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", raw.strip().strip("|"))]


def _row(row: Line, columns: Sequence[str]) -> Entry:
    cells = _cells(row.raw)
    texts: dict[str, list[str]] = {}
    titles: list[str] = []
    links: list[str] = []
    for position, (name, cell) in enumerate(zip(columns, cells, strict=False)):
        if name in FIELDS:
            texts.setdefault(name, []).append(cell)
            continue
        links.append(cell)
        names_work = name != "about" and (name != "link" or position == 0 or not addresses(cell))
        if names_work and not titles and not re.fullmatch(r"[#\d.\s]*", cell):
            titles.append(cell)
    places = dict.fromkeys(texts, row.number)
    return make_entry([row], titles, links, texts, places)


def read_unstructured(lines: Sequence[Line]) -> tuple[str, tuple[Entry, ...]]:
    """Read what is not in labelled sources.

    Args:
        lines: Everything outside the template's empty entries.

    Returns:
        The form (`list`, `essay` or `empty`), and the works that are named.
    """
    written = [line for line in lines if not line.blank and not is_template_prose(line.body)]
    prose = count_words(line for line in written if not line.only_links)
    bibliography = _bibliography(lines)
    items = _items(written)
    listed = bibliography or items
    if prose >= ESSAY_WORDS:
        end = bibliography[0][0].number if bibliography else written[-1].number + 1
        sections = _sections([line for line in written if line.number < end])
        linked = [part for part in sections if _has_address(part)]
        # Several linked bullets below one heading are works of their own.
        grouped = any(
            sum(line.bullet for item in _items(p) for line in item[:1]) > 1 for p in linked
        )
        if len(linked) >= 2 and len(linked) >= 0.6 * len(sections) and not grouped:
            return "list", tuple(_loose(part) for part in linked)
        about = [item for item in items if _is_about_its_address(item)]
        if about and not bibliography and sum(map(count_words, about)) >= 0.6 * prose:
            return "list", tuple(_loose(item) for item in items)
        return "essay", tuple(_loose(item, essay=True) for item in listed)
    entries = tuple(entry for item in listed if not (entry := _loose(item)).empty)
    if entries:
        return "list", entries
    return ("essay" if prose >= ESSAY_WORDS // 2 else "empty"), ()


def count_words(lines: Iterable[Line]) -> int:
    """Words that a reader sees in lines, headings left out."""
    return sum(len(re.findall(r"\w+", plain(line.body))) for line in lines if not line.level)


def _is_about_its_address(item: Sequence[Line]) -> bool:
    """Whether an item presents the work that it links, and does not only mention it."""
    beginning = " ".join(line.body for line in item)[:160]
    return item[0].bullet or count_words(item) <= 40 or bool(addresses(beginning))


def _has_address(lines: Sequence[Line]) -> bool:
    return bool(addresses("\n".join(line.raw for line in lines)))


def _sections(lines: Sequence[Line]) -> list[list[Line]]:
    """Parts under a heading, a bold line or a number, with something in them."""
    parts: list[list[Line]] = []
    for line in lines:
        numbered = line.bullet and line.indent == 0 and re.match(r"\s*\d{1,3}[.)]\s", line.raw)
        titled = line.bold_only and not line.bullet and line.indent == 0
        if line.level or numbered or titled:
            parts.append([line])
        elif parts:
            parts[-1].append(line)
    return [part for part in parts if len(part) > 1]


def _items(lines: Sequence[Line]) -> list[list[Line]]:
    """List items or paragraphs that hold an address, with the lines that go on with them."""
    items: list[list[Line]] = []
    base = min((line.indent for line in lines if line.bullet), default=0)
    above: Line | None = None
    for line in lines:
        gap = above is None or line.number - above.number > 1
        begins = (line.bullet and line.indent <= base) or (gap and line.indent < 2) or not items
        each_its_own = bool(items and items[-1] and _has_address(items[-1][-1:]))
        if line.level:
            items.append([])
        elif begins or (each_its_own and not line.indent and _has_address([line])):
            items.append([line])
        else:
            items[-1].append(line)
        above = line
    merged: list[list[Line]] = []
    for item in items:
        if merged and _is_titled_by(item, merged[-1]):
            merged[-1] = [merged[-1][-1], *item]
        else:
            merged.append(item)
    return [item for item in merged if _has_address(item)]


def _is_titled_by(item: Sequence[Line], above: Sequence[Line]) -> bool:
    """Whether an address stands alone, below a line that names the work."""
    return bool(
        above
        and _has_address(item)
        and all(line.only_links for line in item)
        and not _has_address(above)
        and len(above[-1].body) < 200
        and above[-1].number + 2 >= item[0].number
    )


_BIBLIOGRAPHY = re.compile(
    r"(?:\d+[.)]?\s*)?(?:references?|bibliography|literatur(?:verzeichnis)?|sources?|quellen"
    r"|works cited|further reading|links?)\b.{0,20}$",
    re.IGNORECASE,
)


def _bibliography(lines: Sequence[Line]) -> list[list[Line]]:
    """The items below a heading such as `References`, addresses or not."""
    start = None
    for index, line in enumerate(lines):
        marked = line.level or line.bold_only
        if marked and _BIBLIOGRAPHY.match(plain(line.body).strip(" :")):
            start = index
    if start is None:
        return []
    items: list[list[Line]] = []
    gap = True
    for line in lines[start + 1 :]:
        if line.level:
            break
        if line.blank:
            gap = True
            continue
        if line.bullet or gap or not items or re.match(r"\[\d+\]", line.body):
            items.append([line])
        else:
            items[-1].append(line)
        gap = False
    return items


def _loose(item: Sequence[Line], *, essay: bool = False) -> Entry:
    """A source out of a list item, a section or a bibliography's line."""
    first = item[0]
    text = " ".join(line.body for line in item[: 1 if first.level else 3])
    links = [line.body for line in item]
    title = first.body
    if not first.level:
        named = re.search(r"\[([^\[\]]{4,300})\]\(\S", text)
        if (
            named
            and not addresses(named[1])
            and not re.fullmatch(
                r"(?i)\W*(?:link|paper|reference|pdf|doi|here|video|article)\W*", named[1]
            )
        ):
            title = named[1]
        else:
            cited = essay or re.match(r"\[\d{1,3}\]\s", first.body)
            title = _work_title(text) if cited else first.body
    return make_entry(item, [title], links, {}, {})


_WORD = r"[^\W\d_][^\W\d_'’-]{0,30}"
_INITIALS = r"[^\W\d_]\.(?:[ -]?[^\W\d_]\.){0,3}"
# One author as references write them: `Example, B. C.`, `Example BC`, `B. C. Example`.
_AUTHOR = (
    re.compile(rf"{_WORD}(?:[ -]{_WORD}){{0,2}}, {_INITIALS}"),
    re.compile(rf"{_WORD}(?:[ -]{_WORD}){{0,2}} [A-Z]{{1,3}}(?=[,.])"),
    re.compile(rf"{_INITIALS} ?{_WORD}(?:-{_WORD})?(?=[,.:]| and | und | & )"),
)
_BETWEEN = re.compile(r",? ?(?:and|und|&) |[,;] ")
_AFTER = re.compile(r"(?:,? ?(?:et al\.?|and others))?[.,:]?\s{1,3}")
_MAX_AUTHORS = 50


def _after_authors(text: str) -> str:
    """A reference without the authors that it begins with, if they have initials."""
    for author in _AUTHOR:
        end = 0
        found = author.match(text)
        for _ in range(_MAX_AUTHORS):
            if found is None:
                break
            end = found.end()
            between = _BETWEEN.match(text, end)
            found = author.match(text, between.end()) if between else None
        after = _AFTER.match(text, end) if end else None
        if after is not None:
            return text[after.end() :]
    return text


def _work_title(reference: str) -> str:
    """The title in a bibliography's entry: what follows `(2017).`, or the first long sentence."""
    text = re.sub(r"^\[\^?\w{1,20}\]\s*:?\s*", "", plain(reference))
    quoted = re.search(r"[\"“„]([^\"”“]{10,300})[\"”“]", text)
    if quoted:
        return quoted[1].rstrip(".,")
    dated = re.search(r"\((?:19|20)\d\d[a-z]?(?:,[^)]{0,30})?\)\s*[.,:]?\s*", text)
    if dated and dated.end() < len(text) - 5:
        rest = text[dated.end() :]
        return re.split(r"(?:(?<=[^\W\d_]{3})|(?<=\)))[.?!](?=\s|$)", rest, maxsplit=1)[0].strip()
    rest = _after_authors(text)
    parts = re.split(r"(?<=[^\W\d_]{3})\.\s+", rest, maxsplit=1)
    if rest is text and len(parts) == 2 and len(parts[0].split()) <= 4:
        return parts[1].rstrip(". ")
    return parts[0].rstrip(". ")
