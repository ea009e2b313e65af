"""What works say about one side of themselves: their objective, methods or outcomes."""

from __future__ import annotations

from collections.abc import Sequence

from litreview.abstracts.roles import tag
from litreview.text.sentences import split

FACETS = {
    "objective": frozenset({"background", "objective"}),
    "methods": frozenset({"method"}),
    "outcomes": frozenset({"result"}),
}


def facet_texts(abstracts: Sequence[str], facet: str) -> list[str]:
    """The sentences of each abstract that play a role.

    Args:
        abstracts: Whole abstracts.
        facet: A key of `FACETS`.

    Returns:
        One text for each abstract, in order; empty where no sentence has the role.
    """
    wanted = FACETS[facet]
    sentences = [[span.text for span in split(abstract)] for abstract in abstracts]
    tagged = tag([texts for texts in sentences if texts])
    roles = iter(tagged)
    found = []
    for texts in sentences:
        scores = next(roles) if texts else []
        kept = [text for text, score in zip(texts, scores, strict=True) if score.role in wanted]
        found.append(" ".join(kept))
    return found
