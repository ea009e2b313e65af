"""The template as a team received it, and which words of a text are the team's own."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from coursekit.git.recent import Recent
from coursekit.git.repository import Repository, blob_name
from coursekit.team.files import list_files
from litreview.review.placeholders import is_placeholder

# The branch of a team's repository that holds the template as it was given out.
PRISTINE = "template"
# Fewer words than this are a heading or a stray note, not a start.
FEW_WORDS = 8
_MAX_README_BYTES = 1_000_000
# The lines of README files, which are the same in most repositories of a cohort.
_LINES: Recent[frozenset[str]] = Recent()
# A value in brackets, alone or behind a bullet and a label; it may look like a link to nowhere.
_BRACKETED = re.compile(
    r"(?:[-*+]\s+)?(?:\*\*[^*\n]{1,80}\*\*:?\s*)?(\[[^\n]{1,300}\](?:\(\s*\))?)"
)
# A heading, or a line that is all bold and so heads what follows.
_HEADING = re.compile(r"(?:(#{1,6})\s|\*\*[^*]+\*\*:?\s*$)")
_WORD = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True, slots=True)
class Pristine:
    """The template as a team received it.

    Attributes:
        blobs: The names of all its contents.
        lines: All lines of its README files, without the space around them.
    """

    blobs: frozenset[str]
    lines: frozenset[str]


def received(repository: Repository, commit: str | None) -> Pristine:
    """The template that a team received.

    Args:
        repository: The team's.
        commit: The tip of its branch `PRISTINE`; without one it is the built-in template.
    """
    if not commit:
        return builtin()
    files = list_files(repository, commit, skip=frozenset())
    readmes = (e for path, e in files.items() if path.lower().endswith("readme.md") and e.is_file)
    lines: set[str] = set()
    for entry in readmes:
        lines |= _lines_of(repository, entry.oid)
    return Pristine(frozenset(entry.oid for entry in files.values()), frozenset(lines))


@lru_cache(maxsize=1)
def builtin() -> Pristine:
    """The template that this version brings."""
    folder = template_folder()
    blobs: set[str] = set()
    lines: set[str] = set()
    for path in folder.rglob("*") if folder else ():
        if path.is_file():
            data = path.read_bytes()
            blobs.add(blob_name(data))
            if path.name == "README.md":
                lines |= _lines(data)
    return Pristine(frozenset(blobs), frozenset(lines))


def template_folder() -> Path | None:
    """Where the template of a team's repository lies, in a wheel or in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for root in (package / "data" / "template", package.parent):
        folder = root / "{{cookiecutter.project_slug}}"
        if folder.is_dir():
            return folder
    return None


def own_words(text: str, pristine: Pristine, enough: float = math.inf) -> int:
    """Words on lines that the template does not have.

    Args:
        text: A README.
        pristine: The template.
        enough: With so many, nobody asks how many more there are.
    """
    found = 0
    for line in map(str.strip, text.splitlines()):
        if line and line not in pristine.lines and not is_open(line):
            found += len(_WORD.findall(line))
            if found >= enough:
                break
    return found


def open_questions(text: str) -> list[tuple[int, str]]:
    """Lines (from 1) that still hold a question of the template instead of an answer."""
    return [
        (number, line.strip())
        for number, line in enumerate(text.splitlines(), start=1)
        if is_open(line)
    ]


def is_open(line: str) -> bool:
    """Whether a line, or a field's value, is still the template's question in brackets."""
    found = _BRACKETED.fullmatch(line.strip()) if "[" in line else None
    return found is not None and ("?" in found[1] or is_placeholder(found[1]))


def without_placeholders(text: str, pristine: Pristine) -> str:
    """A README without its title, unanswered fields and pointers to instructions.

    What a team wrote stays, line by line; headings with nothing left below go.
    """
    if own_words(text, pristine, FEW_WORDS) < FEW_WORDS:
        return ""
    lines = text.splitlines()
    while lines and (not lines[0].strip() or lines[0].startswith("# ")):
        lines.pop(0)
    return "\n".join(_without_bare_headings(list(_without_questions(lines, pristine)))).strip()


def _without_questions(lines: list[str], pristine: Pristine) -> Iterator[str]:
    fenced = pointing = False
    for line in lines:
        fence = line.lstrip().startswith(("```", "~~~"))
        if fence:
            fenced = not fenced
        # What the template says behind a pointer to the instructions belongs to it.
        pointing = _is_pointer(line, pristine) or (
            pointing and line.strip() in pristine.lines and _continues(line)
        )
        if fenced or fence or not (pointing or is_open(line)):
            yield line


def _is_pointer(line: str, pristine: Pristine) -> bool:
    stripped = line.strip()
    # Headings and labels are the template's, too, but give what follows its order.
    return (
        "INSTRUCTIONS.md" in stripped
        and stripped in pristine.lines
        and not stripped.startswith("#")
    )


def _continues(line: str) -> bool:
    """Whether a line goes on with the paragraph before it."""
    return bool(line.strip()) and not re.match(r"\s*(?:#|[-*+>|]\s|\d+[.)]\s)", line)


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


def _lines_of(repository: Repository, oid: str) -> frozenset[str]:
    return _LINES.get(oid, lambda: repository.read_object(oid, max_bytes=_MAX_README_BYTES), _lines)


def _lines(data: bytes) -> frozenset[str]:
    return frozenset(line.strip() for line in data.decode("utf-8", "replace").splitlines())
