"""Order what a search found: by words, by what is asked about, and by meaning."""

from __future__ import annotations

from collections.abc import Callable

from litreview.abstracts.facets import facet_texts
from litreview.providers.result import SearchResult
from litreview.works.query import Query
from litreview.works.rank import Ranked, rank
from litreview.works.semantic import nearness

# The encoder reads the works that are best by their words; it takes milliseconds for each.
MAX_READ = 50


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
    ranked = rank(sources, query, description, result.corpus, facet=facet)
    if not semantic or query is None or not sources:
        return ranked

    best = {id(item.source) for item in ranked[:MAX_READ]}
    read = [number for number, source in enumerate(sources) if id(source) in best]
    if notify is not None:
        notify(f"reading {len(read)} works for their meaning …")
    sides = facet or texts
    near = nearness(query.text, [f"{sources[n].title}. {sides[n]}" for n in read])
    # The others are no nearer than the farthest that was read.
    every = [min(near)] * len(sources)
    for number, value in zip(read, near, strict=True):
        every[number] = value
    return rank(sources, query, description, result.corpus, facet=facet, nearness=every)
