"""Order sources by what they have to do with the query and with the project.

The score is BM25 over title (counted twice) and abstract, once for the words
of the query and once for the project's description, plus a little for the
provider's own order. Its parts are kept, so that a reader can see why a source
stands where it stands.

Reference: Robertson and Zaragoza (2009), doi:10.1561/1500000019.
"""

# ruff: noqa: SIM905  (a string of words reads better than a list of them)

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from litreview.works.query import Query
from litreview.works.reading_list import works
from litreview.works.source import Source
from litreview.works.stems import stem
from litreview.works.terms import Term, positive_terms
from litreview.works.vocabulary import STOP_WORDS

K1, B = 1.5, 0.75
TITLE_WEIGHT = 2
_FEW = 100
_SHORT = 4
_FACET = 0.7  # the weight of the sentences about what is asked
# Works that are read for their meaning, which takes milliseconds for each.
MAX_READ = 100
_MEANING = 1.0  # the weight of meaning beside the words, each in standard deviations
_WORD = re.compile(r"[^\W_]+")
# What `_WORD` finds in ASCII, ten times as fast.
_ASCII_WORDS = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
_MAX_STEMS = 200_000
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# What every project of a course says about itself tells nothing about its subject.
_BOILERPLATE = frozenset(
    "project model result task type link documentation repository course team member abstract "
    "overview introduction readme cover image presentation milestone".split()
)


@dataclass(frozen=True)
class Ranked:
    """A source and why it stands where it stands.

    Attributes:
        source: The source.
        score: From 0 to 1, comparable within one list only.
        parts: The weighted addends of the score: `query`, `meaning`, `project`, `order`.
    """

    source: Source
    score: float
    parts: Mapping[str, float]


@dataclass(frozen=True)
class Corpus:
    """How common words are among all works that a provider searched.

    Attributes:
        works: How many there are.
        holding: In how many of them a word stands, by its stem.
        mean_words: The mean length of a work, in words of `words`.
    """

    works: int
    holding: Mapping[str, int]
    mean_words: float = 0.0


class _Stems(dict[str, str]):
    """The stem of each word met so far, empty for stop words."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _MAX_STEMS:
            self.clear()
        self[word] = found = "" if word in STOP_WORDS else stem(word)
        return found


_STEMS = _Stems()


def words(text: str) -> list[str]:
    """The stems of a text's words, without stop words; CJK by character."""
    if text.isascii():
        return list(filter(None, map(_STEMS.__getitem__, text.translate(_ASCII_WORDS).split())))
    text = text.casefold()
    if not _CJK.search(text):
        return list(filter(None, map(_STEMS.__getitem__, _WORD.findall(text))))
    found: list[str] = []
    for word in _WORD.findall(text):
        found += list(word) if _CJK.search(word) else filter(None, [_STEMS[word]])
    return found


def bm25(
    documents: Sequence[Sequence[str]],
    query: Mapping[str, float],
    background: Sequence[Sequence[str]] = (),
    corpus: Corpus | None = None,
) -> list[float]:
    """Score documents for weighted query words.

    Args:
        documents: Each document's words.
        query: The weight of each word that is looked for.
        background: Further documents that tell how common a word is; without them a
            handful of documents would all count the searched word as common.
        corpus: What the provider knows about all its works; then nothing is estimated.

    Returns:
        A score of at least 0 for each document.
    """
    counts = [Counter(document) for document in documents]
    others = [set(document) for document in background]
    everything = len(documents) + len(others)
    mean = sum(map(len, documents)) / len(documents) if documents else 0.0
    if corpus is not None and corpus.mean_words:
        mean = corpus.mean_words
    scores = [0.0] * len(documents)
    for word, weight in query.items():
        total, frequency = everything, sum(1 for count in counts if word in count)
        if not frequency:
            continue
        frequency += sum(1 for other in others if word in other)
        if corpus is not None and word in corpus.holding:
            total, frequency = corpus.works, max(frequency, corpus.holding[word])
        idf = math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))
        for index, count in enumerate(counts):
            if (tf := count[word]) > 0:
                length = 1 - B + B * len(documents[index]) / mean
                scores[index] += weight * idf * tf * (K1 + 1) / (tf + K1 * length)
    return scores


