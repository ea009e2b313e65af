"""Turn what a person types into a search that means the same everywhere.

`parse` reads words, "phrases", fields (`title:`, `author:`, `cat:` …), `OR`,
`NOT`, `-word`, parentheses, and dates. Each provider compiles the result to its own
language; each decision is kept as a note for `--explain`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from litreview.errors import UserError
from litreview.text.clean import one_line
from litreview.works.query_reader import QueryReader, check_category, person_name, read_day
from litreview.works.terms import And, Node, Not, Or, Term, positive_terms

MAX_QUERY_CHARACTERS = 2_000


@dataclass(frozen=True)
class Query:
    """A search that every provider understands.

    Attributes:
        text: What was typed.
        tree: The condition, or None if nothing but identifiers or filters was given.
        ids: arXiv ids to fetch, without versions.
        dois: DOIs to fetch.
        urls: Web addresses to fetch.
        categories: arXiv categories of which one must be present.
        authors: Names that must all be among the authors.
        since: First day of submission.
        until: Last day of submission.
        notes: What was decided about the text, and why.
    """

    text: str
    tree: Node | None = None
    ids: tuple[str, ...] = ()
    dois: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    notes: tuple[str, ...] = ()

    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not (self.tree or self.ids or self.dois or self.urls or self.has_filters())

    def has_filters(self) -> bool:
        """Whether a category, an author or a date narrows the search."""
        return bool(self.categories or self.authors or self.since or self.until)


def parse(
    text: str,
    *,
    categories: Iterable[str] = (),
    authors: Iterable[str] = (),
    since: str = "",
    until: str = "",
) -> Query:
    """Read a query and the filters that came with it.

    Args:
        text: Words, phrases, fields, operators, or arXiv ids, DOIs and addresses.
        categories: arXiv categories, such as `cs.CL`; `cs` means all of computer science.
        authors: Names of people.
        since: First day: `2020`, `2020-05`, `2020-05-31`, `20200531` or `31.05.2020`.
        until: Last day, in the same forms; a year or a month is meant to its end.

    Raises:
        UserError: If a date or category cannot be, the dates are in the wrong
            order, or only exclusions are given.
    """
    text = one_line(text)
    if len(text) > MAX_QUERY_CHARACTERS:
        raise UserError(
            f"the query has {len(text)} characters, and arXiv takes about "
            f"{MAX_QUERY_CHARACTERS}; name the few words that matter"
        )
    reader = QueryReader(text)
    tree = reader.read()
    first = read_day(since, end=False, option="--since") if since else reader.since
    last = read_day(until, end=True, option="--until") if until else reader.until
    if first and last and first > last:
        raise UserError(
            f"--since {first.isoformat()} is after --until {last.isoformat()}; swap the two"
        )
    notes = list(reader.notes)
    identifiers = reader.ids or reader.dois or reader.urls
    if identifiers and tree is not None:
        notes.append("identifiers are fetched as they are, so the other words are not used")
        tree = None
    if tree is not None:
        _check_exclusions(tree, text)
        notes += _note_conjunction(tree)
    return Query(
        text=text,
        tree=tree,
        ids=tuple(dict.fromkeys(reader.ids)),
        dois=tuple(dict.fromkeys(reader.dois)),
        urls=tuple(dict.fromkeys(reader.urls)),
        categories=tuple(dict.fromkeys(check_category(name) for name in categories)),
        authors=tuple(dict.fromkeys(person_name(name) for name in authors if name.strip())),
        since=first,
        until=last,
        notes=tuple(dict.fromkeys(notes)),
    )


def _check_exclusions(node: Node, text: str) -> None:
    """Refuse what would match nearly everything: `-a`, `b OR -a`, `NOT (-a -b)`."""
    if not positive_terms(node):
        raise UserError(
            f"the query {text!r} has a part that only says what to leave out; "
            "add a word to it that is to be found"
        )
    parts = node.parts if isinstance(node, And | Or) else ()
    for part in parts:
        if isinstance(part, Not) and isinstance(node, And):
            _check_exclusions(part.part, text)
        else:
            _check_exclusions(part, text)


def _note_conjunction(tree: Node) -> list[str]:
    parts = tree.parts if isinstance(tree, And) else ()
    words = [part.text for part in parts if isinstance(part, Term) and part.field == "all"]
    if len(words) < 2:
        return []
    named = ", ".join(f'"{word}"' if " " in word else word for word in words)
    return [
        f"works with all of these come first: {named}; put words that belong together into "
        '"quotation marks", and OR between words that mean the same'
    ]
