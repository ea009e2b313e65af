"""What a comparison of works shows of each: quotes, or nothing where the work does not say it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from litreview.abstracts.summary import summarize
from litreview.papers.paper import Paper, Sentence
from litreview.questions.answers import MAX_SENTENCES
from litreview.questions.cues import cues, has
from litreview.questions.signals import Signals, section_kinds, signals
from litreview.questions.totals import Work

COLUMNS = ("objective", "data", "amount", "model", "pretrained", "metric", "figure", "code")
_FROM_ANSWERS = {"amount": "amount", "model": "models", "pretrained": "pretrained"}
_MAX_CHARACTERS = 1_000
Score = Callable[[str, Signals], float]


@dataclass(frozen=True, slots=True)
class Cell:
    """A quote and where it stands."""

    quote: str
    where: str


def cells_of(work: Work) -> dict[str, Cell | None]:
    """The cells of a work's row, by column; None where the work does not say it."""
    found: dict[str, Cell | None] = dict.fromkeys(COLUMNS)
    for column, question in _FROM_ANSWERS.items():
        evidence = work.answers[question].evidence
        if evidence:
            found[column] = Cell(evidence[0].quote, evidence[0].where)
    if work.paper is None:
        return found
    kinds = section_kinds(work.paper)
    read = [
        (sentence, signals(sentence.text[:_MAX_CHARACTERS], kinds[sentence.section]))
        for sentence in work.paper.sentences[:MAX_SENTENCES]
    ]
    found["objective"] = _objective(work, kinds)
    for column, score in _SCORES.items():
        found[column] = _best(work.paper, read, score)
    return found


def _objective(work: Work, kinds: list[str]) -> Cell | None:
    """The sentence of the abstract that says what the work is for."""
    paper = work.paper
    assert paper is not None  # noqa: S101 - the caller has looked
    inside = [s for s in paper.sentences if kinds[s.section] == "abstract"] or list(
        paper.sentences[:12]
    )
    abstract = " ".join(sentence.text for sentence in inside[:40])
    chosen = summarize([abstract])[0].objective
    if chosen is None:
        return None
    place = paper.sections[inside[0].section].title or "the beginning"
    return Cell(chosen.text, place)


def _best(paper: Paper, read: list[tuple[Sentence, Signals]], score: Score) -> Cell | None:
    best: Sentence | None = None
    highest = 0.0
    for sentence, signs in read:
        if signs.section in ("related", "none") and score is not _code:
            continue
        value = score(sentence.text[:_MAX_CHARACTERS], signs)
        if value > highest:
            best, highest = sentence, value
    return Cell(best.text, paper.place(best)) if best is not None else None


def _data(text: str, signs: Signals) -> float:
    if not has("dataset", text):
        return 0.0
    used = has("direct_use", text) or has("train", text)
    at_place = {"data": 1.0, "setup": 0.8, "abstract": 0.6, "method": 0.3}.get(signs.section, 0.0)
    return 0.2 + 1.0 * signs.own + 0.8 * used + at_place - 1.5 * (signs.other and not signs.own)


def _metric(text: str, signs: Signals) -> float:
    count = len({match[0].lower() for match in cues()["metric"].finditer(text)})
    if not count or not has("evaluated", text):
        return 0.0
    at_place = {"setup": 0.8, "result": 0.5, "abstract": 0.3}.get(signs.section, 0.0)
    return 0.3 + 0.3 * min(count, 3) + 0.6 * signs.own + 0.4 * signs.passive + at_place


def _figure(text: str, signs: Signals) -> float:
    if not (has("metric", text) and has("figure_value", text) and has("reached", text)):
        return 0.0
    at_place = {"abstract": 1.2, "result": 0.7, "conclusion": 0.8, "intro": 0.3}.get(
        signs.section, 0.0
    )
    return 0.3 + 1.0 * signs.own + at_place - 1.5 * (signs.other and not signs.own)


def _code(text: str, signs: Signals) -> float:
    address, said = has("code", text), has("code_said", text)
    if not (address or said) or (signs.other and not signs.own):
        return 0.0
    return 0.2 + 1.0 * address * (said or signs.own) + 0.8 * said + 0.4 * signs.own


_SCORES: dict[str, Score] = {"data": _data, "metric": _metric, "figure": _figure, "code": _code}
