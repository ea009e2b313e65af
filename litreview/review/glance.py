"""A comparison of works as an audience reads it: few columns, few works, few words a cell.

Each cell keeps words of its quote: the model's or data set's name, the amount, the figure with
what stands around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from litreview.papers.paper import shortened
from litreview.questions.amounts import amounts_in
from litreview.questions.cues import cues
from litreview.text.names import mentions_in

MAX_COLUMNS = 3  # beside the work's title
MAX_WORKS = 4
MAX_CHARACTERS = 60
MAX_NAMES = 3
# What tells most about a work, first.
PREFERRED = ("Model", "Data", "Amount", "Best figure", "Pretrained", "Metric")
_QUOTE = re.compile(r"“(.{0,2000})”(?:\s\([^()]{0,300}\))?", re.DOTALL)
_AROUND = 24


def glance(header: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> list[list[str]]:
    """Choose the columns that say something of most works, and shorten what they say.

    Args:
        header: The names of the columns, that of the work first.
        rows: Cells in plain words; a quote stands in “…” and is followed by its place.
        empty: What a cell says that says nothing.

    Returns:
        The header and at most `MAX_WORKS` rows; nothing where no column says anything.
    """

    def says(cell: str) -> bool:
        return bool(cell) and cell != empty

    filled = {
        place: sum(says(row[place]) for row in rows if len(row) > place)
        for place, name in enumerate(header)
        if name in PREFERRED
    }
    best = sorted(
        (place for place, count in filled.items() if count),
        key=lambda place: (-filled[place], PREFERRED.index(header[place])),
    )
    columns = sorted(best[:MAX_COLUMNS])
    told = [row for row in rows if any(says(row[place]) for place in columns if len(row) > place)]
    if not told:
        return []
    lines = [[header[0], *(header[place] for place in columns)]]
    for row in told[:MAX_WORKS]:
        cells = [row[place] if len(row) > place else "" for place in columns]
        lines.append(
            [shortened(row[0], MAX_CHARACTERS)]
            + [
                shorten(lines[0][number], cell) if says(cell) else "–"
                for number, cell in enumerate(cells, start=1)
            ]
        )
    return lines


def shorten(heading: str, cell: str) -> str:
    """What a cell says, in a few of its own words; what a person wrote is only cut."""
    quote = _QUOTE.fullmatch(cell.strip())
    if quote is None:
        return shortened(cell, MAX_CHARACTERS)
    said = _SAID[heading](quote[1]) if heading in _SAID else ""
    return shortened(said or f"“{shortened(quote[1], MAX_CHARACTERS - 2)}”", MAX_CHARACTERS)


def _names(text: str) -> str:
    return ", ".join(list(dict.fromkeys(m.name for m in mentions_in(text)))[:MAX_NAMES])


def _data(text: str) -> str:
    named = [match["name"] for match in cues()["dataset"].finditer(text[:2_000])]
    return ", ".join(list(dict.fromkeys(named))[:MAX_NAMES])


def _amounts(text: str) -> str:
    found = sorted(amounts_in(text[:2_000]), key=lambda amount: -(amount.value or 0))
    return " ".join(found[0].text.split()) if found else ""


def _figure(text: str) -> str:
    match = cues()["figure_value"].search(text[:2_000])
    if match is None:
        return ""
    start, end = max(0, match.start() - _AROUND), min(len(text), match.end() + _AROUND)
    before, after = text[start : match.start()], text[match.end() : end]
    if start > 0:
        before = "…" + before.partition(" ")[2]
    if end < len(text):
        after = after.rpartition(" ")[0] + "…"
    return f"{before}{match[0]}{after}"


_SAID: dict[str, Callable[[str], str]] = {
    "Model": _names,
    "Pretrained": _names,
    "Data": _data,
    "Amount": _amounts,
    "Best figure": _figure,
}
