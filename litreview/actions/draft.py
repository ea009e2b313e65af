"""Draft a review: find sources, pick what their abstracts say, write the README."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from litreview.abstracts.summary import Extract, Summary, summarize
from litreview.actions.find import CANDIDATES, CANDIDATES_BY_MEANING, find
from litreview.actions.order import order
from litreview.actions.resolving.complete import with_abstracts
from litreview.errors import UserError
from litreview.files import read_text
from litreview.providers import searchlog
from litreview.review.labels import SUMMARISED
from litreview.review.merge import Outcome, markers_of, merge
from litreview.review.readme import find_review, read_readme, write_readme
from litreview.review.render import Wording, with_place
from litreview.text.markdown import unclosed_comment
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings
from litreview.works.fit import fits, held_parts, needed, telling_parts
from litreview.works.query import Query, parse
from litreview.works.rank import describe_project
from litreview.works.rungs import named
from litreview.works.source import Source
from litreview.works.terms import Node

DEFAULT_LIMIT = 5
# So many works are shown to a person who chooses.
MAX_OFFERED = 20
# Providers on this machine, which ask nobody.
_LOCAL = frozenset(("reading-list", "snapshot", "bibtex"))
# Completes a summary from the whole paper, and notes why it could not.
Reader = Callable[[Source, Summary], tuple[Summary, Sequence[str]]]
# Gives a summary's wording, and a note on each sentence that it refused to reword.
Rewriter = Callable[[Source, Summary], tuple[Wording, Sequence[str]]]


@dataclass(frozen=True)
class Drafted:
    """One source in a draft.

    Attributes:
        outcome: What became of it in the README.
        summary: The sentences of its abstract that were chosen.
        wording: What was offered to the README.
        notes: What the reader should know about it.
    """

    outcome: Outcome
    summary: Summary
    wording: Wording
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The source, what was done, each sentence with its place and score, and others."""
        fields: dict[str, Any] = {}
        for name in SUMMARISED:
            extract: Extract | None = getattr(self.summary, name)
            fields[name] = None if extract is None else asdict(extract)
            if extract is not None and getattr(self.wording, name) != extract.text:
                fields[name]["wording"] = getattr(self.wording, name)
        return {
            "action": self.outcome.action,
            "number": self.outcome.number,
            "edited": list(self.outcome.edited),
            "source": self.outcome.source.to_json(),
            **fields,
            "candidates": {
                name: [asdict(extract) for extract in self.summary.candidates.get(name, ())]
                for name in SUMMARISED
            },
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class DraftReport:
    """What a draft did, or would do.

    Attributes:
        path: The README.
        sources: Each source that was found, in order.
        before: The README's text as it was.
        after: As it is, or would be.
        written: Whether the file was replaced.
        notes: What the user should know, in sentences.
        candidates: The next best works that were found and not taken.
    """

    path: Path
    sources: tuple[Drafted, ...]
    before: str
    after: str
    written: bool
    notes: tuple[str, ...] = ()
    candidates: tuple[Source, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the README differs from what it was."""
        return self.before != self.after

    def count(self, action: str) -> int:
        """How many sources were `added`, `refreshed`, `unchanged` or `present`."""
        return sum(drafted.outcome.action == action for drafted in self.sources)

    def diff(self) -> str:
        """The change in the unified format."""
        return "".join(
            line if line.endswith("\n") else f"{line}\n"
            for line in difflib.unified_diff(
                self.before.splitlines(keepends=True),
                self.after.splitlines(keepends=True),
                str(self.path),
                str(self.path),
            )
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data for other programs."""
        return {
            "path": self.path.as_posix(),
            "changed": self.changed,
            "written": self.written,
            "sources": [drafted.to_json() for drafted in self.sources],
            "candidates": [source.to_json() for source in self.candidates],
            "notes": list(self.notes),
        }


def draft(
    path: Path,
    query: Query | str,
    *,
    provider: str = "arxiv",
    limit: int = DEFAULT_LIMIT,
    dry_run: bool = False,
    offline: bool = False,
    refresh: bool = False,
    snapshot: Path | None = None,
    bib: Path | None = None,
    about: str | None = None,
    semantic: bool = False,
    reader: Reader | None = None,
    rewriter: Rewriter | None = None,
    choose: Callable[[Sequence[Source]], Sequence[Source]] | None = None,
    anyway: bool = False,
    notify: Callable[[str], None] | None = None,
) -> DraftReport:
    """Search for sources and write the most relevant ones into a review README.

    Nothing is written unless the search succeeded, and the README is replaced in
    one step. A second run refreshes what nobody edited and adds what is new; a
    source that the team took out stays out. The search is recorded beside the README.

    Args:
        path: A README (it may be absent yet), its folder, or a team's repository.
        query: What to search for.
        provider: Who is asked; see `litreview.providers.PROVIDERS`.
        limit: The largest number of sources that are written.
        dry_run: Leave the README as it is.
        offline: Answer from the cache only.
        refresh: Ask again although the cache holds an answer.
        snapshot: The index that the provider `snapshot` searches.
        bib: The file that the provider `bibtex` searches.
        about: The side of the works by which they are ordered; see `order`.
        semantic: Whether meaning counts beside the words.
        reader: Completes from the whole paper what an abstract leaves open.
        rewriter: Rewords the sentences; by default they stay verbatim.
        choose: Given the works found, the best first, gives back those that are wanted; by
            default the first `limit` that fit are; see `litreview.works.fit`.
        anyway: Take works that hold few of the words, too.
        notify: Called with a sentence whenever the user has to wait.

    Raises:
        UserError: If the search or the README gives a reason, or no work that was found fits.
    """
    if limit < 1:
        raise UserError(f"--limit {limit} is out of range; give a number from 1")
    target = _target(path)
    before = read_readme(target)
    # As many as `search` ranks, so that the same words find the same works.
    candidates = max(limit, CANDIDATES_BY_MEANING if semantic else CANDIDATES)
    parsed = parse(query) if isinstance(query, str) else query
    result = find(
        parsed,
        provider,
        candidates,
        offline=offline,
        refresh=refresh,
        notify=notify,
        snapshot=snapshot,
        bib=bib,
    )
    ranked = order(result, parsed, _project(target), about=about, semantic=semantic, notify=notify)
    removed = _removed(target, before)
    offered = [item.source for item in ranked if item.source.identity not in removed]
    notes = list(result.notes)
    if choose:
        chosen = list(choose(offered[:MAX_OFFERED]))
    else:
        sure = result.holding_all
        fitting = [s for s in offered if anyway or s.identity in sure or fits(s, parsed)]
        if offered and not fitting:
            raise _unfitting(parsed, offered, result.notes)
        chosen = fitting[:limit]
        left = len(offered[:limit]) - len(chosen)
        if left > 0:
            notes.append(_left_out(parsed, left))
    for item in ranked[:limit]:
        if item.source.identity in removed:
            notes.append(
                f"“{item.source.title}” was taken out of the README and stays out; "
                f"`litreview add {path} {item.source.arxiv_id or item.source.url}` puts it back"
            )
    if not offline and not _LOCAL & set(result.provider.split(",")):
        with Fetcher(Settings.from_environment(notify=notify)) as fetcher:
            chosen = list(with_abstracts(chosen, fetcher))
    report = write_sources(target, chosen, dry_run=dry_run, reader=reader,
                           rewriter=rewriter, notes=tuple(notes))  # fmt: skip
    written = {source.identity for source in chosen}
    others = [source for source in offered if source.identity not in written]
    report = replace(report, candidates=tuple(others[:MAX_OFFERED]))
    if not dry_run:
        included = {drafted.outcome.source.identity for drafted in report.sources}
        searchlog.record_search(target, result, limit=candidates, included=included)
    return report


def _unfitting(query: Query, found: Sequence[Source], notes: Sequence[str]) -> UserError:
    parts = telling_parts(query)
    best = max(found, key=lambda source: len(held_parts(source, parts)))
    held = ", ".join(held_parts(best, parts)) or "none of them"
    told = "".join(f" ({note})" for note in notes[:1] if "so it was asked" in note)
    return UserError(
        f"of {len(found)} works found none holds {_enough(parts)}{told}; the nearest, "
        f"“{best.title}”, holds {held}. Nothing was written: use other words, choose with --pick, "
        "or take such works with --anyway"
    )


def _left_out(query: Query, count: int) -> str:
    works = "a work that was found is" if count == 1 else f"{count} works that were found are"
    return (
        f"{works} left out, without {_enough(telling_parts(query))}; --anyway takes "
        f"{'it' if count == 1 else 'them'}, too"
    )


def _enough(parts: Sequence[Node]) -> str:
    """What a work has to hold, in words."""
    asked = ", ".join(map(named, parts))
    if len(parts) == 1:
        return f"the word {asked}"
    return f"{'both' if len(parts) == 2 else needed(parts)} of the words {asked}"


def _removed(target: Path, text: str) -> set[str]:
    """Works that earlier searches put into the README and that somebody took out.

    A README without any drafted source is a fresh start.
    """
    if not markers_of(text.splitlines()) or not searchlog.log_path(target).is_file():
        return set()
    try:
        records = searchlog.read_searches(target)
    except UserError:
        return set()
    known = {
        source.identity: source
        for entry in records
        for source in entry.sources
        if source.identity in entry.included
    }
    _, outcomes = merge(text, [(source, Wording()) for source in known.values()])
    return {outcome.source.identity for outcome in outcomes if outcome.action == "added"}


def write_sources(
    path: Path,
    sources: Sequence[Source],
    *,
    dry_run: bool = False,
    reader: Reader | None = None,
    rewriter: Rewriter | None = None,
    notes: tuple[str, ...] = (),
) -> DraftReport:
    """Write given sources into a review README; the arguments are those of `draft`.

    A withdrawn work is left out, with a note.

    Raises:
        UserError: If the README cannot be read or written.
    """
    target = _target(path)
    before = read_readme(target)
    hidden = unclosed_comment(before)
    if hidden is not None:
        raise UserError(
            f"{target}, line {hidden}: a comment begins with <!-- and never ends, so it hides "
            "what follows; close it with -->"
        )
    kept = [source for source in sources if not source.withdrawn]
    notes += tuple(
        f"“{source.title}” is left out: {_why_withdrawn(source)}"
        for source in sources
        if source.withdrawn
    )
    summaries = summarize([source.abstract for source in kept])
    wordings: list[Wording] = []
    remarks: list[tuple[str, ...]] = []
    for number, source in enumerate(kept):
        said = tuple(source.notes)
        if reader is not None:
            summaries[number], notes_on_paper = reader(source, summaries[number])
            said += tuple(notes_on_paper)
        summary = summaries[number]
        wording = verbatim(summary)
        if rewriter is not None:
            wording, refused = rewriter(source, summary)
            said += tuple(refused)
        wordings.append(wording)
        remarks.append(said)
    after, outcomes = merge(before, zip(kept, wordings, strict=True))
    drafted = tuple(
        Drafted(*parts) for parts in zip(outcomes, summaries, wordings, remarks, strict=True)
    )
    written = after != before and not dry_run
    if written:
        write_readme(target, before, after)
    return DraftReport(target, drafted, before, after, written, notes)


def _why_withdrawn(source: Source) -> str:
    said = (note for note in source.notes if "retracted" in note or "withdrawn" in note)
    return next(said, "its authors have withdrawn it")


def verbatim(summary: Summary) -> Wording:
    """The sentences of a summary, word for word; those from a whole paper with their place."""
    extracts = {name: getattr(summary, name) for name in SUMMARISED}
    return Wording(**{name: with_place(e.text, e) if e else "" for name, e in extracts.items()})


def _target(path: Path) -> Path:
    """The README that a path means; it need not exist yet, but its folder has to."""
    if path.is_dir():
        try:
            return find_review(path)
        except UserError:
            if "literature" in path.resolve().name.casefold():
                return path / "README.md"
            raise
    if not path.exists() and not path.parent.is_dir():
        raise UserError(f"{path}: the folder {path.parent} does not exist; check the path")
    return path


def _project(target: Path) -> str:
    """The root README's text, which describes the project; empty where there is none."""
    root = target.resolve().parent.parent / "README.md"
    try:
        return describe_project(read_text(root))
    except UserError:
        return ""
