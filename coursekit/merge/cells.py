"""Match the cells of two versions of a notebook, with or without identifiers.

Most real notebooks have no identifiers (Colab drops them, older Jupyter never wrote
any), and some tools number all cells anew. So cells are matched by equal content in
order, then by identifier where both
have it and no text says otherwise, then by likeness, then by place.

Reference: Bram Cohen's "patience diff", for the matching of what is unique.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Any

Cell = dict[str, Any]
Pairs = dict[int, int]

# Words that two cells share, as a part of both together, and of the shorter one.
_ALIKE = 0.4
_CONTAINED = 0.8
_FEW_WORDS = 4
_MAX_WORDS = 2_000
_MAX_TABLE = 10_000
_WORD = re.compile(r"\w+")


def source(cell: Cell) -> str:
    """A cell's text; the format allows a string or a list of lines."""
    value = cell.get("source", "")
    return value if isinstance(value, str) else "".join(value)


def token(cell: Cell) -> str:
    """What is equal where kind and text are."""
    text = f"{cell['cell_type']}\0{source(cell)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def match(old: Sequence[Cell], new: Sequence[Cell], *, moved: bool) -> Pairs:
    """Match the cells of an older version with those of a newer one.

    Args:
        old: The older version.
        new: The newer version.
        moved: Whether a cell may be found by its identifier out of order.

    Returns:
        From the place of an old cell to the place of the new one.
    """
    texts = [token(cell) for cell in old], [token(cell) for cell in new]
    pairs = _equal(range(len(old)), range(len(new)), texts)
    equal = set(pairs.values())
    by_id = {a: b for a, b in _by_identifier(old, new).items() if a not in pairs and b not in equal}
    pairs |= _in_gaps(pairs, by_id, (len(old), len(new)))
    for first, second in _gaps(pairs, (len(old), len(new))):
        pairs |= _alike(first, second, (old, new))
    if moved:
        taken = set(pairs.values())
        pairs |= {a: b for a, b in by_id.items() if a not in pairs and b not in taken}
    return pairs


def _by_identifier(old: Sequence[Cell], new: Sequence[Cell]) -> Pairs:
    places = []
    for cells in (old, new):
        names = [cell.get("id") for cell in cells]
        counts = Counter(name for name in names if isinstance(name, str))
        places.append({n: k for k, n in enumerate(names) if isinstance(n, str) and counts[n] == 1})
    first, second = places
    return {place: second[name] for name, place in first.items() if name in second}