def rank(
    sources: Sequence[Source],
    query: Query | None = None,
    description: str = "",
    corpus: Corpus | None = None,
    *,
    facet: Sequence[str] = (),
    nearness: Callable[[Sequence[int]], Sequence[float]] | None = None,
) -> list[Ranked]:
    """Order sources, the most relevant first; ties keep the given order.

    Where the provider says how common all words are, its order is that of the same BM25, and
    counts for nothing more.

    Args:
        sources: In the provider's order.
        query: What was searched for.
        description: The project in its own words, for example its root README.
        corpus: How common words are where the sources come from, if the provider says.
        facet: Of each source the sentences about what is asked, for example its methods.
        nearness: Given the numbers of some sources, how near each is to the query in meaning;
            the `MAX_READ` that are best by their words are asked for, once.
    """
    documents = [searchable(source) for source in sources]
    background = _background() if len(documents) < _FEW else []
    scores = query_scores(documents, query, background, corpus)
    asked = {
        word for term in positive_terms(query.tree if query else None) for word in words(term.text)
    }
    # "BERT: …" is what somebody who types BERT looks for, and not who pastes a whole title.
    for index, source in enumerate(sources if len(asked) <= _SHORT else ()):
        name, colon, _ = source.title.partition(":")
        if colon and re.fullmatch(r"\w+[A-Z\d][\w-]*", name) and set(words(name)) <= asked:
            scores[index] *= 2
    by_query = _relative(scores)
    if facet:
        sides = _relative(query_scores([words(text) for text in facet], query, background, corpus))
        by_query = [
            _FACET * side + (1 - _FACET) * whole
            for side, whole in zip(sides, by_query, strict=True)
        ]
    by_meaning = [0.0] * len(sources)
    if nearness is not None and sources:
        best = sorted(range(len(sources)), key=lambda number: -by_query[number])[:MAX_READ]
        near = dict(zip(best, nearness(best), strict=True))
        # The others are no nearer than the farthest that was read.
        least = min(near.values())
        everything = [near.get(number, least) for number in range(len(sources))]
        by_query, by_meaning = _mixed(by_query, everything)
    by_project = _relative(bm25(documents, _salient(description, documents), background))
    has_order = corpus is None
    weights = {"query": 0.45, "project": 0.4, "order": 0.15 * has_order}
    if not any(by_project):
        weights = {"query": 0.8, "project": 0.0, "order": 0.2 * has_order}
    weights = {name: weight / sum(weights.values()) for name, weight in weights.items()}
    ranked = []
    for index, source in enumerate(sources):
        order = 1 / math.log2(index + 2)
        parts = {
            "query": weights["query"] * by_query[index],
            "meaning": weights["query"] * by_meaning[index],
            "project": weights["project"] * by_project[index],
            "order": weights["order"] * order,
        }
        rounded = {name: round(value, 4) for name, value in parts.items()}
        ranked.append(Ranked(source, round(sum(parts.values()), 4), rounded))
    return sorted(ranked, key=lambda item: -item.score)


