"""Compile a query to arXiv's own language.

Its parser reads a hyphen as NOT, joins bare words by AND and knows one date syntax only.

Reference: https://info.arxiv.org/help/api/user-manual.html
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from litreview.works.query import Query
from litreview.works.terms import And, Node, Not, Or, Term

FIRST_DAY = date(1991, 8, 1)  # arXiv's first submissions


def to_arxiv(query: Query, *, today: date | None = None) -> str:
    """Compile a query for the `search_query` parameter of the arXiv API.

    Args:
        query: The query.
        today: Where an open end of the dates lies; the current day in UTC by default.
    """
    filters = []
    if query.categories:
        options = [f"cat:{name}" for name in query.categories]
        filters.append(options[0] if len(options) == 1 else f"({' OR '.join(options)})")
    filters += [_arxiv_term(Term(name, "au")) for name in query.authors]
    if query.since or query.until:
        first = query.since or FIRST_DAY
        last = query.until or today or datetime.now(UTC).date()
        filters.append(f"submittedDate:[{first:%Y%m%d}0000 TO {last:%Y%m%d}2359]")
    if query.tree is None:
        return " AND ".join(filters)
    words = _arxiv_node(query.tree, top=not (filters and isinstance(query.tree, Or)))
    if isinstance(query.tree, And) and any(isinstance(part, Not) for part in query.tree.parts):
        # ANDNOT takes what stands left of it, so everything that has to match comes first.
        return " AND ".join([*filters, words])
    return " AND ".join([words, *filters])


def _arxiv_node(node: Node, *, top: bool = False) -> str:
    if isinstance(node, Term):
        return _arxiv_term(node)
    if isinstance(node, Not):
        return _arxiv_node(node.part)
    if isinstance(node, Or):
        joined = " OR ".join(_arxiv_node(part) for part in node.parts)
        return joined if top else f"({joined})"
    wanted = [_arxiv_node(part) for part in node.parts if not isinstance(part, Not)]
    unwanted = [_arxiv_node(part) for part in node.parts if isinstance(part, Not)]
    joined = " ANDNOT ".join([" AND ".join(wanted), *unwanted])
    return joined if top else f"({joined})"


def _arxiv_term(term: Term) -> str:
    if term.field == "cat":
        return f"cat:{term.text}"
    if term.hyphened and term.field in ("all", "ti", "abs"):
        words = term.text.split()
        if len(words) == 2:  # "pre-training" is written as one word, too
            return f'({term.field}:"{term.text}" OR {term.field}:{"".join(words)})'
    quoted = " " in term.text or term.text in ("AND", "OR", "ANDNOT", "NOT", "TO")
    return f'{term.field}:"{term.text}"' if quoted else f"{term.field}:{term.text}"
