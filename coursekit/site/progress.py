"""How far a team has come with a milestone, judged by the words that are its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

# Fewer words than this are a heading or a stray note, not a start.
FEW_WORDS = 8
_FIELD = re.compile(r"^\s*[-*+]\s+\*\*[^*\n]{1,80}?:?\*\*:?\s*(.*)$")
_PLACEHOLDER = re.compile(r"^\[[^\n]{1,300}\](\(\s*\))?$")
# A heading, or a line that is all bold and so heads what follows.
_HEADING = re.compile(r"(?:(#{1,6})\s|\*\*[^*]+\*\*:?\s*$)")
_STATES = ("missing", "open", "started", "complete")
_WORD = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True, slots=True)
class Progress:
    """One milestone of one team.

    Attributes:
        kind: `review`, `dataset`, `baseline`, `model` or `presentation`.
        state: `missing`, `open`, `started`, `complete` or `human` (written, but
            in a form that only a person can judge).
        open_questions: Fields that still hold the template's question.
    """

    kind: str
    state: str
    open_questions: int = 0


def judge(kind: str, text: str, *, slides: bool = False, sources: int = 0) -> Progress:
    """Judge a milestone by its README.

    Args:
        kind: The milestone.
        text: The README; empty if there is none.
        slides: Whether a file with slides lies beside it.
        sources: How many complete sources a literature review has.
    """
    if not text.strip():
        return Progress(kind, "complete" if slides else "missing")
    open_fields = len(open_questions(text))
    own = own_words(text)
    if kind == "presentation" and slides:
        return Progress(kind, "complete", open_fields)
    if kind == "review":
        if sources >= 2:
            return Progress(kind, "complete" if open_fields == 0 else "started", open_fields)
        if sources == 0 and own >= 120:
            return Progress(kind, "human", open_fields)
    if own < FEW_WORDS:
        return Progress(kind, "open", open_fields)
    return Progress(kind, "started" if open_fields or kind == "review" else "complete", open_fields)


def open_questions(text: str) -> list[str]:
    """The placeholders that are still there: `[…?]` after a field or on a line of its own."""
    found = []
    for line in text.splitlines():
        field = _FIELD.match(line)
        value = (field[1] if field else line).strip()
        if is_open(value):
            found.append(value.strip("[]()"))
    return found


def is_open(value: str) -> bool:
    """Whether a field's value is still the template's question in brackets."""
    return bool(_PLACEHOLDER.match(value)) and ("?" in value or "Your answer" in value)


def own_words(text: str) -> int:
    """Words on lines that the template does not have."""
    known = template_lines()
    lines = (line.strip() for line in text.splitlines())
    return sum(
        len(_WORD.findall(line))
        for line in lines
        if line and line not in known and not _PLACEHOLDER.match(line)
    )


def without_placeholders(text: str) -> str:
    """A README without its title, unanswered fields and pointers to instructions.

    What a team wrote stays, line by line; headings with nothing left below go.
    """
    if own_words(text) < FEW_WORDS:
        return ""
    lines = text.splitlines()
    while lines and (not lines[0].strip() or lines[0].startswith("# ")):
        lines.pop(0)
    kept: list[str] = []
    fenced = False
    known = template_lines()
    for line in lines:
        fence = line.lstrip().startswith(("```", "~~~"))
        if fence:
            fenced = not fenced
        if not fenced and not fence and _is_template(line, known):
            continue
        kept.append(line)
    return "\n".join(_without_bare_headings(kept)).strip()


def _is_template(line: str, known: frozenset[str]) -> bool:
    stripped = line.strip()
    field = _FIELD.match(line)
    value = (field[1] if field else stripped).strip()
    if is_open(value) or (not field and _PLACEHOLDER.match(value)):
        return True
    # Headings and labels are the template's, too, but give what follows its order.
    return stripped in known and not stripped.startswith("#") and "INSTRUCTIONS.md" in stripped


def _without_bare_headings(lines: list[str]) -> list[str]:
    kept: list[str] = []
    below = 0  # the level of the next heading, if nothing stands before it; 0 for text
    empty = True
    for line in reversed(lines):
        level = _level(line)
        if level and (empty or (below and below <= level)):
            continue
        if line.strip():
            below, empty = level, False
        kept.append(line)
    return kept[::-1]


def _level(line: str) -> int:
    heading = _HEADING.match(line)
    if not heading:
        return 0
    return len(heading[1]) if heading[1] else 7


def template_folder() -> Path | None:
    """Where the template of a team's repository lies, in a wheel or in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for root in (package / "template", package.parent):
        folder = root / "{{cookiecutter.project_slug}}"
        if folder.is_dir():
            return folder
    return None


@lru_cache(maxsize=1)
def template_lines() -> frozenset[str]:
    """Every line that the template's milestone READMEs hold, so nobody's own words."""
    folder = template_folder()
    lines: set[str] = set()
    for path in sorted(folder.glob("[0-9]_*/README.md")) if folder else []:
        lines |= {line.strip() for line in path.read_text(encoding="utf-8").splitlines()}
    return frozenset(lines)
