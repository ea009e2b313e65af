"""Pick the sentences of an abstract that say its objective, methods and outcomes.

Nothing is reworded: an extract is a piece of the abstract with its place in it,
so a reader can check it. Where no sentence is good enough there is no extract,
because "please fill in" costs a team less than a wrong sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from litreview.abstracts.roles import ROLES, find_heading, probabilities
from litreview.text.sentences import Span, split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Below this score a sentence is not shown; chosen on labelled abstracts.
THRESHOLD = 0.5
# No abstract is longer; what follows is not read.
MAX_CHARACTERS = 20_000
MIN_WORDS = 4
# Of the words of an English abstract, a quarter are these; of another language's, hardly any.
_ENGLISH = frozenset(("the", "of", "and", "is", "for", "with", "that", "are", "we", "by", "this"))
LEAST_ENGLISH = 0.05
MIN_WORDS_TO_JUDGE = 20
# What cue words add to a sentence's score or take from it.
CUE = 0.25
COUNTER_CUE = 0.4
FIGURE = 0.1

_PURPOSE = re.compile(
    r"\b(?:we|this (?:paper|work|article|study|thesis|report|survey|letter)|the (?:paper|authors?))"
    r"\s(?:\w+\s){0,2}?(?:propos|present|introduc|aim|address|investigat|stud|explor|describ|"
    r"develop|examin|review|survey|tackl|seek|analy|consider)\w*"
    r"|\bin this (?:paper|work|article|study)\b"
    r"|\b(?:goal|aim|purpose|objective) (?:of|is|was)\b",
    re.IGNORECASE,
)
_METHOD = re.compile(
    r"\b(?:we|our (?:method|model|approach|system|algorithm|framework|architecture)) (?:\w+ )?"
    r"(?:use|train|apply|employ|combine|extend|learn|adopt|design|formulate|model|consist)\w*"
    r"|\b(?:based on|by (?:using|combining|training|means of)|consists? of|(?:is|are) trained)\b",
    re.IGNORECASE,
)
_RESULT = re.compile(
    r"\b(?:outperform|achiev|improve(?:s|d|ment) )\w*|\bstate[- ]of[- ]the[- ]art\b"
    r"|\b(?:results?|experiments?|evidence|evaluations?)\b.{0,80}"
    r"\b(?:show|demonstrat|indicat|suggest|reveal|confirm)\w*"
    r"|\bwe (?:find|found|show|demonstrate|prove|observe)\b|\d\s?(?:%|per ?cent)",
    re.IGNORECASE,
)
_OPENING = re.compile(r"\W{0,3}abstract\s{0,2}[:.—–-]+\s{0,3}", re.IGNORECASE)
_FIGURE = re.compile(r"\d")
_RELEASE = re.compile(
    r"\b(?:release|publicly|open[- ]sourced?|made? available|available (?:at|online|from)|github"
    r"|future (?:work|research))\b",
    re.IGNORECASE,
)
_CUES = {
    "objective": (_PURPOSE, _RELEASE),
    "method": (_METHOD, _RESULT),
    "result": (_RESULT, _RELEASE),
}


@dataclass(frozen=True, slots=True)
class Extract:
    """A sentence of an abstract, verbatim.

    Attributes:
        text: Exactly `abstract[start:end]`, with its line breaks and LaTeX.
        start: Offset of the first character.
        end: Offset behind the last character.
        score: From 0 to 1: the tagger's probability that the sentence has this
            role, raised or lowered by cue words.
    """

    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Summary:
    """What an abstract says of a work; None where no sentence says it clearly."""

    objective: Extract | None = None
    methods: Extract | None = None
    outcomes: Extract | None = None


def summarize(abstracts: Iterable[str]) -> list[Summary]:
    """Find the objective, methods and outcomes in each abstract.

    One call for many abstracts is much faster than many calls.

    Args:
        abstracts: The texts; any may be empty.

    Returns:
        A summary for each abstract, in order.
    """
    spans = [
        split(abstract[:MAX_CHARACTERS]) if _is_english(abstract) else [] for abstract in abstracts
    ]
    tables = probabilities([[span.text for span in sentences] for sentences in spans])
    return [_choose(s, t) for s, t in zip(spans, tables, strict=True)]


def _choose(spans: Sequence[Span], table: NDArray[np.float32]) -> Summary:
    usable = [i for i, span in enumerate(spans) if _has_content(span.text)]
    names = [str(role) for role in ROLES]
    labels = {i: names[int(table[i].argmax())] for i in usable}
    used: set[int] = set()

    def score(row: int, role: str) -> float:
        cue, counter_cue = _CUES[role]
        text = spans[row].text[:2000]
        value = float(table[row, names.index(role)])
        value += CUE * bool(cue.search(text)) - COUNTER_CUE * bool(counter_cue.search(text))
        if role == "result" and _FIGURE.search(text):
            value += FIGURE
        return value

    def take(role: str) -> Extract | None:
        scores = {i: score(i, role) for i in usable if labels[i] == role and i not in used}
        best = max(scores, key=scores.__getitem__, default=None)
        if best is None or scores[best] < THRESHOLD:
            return None
        used.add(best)
        return _extract(spans[best], scores[best])

    objective = take("objective") or _stated_purpose(spans, table, labels, used)
    outcomes = take("result")
    return Summary(objective, methods=take("method"), outcomes=outcomes)


def _stated_purpose(
    spans: Sequence[Span], table: NDArray[np.float32], labels: dict[int, str], used: set[int]
) -> Extract | None:
    """Where nothing is labelled objective: the first "we propose …" among the methods.

    Failing that, among the background, where annotators put what opens an abstract.
    """
    for role in ("method", "background"):
        for i, label in labels.items():
            if label == role and _PURPOSE.search(spans[i].text[:2000]):
                used.add(i)
                return _extract(spans[i], float(table[i].max()))
    return None


def _extract(span: Span, score: float) -> Extract:
    """Leave out the heading of a structured abstract's part ("Methods: ") and "Abstract — "."""
    opening = _OPENING.match(span.text)
    heading = find_heading(span.text)
    skipped = heading.end if heading is not None else opening.end() if opening else 0
    skipped = skipped if skipped < len(span.text) else 0
    return Extract(span.text[skipped:], span.start + skipped, span.end, round(min(score, 1.0), 4))


def _is_english(text: str) -> bool:
    """Tell whether a text is likely English; the tagger could only guess at another language."""
    beginning = text[:2000]
    letters = [char for char in beginning if char.isalpha()]
    if 2 * sum(char.isascii() for char in letters) <= len(letters):
        return False
    words = beginning.lower().split()
    common = sum(word in _ENGLISH for word in words)
    return len(words) < MIN_WORDS_TO_JUDGE or common >= LEAST_ENGLISH * len(words)


def _has_content(text: str) -> bool:
    return len(text.split(maxsplit=MIN_WORDS)) >= MIN_WORDS
