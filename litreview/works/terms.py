"""The condition of a search: words and phrases, joined by and, or and not."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field


@dataclass(frozen=True)
class Term:
    """A word or a phrase, looked for in one field (`all`, `ti`, `au`, `abs`, `cat` …).

    Attributes:
        text: The word, or the words of the phrase.
        field: Where it must stand; `all` for anywhere.
        exact: Whether a person put the phrase in quotation marks.
        hyphened: Whether the phrase is one word with a hyphen, which others write without.
    """

    text: str
    field: str = "all"
    exact: bool = dataclass_field(default=False, compare=False)
    hyphened: bool = dataclass_field(default=False, compare=False)


@dataclass(frozen=True)
class And:
    """Every part has to match."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """At least one part has to match."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    """The part must not match."""

    part: Node


Node = Term | And | Or | Not


def positive_terms(node: Node | None) -> tuple[Term, ...]:
    """The words and phrases that are to be found, in order."""
    if node is None or isinstance(node, Not):
        return ()
    if isinstance(node, Term):
        return (node,)
    return tuple(term for part in node.parts for term in positive_terms(part))


def not_wanted(node: Node | None) -> bool:
    """Whether a condition leaves anything out."""
    if node is None or isinstance(node, Term):
        return False
    return isinstance(node, Not) or any(map(not_wanted, node.parts))


def negated(node: Node | None) -> Node | None:
    """The opposite of a condition."""
    if node is None:
        return None
    return node.part if isinstance(node, Not) else Not(node)
