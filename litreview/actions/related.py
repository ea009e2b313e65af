"""The works around one: those that cite it, and those that it cites.

Reference: Wohlin (2014), Guidelines for snowballing in systematic literature studies,
doi:10.1145/2601248.2601268
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from litreview.actions.resolving.lookup import look_up
from litreview.errors import UserError
from litreview.providers import openalex, semantic_scholar
from litreview.providers.result import Exchange, NothingFoundError, SearchResult
from litreview.web.fetch import Fetcher
from litreview.web.gate import FetchError, Settings
from litreview.works.dedupe import dedupe
from litreview.works.query import Query
from litreview.works.source import Source

WAYS = ("cited-by", "references")
MAX_WORKS = 100


def related(
    name: str,
    way: str,
    *,
    limit: int = MAX_WORKS,
    offline: bool = False,
    refresh: bool = False,
    notify: Callable[[str], None] | None = None,
) -> tuple[Source, SearchResult]:
    """The works that cite one, or that it cites, most cited first.

    OpenAlex is asked first, and Semantic Scholar where that has nothing.

    Args:
        name: Whatever names the work, as for `add`.
        way: One of `WAYS`.
        limit: The largest number of works, `MAX_WORKS` at most.
        offline: Answer from the cache only.
        refresh: Ask again although the cache holds an answer.
        notify: Called with a sentence whenever the user has to wait.

    Returns:
        The work itself, and what is around it.

    Raises:
        UserError: If the work is not found, or nobody knows of works around it.
    """
    if not 1 <= limit <= MAX_WORKS:
        raise UserError(f"--limit {limit} is out of range; give a number from 1 to {MAX_WORKS}")
    settings = Settings.from_environment(offline=offline, refresh=refresh, notify=notify)
    with Fetcher(settings) as fetcher:
        outcome = next(iter(look_up([name], fetcher)))[1]
        if isinstance(outcome, UserError):
            raise outcome
        notes: list[str] = []
        found: list[Source] = []
        provider = ""
        for name_of_it, ask in (
            ("openalex", openalex.related), ("semantic-scholar", semantic_scholar.related),
        ):  # fmt: skip
            try:
                found = ask(outcome, way, limit, fetcher)
            except (FetchError, NothingFoundError) as error:
                notes.append(str(error))
            if found:
                provider = name_of_it
                break
        exchanges = tuple(Exchange.of(answer) for answer in fetcher.answers)
    if not found:
        what = "cites it" if way == "cited-by" else "it cites"
        raise NothingFoundError(
            "; ".join(notes) or f"nobody knows of a work that {what}: “{outcome.title}”"
        )
    works, merges = dedupe(found)
    return outcome, SearchResult(
        provider=provider,
        query=Query(text=name),
        compiled=f"{way} of {outcome.identity}",
        sources=tuple(replace(work, provider=provider) for work in works),
        total=len(works),
        notes=tuple(notes),
        exchanges=exchanges,
        merges=merges,
    )
