"""Search an indexed snapshot of arXiv's metadata, with no network.

Reference: https://sqlite.org/fts5.html
"""

# ruff: noqa: S608  (the statements are put together from constants; values are bound)

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from litreview.errors import UserError
from litreview.providers.arxiv_feed import is_withdrawn
from litreview.providers.bulk import default_index
from litreview.providers.result import Context, NothingFoundError, SearchResult
from litreview.text.clean import one_line
from litreview.text.identifiers import find_doi
from litreview.text.latex import to_text
from litreview.works.query import Query
from litreview.works.source import Source
from litreview.works.terms import Node, Not, Or, Term

_COLUMNS = {"ti": "title", "au": "authors", "abs": "abstract", "cat": "categories"}
_TABLE_COLUMNS = {"jr": "journal", "co": "comments"}
# Beyond this many matches the ones without the words in their title go by date alone.
MAX_RANKED = 20_000
_FIELDS = "arxiv_id, created, version, title, authors, abstract, categories, doi, journal, comments"


def search(query: Query, limit: int, context: Context) -> SearchResult:
    """The works of an index that match, those with the words in the title first.

    Args:
        query: What to look for.
        limit: The largest number of works.
        context: Names the index that `bulk.index_snapshot` made.

    Raises:
        NothingFoundError: If nothing matches.
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
            rows, total, compiled = _rows(database, query, limit)
            size = database.execute("SELECT value FROM state WHERE name='records'").fetchone()
        except sqlite3.Error as error:
            raise UserError(
                f"{index}: the index is damaged ({error}); delete it and index the snapshot again"
            ) from error
    if not rows:
        raise NothingFoundError(
            f"the snapshot has nothing for {compiled}; use fewer or other words"
        )
    sources = {source.identity: source for source in reversed([_source(row) for row in rows])}
    return SearchResult(
        provider="snapshot",
        query=query,
        compiled=compiled,
        sources=tuple(reversed(sources.values())),
        total=total,
        notes=(f"searched {int(size[0]):,} works of the snapshot {index.name}",),
    )


def to_fts(query: Query, *, column: str = "") -> str:
    """Compile a query, with its categories and authors, to FTS5's language.

    Args:
        query: The query.
        column: Where plain words must stand; anywhere by default.
    """
    parts = [_fts(query.tree, column)] if query.tree is not None else []
    if query.categories:
        parts.append(" OR ".join(_fts(Term(name, "cat"), "") for name in query.categories))
    parts += [_fts(Term(name, "au"), "") for name in query.authors]
    return " AND ".join(f"({part})" for part in parts) if len(parts) > 1 else "".join(parts)


def _rows(
    database: sqlite3.Connection, query: Query, limit: int
) -> tuple[list[tuple[Any, ...]], int, str]:
    if query.ids:
        marks = ", ".join("?" * len(query.ids))
        found = database.execute(
            f"SELECT {_FIELDS} FROM works WHERE arxiv_id IN ({marks})",
            query.ids,
        ).fetchall()
        order = {name: place for place, name in enumerate(query.ids)}
        found.sort(key=lambda row: order[row[0]])
        return found[:limit], len(found), "ids " + ", ".join(query.ids)
    match = to_fts(query)
    dates, values = _dates(query)
    if not match:
        numbers = database.execute(
            f"SELECT number FROM days WHERE {dates} ORDER BY created DESC LIMIT ?",
            (*values, limit),
        ).fetchall()
        total = database.execute(f"SELECT count(*) FROM days WHERE {dates}", values).fetchone()
        return _works(database, [number for (number,) in numbers]), int(total[0]), "any words"
    where = "words MATCH ?"
    if dates:
        # A lookup per match: with IN, SQLite would search the index once per day instead.
        where += f" AND EXISTS (SELECT 1 FROM days WHERE number = words.rowid AND {dates})"
    chosen: dict[int, None] = {}
    # Ranking a word that half of all abstracts contain takes long; titles are few.
    passes = [match]
    if query.tree is not None and _is_plain(query.tree):
        passes.insert(0, to_fts(query, column="title"))
    total = database.execute(f"SELECT count(*) FROM words WHERE {where}", (match, *values))
    count = int(total.fetchone()[0])
    for expression in passes:
        if len(chosen) < limit:
            by = "rank" if expression != match or count <= MAX_RANKED else "rowid DESC"
            numbers = database.execute(
                f"SELECT rowid FROM words WHERE {where} ORDER BY {by} LIMIT ?",
                (expression, *values, limit + len(chosen)),
            ).fetchall()
            chosen.update(dict.fromkeys(number for (number,) in numbers))
    return _works(database, list(chosen)[:limit]), count, match


def _works(database: sqlite3.Connection, numbers: list[int]) -> list[tuple[Any, ...]]:
    sql = f"SELECT {_FIELDS} FROM works WHERE number = ?"
    return [database.execute(sql, (number,)).fetchone() for number in numbers]


def _dates(query: Query) -> tuple[str, list[Any]]:
    conditions, values = [], []
    if query.since:
        conditions.append("created >= ?")
        values.append(int(f"{query.since:%Y%m%d}"))
    if query.until:
        conditions.append("created BETWEEN 1 AND ?")
        values.append(int(f"{query.until:%Y%m%d}"))
    return " AND ".join(conditions), values


def _is_plain(node: Node) -> bool:
    if isinstance(node, Term):
        return node.field == "all"
    if isinstance(node, Not):
        return _is_plain(node.part)
    return all(_is_plain(part) for part in node.parts)


def _fts(node: Node, column: str) -> str:
    if isinstance(node, Term):
        return _fts_term(node, column)
    if isinstance(node, Or):
        return "(" + " OR ".join(_fts(part, column) for part in node.parts) + ")"
    if isinstance(node, Not):
        return _fts(node.part, "")
    wanted = [_fts(part, column) for part in node.parts if not isinstance(part, Not)]
    # What is excluded is excluded everywhere, also when the rest is looked for in titles.
    unwanted = [_fts(part, "") for part in node.parts if isinstance(part, Not)]
    joined = "(" + " AND ".join(wanted) + ")"
    return "(" + " NOT ".join([joined, *unwanted]) + ")" if unwanted else joined


def _fts_term(term: Term, column: str) -> str:
    if term.field in _TABLE_COLUMNS or term.field not in (*_COLUMNS, "all"):
        raise UserError(
            f"the snapshot's index has no field {term.field!r}; use title:, author:, abstract: "
            "or cat:"
        )
    name = _COLUMNS.get(term.field, column)
    if term.field == "cat":
        options = [_quoted(term.text.removesuffix(".*"))]
    elif term.text.endswith("*"):
        options = [_quoted(term.text[:-1]) + " *"]
    else:
        options = [_quoted(form) for form in _forms(term.text)]
    joined = options[0] if len(options) == 1 else f"({' OR '.join(options)})"
    return f"{name} : {joined}" if name else joined


def _forms(phrase: str) -> list[str]:
    """A word, or a phrase's last word, in singular and plural."""
    if len(phrase) < 4 or not phrase.isascii() or not phrase[-1].isalpha():
        return [phrase]
    if phrase.endswith(("ss", "us", "is")):
        return [phrase]
    return [phrase, phrase[:-1] if phrase.endswith("s") else phrase + "s"]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', " ").replace("\0", " ") + '"'


def _open(index: Path) -> sqlite3.Connection:
    if not index.is_file():
        raise UserError(
            f"{index}: there is no index of a snapshot; make one with `litreview index FILE`"
        )
    try:
        database = sqlite3.connect(f"{index.resolve().as_uri()}?mode=ro", uri=True)
        database.execute("SELECT value FROM state LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise UserError(
            f"{index}: is not an index of a snapshot ({error}); make one with "
            "`litreview index FILE`"
        ) from error
    return database


def _source(row: tuple[Any, ...]) -> Source:
    name, created, version, title, authors, abstract, categories, doi, journal, comments = row
    text, comment = one_line(abstract), one_line(comments)
    withdrawn = is_withdrawn(comment, text)
    day = f"{created:08}" if created else ""
    return Source(
        title=one_line(title),
        # Titles and abstracts keep their LaTeX, as the interface sends it; names do not.
        authors=tuple(filter(None, (one_line(to_text(person)) for person in authors.split("; ")))),
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
