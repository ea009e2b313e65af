"""Answer the four guiding questions from one paper, each answer by quotes with their places.

Each sentence and each row of a table of sizes gets a score for each question: what it names
(a model, an amount, a shape of data), the words that tell a use from a mention, and the section.
Only what passes a threshold is an answer; nothing is inferred and nothing is reworded.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from litreview.papers.paper import Paper, Sentence, Table, shortened
from litreview.questions.amounts import Amount, amounts_in
from litreview.questions.cues import all_of, has
from litreview.questions.naming import own_models
from litreview.questions.signals import Signals, section_kinds, signals
from litreview.text.names import Mention, mentions_in

QUESTIONS = {
    "models": "Which models are commonly used?",
    "format": "Which format does the training data have?",
    "amount": "How much training data is used?",
    "pretrained": "Which pretrained models exist?",
}
MAX_EVIDENCE = 3
MAX_VALUES = 8
MAX_SENTENCES = 8_000  # a thesis has half of that; more would take too long
_THRESHOLDS = {"models": 3.2, "format": 3.0, "amount": 2.7, "pretrained": 3.0}
_SECTION_WEIGHTS: dict[str, dict[str, float]] = {
    "models": {
        "abstract": 0.9, "setup": 1.0, "method": 1.1, "data": 0.2, "result": 0.4, "intro": 0.3,
        "conclusion": 0.2, "discussion": -0.2, "appendix": -0.2, "background": -0.3,
        "related": -2.5, "none": -3.0,
    },
    "format": {
        "abstract": 0.3, "setup": 0.7, "method": 0.5, "data": 1.2, "result": -0.8,
        "intro": -0.3, "conclusion": -1.0, "discussion": -1.0, "appendix": 0.0,
        "background": -0.2, "related": -2.5, "none": -3.0,
    },
    "amount": {
        "abstract": 0.6, "setup": 0.9, "method": 0.4, "data": 1.2, "result": -0.3,
        "intro": 0.2, "conclusion": -0.3, "discussion": -0.6, "appendix": 0.4,
        "background": 0.0, "related": -2.5, "none": -3.0,
    },
    "pretrained": {
        "abstract": 0.5, "setup": 0.9, "method": 0.9, "data": 0.2, "result": 0.0, "intro": 0.1,
        "conclusion": 0.3, "discussion": -0.4, "appendix": 0.4, "background": 0.0,
        "related": -2.5, "none": -0.5,
    },
}  # fmt: skip
_LESS_IN_ABSTRACTS = 0.4
# "labelled by" speaks for a sentence, and is no value.
_UNFINISHED = re.compile(r"\b(?:of|by|with|for|as|using|on|manually|is|are|to)$", re.IGNORECASE)
_KIND_WEIGHTS = {"pretrained": 1.2, "architecture": 1.0, "classic": 1.0, "statistical": 1.0,
                 "embeddings": 0.6}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote that answers a question.

    Attributes:
        quote: A sentence or the row of a table, word for word.
        where: The section, the table or the page.
        own: Whether the authors speak of what they used, made or gave away.
        start: Offset of a sentence in the paper's text; -1 for the row of a table.
        score: How much speaks for it; only for putting in order.
    """

    quote: str
    where: str
    own: bool
    start: int = -1
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a paper says to one question; without evidence it does not say it.

    Attributes:
        question: A key of `QUESTIONS`.
        values: What it names, the most important first.
        evidence: The quotes, the best one first.
        wording: The first quote in a language model's words, if one was asked; never instead of it.
    """

    question: str
    values: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    wording: str = ""

    @property
    def stated(self) -> bool:
        """Whether the paper answers the question."""
        return bool(self.evidence)


@dataclass
class _Candidate:
    """A sentence or row with what it says to a question."""

    quote: str
    where: str
    own: bool
    start: int
    score: float
    values: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Read:
    """A sentence with everything that is looked for in it."""

    sentence: Sentence
    text: str
    where: str
    signals: Signals
    models: list[Mention]
    amounts: list[Amount]


def answers(paper: Paper) -> dict[str, Answer]:
    """Answer all questions from a paper.

    Args:
        paper: A whole paper or an abstract.

    Returns:
        An answer for each key of `QUESTIONS`.
    """
    read = _sentences(paper)
    named = own_models(paper)
    models = _models(read, named)
    found = {
        "models": models,
        "format": _formats(read),
        "amount": _amounts(read) + _rows(paper),
        "pretrained": _pretrained(read, named),
    }
    result: dict[str, Answer] = {}
    whole = paper.format != "abstract"
    for question, candidates in found.items():
        answer = _answer(question, candidates, whole)
        # A paper without any learnt or fitted model trains on nothing.
        learns = result.get("models", answer).stated or not whole
        result[question] = answer if learns else Answer(question)
    return result


def _sentences(paper: Paper) -> list[Read]:
    kinds = section_kinds(paper)
    read = []
    for sentence in paper.sentences[:MAX_SENTENCES]:
        text = sentence.text[:1_500]  # a longer one is none, and time is bounded
        kind = kinds[sentence.section] if paper.format != "abstract" else "abstract"
        place, signs = paper.place(sentence), signals(text, kind)
        read.append(Read(sentence, text, place, signs, mentions_in(text), amounts_in(text)))
    return read


def _whose(item: Read) -> float:
    """How much a sentence is about what the authors did."""
    signs = item.signals
    score = 1.6 if signs.own else 0.9 if signs.passive else 0.0
    score -= 1.6 * (signs.other and not signs.own) + 0.4 * (signs.other and signs.own)
    text = item.text
    score -= 0.8 * signs.hypothetical + 0.8 * signs.negated + 0.8 * has("guess", text)
    words = len(text.split())
    letters = sum(char.isalpha() or char.isspace() for char in text)
    score -= 1.0 * (letters < 0.8 * len(text))
    score -= 0.6 * (words > 70) + 1.5 * (words < 6) + 1.0 * item.text.endswith("?")
    return score


def _candidate(item: Read, score: float, values: Iterable[str], question: str) -> _Candidate:
    score += _SECTION_WEIGHTS[question].get(item.signals.section, 0.0)
    sentence = item.sentence
    return _Candidate(sentence.text, item.where, item.signals.authors, sentence.start, score,
                      list(dict.fromkeys(values)))  # fmt: skip


def _models(read: list[Read], named: tuple[str, ...]) -> list[_Candidate]:
    """Sentences that say which models are used or proposed."""
    often = Counter(name for item in read for name in {m.name for m in item.models})
    found = []
    for item in read:
        text = item.text
        own = [name for name in named if re.search(rf"\b{re.escape(name)}\b", text)]
        generic = [found.lower() for found in all_of("generic_model", text)]
        names = list(dict.fromkeys([*own, *(mention.name for mention in item.models)]))
        if not names and not generic:
            continue
        weights = [0.7 if m.name == "Transformer" else _KIND_WEIGHTS[m.kind] for m in item.models]
        score = max([*weights, *([1.2] * bool(own))], default=0.3)
        theirs = item.signals.own or item.signals.passive
        score += (0.5 if theirs else 0.3) * min(len(names) - 1, 3) if names else 0.0
        # What the whole paper speaks of is what it works with.
        score += 0.35 * min(max((often[name] for name in names), default=0), 4) / 2
        score += 0.5 * has("model_verb", text) + 1.0 * has("direct_use", text)
        score -= 1.3 * has("result_talk", text)
        score += _whose(item)
        found.append(_candidate(item, score, names or generic, "models"))
    return found


def _formats(read: list[Read]) -> list[_Candidate]:
    """Sentences that say what an example of the data looks like."""
    found = []
    for item in read:
        text = item.text
        each = all_of("each", text)
        shape = all_of("shape", text)
        names = all_of("format_name", text)
        tuples = all_of("tuple", text)
        labels = all_of("labelled", text)
        inputs = all_of("input", text)
        named = has("format_word", text)
        score = (0.8 * named + 1.3 * bool(each) + 0.7 * bool(shape) + 1.3 * bool(names)
                 + 1.4 * bool(tuples)
                 + 1.2 * bool(labels) + 1.2 * bool(inputs))  # fmt: skip
        score += 0.5 * has("variables", text) + 0.9 * has("contains", text)
        score += 0.9 * has("modality", text) - 0.8 * has("uneven", text)
        # How a model works inside is not what its data look like.
        score -= 0.9 * (has("inside_model", text) and not has("contains", text))
        score -= 0.8 * (item.signals.hypothetical and not item.signals.own)
        score -= 0.4 * has("result_talk", text)
        score += 0.3 * min(len(names) + len(tuples) + len(labels) + len(inputs) - 1, 2)
        if score < 1.0:
            continue
        score += 0.8 * has("train", text) + 0.7 * has("data", text)
        score += 0.5 * bool(item.amounts) + 0.5 * _whose(item)
        named_so = [v for v in (*names, *tuples, *labels, *inputs) if not _UNFINISHED.search(v)]
        values = named_so or [*each, *shape] or [*tuples, *labels]
        found.append(_candidate(item, score, values, "format"))
    return found


def amounts_of(read: list[Read]) -> list[Amount]:
    """The amounts of data that an abstract's sentences state of the authors' own."""
    limit = _THRESHOLDS["amount"] - _LESS_IN_ABSTRACTS
    said = {candidate.start for candidate in _amounts(read) if candidate.score >= limit}
    return [amount for item in read if item.sentence.start in said for amount in item.amounts]


def _amounts(read: list[Read]) -> list[_Candidate]:
    """Sentences that say how much data there is."""
    found = []
    for item in read:
        if not item.amounts:
            continue
        text = item.text
        data = has("data", text)
        trained = has("train", text)
        holds = has("holds", text)
        tested = has("test_only", text)
        if not (data or trained or holds):
            continue
        vague = all(amount.value is None for amount in item.amounts)
        score = 1.0 - 0.8 * vague + 1.2 * trained + 0.8 * data + 0.9 * holds
        score -= 1.6 * (tested and not trained) + 1.5 * has("length", text)
        score += 0.3 * min(len(item.amounts) - 1, 2)
        score -= 0.6 * all(amount.people for amount in item.amounts)
        largest = max((amount.value or 1000.0 for amount in item.amounts), default=0.0)
        score += 0.6 * (largest >= 1000) - 0.8 * (largest < 30)
        score += 0.5 * _whose(item)
        values = [amount.text for amount in item.amounts]
        found.append(_candidate(item, score, values, "amount"))
    return found


_COUNT = re.compile(r"\d{1,3}(?:,\d{3})+|\d{2,9}|\d+(?:\.\d+)?[kKM]")


def _rows(paper: Paper) -> list[_Candidate]:
    """Rows of a table of sizes, its first column a label and the others counts."""
    found: list[_Candidate] = []
    for table in paper.tables:
        if not has("size_table", table.caption) or has("result_table", table.caption):
            continue
        found += _rows_of(paper, table)
    return found


def _rows_of(paper: Paper, table: Table) -> list[_Candidate]:
    found = []
    head = " ".join(table.rows[0]) if table.rows else ""
    for row in table.rows[:60]:
        counts = [cell for cell in row if _COUNT.fullmatch(cell.strip(" ~≈*†"))]
        if not counts or len(counts) < 0.4 * (len(row) - 1):
            continue
        score = (
            2.6
            + 0.9 * has("row_label", row[0])
            + 0.5 * bool(re.search(r"\btrain", head + row[0], re.IGNORECASE))
        )
        quote = " | ".join(cell for cell in row if cell)
        found.append(_Candidate(quote, paper.place(table), True, -1, score, [quote]))
    return found


def _pretrained(read: list[Read], named: tuple[str, ...]) -> list[_Candidate]:
    """Sentences that say from which finished model the authors start, or which they give away."""
    scratch = {m.name for item in read for m in item.models
               if has("from_scratch", item.text)}  # fmt: skip
    found = []
    for item in read:
        text = item.text
        ready = [m for m in item.models if m.kind in ("pretrained", "embeddings")]
        finished = [mention.name for mention in ready if mention.name not in scratch]
        said = has("pretrained", text)
        ours = has("own_pretraining", text)
        start = has("initialised", text)
        tool = all_of("ready_tool", text)
        given = has("given_away", text) and not item.signals.negated
        trained = has("trained_by_others", text)
        if has("from_scratch", text) or not (said or finished or given or (tool and trained)):
            continue
        score = (
            1.5 * said
            + 1.3 * bool(finished)
            + 1.0 * start
            + 1.5 * (bool(tool) and trained)
            - 1.0 * ours
        )
        score += 0.5 * has("direct_use", text) - 0.6 * has("result_talk", text)
        score += 2.0 * given * (item.signals.own or said or start) + 0.4 * has("model_verb", text)
        score += 0.7 * trained * (bool(finished) or bool(tool))
        score += 0.8 * _whose(item)
        score -= 0.8 * (not item.signals.own and not item.signals.passive and not given)
        score -= 0.6 * (item.signals.hypothetical and not item.signals.own)
        own = [name for name in named if given and re.search(rf"\b{re.escape(name)}\b", text)]
        values = [*finished, *own, *tool] or [m.name for m in item.models] or ["the paper's own"]
        found.append(_candidate(item, score, values, "pretrained"))
    return found


def _answer(question: str, candidates: list[_Candidate], whole: bool) -> Answer:
    """The best candidates as an answer, where the best one is good enough."""
    limit = _THRESHOLDS[question] if whole else _THRESHOLDS[question] - _LESS_IN_ABSTRACTS
    ranked = sorted(candidates, key=lambda c: (-c.score, c.start))
    kept = [candidate for candidate in ranked if candidate.score >= limit]
    if not kept:
        return Answer(question)
    values: dict[str, float] = defaultdict(float)
    # An abstract has few sentences: what it names beside the best one counts, too.
    naming = kept if whole else [c for c in ranked if c.score >= limit - 1.9]
    for place, candidate in enumerate(naming[:12]):
        for value in candidate.values:
            values[value] += candidate.score if place < MAX_EVIDENCE else candidate.score / 4
    evidence: list[Evidence] = []
    for candidate in kept:
        if len(evidence) < MAX_EVIDENCE and candidate.quote not in {e.quote for e in evidence}:
            evidence.append(Evidence(candidate.quote, candidate.where, candidate.own,
                                     candidate.start, round(candidate.score, 2)))  # fmt: skip
    top = [
        shortened(value, 120)
        for value, _ in sorted(values.items(), key=lambda item: -item[1])[:MAX_VALUES]
    ]
    return Answer(question, tuple(top), tuple(evidence))
