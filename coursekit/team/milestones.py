"""How far a team is with each milestone, judged by the files of one commit.

A file counts as the team's when its content is not the template's. Every
verdict comes with what it rests on: a file, a line, a few words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from coursekit.git.repository import Entry, blob_name
from coursekit.team.files import MILESTONES, TeamFiles
from coursekit.team.presentation import (
    EXTERNAL,
    FILE,
    FILE_BUT_PLACEHOLDER,
    LINK,
    SLIDES,
    judge_presentation,
)
from coursekit.team.received import FEW_WORDS, Pristine, open_questions, own_words
from coursekit.team.summary import ResultsSummary, read_summary
from coursekit.team.verification import SourceTiers, read_tiers
from litreview.actions.check import check_text
from litreview.review.findings import Report

MISSING = "missing"
PLACEHOLDER = "placeholder"
STARTED = "started"
COMPLETE = "complete"
HUMAN = "needs a human"

_EMPTY = blob_name(b"")
_MAX_EVIDENCE = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on: a path, a line (0 for the whole file) and a remark."""

    path: str
    line: int
    remark: str


@dataclass(frozen=True, slots=True)
class MilestoneState:
    """One milestone of one team.

    Attributes:
        kind: `review`, `dataset`, `baseline`, `model` or `presentation`.
        folder: The team's folder for it, also when renamed; empty without one.
        state: `missing`, `placeholder`, `started`, `complete` or `needs a human`.
        evidence: What says so.
        open_questions: Lines of its README that still hold the template's question.
    """

    kind: str
    folder: str
    state: str
    evidence: tuple[Evidence, ...] = ()
    open_questions: int = 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one commit of a team's repository shows."""

    milestones: tuple[MilestoneState, ...]
    results: ResultsSummary
    sources: SourceTiers = field(default_factory=SourceTiers)

    def state(self, kind: str) -> str:
        """The state of one milestone."""
        return next((m.state for m in self.milestones if m.kind == kind), MISSING)


def analyse(
    files: TeamFiles,
    pristine: Pristine,
    minimum_sources: int,
    review: Report | None = None,
    *,
    verify: bool = False,
) -> Analysis:
    """Judge every milestone at one commit.

    Args:
        files: The repository's files at that commit.
        pristine: The template as the team received it.
        minimum_sources: How many complete sources the course asks for.
        review: What `check_review` found, where that is known.
        verify: Whether a review is complete only once its sources have been verified.
    """
    states = []
    report = review or check_review(files, minimum_sources)
    sources = read_tiers(files, report)
    for kind in MILESTONES:
        folder = files.folders.get(kind, "")
        if not folder:
            remark = "there is no folder for it"
            states.append(MilestoneState(kind, "", MISSING, (Evidence("", 0, remark),)))
            continue
        path, text = files.readme(folder)
        work = _work(files.entries, folder, path, pristine)
        own = own_words(text, pristine, FEW_WORDS)
        gaps = open_questions(text)
        if kind == "review":
            state, evidence = _review(report, text, own, work, minimum_sources)
            if verify and state in (COMPLETE, HUMAN) and (reason := _unverified(sources)):
                state, evidence = STARTED, [*evidence, Evidence(report.path, 0, reason)]
        elif kind == "presentation":
            state, evidence = _presentation(files, folder, path, text, own, gaps)
        else:
            state, evidence = _report(path, text, own, work, gaps)
        states.append(
            MilestoneState(kind, folder, state, tuple(evidence[:_MAX_EVIDENCE]), len(gaps))
        )
    _, readme = files.readme("")
    return Analysis(tuple(states), read_summary(readme), sources)


def check_review(files: TeamFiles, minimum_sources: int) -> Report:
    """What stands in a team's literature review."""
    folder = files.folders.get("review", "")
    path, text = files.readme(folder) if folder else ("", "")
    return check_text(text, name=path, minimum=minimum_sources)


