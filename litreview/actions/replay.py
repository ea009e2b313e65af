"""Make a recorded search again, and say what is found differently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from litreview.actions.find import find
from litreview.actions.resolving.lookup import look_up
from litreview.errors import UserError
from litreview.providers.searchlog import Record, query_of
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings
from litreview.works.source import Source


@dataclass(frozen=True)
class Replay:
    """A search that was made again.

    Attributes:
        record: The search as it was recorded.
        new: Identities that are found now and were not then.
        gone: Identities that were found then and are not now.
        same_answers: Whether every answer is byte for byte the recorded one; None
            where no answers were recorded.
        error: Why the search could not be repeated, or empty.
    """

    record: Record
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    same_answers: bool | None = None
    error: str = ""

    @property
    def same(self) -> bool:
        """Whether the same works were found."""
        return not (self.new or self.gone or self.error)


def replay(
    entry: Record, *, offline: bool = False, notify: Callable[[str], None] | None = None,
    snapshot: Path | None = None, bib: Path | None = None,
) -> Replay:  # fmt: skip
    """Make a recorded search again and compare what is found.

    Args:
        entry: The record.
        offline: Use the cached answers, however old they are.
        notify: Called with a sentence whenever the user has to wait.
        snapshot: The index, for a search in one.
        bib: The file, for a search in one.
    """
    if entry.provider == "add":
        return _replay_added(entry, offline=offline, notify=notify)
    try:
        result = find(
            query_of(entry), entry.provider, entry.limit, offline=offline, notify=notify,
            snapshot=snapshot, bib=bib, today=date.fromisoformat(entry.date[:10]),
        )  # fmt: skip
    except UserError as error:
        return Replay(entry, error=str(error))
    now = [source.identity for source in result.sources]
    then = [str(work.get("identity", "")) for work in entry.found]
    hashes = [exchange.sha256 for exchange in result.exchanges]
    recorded = [response.get("sha256") for response in entry.responses]
    return Replay(
        entry,
        new=tuple(name for name in now if name not in then),
        gone=tuple(name for name in then if name not in now),
        same_answers=hashes == recorded if recorded else None,
    )


def _replay_added(entry: Record, *, offline: bool, notify: Callable[[str], None] | None) -> Replay:
    """Look the names up again that `add` was given."""
    with Fetcher(Settings.from_environment(offline=offline, notify=notify)) as fetcher:
        outcomes = [outcome for _, outcome in look_up(entry.query.splitlines(), fetcher)]
    now = [outcome.identity for outcome in outcomes if isinstance(outcome, Source)]
    then = [str(work.get("identity", "")) for work in entry.found]
    errors = [str(outcome) for outcome in outcomes if isinstance(outcome, UserError)]
    return Replay(
        entry,
        new=tuple(name for name in now if name not in then),
        gone=tuple(name for name in then if name not in now),
        error="; ".join(errors) if len(errors) > len(entry.notes) else "",
    )
