"""Search an indexed snapshot of arXiv's metadata, with no network.

Every work that meets what is demanded and holds any of the words is scored by BM25 over
the whole snapshot; the words' own lists are added up, so that even words of millions of
works cost little. SQLite's full-text search answers what the lists do not know: phrases,
beginnings of words, authors.

Reference: https://sqlite.org/fts5.html
"""

# ruff: noqa: S608  (the statements are put together from constants; values are bound)

from __future__ import annotations

import contextlib
import functools
import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from litreview.errors import UserError
from litreview.providers.arxiv_feed import is_withdrawn
from litreview.providers.offline.bulk import LAYOUT, default_index
from litreview.providers.offline.postings import Mask, Postings, category_word, folded
from litreview.providers.result import Context, NothingFoundError, SearchResult
from litreview.text.clean import one_line
from litreview.text.identifiers import find_doi
from litreview.text.latex import to_text
from litreview.works.query import Query
from litreview.works.rank import Corpus, asked_words, words
from litreview.works.rungs import Rung, plain_parts, rungs
from litreview.works.source import Source
from litreview.works.stems import stem
from litreview.works.terms import And, Node, Not, Or, Term, positive_terms

# Works that SQLite finds for a phrase or a name, the newest; a microsecond each.
MAX_MATCHES = 100_000
# Answers for words of the query that are kept, a byte for each work of the snapshot.
MAX_MASKS = 24
# A spelling that is so much rarer than the commonest is not looked for in phrases.
_RARE = 0.05
# As much of an index is mapped into memory instead of being read page by page.
MAPPED_BYTES = 1 << 40
# Records that are asked for in one statement.
MAX_ASKED = 500
_COLUMNS = {"ti": "title", "au": "authors", "abs": "abstract"}
_FIELDS = "arxiv_id, created, version, title, authors, abstract, categories, doi, journal, comments"
Row = tuple[Any, ...]


def search(query: Query, limit: int, context: Context) -> SearchResult:
    """The works of an index that match, the most relevant first.

    Args:
        query: What to look for.
        limit: The largest number of works.
        context: Names the index that `litreview index` made; the user's own by default.

    Raises:
        NothingFoundError: If no work holds any of the words, or fits what is demanded.
        UserError: If there is no index, or the query cannot be answered from it.
    """
    with _opened(query, limit, context) as found:
        return found.result()


def matching(query: Query, context: Context) -> Iterator[Source]:
    """All works that hold all words, or as many of them as any work does, in the index's order.

    Args:
        query: What to look for.
        context: Names the index.

    Raises:
        NothingFoundError: If there is no such work.
        UserError: If there is no index, or the query cannot be answered from it.
    """
    with _opened(query, MAX_ASKED, context) as found:
        yield from found.matching()


@contextlib.contextmanager
def _opened(query: Query, limit: int, context: Context) -> Iterator[_Search]:
    if query.dois or query.urls:
        raise UserError(
            f"{(query.dois + query.urls)[0]} cannot be looked up in a snapshot; use --provider "
            f"{'doi' if query.dois else 'web'}"
        )
    if query.is_empty():
        raise UserError("the query is empty; say what to look for, or give an arXiv id")
    index = context.snapshot or default_index()
    with contextlib.closing(_open(index)) as database:
        try:
            yield _Search(database, query, limit, index.name)
        except (sqlite3.Error, ValueError, IndexError) as error:
            raise UserError(
                f"{index}: the index is damaged ({error}); delete it and index the snapshot again"
            ) from error


