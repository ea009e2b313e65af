"""Whether a work fits a query well enough to be written into a review without being asked.

A search always answers, if need be with works that hold one of the words. Such works are
shown, and a person may take them; a draft takes by itself those that hold more than half
of the words that tell something, and three are always enough.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from litreview.works.query import Query
from litreview.works.rank import words
from litreview.works.rungs import named, plain_parts
from litreview.works.source import Source
from litreview.works.stems import stem
from litreview.works.terms import Node, Or, Term
from litreview.works.vocabulary import GENERIC_WORDS

ENOUGH = 3


def telling_parts(query: Query) -> tuple[Node, ...]:
    """The plain words of a query without those that most texts hold, if any others are left."""
    plain, _ = plain_parts(query.tree)
    telling = tuple(part for part in plain if not _is_generic(part))
    return telling or plain


def fits(source: Source, query: Query) -> bool:
    """Whether a work holds enough of what is looked for; of what is demanded, providers judge.

    Of a work without an abstract the title alone is known, so one word less is enough.
    """
    parts = telling_parts(query)
    held = held_parts(source, parts)
    wanted = needed(parts) - (not source.abstract)
    return len(held) >= min(max(wanted, 1), len(parts))


def needed(parts: Sequence[Node]) -> int:
    """How many of so many words a work has to hold."""
    return min(len(parts) // 2 + 1, ENOUGH, len(parts))


def held_parts(source: Source, parts: Sequence[Node]) -> tuple[str, ...]:
    """Which of the words a work holds in its title or abstract, in any form, as typed."""
    known = set(words(f"{source.title} {source.abstract}"))
    return tuple(named(part) for part in parts if _holds(known, part))


def _holds(known: Collection[str], part: Node) -> bool:
    if isinstance(part, Or):
        return any(_holds(known, option) for option in part.parts)
    if not isinstance(part, Term):
        return True
    if part.text.endswith("*"):
        return any(word.startswith(part.text[:-1].casefold()) for word in known)
    together = words("".join(part.text.split())) if part.hyphened else []
    return all(word in known for word in words(part.text)) or any(w in known for w in together)


def _is_generic(part: Node) -> bool:
    return isinstance(part, Term) and stem(part.text.casefold()) in GENERIC_WORDS
