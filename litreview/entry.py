"""One source of a review: what its lines say, and what they still owe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from litreview.lines import FIELDS, Line
from litreview.markdown import addresses, identifiers, link_targets, plain
from litreview.placeholders import is_placeholder, is_placeholder_title


@dataclass(frozen=True)
class Entry:
    """One source as a team wrote it up.

    Attributes:
        title: As a reader sees it; None if missing or a placeholder.
        urls: Web addresses, in order.
        arxiv_id: Named by an address (or, failing that, in the title), without version.
        doi: Named by an address (or, failing that, in the title).
        objective: What the team wrote, in one line; None if nothing or a placeholder.
        methods: Likewise.
        outcomes: Likewise.
        relation: Likewise.
        line: Where the source begins, from 1.
        end: Its last line.
        number: The number that the team gave it, as written, or "".
        lines: The line of each label that was found, by field.
        placeholders: What stands where something should be: field (or `title`) to text.
        targets: Link targets that are no web address.
    """

    title: str | None
    urls: tuple[str, ...]
    arxiv_id: str | None
    doi: str | None
    objective: str | None
    methods: str | None
    outcomes: str | None
    relation: str | None
    line: int
    end: int = 0
    number: str = ""
    lines: dict[str, int] = field(default_factory=dict)
    placeholders: dict[str, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nobody has written anything here yet."""
        return not (self.title or self.urls or any(getattr(self, name) for name in FIELDS))

    @property
    def complete(self) -> bool:
        """Whether title, address, objective, methods and outcomes are there."""
        address = self.urls or self.arxiv_id or self.doi
        return bool(self.title and address and self.objective and self.methods and self.outcomes)


def read_entry(block: Sequence[Line]) -> Entry:
    """Read one source.

    Args:
        block: Its lines; the first one is its head (`Source 1: …`, a heading, a title).
    """
    head = block[0]
    canonical = {line.field for line in block if line.canonical}
    texts: dict[str, list[str]] = {}
    places: dict[str, int] = {}
    titles: list[str] = []
    links: list[str] = [head.body] if head.field not in FIELDS else []
    current = ""
    label_indents = {line.indent for line in block if line.field in FIELDS and line.bullet}
    outer = min(label_indents, default=0)
    named = {line.field for line in block if line.field in FIELDS and line.indent == outer}
    answers: list[tuple[str, Line]] = []
    title_open = not head.field
    if not head.field:
        titles.append(_title_text(head))
    for line in block if head.field else block[1:]:
        detail = line.bullet and line.indent > outer and line.field in named
        if line.field in FIELDS and not detail and (line.canonical or line.field not in canonical):
            current = line.field
            title_open = False
            places.setdefault(current, line.number)
            texts.setdefault(current, []).append(line.value)
            answers.append((current, line))
            continue
        if line.blank:
            title_open = title_open and not any(titles)
            continue
        if line.field == "link" and line.strong and addresses(line.body):
            links.append(line.body)
            title_open = False
            continue
        if line.field == "title" and not current and any(plain(part) for part in titles):
            links.append(line.body)
            continue
        if line.field == "title" and not current:
            titles.append(line.value)
            links.append(line.value)
            title_open = not line.value
            continue
        if line.only_links and not (
            current and line.bullet and line.indent > max(label_indents, default=99)
        ):
            links.append(line.body)
            title_open = False
            if line.field == "link" or line.bullet:
                current = "" if places.keys() >= {"objective", "methods", "outcomes"} else current
            continue
        overwritten = (
            line.bullet
            and line.bold_only
            and not line.field
            and (line.indent in label_indents or (not label_indents and line.indent > head.indent))
        )
        if overwritten and not _has_all(texts):
            answers.append(("", line))
            current = ""
            continue
        if line.field == "about" and not current:
            title_open = False
            continue
        if current:
            texts[current].append(line.body)
        elif title_open and not line.field and (not line.bullet or not any(titles)):
            titles.append(line.body)
            links.append(line.body)
        elif line.field == "link" or addresses(line.body):
            links.append(line.body)
    _fill_overwritten(answers, texts, places)
    return make_entry(block, titles, links, texts, places)


def _has_all(texts: dict[str, list[str]]) -> bool:
    return all(any(part.strip() for part in texts.get(name, [])) for name in FIELDS)