def _mixed(
    by_words: Sequence[float], by_meaning: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Both scores on the scale of their own spread, together at most 1.

    Ranks alone (reciprocal rank fusion) lose how far the words of the first work outdo
    those of the second; measured, they make the order worse where this makes it better.
    """
    left = _standard(by_words)
    right = [_MEANING * value for value in _standard(by_meaning)]
    most = max(map(sum, zip(left, right, strict=True)), default=0.0) or 1.0
    return [value / most for value in left], [value / most for value in right]


def _standard(values: Sequence[float]) -> list[float]:
    """Values in standard deviations above their least one."""
    if not values:
        return []
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values)) or 1.0
    return [(value - min(values)) / spread for value in values]


def searchable(source: Source, extra: str = "") -> list[str]:
    """The words by which a source is found, those of the title twice."""
    return weighted(source.title, source.abstract) + words(extra)


def weighted(title: str, abstract: str) -> list[str]:
    """The words of a work, those of its title twice."""
    return words(title) * TITLE_WEIGHT + words(abstract)


def query_scores(
    documents: Sequence[Sequence[str]],
    query: Query | None,
    background: Sequence[Sequence[str]] = (),
    corpus: Corpus | None = None,
) -> list[float]:
    """BM25 of each document for the query's words, more if its phrases stand together."""
    terms = _scored_terms(query)
    scores = bm25(documents, asked_words(query), background, corpus)
    # In a whole sentence, words that happen to stand together say nothing more.
    phrases = [tuple(words(term.text)) for term in _phrases(terms)] if len(terms) <= _SHORT else []
    phrases = [phrase for phrase in phrases if len(phrase) > 1]
    for index, document in enumerate(documents if phrases else ()):
        pairs = set(pairwise(document)) if scores[index] else set()
        for phrase in phrases:
            if all(pair in pairs for pair in pairwise(phrase)):
                scores[index] *= 1.5
    return scores


def _scored_terms(query: Query | None) -> list[Term]:
    return [term for term in positive_terms(query.tree if query else None) if term.field != "cat"]


def asked_words(
    query: Query | None, words_of: Callable[[str], Sequence[str]] = words
) -> Counter[str]:
    """The words that count for the order, as often as they were typed.

    Args:
        query: What is looked for.
        words_of: How a text becomes words.
    """
    asked = Counter(word for term in _scored_terms(query) for word in words_of(term.text))
    typed = Counter(words_of(query.text if query else ""))
    # Who says a word twice means it; what is excluded or a field's name is not asked for.
    return Counter({word: max(count, typed[word]) for word, count in asked.items()})


def describe_project(readme: str) -> str:
    """The prose of a project's README: no code, images, addresses or placeholders."""
    text = re.sub(r"^(```|~~~).*?^\1", " ", readme[:50_000], flags=re.MULTILINE | re.DOTALL)
    # Bounded, so that a README of brackets does not take minutes.
    first, *comments = text.split("<!--")
    text = " ".join([first, *(comment.partition("-->")[2] for comment in comments)])
    text = re.sub(r"!\[[^\[\]]{0,300}\]\([^()]{0,500}\)|<[^<>\n]{0,500}>", " ", text)
    text = re.sub(r"\[([^\[\]]{0,300})\]\([^()]{0,500}\)", r"\1", text)
    text = re.sub(r"https?://\S+|\[[^\[\]]{0,200}\]", " ", text)
    return " ".join(text.split())


@functools.cache
def _background() -> list[list[str]]:
    return [words(f"{work.title} {work.abstract}") for work in works()[0]]


def _phrases(terms: Sequence[Term]) -> list[Term]:
    """Quoted phrases, and all plain words together in the order typed."""
    plain = [term.text for term in terms if " " not in term.text]
    return [term for term in terms if " " in term.text] + [Term(" ".join(plain))]


def _salient(description: str, documents: Sequence[Sequence[str]]) -> dict[str, float]:
    """A description's telling words, each weighted by the root of its frequency."""
    known = {word for document in documents for word in document}
    counts = Counter(word for word in words(description) if word in known and len(word) > 2)
    return {
        word: math.sqrt(count)
        for word, count in counts.most_common(60)
        if word not in _BOILERPLATE and not word.isdigit()
    }


def _relative(scores: Sequence[float]) -> list[float]:
    best = max(scores, default=0.0)
    return [score / best if best > 0 else 0.0 for score in scores]
