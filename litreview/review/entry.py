"""One source of a review: what its lines say, and what they still owe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from litreview.review.labels import FIELDS
from litreview.review.lines import Line
from litreview.review.placeholders import is_placeholder, is_placeholder_title
from litreview.text.markdown import addresses, identifiers, link_targets, plain


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


@dataclass(frozen=True)
class _Shape:
    """How the labels of one source are laid out."""

    canonical: frozenset[str]
    indents: frozenset[int]
    outer: int
    named: frozenset[str]
    head_indent: int

    @classmethod
    def of(cls, block: Sequence[Line]) -> _Shape:
        labels = [line for line in block if line.field in FIELDS]
        indents = frozenset(line.indent for line in labels if line.bullet)
        outer = min(indents, default=0)
        return cls(
            canonical=frozenset(line.field for line in labels if line.canonical),
            indents=indents,
            outer=outer,
            named=frozenset(line.field for line in labels if line.indent == outer),
            head_indent=block[0].indent,
        )

    def is_label(self, line: Line) -> bool:
        """Whether a line begins a field, and is no detail such as `- Result: …` below one."""
        if line.field not in FIELDS or (line.field in self.canonical and not line.canonical):
            return False
        return not (line.bullet and line.indent > self.outer and line.field in self.named)

    def is_overwritten(self, line: Line) -> bool:
        """Whether an answer in bold stands where a label should."""
        beside = line.indent in self.indents or (
            not self.indents and line.indent > self.head_indent
        )
        return line.bullet and line.bold_only and not line.field and beside

    def is_below_a_label(self, line: Line) -> bool:
        """Whether a bullet is nested deeper than the labels."""
        return line.bullet and bool(self.indents) and line.indent > max(self.indents)


@dataclass
class _Reading:
    """What has been read of a source so far."""

    shape: _Shape
    titles: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    answers: list[tuple[str, Line]] = field(default_factory=list)
    current: str = ""
    label_level: int = 0
    title_open: bool = True

    def begin(self, head: Line) -> None:
        self.titles.append(_title_text(head))
        self.links.append(head.body)

    def take(self, line: Line) -> None:
        if self.shape.is_label(line):
            self._label(line)
        elif line.heading and line.level <= self.label_level:
            # `### Dataset` beside `### Objective` is a part of its own.
            self.current, self.label_level = "", 0
        elif line.blank:
            self.title_open = self.title_open and not any(self.titles)
        elif line.field == "link" and line.strong and _names_a_work(line.body):
            self._link(line)
        elif line.field == "title" and not self.current:
            self._title(line)
        elif line.only_links and not (self.current and self.shape.is_below_a_label(line)):
            self._link(line)
            if self.places.keys() >= {"objective", "methods", "outcomes"}:
                self.current = ""
        elif self.shape.is_overwritten(line) and not _has_all(self.texts):
            self.answers.append(("", line))
            self.current = ""
        elif self.current:
            self.texts[self.current].append(line.body)
        elif line.field == "about":
            self.title_open = False
        elif self.title_open and not line.field and not (line.bullet and any(self.titles)):
            self.titles.append(line.body)
            self.links.append(line.body)
        elif _names_a_work(line.body):
            self.links.append(line.body)

    def _label(self, line: Line) -> None:
        self.current = line.field
        self.label_level = line.level
        self.title_open = False
        self.places.setdefault(line.field, line.number)
        self.texts.setdefault(line.field, []).append(line.value)
        self.answers.append((line.field, line))

    def _link(self, line: Line) -> None:
        self.links.append(line.body)
        self.title_open = False

    def _title(self, line: Line) -> None:
        if any(plain(part) for part in self.titles):
            self.links.append(line.body)
            return
        self.titles.append(line.value)
        self.links.append(line.value)
        self.title_open = not line.value


def _names_a_work(text: str) -> bool:
    """Whether an address, an arXiv id or a DOI stands in a text."""
    return bool(addresses(text)) or any(identifiers(plain(text)))


def read_entry(block: Sequence[Line]) -> Entry:
    """Read one source.

    Args:
        block: Its lines; the first one is its head (`Source 1: …`, a heading, a title).
    """
    head = block[0]
    reading = _Reading(_Shape.of(block))
    if not head.field:
        reading.begin(head)
    for line in block if head.field else block[1:]:
        reading.take(line)
    _fill_overwritten(reading.answers, reading.texts, reading.places)
    return make_entry(block, reading.titles, reading.links, reading.texts, reading.places)


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
    # `**https://…**: [Title]`: the label was overwritten by an address.
    overwritten = re.match(r"(?:\*\*|__)\s*https?://\S+?(?:\*\*|__)\s*[:：]\s*(\S.*)", head.body)
    return overwritten[1] if overwritten else head.body


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


# A link that says no more than that it is one.
_BARE_LINK = re.compile(
    r"[\[(]{0,2}\[\W{0,4}(?:link|paper|pdf|url|doi|source|here|hier|quelle|video|article|website|github"
    r"|code|arxiv)\W{0,4}\]\([^()\s]{0,2000}\)[\])]{0,2}",
    re.IGNORECASE,
)


def _clean_title(text: str) -> str:
    """A title without its link, its brackets and the address it was pasted with."""
    unlinked = _BARE_LINK.sub(" ", text)
    text = unlinked if re.search(r"[^\W\d_]", plain(unlinked)) else text
    title = plain(text)
    for address in addresses(text):
        if title.replace(address, "").strip(" ()[]:-–,.<>"):
            title = title.replace(address, " ")
        else:
            title = ""
    title = re.sub(r"\(\s*\)|\[\s*\]|<\s*>", " ", title)
    title = re.sub(r"\s+", " ", title).strip(" :–-|")
    if title.startswith("[") and title.endswith("]") and title.count("[") == 1:
        title = title[1:-1].strip()
    elif title.startswith("[") and "]" not in title:
        title = title[1:].strip()
    return re.sub(
        r"\s*[\[(](?:link|paper|pdf|url|doi|source|here)\s*[\])]\s*$", "", title, flags=re.I
    )


def _identify(urls: Sequence[str], text: str) -> tuple[str, str]:
    arxiv_id = doi = ""
    for url in urls:
        found_id, found_doi = identifiers(url)
        arxiv_id, doi = arxiv_id or found_id, doi or found_doi
    if not urls:
        arxiv_id, doi = identifiers(plain(text))
    return arxiv_id, doi
