"""Write works that somebody names into a review, and record that as any other search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from litreview.actions.draft import DraftReport, Reader, Rewriter, write_sources
from litreview.actions.resolving.complete import with_abstract
from litreview.actions.resolving.lookup import look_up
from litreview.actions.resolving.resolve import AmbiguousError
from litreview.errors import UserError
from litreview.providers import searchlog
from litreview.providers.result import Exchange, SearchResult
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings
from litreview.works.query import Query
from litreview.works.source import Source

# Chooses one of the works that a name may mean, or none.
Chooser = Callable[[AmbiguousError], Source | None]


@dataclass(frozen=True)
class Added:
    """What became of the names.

    Attributes:
        report: What was written.
        failures: Why a name led to no work, one sentence each.
    """

    report: DraftReport
    failures: tuple[UserError, ...] = ()


def add(
    readme: Path,
    names: Sequence[str],
    *,
    dry_run: bool = False,
    reader: Reader | None = None,
    rewriter: Rewriter | None = None,
    choose: Chooser | None = None,
    notify: Callable[[str], None] | None = None,
) -> Added:
    """Look works up and write them into a review README.

    A name that leads to no work does not cost the others theirs.

    Args:
        readme: A README (it may be absent yet), its folder, or a team's repository.
        names: Whatever names a work: an id, an address, a title.
        dry_run: Leave the README and the record as they are.
        reader: Completes from the whole paper what an abstract leaves open.
        rewriter: Rewords the sentences; by default they stay verbatim.
        choose: Asked where a name may mean several works; by default that is a failure.
        notify: Called with a sentence whenever the user has to wait.

    Raises:
        UserError: If no name leads to a work, or the README cannot be written.
    """
    found: list[Source] = []
    failures: list[UserError] = []
    with Fetcher(Settings.from_environment(notify=notify)) as fetcher:
        for name, outcome in look_up(names, fetcher):
            if isinstance(outcome, AmbiguousError) and choose is not None:
                chosen = choose(outcome)
                if chosen is None:
                    failures.append(UserError(f"{name!r}: none of the works was chosen"))
                    continue
                outcome = chosen
            if isinstance(outcome, UserError):
                failures.append(outcome)
            else:
                found.append(with_abstract(outcome, fetcher))
        exchanges = tuple(Exchange.of(answer) for answer in fetcher.answers)
    if not found:
        raise failures[0] if len(failures) == 1 else UserError("\n".join(map(str, failures)))
    report = write_sources(readme, found, dry_run=dry_run, reader=reader, rewriter=rewriter)
    if not dry_run:
        result = SearchResult(
            provider="add",
            query=Query(text="\n".join(names)),
            compiled=", ".join(source.identity for source in found),
            sources=tuple(found),
            total=len(found),
            exchanges=exchanges,
            notes=tuple(map(str, failures)),
        )
        included = {drafted.outcome.source.identity for drafted in report.sources}
        searchlog.record_search(report.path, result, limit=len(names), included=included)
    return Added(report, tuple(failures))
