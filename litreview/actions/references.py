"""The bibliographic records of the sources that a review README names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from litreview.actions.resolving.lookup import look_up
from litreview.errors import UserError
from litreview.providers import searchlog
from litreview.review.entry import Entry
from litreview.review.reading import read_review
from litreview.review.readme import find_review, read_readme
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings
from litreview.works.reading_list import works
from litreview.works.source import Source


def references(
    review: Path, *, online: bool = False, notify: Callable[[str], None] | None = None
) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """Complete what a team wrote from what is known about the same works.

    Args:
        review: The review's README, its folder, or a team's repository.
        online: Whether unknown works are looked up.
        notify: Called with a sentence whenever the user has to wait.

    Returns:
        One record per source, in order, and notes on those that stay incomplete.

    Raises:
        UserError: If there is no README or it names no source.
    """
    path = find_review(review)
    entries = read_review(read_readme(path)).sources
    written = [_written(entry) for entry in entries if entry.title or entry.urls]
    if not written:
        raise UserError(f"{path}: names no source yet, so there is nothing to export")
    known = _known(path)
    found: list[Source] = []
    notes: list[str] = []
    for source in written:
        record = known.get(source.identity)
        if record is None and online and not source.identity.startswith("title:"):
            try:
                record = _look_up(source, notify)
            except UserError as error:
                notes.append(str(error))
        if record is None:
            hint = "" if online else "; --online looks them up"
            notes.append(f"“{source.title}”: authors and year are not known{hint}")
        found.append(record or source)
    return tuple(found), tuple(notes)


def _written(entry: Entry) -> Source:
    url = entry.urls[0] if entry.urls else ""
    return Source(
        title=entry.title or url,
        authors=(),
        year=None,
        url=url,
        abstract="",
        arxiv_id=entry.arxiv_id or "",
        doi=(entry.doi or "").lower(),
    )


def _known(path: Path) -> dict[str, Source]:
    sources: list[Source] = []
    if searchlog.log_path(path).is_file():
        for entry in searchlog.read_searches(path):
            sources += entry.sources
    sources += works()[0]
    known: dict[str, Source] = {}
    for source in sources:
        for name in _identities(source):
            known.setdefault(name, source)
    return known


def _identities(source: Source) -> set[str]:
    names = {source.identity}
    if source.doi:
        names.add(f"doi:{source.doi}")
    if source.url:
        names.add(Source("", (), None, source.url, "").identity)
    return names


def _look_up(source: Source, notify: Callable[[str], None] | None) -> Source:
    name = source.arxiv_id or source.doi or source.url
    with Fetcher(Settings.from_environment(notify=notify)) as fetcher:
        outcome = next(iter(look_up([name], fetcher)))[1]
    if isinstance(outcome, UserError):
        raise outcome
    return outcome
