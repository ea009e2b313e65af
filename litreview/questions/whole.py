"""Complete the summary of an abstract from the whole paper, with the place of each sentence.

What an abstract leaves out stands in the introduction, where the authors say what they
contribute, and in the conclusion. Nothing is reworded: what is found is a piece of
`Paper.text`, and says where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from litreview.abstracts.choice import FIELDS, Field
from litreview.abstracts.summary import Extract, Summary, summarize
from litreview.papers.folder import PapersOfFolder
from litreview.papers.paper import Paper, Sentence
from litreview.papers.remote import obtain
from litreview.questions.signals import section_kinds, signals
from litreview.web.fetch import Fetcher
from litreview.works.source import Source

# Where each field is looked for, in this order.
PLACES: dict[Field, tuple[str, ...]] = {
    "objective": ("abstract", "intro", "conclusion"),
    "methods": ("abstract", "intro", "conclusion"),
    "outcomes": ("abstract", "conclusion", "intro"),
}
# No introduction says more about its own work, and no conclusion is longer.
MAX_SENTENCES = 30
_OUTLOOK = re.compile(r"^(?:[\dIVX.]+\s)?(?:future|outlook|ausblick|limitation)", re.IGNORECASE)
# "Section 3 describes …" speaks of the paper and not of the work.
_ABOUT_THE_PAPER = re.compile(
    r"\b(?:sections?|sec\.|chapters?|appendix|abschnitt|kapitel)\s?(?:[\dIVX]+\b|\[)|"
    r"\b(?:rest|remainder|structure|outline) of (?:the|this) (?:paper|article|work|thesis)\b|"
    r"\borgani[sz]ed as follows\b|\b(?:table|figure|fig\.|tabelle|abbildung)\s?\d",
    re.IGNORECASE,
)
# What was found before, and what was only expected.
_NOT_FOUND_HERE = re.compile(
    r"\bin (?:an?|our|the) (?:previous|earlier|prior|last) (?:study|work|paper|article)|"
    r"\bwe (?:do not |also )?(?:expect|believe|assume|hypothesi[sz]|anticipat)",
    re.IGNORECASE,
)


def completed(summary: Summary, paper: Paper) -> Summary:
    """Fill the fields that an abstract leaves open from the paper.

    Args:
        summary: Of the abstract as a registry has it; what it has stays.
        paper: The whole text of the same work.

    Returns:
        The summary with what was found; each new `Extract` says its place.
    """
    open_fields = [field for field in FIELDS if getattr(summary, field) is None]
    if not open_fields:
        return summary
    kinds = section_kinds(paper)
    parts = {kind: _part(paper, kinds, kind) for kind in ("abstract", "intro", "conclusion")}
    found: dict[Field, Extract] = {f: e for f in FIELDS if (e := getattr(summary, f)) is not None}
    offered = dict(summary.candidates)
    for field in open_fields:
        taken = {" ".join(extract.text.split()) for extract in found.values()}
        aim = found["objective"].text if "objective" in found else ""
        read = [_read(paper, parts[kind], aim, field) for kind in PLACES[field] if parts[kind]]
        fresh = [e for e in read if e is not None and " ".join(e.text.split()) not in taken]
        if fresh:
            found[field] = fresh[0]
        offered[field] = (*fresh, *offered.get(field, ()))[:3]
    return replace(summary, **{f: found[f] for f in found}, candidates=offered)


def _part(paper: Paper, kinds: Sequence[str], kind: str) -> list[Sentence]:
    """The sentences of a part that tell of the authors' own work; of an abstract all."""
    inside = [s for s in paper.sentences if kinds[s.section] == kind]
    if kind == "abstract":
        return inside[:MAX_SENTENCES]
    if kind == "conclusion":
        inside = [s for s in inside if not _OUTLOOK.search(paper.sections[s.section].title)]
        inside = [s for s in inside if s.section == inside[0].section]
    return [s for s in inside if _of_the_authors(s.text[:2_000], kind)][:MAX_SENTENCES]


def _of_the_authors(text: str, kind: str) -> bool:
    """Whether a sentence says what the authors did, and not where in the paper it stands."""
    signs = signals(text, kind)
    if _ABOUT_THE_PAPER.search(text) or _NOT_FOUND_HERE.search(text):
        return False
    if signs.other or signs.hypothetical:
        return False
    return signs.own or kind == "conclusion"


def _read(paper: Paper, part: Sequence[Sentence], aim: str, field: Field) -> Extract | None:
    """A field of a part, as a piece of the paper; the known aim, if any, is read before it."""
    text = " ".join([aim] * bool(aim) + [sentence.text for sentence in part])
    extract: Extract | None = getattr(summarize([text])[0], field)
    before = len(aim) + 1 if aim else 0
    if extract is None or extract.start < before:
        return None
    for sentence in part:
        if extract.start < before + len(sentence.text):
            start = sentence.start + extract.start - before
            end = start + len(extract.text)
            if paper.text[start:end] != extract.text:
                return None  # it goes over two sentences that are not neighbours
            return replace(extract, start=start, end=end, where=paper.place(sentence))
        before += len(sentence.text) + 1
    return None


def paper_reader(
    folder: Path | None, fetcher: Fetcher | None, notify: Callable[[str], None]
) -> Callable[[Source, Summary], tuple[Summary, Sequence[str]]]:
    """Make a function that completes a summary from the whole paper.

    A paper is only looked for where the abstract leaves a field open.

    Args:
        folder: Papers on this machine, asked first.
        fetcher: Gets papers that are open on the web; None to ask nobody.
        notify: Called with a sentence about a file that cannot be read.

    Raises:
        UserError: If the folder is none.
    """
    here = PapersOfFolder(folder, notify) if folder is not None else None

    def read(source: Source, summary: Summary) -> tuple[Summary, Sequence[str]]:
        left = [field for field in FIELDS if getattr(summary, field) is None]
        if not left:
            return summary, ()
        paper = here.find(source) if here is not None else None
        if paper is None and fetcher is not None:
            obtained = obtain(source, fetcher)
            if obtained.read == "abstract" or obtained.paper is None:
                return summary, (f"the paper was not read for {' and '.join(left)}: "
                                 f"{obtained.reason}",)  # fmt: skip
            paper = obtained.paper
        if paper is None:
            return summary, (f"no paper of the folder has this title, so {' and '.join(left)} "
                             "stay open",)  # fmt: skip
        return completed(summary, paper), ()

    return read
