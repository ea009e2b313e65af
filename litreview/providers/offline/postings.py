"""Which works hold which words, and how often: the lists that a search adds up.

Works are numbered from 0 and lie in parts of at most 65,536. A word's list in a part is the
works' places there (2 bytes each) and then a byte for each: how often the title holds the
word (3 bits) and how often the abstract does (5 bits); neither where only the authors or
the categories do. So BM25 over all works costs some nanoseconds for each that holds a word,
and equals `litreview.works.rank.bm25` over all of them.

Reference: Zobel and Moffat (2006), Inverted files for text search engines,
doi:10.1145/1132956.1132959.
"""

from __future__ import annotations

import itertools
import math
import re
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from litreview.works.rank import K1, TITLE_WEIGHT, B, words

MAX_PART = 65_536
_MOST_TITLE, _MOST_ABSTRACT = 7, 31  # what 3 and 5 bits hold
_OTHER, _TITLE, _ABSTRACT = 0, 1, 2  # where a word stands
# The marks that stand over and under letters.
_ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]")
_LAST_DAY = 99_991_231
_COUNTS = np.arange(256)
# How often a word counts, by its byte.
_FREQUENCY = (TITLE_WEIGHT * (_COUNTS >> 5) + (_COUNTS & 31)).astype(np.float32)
SCHEMA = """
CREATE TABLE IF NOT EXISTS parts (
    first INTEGER PRIMARY KEY, works INTEGER, days BLOB, lengths BLOB
);
CREATE TABLE IF NOT EXISTS holders (
    part INTEGER, word TEXT, works BLOB, PRIMARY KEY (part, word)
) WITHOUT ROWID;
"""
Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]
# The number of a part's first work, and of those that hold a word the places and the counts.
List = tuple[int, NDArray[np.int32], NDArray[np.uint8]]
# Lists that are kept, as they are stored; unpacked, they take twice as much.
MAX_KEPT_BYTES = 48_000_000


def folded(text: str) -> str:
    """Text in lower case without accents, for what people type without them."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFD", text.casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", plain))


def category_word(name: str) -> str:
    """How a category or an archive stands in the lists."""
    return f"cat:{name.lower()}"


def _categories(names: str) -> list[str]:
    """Each category by its name and by its archive's."""
    own = names.split()
    return [category_word(name) for name in {*own, *(name.partition(".")[0] for name in own)}]


def store(
    database: sqlite3.Connection,
    first: int,
    works: Sequence[Sequence[str]],
    days: Sequence[int],
) -> None:
    """Write a part's lists.

    Args:
        database: With the tables of `SCHEMA`.
        first: The number of the part's first work, from 0.
        works: Title, authors, abstract and categories of each.
        days: The day of each as a number, 20170612, or 0.
    """
    # A number for each word, in the order of their coming.
    numbers: dict[str, int] = defaultdict(itertools.count().__next__)
    keys: list[NDArray[np.int64]] = []
    lengths = np.zeros(len(works), dtype=np.uint16)
    for place, (title, authors, abstract, categories) in enumerate(works):
        texts = (
            [*words(folded(authors)), *_categories(categories)],
            words(folded(title)),
            words(folded(abstract)),
        )
        length = TITLE_WEIGHT * len(texts[_TITLE]) + len(texts[_ABSTRACT])
        lengths[place] = min(length, np.iinfo(np.uint16).max)
        for field, found in enumerate(texts):
            if found:
                known = np.fromiter(map(numbers.__getitem__, found), np.int64, len(found))
                keys.append(known << 18 | place << 2 | field)
    dates = np.clip(np.asarray(days, dtype=np.int64), 0, _LAST_DAY).astype(np.int32)
    database.execute(
        "INSERT INTO parts VALUES(?, ?, ?, ?)",
        (first, len(works), dates.tobytes(), lengths.tobytes()),
    )
    rows = _lists(np.concatenate(keys), list(numbers)) if keys else ()
    database.executemany(
        "INSERT INTO holders VALUES(?, ?, ?)", ((first, word, blob) for word, blob in rows)
    )