def _fill_overwritten(
    answers: Sequence[tuple[str, Line]], texts: dict[str, list[str]], places: dict[str, int]
) -> None:
    """Give answers that replaced their labels the place that they stand in.

    `- **decent**:` right after an empty `- **Outcomes**:` answers that label;
    otherwise an answer takes the next field in the template's order.
    """
    position = 0
    open_field = ""
    for name, line in answers:
        if name:
            position = FIELDS.index(name) + 1
            open_field = name if not "".join(texts[name]).strip() else ""
            continue
        if not open_field:
            free = [f for f in FIELDS[position:] if not "".join(texts.get(f, [])).strip()]
            if not free:
                continue
            open_field = free[0]
        texts[open_field] = [re.sub(r"\s*[:：]\s*$", "", line.body)]
        places.setdefault(open_field, line.number)
        position = FIELDS.index(open_field) + 1
        open_field = ""


def _title_text(head: Line) -> str:
    if head.head:
        return head.title
    if head.field == "title":
        return head.value
    text = re.sub(
        r"^(?:\*\*|__)?(?:source|quelle|paper|title|titel)(?:\*\*|__)?\s*:\s*(?:\*\*|__)?\s*",
        "",
        head.body,
        flags=re.IGNORECASE,
    )
    # `**https://…**: [Title]`: the label was overwritten by an address.
    overwritten = re.match(r"(?:\*\*|__)\s*https?://\S+?(?:\*\*|__)\s*[:：]\s*(\S.*)", text)
    return overwritten[1] if overwritten else text


def make_entry(
    block: Sequence[Line],
    titles: Sequence[str],
    links: Sequence[str],
    texts: dict[str, list[str]],
    places: dict[str, int],
) -> Entry:
    """Put a source together.

    Args:
        block: Its lines.
        titles: The pieces of its title, as Markdown.
        links: Markdown in which its addresses stand; where there are none, the
            whole block is searched.
        texts: For each field, the pieces of its text, as Markdown.
        places: For each field, the line of its label.
    """
    placeholders: dict[str, str] = {}
    title = _clean_title(" ".join(titles))
    if title and is_placeholder_title(title):
        placeholders["title"], title = title, ""
    values: dict[str, str | None] = {}
    for name in FIELDS:
        value = plain(" ".join(part for part in texts.get(name, []) if part)).strip()
        if value and is_placeholder(value, name):
            placeholders[name], value = value, ""
        values[name] = value or None
    urls = addresses("\n".join(links))
    if not urls:
        urls = addresses("\n".join(line.raw for line in block))
    arxiv_id, doi = _identify(urls, "\n".join([*links, *titles]))
    targets = tuple(
        target for link in links for target in link_targets(link) if not addresses(f"({target})")
    )
    return Entry(
        title=title or None,
        urls=urls,
        arxiv_id=arxiv_id or None,
        doi=doi or None,
        **values,
        line=block[0].number,
        end=block[-1].number,
        number=block[0].head,
        lines=dict(places),
        placeholders=placeholders,
        targets=targets,
    )


def _clean_title(text: str) -> str:
    """A title without its link, its brackets and the address it was pasted with."""
    title = plain(text)
    for address in addresses(text):
        if title.replace(address, "").strip(" ()[]:-–,.<>"):
            title = title.replace(address, " ")
        else:
            title = ""
    title = re.sub(r"\(\s*\)|\[\s*\]", " ", title)
    title = re.sub(r"\s+", " ", title).strip().strip(":–-|").strip()
    if title.startswith("[") and title.endswith("]") and title.count("[") == 1:
        title = title[1:-1].strip()
    elif title.startswith("[") and "]" not in title:
        title = title[1:].strip()
    return re.sub(r"\s*[\[(](?:link|paper|pdf|url|doi|source|here)[\])]\s*$", "", title, flags=re.I)


def _identify(urls: Sequence[str], text: str) -> tuple[str, str]:
    arxiv_id = doi = ""
    for url in urls:
        found_id, found_doi = identifiers(url)
        arxiv_id, doi = arxiv_id or found_id, doi or found_doi
    if not urls:
        arxiv_id, doi = identifiers(plain(text))
    return arxiv_id, doi