class _Search:
    """One search of an index."""

    def __init__(self, database: sqlite3.Connection, query: Query, limit: int, name: str) -> None:
        self.database = database
        self.query = query
        self.limit = limit
        self.name = name
        self.postings = Postings(database)
        self.size = self.postings.works
        self.notes: dict[str, None] = {}
        self._masks: dict[Term, Mask] = {}

    def result(self) -> SearchResult:
        """Look the works up, by whichever way the query allows."""
        note = f"searched {self.size:,} works of the snapshot {self.name}"
        query = self.query
        if query.ids:
            return self._by_ids(note)
        if query.tree is None and not (query.categories or query.authors):
            return self._by_date(note)
        filters = self._filters()
        steps, holding = self._climb(filters)
        sources = self._sources(self._candidates(steps[-1], holding, filters))
        total = int(np.count_nonzero(holding))
        return SearchResult(
            provider="snapshot",
            query=query,
            compiled=self.compile(steps[-1].query),
            sources=tuple(sources),
            total=total,
            notes=(*_told(steps, total), *self.notes, note),
            corpus=self.corpus(),
        )

    def matching(self) -> Iterator[Source]:
        """The works that answer the first step that any work answers."""
        numbers = np.flatnonzero(self._climb(self._filters())[1]) + 1
        for start in range(0, len(numbers), MAX_ASKED):
            yield from map(_source, self._rows(numbers[start : start + MAX_ASKED].tolist()))

    def _climb(self, filters: Mask) -> tuple[list[Rung], Mask]:
        """The steps that were taken, and the works that answer the last of them."""
        taken: list[Rung] = []
        for step in rungs(self.query, self._share):
            taken.append(step)
            holding = self._holding(step.query.tree, filters)
            if holding.any():
                return taken, holding
        compiled = self.compile(taken[-1].query)
        raise NothingFoundError(f"the snapshot has nothing for {compiled}; use other words")

    def compile(self, query: Query) -> str:
        """A query, with its categories and authors, in FTS5's language."""
        parts = [self._fts(query.tree)] if query.tree is not None else []
        if query.categories:
            parts.append(" OR ".join(f"categories : {_quoted(name)}" for name in query.categories))
        parts += [self._fts(Term(name, "au")) for name in query.authors]
        return " AND ".join(f"({part})" for part in parts) if len(parts) > 1 else "".join(parts)

    def corpus(self) -> Corpus:
        """How common the words of the query are."""
        holding = {word: self._holders(word) for word in asked_words(self.query)}
        return Corpus(self.size, holding, self.postings.mean_words)

    def _holders(self, word: str) -> int:
        """How many works hold a word; all, if it is one that says nothing."""
        return min(map(self.postings.holding, words(folded(word))), default=self.size)

    def _share(self, word: str) -> float:
        """What part of all works holds a word."""
        return self._holders(word) / max(self.size, 1)

    def _filters(self) -> Mask:
        """The works that have the categories, authors and days that are asked for."""
        query = self.query
        found = np.ones(self.size, dtype=np.bool_)
        if query.categories:
            found &= self._holding(Or(tuple(Term(name, "cat") for name in query.categories)))
        for name in query.authors:
            found &= self._holding(Term(name, "au"))
        if query.since or query.until:
            days = self.postings.days()
            if query.since:
                found &= days >= int(f"{query.since:%Y%m%d}")
            if query.until:
                found &= (days >= 1) & (days <= int(f"{query.until:%Y%m%d}"))
        return found

    def _candidates(self, step: Rung, holding: Mask, filters: Mask) -> list[int]:
        """Rows of works, the best first by BM25 over everything.

        Args:
            step: The step that was reached; its demands hold, its words count for the order.
            holding: The works that answer it.
            filters: The works that have the categories, authors and days.
        """
        wanted = 2 * self.limit  # should one work be there twice
        plain, demands = plain_parts(step.query.tree)
        asked = asked_words(self.query, lambda text: words(folded(text)))
        scores = self.postings.scores(asked)
        allowed = holding
        if plain:
            allowed = self._holding(And(demands), filters) if demands else filters
            # A name among the words is no reason to leave its bearer's work out.
            allowed = allowed & (scores > 0) | holding
        numbers = np.flatnonzero(allowed)
        if len(numbers) > wanted:
            own = scores[numbers]
            least = np.partition(own, len(own) - wanted)[len(own) - wanted]
            # Of equals, the newest.
            equal = numbers[own == least]
            better = numbers[own > least]
            numbers = np.concatenate([better, equal[len(equal) - (wanted - len(better)) :]])
        order = np.lexsort((-numbers, -scores[numbers]))
        return [int(number) + 1 for number in numbers[order]]

    def _holding(self, node: Node | None, among: Mask | None = None) -> Mask:
        """The works that meet a condition, among some or all."""
        found = np.ones(self.size, dtype=np.bool_) if among is None else among.copy()
        if isinstance(node, Term):
            found &= self._term(node)
        elif isinstance(node, Or):
            found &= functools.reduce(np.logical_or, map(self._holding, node.parts))
        elif isinstance(node, Not):
            found &= ~self._holding(node.part)
        elif node is not None:
            for part in sorted(node.parts, key=self._commonness):
                if not found.any():
                    break
                found &= self._holding(part)
        return found

    def _commonness(self, part: Node) -> float:
        """An upper bound of the share of works that meet a condition."""
        return sum(self._share(term.text.rstrip("*")) for term in positive_terms(part)) or 1.0

    def _term(self, term: Term) -> Mask:
        """The works that hold a word or a phrase."""
        if term not in self._masks:
            if len(self._masks) >= MAX_MASKS:
                self._masks.clear()
            self._masks[term] = self._looked_up(term)
        return self._masks[term]

    def _looked_up(self, term: Term) -> Mask:
        text = term.text
        if term.field == "cat":
            return self.postings.mask(category_word(text.removesuffix(".*")))
        plain = words(folded(text)) if " " not in text and not text.endswith("*") else []
        if plain and term.field in ("all", "ti", "abs"):
            # Words of Chinese or Japanese are characters here, and all of them are wanted.
            masks = (self.postings.mask(word, term.field) for word in plain)
            return functools.reduce(np.logical_and, masks)
        sql = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?"
        rows = self.database.execute(sql, (self._fts_term(term), MAX_MATCHES))
        numbers = np.fromiter(itertools.chain.from_iterable(rows), np.int64)
        if len(numbers) == MAX_MATCHES:
            note = f"of the works with “{text}” the newest {MAX_MATCHES:,} were looked at"
            self.notes[note] = None
        found = np.zeros(self.size, dtype=np.bool_)
        found[numbers - 1] = True
        return found

    def _sources(self, numbers: Sequence[int]) -> list[Source]:
        """The first works of those with the numbers given, as many as are wanted."""
        sources: dict[str, Source] = {}
        step = min(self.limit, MAX_ASKED)
        for start in range(0, len(numbers), step):
            for source in map(_source, self._rows(numbers[start : start + step])):
                sources.setdefault(source.identity, source)
            if len(sources) >= self.limit:
                break
        return list(sources.values())[: self.limit]

    def _rows(self, numbers: Sequence[int]) -> list[Row]:
        """The records of works, in the order of their numbers given, `MAX_ASKED` at most."""
        marks = ", ".join("?" * len(numbers))
        sql = f"SELECT number, {_FIELDS} FROM works WHERE number IN ({marks})"
        found = {row[0]: row[1:] for row in self.database.execute(sql, numbers)}
        return [found[number] for number in numbers]

    def _by_ids(self, note: str) -> SearchResult:
        ids = self.query.ids
        marks = ", ".join("?" * len(ids))
        sql = f"SELECT number, arxiv_id FROM works WHERE arxiv_id IN ({marks})"
        rows = self.database.execute(sql, ids).fetchall()
        order = {name: place for place, name in enumerate(ids)}
        rows.sort(key=lambda row: order[row[1]])
        compiled = "ids " + ", ".join(ids)
        if not rows:
            raise NothingFoundError(f"the snapshot has nothing for {compiled}; check them")
        sources = self._sources([number for number, _ in rows])
        return SearchResult("snapshot", self.query, compiled, tuple(sources), len(rows), (note,))

    def _by_date(self, note: str) -> SearchResult:
        found = self._filters()
        numbers = np.flatnonzero(found)
        days = self.postings.days()[numbers]
        newest = numbers[np.argsort(-days, kind="stable")[: self.limit]]
        if not len(numbers):
            raise NothingFoundError("the snapshot has no work of these dates; widen them")
        sources = tuple(self._sources([int(number) + 1 for number in newest]))
        return SearchResult("snapshot", self.query, "any words", sources, len(numbers), (note,))

    def _fts(self, node: Node) -> str:
        if isinstance(node, Term):
            return self._fts_term(node)
        if isinstance(node, Or):
            return "(" + " OR ".join(self._fts(part) for part in node.parts) + ")"
        if isinstance(node, Not):
            return self._fts(node.part)
        wanted = [self._fts(part) for part in node.parts if not isinstance(part, Not)]
        unwanted = [self._fts(part) for part in node.parts if isinstance(part, Not)]
        joined = "(" + " AND ".join(wanted) + ")"
        return "(" + " NOT ".join([joined, *unwanted]) + ")" if unwanted else joined

    def _fts_term(self, term: Term) -> str:
        if term.field == "cat":
            return f"categories : {_quoted(term.text.removesuffix('.*'))}"
        if term.field != "all" and term.field not in _COLUMNS:
            raise UserError(
                f"the snapshot's index has no field {term.field!r}; use title:, author:, "
                "abstract: or cat:"
            )
        if term.text.endswith("*"):
            options = [_quoted(term.text[:-1]) + " *"]
        elif term.field == "au":
            options = [_quoted(term.text)]
        else:
            options = [_quoted(form) for form in self._phrases(term.text)]
        name = _COLUMNS.get(term.field, "")
        joined = options[0] if len(options) == 1 else f"({' OR '.join(options)})"
        return f"{name} : {joined}" if name else joined

    def _phrases(self, text: str) -> list[str]:
        """A word in its forms; a phrase with its last word in its forms, and run together."""
        *start, last = text.split()
        found = [" ".join([*start, form]) for form in self._forms(last) or [folded(last)]]
        return found + (self._forms("".join(start) + last) if len(start) == 1 else [])

    def _forms(self, word: str) -> list[str]:
        """The spellings of a word that the snapshot holds, but for rare ones, and the typed one."""
        typed = folded(word)
        sql = "SELECT word, works FROM vocabulary WHERE stem = ? ORDER BY works DESC LIMIT 12"
        rows = self.database.execute(sql, (stem(typed),)).fetchall()
        return [form for form, works in rows if works >= rows[0][1] * _RARE or form == typed]


