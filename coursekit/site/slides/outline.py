"""What a team's README files have to say on each slide of the prescribed talk.

A slide gets the filled fields, the first sentences, one table, one figure and one
piece of code; the whole text goes into the speaker's notes. What nobody has written
stays a gap, with the question that it answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from coursekit.site.sanitize import parse_blocks
from coursekit.team.received import builtin, is_open, template_folder
from litreview.text.sentences import split

if TYPE_CHECKING:
    from markdown_it.token import Token

# The course's order, and how the minutes are shared (30ths of the whole).
PARTS = {
    "title": 1,
    "introduction": 3,
    "review": 3,
    "dataset": 3,
    "baseline": 3,
    "model": 4,
    "results": 5,
    "challenges": 2,
    "discussion": 2,
    "conclusion": 1,
    "questions": 3,
}
# A team that compared its sources has a slide more.
SHARES = {**PARTS, "comparison": 2}
# A README of 35 real teams has at most 13 kB; a talk is about its beginning.
MAX_CHARS = 16_000
MAX_BULLETS = 5
MAX_BULLET_CHARS = 170
MAX_LABEL_CHARS = 80
MAX_CODE_LINES = 12
MAX_DIAGRAM_LINES = 60
MAX_TABLE_ROWS = 8
_HEADINGS = {
    "title": r"title|titel",
    "introduction": r"introduction|einleitung|einführung",
    "review": r"literature|literatur",
    "dataset": r"data",
    "baseline": r"baseline",
    "model": r"model",
    "results": r"result|ergebnis",
    "challenges": r"challenge|herausforderung|schwierigkeit",
    "discussion": r"discussion|diskussion",
    "conclusion": r"conclusion|fazit|schluss",
    "questions": r"q ?(&|and|und) ?a|questions|fragen",
}


# Without such a line there is no heading.
_HEADS = re.compile(r"^ {0,3}[#=-]", re.M)


@dataclass(frozen=True, slots=True)
class Part:
    """One slide's material, all in Markdown.

    Attributes:
        key: One of `PARTS`.
        bullets: What stands on the slide.
        extra: A table, a picture or a piece of code; at most one.
        notes: Everything that the team wrote on it.
        gaps: Questions that nobody has answered.
        folder: Where its pictures' addresses start from.
    """

    key: str
    bullets: tuple[str, ...] = ()
    extra: str = ""
    notes: str = ""
    gaps: tuple[str, ...] = ()
    folder: str = ""


def outline(presentation: str, readmes: dict[str, tuple[str, str]]) -> dict[str, Part]:
    """Spread a team's texts over the parts of the talk.

    Args:
        presentation: The README of the presentation's folder.
        readmes: For `dataset`, `baseline` and `model`: the folder and its README; of each
            text the first `MAX_CHARS` are read.

    Returns:
        A part for each key of `PARTS`.
    """
    talk = split_sections(presentation[:MAX_CHARS])
    questions = _questions()
    parts = {}
    for key, heading in _HEADINGS.items():
        own = _pick(talk, heading)
        folder, text = readmes.get(key, ("", ""))
        parts[key] = _part(key, own, text[:MAX_CHARS], folder, _pick(questions, heading))
    return parts


def split_sections(markdown: str) -> list[tuple[str, str]]:
    """The second-level (or deeper) headings of a text and what stands below each."""
    if not _HEADS.search(markdown):
        return []
    lines = markdown.splitlines()
    tokens = _read(markdown)
    found: list[tuple[str, int, int]] = []
    for token, inside in pairwise(tokens):
        if token.type == "heading_open" and token.level == 0 and token.tag != "h1" and token.map:
            first, end = token.map
            found.append((inside.content, first, end))
    starts = [first for _, first, _ in found[1:]] + [len(lines)]
    return [
        (heading, "\n".join(lines[end:following]).rstrip().lstrip("\n"))
        for (heading, _, end), following in zip(found, starts, strict=False)
    ]


@lru_cache(maxsize=1)
def _questions() -> list[tuple[str, str]]:
    """The sections of the template's own presentation."""
    folder = template_folder()
    path = folder / "4_Presentation" / "README.md" if folder else None
    text = path.read_text(encoding="utf-8") if path and path.is_file() else ""
    return split_sections(text)


def _pick(sections: Sequence[tuple[str, str]], pattern: str) -> str:
    return next((text for head, text in sections if re.search(pattern, head, re.I)), "")


