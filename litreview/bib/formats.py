"""The formats of bibliographies: which one a file is in, and how each is read and written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from litreview.bib import bibtex, csl, nbib, ris
from litreview.bib.item import Item, to_item, to_source
from litreview.errors import UserError
from litreview.text.latex import to_text
from litreview.works.source import Source
from litreview.works.vocabulary import STOP_WORDS

FORMATS = ("bibtex", "ris", "csl")
_WRITERS = {"bibtex": bibtex.write, "ris": ris.write, "csl": csl.write}


@dataclass(frozen=True)
class Bibliography:
    """What a file holds.

    Attributes:
        sources: The records that could be read, in order.
        notes: What could not be read or stands there twice, each with its line.
    """

    sources: tuple[Source, ...]
    notes: tuple[str, ...]


def export(sources: Sequence[Source], form: str) -> str:
    """Sources in one of `FORMATS`.

    Raises:
        UserError: If the format is unknown.
    """
    if form not in _WRITERS:
        raise UserError(f"--format {form!r} is unknown; choose one of {', '.join(FORMATS)}")
    return _WRITERS[form]([_item(source) for source in sources], keys(sources))


def _item(source: Source) -> Item:
    item = to_item(source)
    if source.arxiv_id and source.categories:
        return replace(item, values={**item.values, "primaryclass": source.categories[0]})
    return item


def read(text: str, name: str = "the file") -> Bibliography:
    """Read BibTeX, RIS, CSL-JSON or NBIB; a broken record costs only itself.

    Args:
        text: The file's content, which also tells its format.
        name: What to call the file in notes.

    Raises:
        UserError: If nothing could be read.
    """
    items: list[Item] = []
    notes: tuple[str, ...] = ()
    head = text[:20_000].lstrip("\ufeff \t\r\n")
    try:
        if head[:1] in ("[", "{") and not re.match(r"\{\\", head):
            items, notes = csl.read(text, name)
        elif re.search(r"^PMID- ?\d", head, re.MULTILINE):
            items, notes = nbib.read(text, name)
        elif re.search(r"^[ \t\ufeff]{0,4}(?:TY|T1|TI|JF) {1,2}- ", head, re.MULTILINE):
            items, notes = ris.read(text, name)
        else:
            items, notes = bibtex.read(text, name)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{name}: begins like JSON and is none ({error}); export it again"
        ) from error
    if not items:
        raise UserError(
            f"{name}: holds no record with a title in BibTeX, RIS, CSL-JSON or NBIB; export it "
            "from the reference manager in one of these"
        )
    return Bibliography(tuple(to_source(item) for item in items), notes)


def keys(sources: Sequence[Source]) -> list[str]:
    """Citation keys such as `vaswani2017attention`: ASCII, unique, stable for the same list."""
    found: list[str] = []
    taken: set[str] = set()
    for source in sources:
        words = [_ascii(word) for word in re.findall(r"\w+", to_text(source.title))]
        word = next((w for w in words if w and w not in STOP_WORDS), "work")
        item = to_item(source)
        people = [*item.authors, *item.editors]
        author = _ascii(people[0].family) if people else ""
        base = f"{author or 'anonymous'}{source.year or ''}{word}"[:60]
        key, number = base, 1
        while key in taken:
            number += 1
            key = f"{base}{_letters(number)}"
        taken.add(key)
        found.append(key)
    return found


def _ascii(text: str) -> str:
    table = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ı": "i"})
    plain = unicodedata.normalize("NFKD", text.casefold().translate(table))
    return re.sub(r"[^a-z0-9]", "", plain)


def _letters(number: int) -> str:
    """2 → b, 3 → c, …, 27 → ba: what a second work with the same key gets."""
    number -= 1
    letters = ""
    while True:
        letters = chr(ord("a") + number % 26) + letters
        number = number // 26
        if number == 0:
            return letters
