"""The guiding questions over many works: what each says, and how many say it."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litreview.papers.paper import Paper
from litreview.papers.remote import Obtained
from litreview.questions.amounts import amounts_in
from litreview.questions.answers import MAX_SENTENCES, QUESTIONS, Answer, answers
from litreview.questions.languages import unread_language
from litreview.works.source import Source


@dataclass(frozen=True)
class Work:
    """One work and its answers.

    Attributes:
        name: Its identity, or the path of its file.
        title: In one line.
        read: `html`, `latex`, `pdf`, `jats`, `abstract` or `nothing`.
        notes: Why the paper could not be read as a whole, and what else a reader should know.
        answers: By question.
        paper: What was read.
        source: Its record, if it has one.
        language: That of the paper, where it is one in which nothing is looked for.
    """

    name: str
    title: str
    read: str
    notes: tuple[str, ...]
    answers: dict[str, Answer]
    paper: Paper | None = None
    source: Source | None = None
    language: str = ""

    @property
    def whole(self) -> bool:
        """Whether the whole paper was read."""
        return self.read not in ("abstract", "nothing")

    @property
    def not_stated(self) -> str:
        """What to say where there is no answer."""
        if self.language:
            return f"not looked for: the paper is written in {self.language}"
        if self.whole:
            return "not stated in the paper"
        if self.read == "abstract":
            return "not stated in the abstract; the paper was not read"
        return "not read: neither the paper nor its abstract is open"

    def to_json(self) -> dict[str, Any]:
        """Plain data, with every answer's quotes."""
        return {
            "source": self.name,
            "title": self.title,
            "year": self.source.year if self.source else None,
            "url": self.source.url if self.source else "",
            "read": self.read,
            "notes": list(self.notes),
            "answers": [
                {
                    "question": question,
                    "stated": answer.stated,
                    "values": list(answer.values),
                    "evidence": [
                        {"quote": item.quote, "where": item.where, "own": item.own}
                        for item in answer.evidence
                    ],
                    **({"wording": answer.wording} if answer.wording else {}),
                }
                for question, answer in self.answers.items()
            ],
        }


def work_of(obtained: Obtained, *, name: str, title: str, source: Source | None = None) -> Work:
    """Answer the questions from what could be read of a work."""
    paper = obtained.paper
    notes = list(paper.notes if paper else ())
    if obtained.reason:
        notes.insert(0, obtained.reason)
    found = {question: Answer(question) for question in QUESTIONS}
    language = unread_language(paper.text) if paper is not None else ""
    if paper is not None:
        if language:
            notes.append(
                f"it is written in {language}; only English and German are read, so nothing was "
                "looked for"
            )
        else:
            found = answers(paper)
            if len(paper.sentences) > MAX_SENTENCES:
                notes.append(
                    "it is longer than a paper, so answers were looked for in its first "
                    f"{MAX_SENTENCES:,} sentences"
                )
    return Work(name, title, obtained.read, tuple(notes), found, paper, source, language)


@dataclass(frozen=True)
class Total:
    """A value and the works that state it."""

    value: str
    works: tuple[int, ...]


def totals(works: Sequence[Work], question: str) -> list[Total]:
    """How many works state each value, the most frequent first.

    Args:
        works: All works.
        question: A key of `QUESTIONS`.
    """
    stated: dict[str, list[int]] = defaultdict(list)
    shown: dict[str, str] = {}
    for number, work in enumerate(works):
        for value in dict.fromkeys(v.casefold() for v in work.answers[question].values):
            stated[value].append(number)
        for value in work.answers[question].values:
            shown.setdefault(value.casefold(), value)
    found = [Total(shown[value], tuple(numbers)) for value, numbers in stated.items()]
    return sorted(found, key=lambda total: (-len(total.works), total.value.casefold()))


@dataclass(frozen=True)
class Sizes:
    """How large the training sets are that are counted in one unit."""

    unit: str
    works: tuple[int, ...]
    smallest: float
    median: float
    largest: float


def sizes(works: Sequence[Work]) -> list[Sizes]:
    """The largest amount that each work states of a unit, over all works."""
    by_unit: dict[str, dict[int, float]] = defaultdict(dict)
    for number, work in enumerate(works):
        for value in work.answers["amount"].values:
            for amount in amounts_in(value):
                if amount.value is not None:
                    unit = singular(amount.unit)
                    known = by_unit[unit].get(number, 0.0)
                    by_unit[unit][number] = max(known, amount.value)
    found = []
    for unit, values in by_unit.items():
        numbers = sorted(values.values())
        found.append(Sizes(unit, tuple(sorted(values)), numbers[0], statistics.median(numbers),
                           numbers[-1]))  # fmt: skip
    return sorted(found, key=lambda one: (-len(one.works), one.unit))


def singular(unit: str) -> str:
    """A unit as it is counted: `sentences` and `Sentence` are `sentence`."""
    lower = unit.lower()
    if re.search(r"(?:ies)$", lower) and lower not in ("series", "species"):
        return lower[:-3] + "y"
    return lower[:-1] if lower.endswith("s") and not lower.endswith("ss") else lower


def spoken(number: float) -> str:
    """A number as people write it: `2,000`, `1.2 M`."""
    for limit, sign in ((1e9, " B"), (1e6, " M")):
        if number >= limit:
            return f"{number / limit:.3g}{sign}"
    return f"{number:,.0f}"


def to_json(works: Sequence[Work]) -> dict[str, Any]:
    """Plain data over all works."""
    return {
        "works": [work.to_json() for work in works],
        "totals": {
            question: {
                "asked": text,
                "answered": sum(work.answers[question].stated for work in works),
                "values": [
                    {"value": total.value, "works": [works[n].name for n in total.works]}
                    for total in totals(works, question)
                ],
            }
            for question, text in QUESTIONS.items()
        },
        "sizes": [
            {
                "unit": one.unit,
                "works": [works[n].name for n in one.works],
                "smallest": one.smallest,
                "median": one.median,
                "largest": one.largest,
            }
            for one in sizes(works)
        ],
    }
