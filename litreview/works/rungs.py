"""A search that always answers: first all words, then the telling ones, then any of them.

What a person demands (a field, a category, an author, a date, something left out) holds
on every rung; a phrase in quotation marks until nothing holds it. Plain words are let go
step by step, and each step says which.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from litreview.works.query import Query
from litreview.works.stems import stem
from litreview.works.terms import And, Node, Not, Or, Term, positive_terms
from litreview.works.vocabulary import FREQUENT_WORDS, GENERIC_WORDS

MAX_ANY_WORDS = 12
_SHORT_WORD = 3
_NAME = 9
_KEPT_SHARE = 0.6
_COMMON = 0.1  # a word of which one work in ten is thought to hold it finds nothing by itself


@dataclass(frozen=True)
class Rung:
    """One step of a search.

    Attributes:
        query: What is asked on this step.
        name: `all words`, `the telling words`, `any word`, or `as asked` where there is
            nothing but demands.
        dropped: What need not occur any more, as typed.
    """

    query: Query
    name: str
    dropped: tuple[str, ...] = ()

    def describe(self) -> str:
        """The step in a few words."""
        if self.name == "the telling words":
            verb = "says" if len(self.dropped) == 1 else "say"
            return f"all words but {', '.join(self.dropped)}, which {verb} least"
        return self.name


def plain_parts(tree: Node | None) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """The parts of a condition that are plain words, and those that are demands."""
    parts = tree.parts if isinstance(tree, And) else (tree,) if tree is not None else ()
    plain = tuple(part for part in parts if _is_plain(part))
    return plain, tuple(part for part in parts if not _is_plain(part))


def rungs(
    query: Query, share: Callable[[str], float] | None = None, *, any_word: bool = True
) -> tuple[Rung, ...]:
    """The steps on which a query is asked, the narrowest first.

    Args:
        query: The query.
        share: What part of all works holds a word, from 0 to 1; by default a guess.
        any_word: Whether works with any of several words can be asked for; where they cannot,
            the last steps are the two words that tell most, and the one.
    """
    plain, demands = plain_parts(query.tree)
    phrases = [part for part in demands if isinstance(part, Term) and part.exact]
    phrases = [part for part in phrases if part.field == "all"]
    if not (plain or phrases) or query.ids or query.dois or query.urls:
        return (Rung(query, "as asked"),)
    found = [Rung(query, "all words")]
    guess = share or commonness
    order = sorted(
        plain, key=lambda part: min(_share(term, guess) for term in positive_terms(part))
    )
    sizes = [max(1, math.ceil(len(plain) * _KEPT_SHARE))] if len(plain) > 2 else []
    sizes += [] if any_word else [2, 1]
    for size in sorted({size for size in sizes if size < len(plain)}, reverse=True):
        kept = set(order[:size])
        telling = [part for part in plain if part in kept]
        dropped = tuple(named(part) for part in plain if part not in kept)
        tree = _joined([*telling, *demands])
        found.append(Rung(replace(query, tree=tree), "the telling words", dropped))
    if not any_word:
        return tuple(found)
    if len(plain) > 1 or (plain and " " in named(plain[0])):
        found += _any(query, plain, demands, share)
    if phrases:
        rest = [part for part in demands if part not in phrases]
        found += _any(query, [*plain, *phrases], rest, share)
    return tuple(found)


def _any(
    query: Query,
    parts: Sequence[Node],
    demands: Sequence[Node],
    share: Callable[[str], float] | None,
) -> list[Rung]:
    words = list(
        dict.fromkeys(
            word for part in parts for term in positive_terms(part) for word in split(term)
        )
    )
    guess = share or commonness
    if share is None:
        # A guess is enough to leave out what would find everything.
        telling = [word for word in words if guess(word) < _COMMON]
        words = telling if len(telling) > 1 else words
    rarest = set(sorted(words, key=guess)[:MAX_ANY_WORDS])
    terms = tuple(Term(word) for word in words if word in rarest)
    if not terms:
        return []
    tree = _joined([Or(terms) if len(terms) > 1 else terms[0], *demands])
    return [Rung(replace(query, tree=tree), "any word", tuple(map(named, parts)))]


def named(part: Node) -> str:
    """A part of a query as a person would write it."""
    texts = [f'"{t.text}"' if " " in t.text else t.text for t in positive_terms(part)]
    return " or ".join(texts)


def commonness(word: str) -> float:
    """A guess at the share of works that hold a word, for providers that do not say."""
    found = stem(word.casefold())
    if found in GENERIC_WORDS:
        return _COMMON + 0.8 / (2 + GENERIC_WORDS[found])
    if found in FREQUENT_WORDS:
        return 0.9 * _COMMON / (1 + FREQUENT_WORDS[found] / 50)
    # Short words are common, but not what is written ICU, BERT, LoRA or GPT4.
    name = len(word) > 1 and not word.islower() and not word.istitle()
    return 0.02 / (1 + (max(len(word), _NAME) if name else len(word)))


def _share(term: Term, share: Callable[[str], float]) -> float:
    return min((share(word.rstrip("*")) for word in term.text.split()), default=1.0)


def split(term: Term) -> Sequence[str]:
    """The words of a phrase; one with a word that says nothing alone (`pre training`) stays."""
    words = term.text.split()
    return words if all(len(word) > _SHORT_WORD for word in words) else (term.text,)


def _joined(parts: Sequence[Node]) -> Node:
    return And(tuple(parts)) if len(parts) > 1 else parts[0]


def _is_plain(part: Node) -> bool:
    if isinstance(part, Term):
        return part.field == "all" and not part.exact
    if isinstance(part, Not):
        return False
    return all(_is_plain(child) for child in part.parts) and not isinstance(part, And)