def _increasing(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of some pairs that is in order on both sides."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        at = bisect_left(tails, place)
        before.append(ends[at - 1] if at else -1)
        if at == len(tails):
            tails.append(place)
            ends.append(number)
        else:
            tails[at], ends[at] = place, number
    found = []
    number = ends[-1] if ends else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _in_gaps(anchors: Pairs, wanted: Pairs, lengths: tuple[int, int]) -> Pairs:
    """Those of the wanted pairs that are in order with each other and with the anchors."""
    found: Pairs = {}
    for first, second in _gaps(anchors, lengths):
        inside = set(second)
        pairs = [(a, wanted[a]) for a in first if a in wanted and wanted[a] in inside]
        found |= dict(_increasing(pairs))
    return found


def _gaps(anchors: Pairs, lengths: tuple[int, int]) -> list[tuple[list[int], list[int]]]:
    """The places that are not matched, between those that are."""
    taken = set(anchors), set(anchors.values())
    first, second = (
        [place for place in range(length) if place not in used]
        for length, used in zip(lengths, taken, strict=True)
    )
    return _split(first, second, sorted(anchors.items()))


def _split(
    first: Sequence[int], second: Sequence[int], anchors: Sequence[tuple[int, int]]
) -> list[tuple[list[int], list[int]]]:
    """Both lists of places, cut at the anchors."""
    found = []
    a = b = 0
    for left, right in [*anchors, (1 << 60, 1 << 60)]:
        start_a, start_b = a, b
        while a < len(first) and first[a] < left:
            a += 1
        while b < len(second) and second[b] < right:
            b += 1
        found.append((list(first[start_a:a]), list(second[start_b:b])))
    return found


def _equal(
    first: Sequence[int], second: Sequence[int], texts: tuple[list[str], list[str]]
) -> Pairs:
    """Equal texts in order: what is unique on both sides, and what continues it."""
    old = [texts[0][k] for k in first]
    new = [texts[1][k] for k in second]
    counts = Counter(old), Counter(new)
    where = {text: k for k, text in enumerate(new)}
    unique = [
        (k, where[text])
        for k, text in enumerate(old)
        if counts[0][text] == 1 and counts[1].get(text) == 1
    ]
    pairs: Pairs = {}
    a = b = 0
    for left, right in [*_increasing(unique), (len(old), len(new))]:
        while a < left and b < right and old[a] == new[b]:
            pairs[a] = b
            a, b = a + 1, b + 1
        end_a, end_b = left, right
        while end_a > a and end_b > b and old[end_a - 1] == new[end_b - 1]:
            end_a, end_b = end_a - 1, end_b - 1
            pairs[end_a] = end_b
        if left < len(old):
            pairs[left] = right
        a, b = left + 1, right + 1
    return {first[k]: second[j] for k, j in pairs.items()}


def _alike(
    first: Sequence[int], second: Sequence[int], cells: tuple[Sequence[Cell], Sequence[Cell]]
) -> Pairs:
    """Match what is alike, in order; then what lies at the same place between."""
    if not first or not second:
        return {}
    old, new = ([cells[side][k] for k in part] for side, part in enumerate((first, second)))
    found: list[tuple[int, int]] = []
    if len(old) * len(new) <= _MAX_TABLE:
        found = _align([_words(cell) for cell in old], [_words(cell) for cell in new], old, new)
    pairs = dict(found)
    for left, right in _split(range(len(old)), range(len(new)), found):
        a = [k for k in left if k not in pairs]
        b = [k for k in right if k not in pairs.values()]
        if len(a) == len(b):
            pairs |= {
                k: j
                for k, j in zip(a, b, strict=True)
                if old[k]["cell_type"] == new[j]["cell_type"]
            }
    return {first[k]: second[j] for k, j in pairs.items()}


def _align(
    old_words: Sequence[Counter[str]],
    new_words: Sequence[Counter[str]],
    old: Sequence[Cell],
    new: Sequence[Cell],
) -> list[tuple[int, int]]:
    """The alignment in order that shares the most."""
    rows, columns = len(old), len(new)
    likeness = [
        [
            _likeness(old_words[a], new_words[b])
            if old[a]["cell_type"] == new[b]["cell_type"]
            else 0.0
            for b in range(columns)
        ]
        for a in range(rows)
    ]
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for a in range(rows - 1, -1, -1):
        for b in range(columns - 1, -1, -1):
            together = best[a + 1][b + 1] + likeness[a][b]
            best[a][b] = max(best[a + 1][b], best[a][b + 1], together)
    found = []
    a = b = 0
    while a < rows and b < columns:
        if likeness[a][b] and best[a][b] == best[a + 1][b + 1] + likeness[a][b]:
            found.append((a, b))
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            a += 1
        else:
            b += 1
    return found


def _words(cell: Cell) -> Counter[str]:
    words = (found[0] for found in _WORD.finditer(source(cell)))
    return Counter(word for word, _ in zip(words, range(_MAX_WORDS), strict=False))


def _likeness(old: Counter[str], new: Counter[str]) -> float:
    """How much two cells share, from 0 (too little) to 1."""
    if not old or not new:
        return 0.0
    shared = (old & new).total()
    both, shorter = old.total() + new.total(), min(old.total(), new.total())
    share = 2 * shared / both
    contained = shorter >= _FEW_WORDS and shared >= _CONTAINED * shorter
    return share if share >= _ALIKE or contained else 0.0
