"""Pages that commands write for a milestone; a page that a person has changed stays as it is."""

import hashlib
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from baseline.files import read_text, write_atomic

_MARK = re.compile(r"<!-- written by python -m baseline \w+: (?P<sum>[0-9a-f]{12}) -->\n")
_LONGEST = 240  # characters of an example


@dataclass(frozen=True)
class Card:
    """A page: its text, where it lies, and whether a person's own one stayed there instead."""

    text: str
    path: Path | None  # None where the repository has no folder for it
    kept: bool = False

    def told(self) -> str:
        """What happened to it."""
        if self.kept:
            return f"{self.path}: your own words stay; remove it to have it written anew"
        return f"wrote {self.path}"


def milestone(root: Path, number: int) -> Path | None:
    """The folder of a milestone, also where a team has given it another name."""
    found = sorted(p for p in root.glob(f"{number}_*") if p.is_dir() and not p.is_symlink())
    return found[0] if found else None


def write_page(folder: Path | None, name: str, text: str, command: str, *, dry_run: bool) -> Card:
    """Write a page of `python -m baseline COMMAND`, unless somebody has changed it since."""
    if folder is None or dry_run:
        return Card(text, folder / name if folder else None)
    path = folder / name
    if path.is_file():
        before = read_text(path)
        mark = _MARK.match(before)
        if mark is None or mark["sum"] != _sum(before[mark.end() :]):
            return Card(text, path, kept=True)
    write_atomic(path, f"<!-- written by python -m baseline {command}: {_sum(text)} -->\n{text}")
    return Card(text, path)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: int = 0) -> list[str]:
    """Lines of a table; cells have to be Markdown already, see `cell`.

    Args:
        numbers: How many columns, the last ones, hold numbers.
    """
    rule = ["---"] * (len(head) - numbers) + ["---:"] * numbers
    lines = ["| " + " | ".join(line) + " |" for line in (head, rule)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def cell(value: str, longest: int = _LONGEST) -> str:
    """Text that can be nothing but text."""
    text = " ".join(value.split())
    text = text if len(text) <= longest else text[: longest - 1] + "…"
    escaped = html.escape(text.encode("utf-8", "replace").decode("utf-8"), quote=False)
    return re.sub(r"[|\\`*_\[\]{}!#~^$]", lambda match: f"&#{ord(match[0])};", escaped)


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