def _part(key: str, own: str, readme: str, folder: str, template: str) -> Part:
    texts = [_body(own), _body(readme)]
    bullets: list[str] = []
    for text in texts:
        bullets += [b for b in _bullets(text) if b not in bullets]
    gaps = _gaps(own)
    if not bullets and not gaps:
        gaps = _gaps(template)
    extra = next((found for text in texts if (found := _extra(text))), "")
    return Part(
        key,
        tuple(bullets[:MAX_BULLETS]),
        extra,
        "\n\n".join(text for text in texts if text),
        tuple(gap for gap in gaps if gap),
        folder,
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of one paragraph, line by line as written.

    Attributes:
        first: The number of its first line, from 0.
        item: Whether a point of a list begins with it.
    """

    lines: tuple[str, ...]
    first: int
    item: bool = False


def _paragraphs(tokens: Sequence[Token]) -> Iterator[_Words]:
    for before, opening, inside in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type == "paragraph_open" and inside.map:
            item = before.type == "list_item_open"
            yield _Words(tuple(inside.content.split("\n")), inside.map[0], item)


# What is on a slide is asked of the same text several times; nothing here changes a token.
@lru_cache(maxsize=4)
def _read(text: str) -> tuple[Token, ...]:
    """The blocks, with one before them that is none, so that each has one before it."""
    from markdown_it.token import Token

    return (Token("start", "", 0), *parse_blocks(text))


def _body(text: str) -> str:
    """What of a text is the team's own: no title, no line of the template."""
    if not text:
        return ""
    known = builtin().lines - {""}
    # What is left is read again: the same text only once.
    text = text.rstrip().lstrip("\n")
    tokens = _read(text)
    code: set[int] = set()
    dropped: set[int] = set()
    for token in tokens:
        if token.map and token.type in ("fence", "code_block"):
            code.update(range(*token.map))
        elif token.map and token.type == "heading_open" and token.tag == "h1":
            dropped.update(range(*token.map))
    for words in _paragraphs(tokens):
        dropped |= {words.first + n for n, line in enumerate(words.lines) if _is_gap(line)}
    kept = [
        line
        for number, line in enumerate(text.splitlines())
        if number in code or not (number in dropped or line.strip() in known)
    ]
    return "\n".join(kept).rstrip().lstrip("\n")


def _gaps(text: str) -> list[str]:
    return [_question(line) for words in _paragraphs(_read(text)) for line in words.lines
            if _is_gap(line)]  # fmt: skip


def _field(words: str) -> tuple[str, str] | None:
    """The label and the value of `**Label**: value`."""
    label, closed, value = words[2:].partition("**") if words.startswith("**") else ("", "", "")
    if not closed or "*" in label or "\n" in label or not 0 < len(label) <= MAX_LABEL_CHARS:
        return None
    return label.removesuffix(":"), value.removeprefix(":").strip()


def _is_gap(line: str) -> bool:
    field = _field(line)
    return is_open((field[1] if field else line).strip())


def _question(line: str) -> str:
    field = _field(line)
    text = (field[1] if field else line).strip()
    text = re.sub(
        r"\[([^\[\]]{0,2000})\]\([^)]{0,2000}\)", r"\1", text.removeprefix("[").removesuffix("]")
    )
    return f"{field[0]}: {text}" if field else text


def _bullets(text: str) -> list[str]:
    found: list[str] = []
    for words in _paragraphs(_read(text)):
        lines = [line for line in words.lines if not _is_picture(line)]
        if words.item and lines:
            # What follows the first line of a point is said after it.
            first = lines.pop(0)
            field = _field(first)
            if field:
                found += [f"**{field[0]}:** {_short(field[1])}"] if field[1] else []
            else:
                done = first[:4] in ("[ ] ", "[x] ", "[X] ")
                found.append(_short(first[4:] if done else first))
        found.append(_short(" ".join(lines)))
    return [bullet for bullet in found if len(bullet) > 2]


def _short(text: str) -> str:
    """The first sentence, if the whole is too long for a slide."""
    text = " ".join(text.split())
    if len(text) <= MAX_BULLET_CHARS:
        return text
    spans = split(text)
    first = spans[0].text if spans else text
    if len(first) <= MAX_BULLET_CHARS:
        return first
    return first[:MAX_BULLET_CHARS].rpartition(" ")[0] + " …"


def _is_picture(line: str) -> bool:
    """Whether a line is one picture with an address and nothing else."""
    line = line.strip()
    return (
        line.startswith("![")
        and line.endswith(")")
        and line.count("](") == 1
        and not line.endswith("]()")
    )


def _extra(text: str) -> str:
    """The first picture, else the first table, else the first piece of code."""
    if not text:
        return ""
    lines = text.splitlines()
    tokens = _read(text)
    pictures = (line for words in _paragraphs(tokens) for line in words.lines if _is_picture(line))
    picture = next(pictures, "")
    if picture:
        return picture.strip()
    for token in tokens:
        if token.type == "table_open" and token.map:
            rows = lines[slice(*token.map)][: MAX_TABLE_ROWS + 2]
            if len(rows) > 2:
                return "\n".join(row.strip() for row in rows)
    code = next((token for token in tokens if token.type == "fence"), None)
    if code is None or not code.content.strip():
        return ""
    # Half a diagram is none.
    most = MAX_DIAGRAM_LINES if code.info.strip().lower() == "mermaid" else MAX_CODE_LINES
    shown = code.content.rstrip("\n").split("\n")[:most]
    return "\n".join([f"{code.markup}{code.info.strip()}", *shown, code.markup])