def _review(
    report: Report, text: str, own: int, work: list[str], minimum: int
) -> tuple[str, list[Evidence]]:
    if not text.strip():
        return _without_readme(work)
    path = report.path
    count = f"{report.complete_sources} of {minimum} complete sources"
    if report.verdict == "human":
        return HUMAN, [Evidence(path, 0, "an essay, which only a person can judge")]
    if report.verdict is True:
        # A draft gives every field but this one, which only the team can write.
        if not any(source.relation for source in report.sources):
            remark = "no source says yet what it means for the project"
            return STARTED, [Evidence(path, 0, count), Evidence(path, 0, remark)]
        return COMPLETE, [Evidence(path, 0, count)]
    if not report.sources and own < FEW_WORDS:
        return PLACEHOLDER, [Evidence(path, 0, "as the template has it")]
    missing = [
        Evidence(path, finding.line, finding.message)
        for finding in report.findings
        if finding.level == "error" and finding.code != "too-few-sources"
    ]
    return STARTED, [Evidence(path, 0, count), *missing]


def _unverified(sources: SourceTiers) -> str:
    """Why the course does not take a review's sources for verified; empty where it does."""
    remedy = "run `litreview verify .` and commit verification.json"
    if not sources.checked:
        return f"the sources have not been verified; {remedy}"
    if not sources.current:
        return f"the review has changed since its sources were verified; {remedy}"
    return f"sources to put right: {sources.told()}; then {remedy}" if sources.fails else ""


def _presentation(
    files: TeamFiles, folder: str, path: str, text: str, own: int, gaps: list[tuple[int, str]]
) -> tuple[str, list[Evidence]]:
    found = judge_presentation(text, files.entries.keys(), folder)
    remark = {
        LINK: "links the slides",
        EXTERNAL: "links slides elsewhere",
        FILE: "holds slides that nothing links",
        FILE_BUT_PLACEHOLDER: "has slides, but the link is still the template's",
    }.get(found.state)
    if remark:
        state = STARTED if found.state == FILE_BUT_PLACEHOLDER else COMPLETE
        return state, [Evidence(path or folder, 0, f"{remark}: {found.evidence}")]
    if not text.strip():
        return MISSING, [Evidence(folder, 0, "holds neither a README nor slides")]
    # The outline that `coursekit slides` makes a talk from.
    if own >= FEW_WORDS:
        written = [Evidence(path, 0, "outline written")]
        return (STARTED if gaps else COMPLETE), _gaps(path, gaps) or written
    return PLACEHOLDER, [Evidence(path, 0, "no slides yet")]


def _report(
    path: str, text: str, own: int, work: list[str], gaps: list[tuple[int, str]]
) -> tuple[str, list[Evidence]]:
    """The three milestones that are a README beside notebooks and code."""
    if not text.strip():
        return _without_readme(work)
    files = [Evidence(name, 0, "the team's own work") for name in work[:2]]
    if own >= FEW_WORDS:
        evidence = [*_gaps(path, gaps), *files] or [Evidence(path, 0, "written")]
        return (STARTED if gaps else COMPLETE), evidence
    if files:
        return STARTED, [*files, Evidence(path, 0, "the README is still the template's")]
    return PLACEHOLDER, [Evidence(path, 0, "as the template has it")]


def _without_readme(work: list[str]) -> tuple[str, list[Evidence]]:
    if work:
        return STARTED, [Evidence(work[0], 0, "there is work, but no README")]
    return MISSING, [Evidence("", 0, "there is no README")]


def _work(entries: Mapping[str, Entry], folder: str, readme: str, pristine: Pristine) -> list[str]:
    """Files of a folder that are not the template's, apart from the README and slides."""
    return [
        path
        for path, entry in entries.items()
        if path.startswith(f"{folder}/")
        and path != readme
        and entry.oid not in pristine.blobs
        and entry.oid != _EMPTY
        and not path.lower().endswith((*SLIDES, "instructions.md"))
    ]


def _gaps(path: str, gaps: list[tuple[int, str]]) -> list[Evidence]:
    return [Evidence(path, line, f"open: {question[:120]}") for line, question in gaps]
