"""Order what a search found: by words, by what is asked about, and by meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from litreview.abstracts.facets import facet_texts
from litreview.providers.result import SearchResult
from litreview.works import semantic as meaning
from litreview.works.query import Query
from litreview.works.rank import Ranked, rank


def order(
    result: SearchResult,
    query: Query | None,
    description: str = "",
    *,
    about: str | None = None,
    semantic: bool = False,
    notify: Callable[[str], None] | None = None,
) -> list[Ranked]:
    """Order works, the most relevant first.

    Args:
        result: What was found.
        query: What was searched for.
        description: The project in its own words.
        about: The side of the works that is asked for, a key of `facets.FACETS`.
        semantic: Whether meaning counts beside the words.
        notify: Called with a sentence when the user has to wait.

    Raises:
        UserError: If `semantic` is asked for without the extra that brings the encoder.
    """
    sources = result.sources
    texts = [source.abstract for source in sources]
    facet = facet_texts(texts, about) if about else []
    asked = query.text if query is not None else ""

    def read(numbers: Sequence[int]) -> Sequence[float]:
        if notify is not None:
            notify(f"reading {len(numbers)} works for their meaning …")
        sides = facet or texts
        return meaning.nearness(asked, [f"{sources[n].title}. {sides[n]}" for n in numbers])

    return rank(
        sources, query, description, result.corpus, facet=facet,
        nearness=read if semantic and asked else None,
    )  # fmt: skip
