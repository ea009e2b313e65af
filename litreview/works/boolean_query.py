"""Compile a query to the operators that most search engines know: AND, OR, NOT, "phrases".

It says itself that all words are wanted, so that no engine's habit decides. Nothing but
letters and digits stands in a word, so nothing in it is read as an operator.

Reference:
    https://developers.openalex.org/guides/searching for OpenAlex,
    https://support.datacite.org/docs/api-queries for DataCite.
"""

from __future__ import annotations

import re

from litreview.works.query import Query
from litreview.works.terms import Node, Not, Or, Term


def to_boolean(query: Query) -> str:
    """The words of a query and its authors; a field is no narrower than the whole record."""
    parts = [_compiled(query.tree, top=not query.authors)] if query.tree is not None else []
    parts += [_words(name) for name in query.authors]
    return " AND ".join(filter(None, parts))


def _compiled(node: Node, *, top: bool = False) -> str:
    if isinstance(node, Term):
        words = node.text.split()
        if node.field == "cat":
            return ""
        if node.hyphened and len(words) == 2:  # "pre-training" is written as one word, too
            return f"({_words(node.text)} OR {_words(''.join(words))})"
        return _words(node.text)
    if isinstance(node, Not):
        return _compiled(node.part)
    wanted = [_compiled(part) for part in node.parts if not isinstance(part, Not)]
    unwanted = [_compiled(part) for part in node.parts if isinstance(part, Not)]
    parts = [*filter(None, wanted), *(f"NOT {part}" for part in unwanted if part)]
    joined = (" OR " if isinstance(node, Or) else " AND ").join(parts)
    return joined if top or len(parts) < 2 else f"({joined})"


def _words(text: str) -> str:
    """A word, or a phrase in quotation marks; operators are written in capital letters only."""
    words: list[str] = re.findall(r"[^\W_]+", text)
    if len(words) == 1:
        return words[0].lower() if words[0] in ("AND", "OR", "NOT") else words[0]
    return f'"{" ".join(words)}"' if words else ""
