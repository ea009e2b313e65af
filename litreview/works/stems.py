"""One form for the forms of a word: `entities` and `entity`, `networks` and `network`.

Reference: https://snowballstem.org/algorithms/english/stemmer.html
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowballstemmer.english_stemmer import EnglishStemmer

# Longer "words" are formulas and addresses, which have no endings.
MAX_STEMMED = 30


@functools.cache
def _stemmer() -> EnglishStemmer:
    from snowballstemmer.english_stemmer import EnglishStemmer

    return EnglishStemmer()


@functools.lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The stem of an English word in lower case; other words and numbers stay as they are."""
    if not word.isascii() or not word.isalpha() or not 3 <= len(word) <= MAX_STEMMED:
        return word
    found = _stemmer().stemWord(word)
    return found if isinstance(found, str) else word