def _told(steps: Sequence[Rung], total: int) -> tuple[str, ...]:
    """What had to be let go, in one sentence, if anything was."""
    if len(steps) < 2:
        return ()
    typed = steps[0].query.text
    return (f"no work holds all words of “{typed}”; {steps[-1].describe()}: {total:,} works",)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', " ").replace("\0", " ") + '"'


def _open(index: Path) -> sqlite3.Connection:
    if not index.is_file():
        raise UserError(
            f"{index}: there is no index of a snapshot; make one with `litreview index FILE`"
        )
    try:
        database = sqlite3.connect(f"{index.resolve().as_uri()}?mode=ro", uri=True)
        database.execute(f"PRAGMA mmap_size={MAPPED_BYTES}")
        sql = "SELECT value FROM state WHERE name = 'layout'"
        layout = database.execute(sql).fetchone()
    except sqlite3.Error as error:
        raise UserError(
            f"{index}: is not an index of a snapshot ({error}); make one with "
            "`litreview index FILE`"
        ) from error
    if layout is None or layout[0] != LAYOUT:
        database.close()
        raise UserError(
            f"{index}: was made by another version of litreview; make it again with "
            "`litreview index FILE`"
        )
    return database


def _source(row: Row) -> Source:
    name, created, version, title, authors, abstract, categories, doi, journal, comments = row
    text, comment = one_line(abstract), one_line(comments)
    withdrawn = is_withdrawn(comment, text)
    day = f"{created:08}" if created else ""
    people = authors.split("; ")
    if to_text(authors) != authors:
        people = [to_text(person) for person in people]
    return Source(
        title=one_line(title),
        # Titles and abstracts keep their LaTeX, as the interface sends it; names do not.
        authors=tuple(filter(None, map(one_line, people))),
        year=int(day[:4]) if day else None,
        url=f"https://arxiv.org/abs/{name}",
        abstract=text,
        venue=one_line(journal) or "arXiv",
        arxiv_id=name,
        doi=find_doi(doi),
        published=f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else "",
        categories=tuple(categories.split()),
        pdf_url=f"https://arxiv.org/pdf/{name}",
        provider="snapshot",
        version=version,
        withdrawn=withdrawn,
        notes=("its authors have withdrawn this work",) if withdrawn else (),
    )
