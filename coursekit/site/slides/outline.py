"""What a team's README files have to say on each slide of the prescribed talk.

A slide gets the filled fields, the first sentences, one table, one figure and one
piece of code; the whole text goes into the speaker's notes. What nobody has written
stays a gap, with the question that it answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coursekit.team.received import builtin, is_open, template_folder
from litreview.text.sentences import split

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
MAX_BULLETS = 5
MAX_BULLET_CHARS = 170
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
_FIELD = re.compile(r"^\s*[-*+]\s+\*\*([^*\n]{1,80}?):?\*\*:?\s*(.*)$")
_BULLET = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?(.*)$")
_IMAGE = re.compile(r"^\s*!\[[^\]]*\]\([^)\s][^)]*\)\s*$")


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
        readmes: For `dataset`, `baseline` and `model`: the folder and its README.

    Returns:
        A part for each key of `PARTS`.
    """
    talk = split_sections(presentation)
    questions = split_sections(_template_presentation())
    parts = {}
    for key, heading in _HEADINGS.items():
        own = _pick(talk, heading)
        folder, text = readmes.get(key, ("", ""))
        parts[key] = _part(key, own, text, folder, _pick(questions, heading))
    return parts


def split_sections(markdown: str) -> list[tuple[str, str]]:
    """The second-level (or deeper) headings of a text and what stands below each."""
    found: list[tuple[str, list[str]]] = []
    for line, fenced in _fenced(markdown):
        heading = None if fenced else re.match(r"#{2,6}\s+(.*?)\s*#*$", line)
        if heading:
            found.append((heading[1], []))
        elif found:
            found[-1][1].append(line)
    return [(heading, "\n".join(lines).strip()) for heading, lines in found]


def _pick(sections: Sequence[tuple[str, str]], pattern: str) -> str:
    return next((text for head, text in sections if re.search(pattern, head, re.I)), "")


def _part(key: str, own: str, readme: str, folder: str, template: str) -> Part:
    texts = [_body(own), _body(readme)]
    bullets: list[str] = []
    for text in texts:
        bullets += [b for b in _bullets(text) if b not in bullets]
    gaps = [_question(line) for line in own.splitlines() if _is_gap(line)]
    if not bullets and not gaps:
        gaps = [_question(line) for line in template.splitlines() if _is_gap(line)]
    extra = next((found for text in texts if (found := _extra(text))), "")
    return Part(
        key,
        tuple(bullets[:MAX_BULLETS]),
        extra,
        "\n\n".join(text for text in texts if text),
        tuple(gap for gap in gaps if gap),
        folder,
    )


def _body(text: str) -> str:
    """What of a text is the team's own: no title, no line of the template."""
    known = builtin().lines - {""}
    kept = [
        line
        for line, fenced in _fenced(text)
        if fenced or not (line.startswith("# ") or _is_gap(line) or line.strip() in known)
    ]
    return "\n".join(kept).strip()


def _fenced(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a piece of code; its fences do, too."""
    inside = False
    for line in text.splitlines():
        fence = line.lstrip().startswith(("```", "~~~"))
        yield line, inside or fence
        inside ^= fence


def _is_gap(line: str) -> bool:
    field = _FIELD.match(line)
    return is_open((field[2] if field else line).strip())


def _question(line: str) -> str:
    field = _FIELD.match(line)
    text = (field[2] if field else line).strip()
    text = re.sub(
        r"\[([^\[\]]*)\]\([^)]{0,2000}\)", r"\1", text.removeprefix("[").removesuffix("]")
    )
    return f"{field[1]}: {text}" if field else text


def _bullets(text: str) -> list[str]:
    found: list[str] = []
    paragraph: list[str] = []

    def close() -> None:
        if paragraph:
            found.append(_short(" ".join(paragraph)))
            paragraph.clear()

    for line, fenced in _fenced(text):
        if fenced or line.lstrip().startswith(("|", "#", "<")) or _IMAGE.match(line):
            close()
        elif field := _FIELD.match(line):
            close()
            if field[2]:
                found.append(f"**{field[1]}:** {_short(field[2])}")
        elif bullet := _BULLET.match(line):
            close()
            found.append(_short(bullet[1]))
        elif line.strip():
            paragraph.append(line.strip().removeprefix("> "))
        else:
            close()
    close()
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


def _extra(text: str) -> str:
    """The first picture, else the first table, else the first piece of code."""
    lines = text.splitlines()
    for line in lines:
        if _IMAGE.match(line):
            return line.strip()
    table: list[str] = []
    for line in lines:
        if line.lstrip().startswith("|"):
            table.append(line.strip())
        elif table:
            break
    if len(table) > 2:
        return "\n".join(table[: MAX_TABLE_ROWS + 2])
    code: list[str] = []
    for line in lines:
        if line.lstrip().startswith("```"):
            if code:
                break
            code.append(line.strip())
        elif code:
            code.append(line)
    if len(code) > 1:
        # Half a diagram is none.
        most = MAX_DIAGRAM_LINES if code[0][3:].strip().lower() == "mermaid" else MAX_CODE_LINES
        return "\n".join([*code[: most + 1], "```"])
    return ""


def _template_presentation() -> str:
    folder = template_folder()
    path = folder / "4_Presentation" / "README.md" if folder else None
    return path.read_text(encoding="utf-8") if path and path.is_file() else ""
