r"""What `\cite` prints and the list of references: from a .bbl, `\bibitem`s or a .bib file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from litreview.papers.tex_macros import bracket, group
from litreview.text.latex import to_text

MAX_ENTRIES = 5_000
_ITEM = re.compile(r"\\bibitem\b")
_ENTRY = re.compile(r"@(\w{1,30})\s*[{(]\s*([^\s,{}]{1,200})\s*,")
_FIELD = re.compile(r"(?:^|[,\n])\s*(author|editor|title|year|date)\s*=\s*", re.IGNORECASE)
_LABEL = re.compile(r"(.{1,300}?)\s*\(\s*((?:19|20)\d\d[a-z]?)\s*\)", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """A cited work: how the text calls it, and its line in the list of references."""

    names: str
    year: str
    printed: str


def from_items(text: str) -> Iterator[tuple[str, Entry]]:
    r"""The entries of a `thebibliography`."""
    starts = [match.end() for match in _ITEM.finditer(text)][:MAX_ENTRIES]
    for start, stop in zip(starts, [*starts[1:], len(text)], strict=True):
        label = bracket(text, start)
        key = group(text, label[1] if label else start)
        if key is None:
            continue
        body = text[key[1] : stop].partition(r"\end{thebibliography}")[0]
        body = body.replace(r"\bibitem", "").replace(r"\newblock", " ")
        names, year = "", ""
        if label and (match := _LABEL.search(label[0].replace("{", "").replace("}", ""))):
            names, year = to_text(match[1]), match[2]
        yield key[0].strip(), Entry(names, year, to_text(body[:3_000]))


def from_bib(text: str) -> Iterator[tuple[str, Entry]]:
    """The entries of a BibTeX file, as far as a citation needs them."""
    matches = list(_ENTRY.finditer(text))[:MAX_ENTRIES]
    for match, following in zip(matches, [*matches[1:], None], strict=True):
        if match[1].lower() in ("comment", "string", "preamble"):
            continue
        body = text[match.end() : following.start() if following else len(text)][:20_000]
        values = {found[1].lower(): _value(body, found.end()) for found in _FIELD.finditer(body)}
        year = re.search(r"\d{4}", values.get("year") or values.get("date", ""))
        authors = values.get("author") or values.get("editor", "")
        names = _short(authors)
        title = values.get("title", "")
        printed = ". ".join(part for part in (to_text(authors), year[0] if year else "",
                                              to_text(title)) if part)  # fmt: skip
        yield match[2], Entry(names, year[0] if year else "", printed)


def _value(body: str, start: int) -> str:
    found = group(body, start)
    if found:
        return " ".join(found[0].split())
    match = re.compile(r'"((?:[^"\\]|\\.){0,3000})"|(\w+)').match(body, start)
    return " ".join((match[1] or match[2] or "").split()) if match else ""


def _short(authors: str) -> str:
    people = [person for person in re.split(r"\s+and\s+", authors) if person]
    families = [
        to_text(p.split(",")[0] if "," in p else p.split()[-1]) for p in people[:2] if p.split()
    ]
    if not families:
        return ""
    if len(people) > 2 or "others" in families:
        return f"{families[0]} et al."
    return " and ".join(families)


def cited(command: str, keys: Iterable[str], known: dict[str, Entry]) -> str:
    r"""What a citation prints.

    Args:
        command: Its name, `citet` or `citep` for example.
        keys: The works.
        known: The entries by key.
    """
    works = []
    for key in keys:
        entry = known.get(key.strip())
        works.append((entry.names, entry.year) if entry and entry.names else (key.strip(), ""))
    if command in ("citet", "textcite", "newcite", "Citet", "citealt", "citealp", "shortcite"):
        return "; ".join(f"{name} ({year})" if year else name for name, year in works)
    if command in ("citeauthor", "Citeauthor"):
        return "; ".join(name for name, _ in works)
    if command in ("citeyear", "citeyearpar"):
        return "; ".join(year or name for name, year in works)
    return "(" + "; ".join(f"{name}, {year}" if year else name for name, year in works) + ")"
