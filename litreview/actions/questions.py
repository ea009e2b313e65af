"""Answer the guiding questions over works: files, named works, a review's sources, a search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from litreview.actions.find import find
from litreview.actions.resolving.lookup import look_up, sources_of
from litreview.errors import UserError
from litreview.papers.open import read_paper
from litreview.papers.remote import Obtained, obtain, paper_of_abstract
from litreview.questions.totals import Work, work_of
from litreview.review.rewrite import Rewording
from litreview.text.latex import to_text
from litreview.web.fetch import Fetcher
from litreview.works.query import Query
from litreview.works.source import Source

Notify = Callable[[str], None]
Advance = Callable[[int], None]


@dataclass(frozen=True)
class Wanted:
    """What is to be read: works from registries and files.

    Attributes:
        sources: The works.
        files: Papers on this machine.
        notes: What could not be looked up, a sentence each.
    """

    sources: tuple[Source, ...] = ()
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


def wanted(
    names: Sequence[str],
    files: Sequence[Path],
    query: Query | None,
    fetcher: Fetcher,
    *,
    provider: str = "arxiv",
    limit: int = 25,
    snapshot: Path | None = None,
    bib: Path | None = None,
    notify: Notify | None = None,
) -> Wanted:
    """Find out what is meant.

    Args:
        names: READMEs, folders or files on this machine, ids, addresses or titles.
        files: Papers on this machine.
        query: Words to search for.
        fetcher: Makes the requests.
        provider: Where to search or look up.
        limit: The largest number of works of a search.
        snapshot: The index that a search of a snapshot uses.
        bib: The bibliography that a search of one uses.
        notify: Called with a sentence whenever the user has to wait.

    Raises:
        UserError: If something named cannot be found at all.
    """
    sources: list[Source] = []
    notes: list[str] = []
    if query is not None:
        sources += find(query, provider, limit, notify=notify, fetcher=fetcher,
                        snapshot=snapshot, bib=bib).sources  # fmt: skip
    ids: list[str] = []
    for name in names:
        path = Path(name)
        if path.is_dir() or (path.is_file() and path.suffix.lower() in (".md", ".markdown")):
            found, missing = sources_of(
                path, provider=provider, notify=notify, fetcher=fetcher, without_abstract=True
            )
            sources += found
            notes += [f"{title}: it could not be looked up, so it is left out"
                      for title in missing]  # fmt: skip
        elif path.is_file():
            files = [*files, path]
        else:
            ids.append(name)
    for name, outcome in look_up(ids, fetcher) if ids else ():
        if isinstance(outcome, UserError):
            raise UserError(f"{name}: {outcome}") from outcome
        sources.append(outcome)
    unique = {source.identity: source for source in sources}
    return Wanted(tuple(unique.values()), tuple(dict.fromkeys(files)), tuple(notes))


def ask(
    wanted: Wanted,
    fetcher: Fetcher,
    *,
    abstracts_only: bool = False,
    advance: Advance | None = None,
) -> tuple[list[Work], list[str]]:
    """Read every work and answer the questions from it.

    Args:
        wanted: The works.
        fetcher: Makes the requests for whole texts.
        abstracts_only: Read no whole text.
        advance: Called with 1 after each work.

    Returns:
        The works that could be read, and why each of the others could not.

    Raises:
        UserError: If there is none at all that can be read.
    """
    works: list[Work] = []
    failures: list[str] = []
    for item in _each(wanted, fetcher, abstracts_only):
        if isinstance(item, Work):
            works.append(item)
        else:
            failures.append(str(item))
        if advance:
            advance(1)
    if not works:
        raise UserError(
            "\n".join(failures)
            or "there is nothing to read; name a README with sources, an id, or a file with --file"
        )
    return works, failures


def reworded(works: Sequence[Work], rewording: Rewording) -> list[Work]:
    """The works, the best quote of each answer in a language model's words as well.

    A paper is data for the model: a wording stands only where everything in it is in the quote,
    and always beside the quote.
    """
    found = []
    for work in works:
        answers = dict(work.answers)
        notes = list(work.notes)
        for question, answer in work.answers.items():
            if not answer.evidence:
                continue
            quote = to_text(answer.evidence[0].quote)
            wording, reason = rewording.sentence(quote, f"{to_text(work.title)}. {quote}")
            if reason:
                notes.append(f"the answer on {question} is not reworded: {reason}")
            answers[question] = replace(answer, wording=wording)
        found.append(replace(work, answers=answers, notes=tuple(notes)))
    return found


def _each(wanted: Wanted, fetcher: Fetcher, abstracts_only: bool) -> Iterable[Work | UserError]:
    for path in wanted.files:
        try:
            paper = read_paper(path)
        except UserError as error:
            yield error
        else:
            yield work_of(Obtained(paper, paper.format), name=str(path), title=paper.title)
    for source in wanted.sources:
        if abstracts_only:
            paper = paper_of_abstract(source)
            obtained = Obtained(paper if source.abstract else None, "abstract", "not asked for")
        else:
            obtained = obtain(source, fetcher)
        yield work_of(obtained, name=source.identity, title=source.title, source=source)
