"""Pick the sentences of an abstract that say its objective, methods and outcomes.

Nothing is reworded: an extract is a piece of the abstract with its place in it,
so a reader can check it. Where no sentence is good enough there is no extract,
because "please fill in" costs a team less than a wrong sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from litreview.sentences import Span, split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Below this probability a sentence is not shown; chosen on labelled abstracts.
THRESHOLD = 0.4
# No abstract is longer; what follows is not read.
MAX_CHARACTERS = 20_000
MIN_WORDS = 4

_PURPOSE = re.compile(
    r"\b(?:we|this (?:paper|work|article|study|thesis|report|survey|letter)|the (?:paper|authors?))"
    r"\s(?:\w+\s){0,2}?(?:propos|present|introduc|aim|address|investigat|stud|explor|describ|"
    r"develop|examin|review|survey|tackl|seek|analy|consider)\w*"
    r"|\b(?:in this (?:paper|work|article|study)|(?:goal|aim|purpose|objective) (?:of|is|was))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Extract:
    """A sentence of an abstract, verbatim.

    Attributes:
        text: Exactly `abstract[start:end]`, with its line breaks and LaTeX.
        start: Offset of the first character.
        end: Offset behind the last character.
        score: The tagger's probability that the sentence has this role.
    """

    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Summary:
    """What an abstract says of a work; None where no sentence says it clearly."""

    objective: Extract | None = None
    methods: Extract | None = None
    outcomes: Extract | None = None


def summarize(abstract: str) -> Summary:
    """Find the objective, methods and outcomes in one abstract.

    Args:
        abstract: The text; LaTeX and line breaks may be in it, or it may be empty.

    Returns:
        Up to three different sentences of the abstract.
    """
    return summarize_many([abstract])[0]


def summarize_many(abstracts: Iterable[str]) -> list[Summary]:
    """Find the objective, methods and outcomes in each abstract.

    One call for many abstracts is much faster than many calls.

    Args:
        abstracts: The texts; any may be empty.

    Returns:
        A summary for each abstract, in order.
    """
    from litreview.roles import probabilities

    spans = [split(abstract[:MAX_CHARACTERS]) for abstract in abstracts]
    tables = probabilities([[span.text for span in sentences] for sentences in spans])
    return [_choose(s, t) for s, t in zip(spans, tables, strict=True)]


def _choose(spans: Sequence[Span], table: NDArray[np.float32]) -> Summary:
    from litreview.roles import ROLES

    usable = [i for i, span in enumerate(spans) if _has_content(span.text)]
    labels = {i: ROLES[int(table[i].argmax())] for i in usable}
    used: set[int] = set()

    def take(role: str) -> Extract | None:
        column = ROLES.index(role)
        best = max(
            (i for i in usable if labels[i] == role and i not in used),
            key=lambda i: float(table[i, column]),
            default=None,
        )
        if best is None or table[best, column] < THRESHOLD:
            return None
        used.add(best)
        return _extract(spans[best], float(table[best, column]))

    objective = take("objective")
    if objective is None:
        for i in usable:
            if labels[i] == "method" and _PURPOSE.search(spans[i].text):
                used.add(i)
                objective = _extract(spans[i], float(table[i, ROLES.index("method")]))
                break
    return Summary(objective, methods=take("method"), outcomes=take("result"))


def _extract(span: Span, score: float) -> Extract:
    return Extract(span.text, span.start, span.end, score)


def _has_content(text: str) -> bool:
    return len(text.split()) >= MIN_WORDS or sum(not char.isascii() for char in text) >= 8
