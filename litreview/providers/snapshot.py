"""Search an indexed snapshot of arXiv's metadata, with no network.

The index says for each word how many works hold it, so a search costs what its rare
words cost: candidates are the works that hold any of them, ranked by SQLite, and of
the words that half of all works hold only the newest works that hold all. The
candidates are then ordered with the frequencies of the whole snapshot.

Reference: https://sqlite.org/fts5.html
"""

# ruff: noqa: S608  (the statements are put together from constants; values are bound)

from __future__ import annotations

import contextlib
import sqlite3
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from litreview.errors import UserError
from litreview.providers.arxiv_feed import is_withdrawn
from litreview.providers.bulk import LAYOUT, default_index
from litreview.providers.result import Context, NothingFoundError, SearchResult
from litreview.text.clean import one_line
from litreview.text.identifiers import find_doi
from litreview.text.latex import to_text
from litreview.works.query import Query
from litreview.works.rank import Corpus, query_scores, weighted, words
from litreview.works.rungs import Rung, named, plain_parts, rungs, split
from litreview.works.source import Source
from litreview.works.stems import stem
from litreview.works.terms import And, Node, Not, Or, Term, positive_terms

# Postings that SQLite ranks for one search: about a microsecond each.
MAX_RANKED = 8_000
# Candidates that are ordered with the whole snapshot's frequencies.
MAX_CANDIDATES = 100
# Postings that are gone through to find the works that hold several words.
MAX_POSTINGS = 1_000_000
# Beyond this many matches they are not counted to the end.
MAX_COUNTED = 20_000
_COLUMNS = {"ti": "title", "au": "authors", "abs": "abstract", "cat": "categories"}
_TABLE_COLUMNS = {"jr": "journal", "co": "comments"}
_FIELDS = "arxiv_id, created, version, title, authors, abstract, categories, doi, journal, comments"
_TITLE, _ABSTRACT = (_FIELDS.split(", ").index(name) for name in ("title", "abstract"))
# Records that are asked for in one statement.
MAX_ASKED = 500
Row = tuple[Any, ...]
# A word in the title says more than one in the abstract; categories say nothing.
_RANK = "bm25(words, 2.0, 1.0, 1.0, 0.0)"
_TELLING = 0.62  # the share of a text's words that are no stop words


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
            return _Search(database, query, limit, index.name).result()
        except sqlite3.Error as error:
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
        size = database.execute("SELECT value FROM state WHERE name='records'").fetchone()
        self.size = int(size[0])
        averages = database.execute("SELECT block FROM words_data WHERE id = 1").fetchone()
        self.mean_words = _mean_words(averages[0]) if averages else 0.0
        self.conditions, self.values = _dates(query)
        self._forms: dict[str, tuple[tuple[str, ...], int]] = {}

    def result(self) -> SearchResult:
        """Look the works up, by whichever way the query allows."""
        note = f"searched {self.size:,} works of the snapshot {self.name}"
        query = self.query
        if query.ids:
            return self._by_ids(note)
        if query.tree is None and not (query.categories or query.authors):
            return self._by_date(note)
        asked, left_out = self._affordable()
        steps = rungs(asked, lambda word: self.forms(word)[1] / max(self.size, 1))
        counts: list[tuple[Rung, int]] = []
        for step in steps:
            count = self._count(self.compile(step.query))
            counts.append((step, count))
            if count:
                break
        step, total = counts[-1]
        compiled = self.compile(step.query)
        if not total:
            raise NothingFoundError(f"the snapshot has nothing for {compiled}; use other words")
        # The steps before this one hold nothing, and need not be asked again.
        left = steps[len(counts) - 1 :]
        numbers = self._candidates(steps[0] if step.name != "any word" else step, left, total)
        sources = self._ordered(numbers)
        return SearchResult(
            provider="snapshot",
            query=query,
            compiled=compiled,
            sources=tuple(sources[: self.limit]),
            total=total,
            notes=(*left_out, *_told(counts), note),
            corpus=self.corpus(),
        )

    def compile(self, query: Query) -> str:
        """A query, with its categories and authors, in FTS5's language."""
        parts = [self._fts(query.tree)] if query.tree is not None else []
        if query.categories:
            parts.append(" OR ".join(self._fts(Term(name, "cat")) for name in query.categories))
        parts += [self._fts(Term(name, "au")) for name in query.authors]
        return " AND ".join(f"({part})" for part in parts) if len(parts) > 1 else "".join(parts)

    def forms(self, word: str) -> tuple[tuple[str, ...], int]:
        """The spellings of a word that the snapshot holds, and in how many works they stand."""
        plain = _folded(word)
        if plain not in self._forms:
            rows = self.database.execute(
                "SELECT word, works FROM vocabulary WHERE stem = ? ORDER BY works DESC LIMIT 12",
                (stem(plain),),
            ).fetchall()
            names = [name for name, _ in rows] or [plain]
            counts = [works for _, works in rows]
            # Many works hold several forms of a word, and are counted with each.
            works = min(counts[0] + sum(counts[1:]) // 2, self.size) if counts else 0
            self._forms[plain] = (tuple(names), works)
        return self._forms[plain]

    def corpus(self) -> Corpus:
        """How common the words of the query are."""
        terms = [term for term in positive_terms(self.query.tree) if term.field != "cat"]
        holding = {
            known: self.forms(word)[1]
            for term in terms
            for word in term.text.rstrip("*").split()
            for known in words(word)
        }
        return Corpus(self.size, holding, self.mean_words)

    def _affordable(self) -> tuple[Query, tuple[str, ...]]:
        """The query without the words whose works are too many to be gone through."""
        plain, demands = plain_parts(self.query.tree)
        order = sorted(plain, key=self._cost)
        spent, kept = 0, order[:1]
        for part in order[1:]:
            spent += self._cost(part)
            if spent > MAX_POSTINGS:
                break
            kept.append(part)
        if len(kept) == len(plain):
            return self.query, ()
        tree = _and([*(part for part in plain if part in kept), *demands])
        dropped = ", ".join(named(part) for part in plain if part not in kept)
        note = f"{dropped}: too many works hold this to require it; it counts for the order only"
        return replace(self.query, tree=tree), (note,)

    def _candidates(self, start: Rung, steps: Sequence[Rung], total: int) -> list[int]:
        """Numbers of works, the best that SQLite sees first.

        Args:
            start: The step whose demands every work has to meet.
            steps: The step that was reached, and those after it.
            total: How many works answer the step that was reached.
        """
        wanted = max(2 * self.limit, MAX_CANDIDATES)
        plain, demands = plain_parts(start.query.tree)
        if not plain and total <= MAX_RANKED:
            return self._match(self.compile(start.query), _RANK, wanted)
        # A phrase counts for the order; a work with one of its words is a candidate, too.
        singles = dict.fromkeys(
            Term(word) for part in plain for term in positive_terms(part) for word in split(term)
        )
        costs = {single: self._cost(single) for single in singles}
        rare: list[Node] = []
        spent = 0
        for single in sorted(singles, key=lambda single: costs[single]):
            spent += costs[single]
            if spent > MAX_RANKED:
                break
            rare.append(single)
        found: dict[int, None] = {}
        if rare:
            tree = _and([Or(tuple(rare)) if len(rare) > 1 else rare[0], *demands])
            some = replace(self.query, tree=tree)
            found |= dict.fromkeys(self._match(self.compile(some), _RANK, wanted))
        if len(rare) < len(singles) or not plain:
            # Of what very many works hold, the newest that hold all of it, in the title first.
            few = wanted // 2
            everything = self.compile(start.query)
            if plain and steps[0] is start:
                found |= dict.fromkeys(self._match(f"title : ({everything})", "rowid DESC", few))
            for step in steps:
                newest = self._match(self.compile(step.query), "rowid DESC", few)
                found |= dict.fromkeys(newest)
                if len(newest) >= few:
                    break
        return list(found)

    def _cost(self, part: Node) -> int:
        """How many works SQLite has to look at for a part of the query."""
        return sum(
            min(self.forms(word)[1] for word in term.text.rstrip("*").split())
            for term in positive_terms(part)
        )

    def _match(self, expression: str, order: str, limit: int) -> list[int]:
        sql = f"SELECT rowid FROM words WHERE {self._where()} ORDER BY {order} LIMIT ?"
        rows = self.database.execute(sql, (expression, *self.values, limit)).fetchall()
        return [number for (number,) in rows]

    def _count(self, expression: str) -> int:
        sql = f"SELECT count(*) FROM (SELECT 1 FROM words WHERE {self._where()} LIMIT ?)"
        values = (expression, *self.values, MAX_COUNTED + 1)
        return int(self.database.execute(sql, values).fetchone()[0])

    def _where(self) -> str:
        # A lookup per match: with IN, SQLite would search the index once per day instead.
        days = f"(SELECT 1 FROM days WHERE number = words.rowid AND {self.conditions})"
        return "words MATCH ?" + (f" AND EXISTS {days}" if self.conditions else "")

    def _ordered(self, numbers: Sequence[int]) -> list[Source]:
        """The best candidates by BM25 with the frequencies of the whole snapshot; ties stay."""
        rows = self._rows(numbers)
        documents = [weighted(row[_TITLE], row[_ABSTRACT]) for row in rows]
        scores = query_scores(documents, self.query, corpus=self.corpus())
        order = sorted(range(len(rows)), key=lambda index: -scores[index])
        return self._sources([rows[index] for index in order])

    def _sources(self, rows: Sequence[Row]) -> list[Source]:
        sources: dict[str, Source] = {}
        for row in rows:
            source = _source(row)
            sources.setdefault(source.identity, source)
            if len(sources) == self.limit:
                break
        return list(sources.values())

    def _rows(self, numbers: Sequence[int]) -> list[Row]:
        """The records of works, in the order of their numbers given."""
        found: dict[int, Row] = {}
        for start in range(0, len(numbers), MAX_ASKED):
            some = numbers[start : start + MAX_ASKED]
            marks = ", ".join("?" * len(some))
            sql = f"SELECT number, {_FIELDS} FROM works WHERE number IN ({marks})"
            found |= {row[0]: row[1:] for row in self.database.execute(sql, some)}
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
        sources = self._sources(self._rows([number for number, _ in rows[: self.limit]]))
        return SearchResult("snapshot", self.query, compiled, tuple(sources), len(rows), (note,))

    def _by_date(self, note: str) -> SearchResult:
        conditions, values = self.conditions, self.values
        sql = f"SELECT number FROM days WHERE {conditions} ORDER BY created DESC LIMIT ?"
        numbers = [n for (n,) in self.database.execute(sql, (*values, self.limit))]
        sql = f"SELECT count(*) FROM days WHERE {conditions}"
        total = int(self.database.execute(sql, values).fetchone()[0])
        if not numbers:
            raise NothingFoundError("the snapshot has no work of these dates; widen them")
        sources = tuple(self._sources(self._rows(numbers)))
        return SearchResult("snapshot", self.query, "any words", sources, total, (note,))

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
        if term.field in _TABLE_COLUMNS or term.field not in (*_COLUMNS, "all"):
            raise UserError(
                f"the snapshot's index has no field {term.field!r}; use title:, author:, "
                "abstract: or cat:"
            )
        if term.field == "cat":
            options = [_quoted(term.text.removesuffix(".*"))]
        elif term.text.endswith("*"):
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
        found = [" ".join([*start, form]) for form in self.forms(last)[0]]
        if len(start) == 1:
            together = "".join(start) + last
            found += [form for form in self.forms(together)[0] if self.forms(together)[1]]
        return found


def _mean_words(averages: bytes) -> float:
    """The mean length of an abstract and twice its title, from what FTS5 counts itself.

    Its record holds variable-length integers: the rows, then all words of each column.
    """
    numbers, value = [], 0
    for byte in averages:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            numbers.append(value)
            value = 0
    rows, title, _, abstract = (*numbers, 0, 0, 0, 0)[:4]
    return _TELLING * (2 * title + abstract) / rows if rows else 0.0


def _told(counts: Sequence[tuple[Rung, int]]) -> tuple[str, ...]:
    """What had to be let go, in one sentence, if anything was."""
    if len(counts) < 2:
        return ()
    first, (step, total) = counts[0][0], counts[-1]
    many = f"more than {MAX_COUNTED:,}" if total > MAX_COUNTED else f"{total:,}"
    typed = first.query.text
    return (f"no work holds all words of “{typed}”; {step.describe()}: {many} works",)


def _and(parts: Sequence[Node]) -> Node:
    return And(tuple(parts)) if len(parts) > 1 else parts[0]


def _folded(word: str) -> str:
    """A word as SQLite's tokenizer keeps it: lower case, no accents."""
    text = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in text if not unicodedata.combining(letter))


def _dates(query: Query) -> tuple[str, list[Any]]:
    conditions, values = [], []
    if query.since:
        conditions.append("created >= ?")
        values.append(int(f"{query.since:%Y%m%d}"))
    if query.until:
        conditions.append("created BETWEEN 1 AND ?")
        values.append(int(f"{query.until:%Y%m%d}"))
    return " AND ".join(conditions), values


def _quoted(text: str) -> str:
    return '"' + text.replace('"', " ").replace("\0", " ") + '"'


def _open(index: Path) -> sqlite3.Connection:
    if not index.is_file():
        raise UserError(
            f"{index}: there is no index of a snapshot; make one with `litreview index FILE`"
        )
    try:
        database = sqlite3.connect(f"{index.resolve().as_uri()}?mode=ro", uri=True)
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