def _lists(keys: NDArray[np.int64], names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Each word, in order, and its list."""
    standing, often = np.unique(keys, return_counts=True)
    field, held = standing & 3, standing >> 2
    count = np.where(
        field == _TITLE,
        np.minimum(often, _MOST_TITLE) << 5,
        np.where(field == _ABSTRACT, np.minimum(often, _MOST_ABSTRACT), 0),
    )
    starts = np.flatnonzero(np.diff(held, prepend=-1))
    counts = np.add.reduceat(count, starts).astype(np.uint8)
    held = held[starts]
    places, word = (held & 0xFFFF).astype(np.uint16), held >> 16
    bounds = [*np.flatnonzero(np.diff(word, prepend=-1)).tolist(), len(word)]
    for number in sorted(range(len(names)), key=names.__getitem__):
        start, end = bounds[number], bounds[number + 1]
        yield names[number], places[start:end].tobytes() + counts[start:end].tobytes()


class Postings:
    """The lists of an index, read as a search needs them.

    Attributes:
        works: How many works there are.
        mean_words: Their mean length, the words of the title twice.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        rows = database.execute("SELECT first, works, lengths FROM parts ORDER BY first").fetchall()
        self._parts: dict[int, int] = {first: works for first, works, _ in rows}
        self.works = sum(self._parts.values())
        lengths = np.frombuffer(b"".join(row[2] for row in rows), dtype=np.uint16)
        self.mean_words = float(lengths.mean(dtype=np.float64)) if len(lengths) else 0.0
        relative = lengths / np.float32(self.mean_words or 1.0)
        self._saturation = np.float32(K1 * (1 - B)) + np.float32(K1 * B) * relative
        self._holding: dict[str, int] = {}
        self._kept: dict[str, list[List]] = {}
        self._kept_bytes = 0

    def days(self) -> NDArray[np.int32]:
        """The day of each work as a number, 20170612, or 0."""
        rows = self._database.execute("SELECT days FROM parts ORDER BY first")
        return np.frombuffer(b"".join(row[0] for row in rows), dtype=np.int32)

    def holding(self, word: str) -> int:
        """How many works hold a word, given as `words` gives it."""
        if word not in self._holding:
            sql = (
                "SELECT total(length(holders.works)) FROM parts CROSS JOIN holders "
                "ON holders.part = parts.first AND holders.word = ?"
            )
            self._holding[word] = int(self._database.execute(sql, (word,)).fetchone()[0]) // 3
        return self._holding[word]

    def mask(self, word: str, field: str = "all") -> Mask:
        """Which works hold a word; `ti` in the title, `abs` in the abstract, else anywhere."""
        found = np.zeros(self.works, dtype=np.bool_)
        for first, places, counts in self._read(word):
            if field == "ti":
                places = places[counts >= 1 << 5]
            elif field == "abs":
                places = places[(counts & 31) > 0]
            found[first : first + self._parts[first]][places] = True
        return found

    def scores(self, weights: Mapping[str, float]) -> Scores:
        """BM25 of every work for weighted words, shape `(works,)`.

        Args:
            weights: The weight of each word, as for `litreview.works.rank.bm25`.
        """
        scores = np.zeros(self.works, dtype=np.float32)
        for word, weight in weights.items():
            holding = self.holding(word)
            idf = math.log(1 + (self.works - holding + 0.5) / (holding + 0.5))
            factor = np.float32(weight * idf * (K1 + 1))
            for first, places, counts in self._read(word):
                part = slice(first, first + self._parts[first])
                often = _FREQUENCY.take(counts)
                added = factor * often
                added /= often + self._saturation[part].take(places)
                own = scores[part]
                own[places] = own.take(places) + added
        return scores

    def _read(self, word: str) -> list[List]:
        """A word's lists; they are kept, since a search needs them for more than the order."""
        if word not in self._kept:
            sql = (
                "SELECT parts.first, holders.works FROM parts CROSS JOIN holders "
                "ON holders.part = parts.first AND holders.word = ?"
            )
            found = self._database.execute(sql, (word,)).fetchall()
            self._kept_bytes += sum(len(blob) for _, blob in found)
            if self._kept_bytes > MAX_KEPT_BYTES:
                self._kept.clear()
                self._kept_bytes = 0
            self._kept[word] = [_list(first, blob) for first, blob in found]
        return self._kept[word]


def _list(first: int, blob: bytes) -> List:
    works = len(blob) // 3
    places = np.frombuffer(blob, dtype=np.uint16, count=works).astype(np.int32)
    return first, places, np.frombuffer(blob, dtype=np.uint8, offset=2 * works)
