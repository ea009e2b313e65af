"""Answer the four guiding questions from abstracts: with a quote, or not at all.

An answer is a sentence of the abstract in which the tool found what it counts;
nothing is inferred. Most abstracts do not say how much data a model was trained
on, and then the table says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from litreview.text.latex import to_text
from litreview.text.markdown import escape
from litreview.text.names import models_in
from litreview.text.sentences import Span, split
from litreview.works.source import Source

NOT_STATED = "not stated in the abstract"
QUESTIONS = {
    "models": "Which models are commonly used?",
    "format": "Which format does the training data have?",
    "amount": "How much training data is used?",
    "pretrained": "Which pretrained models exist?",
}

_UNITS = (
    r"(?:examples|sentences|words|tokens|documents|images|tweets|articles|pairs|samples|instances"
    r"|questions|utterances|dialogu?es|conversations|abstracts|papers|reviews|pages|records"
    r"|entries|posts|comments|passages|triples|translations|recordings|hours|transcripts|queries"
    r"|snippets|files|notes|reports|messages|e?mails|headlines|data ?points|observations"
    r"|annotations|stories|recipes|poems|books|songs|videos|gigabytes|terabytes)(?![-\w])"
)
_NUMBER = (
    r"(?:(?:\d{1,3}(?:[, ]\d{3})+|\d+(?:\.\d+)?)"
    r"(?:\s?(?:k|K|M|B|thousand|million|billion|trillion))?\+?"
    r"|(?:two|three|four|five|six|seven|eight|nine|ten|a|one|several)"
    r" (?:hundred|thousand|million|billion)|(?:two|three|four|five)(?= terabytes))"
)
_AMOUNT = re.compile(
    r"(?<![\w.$€-])(?<!up to )(?<!length )(?<!first )(?<!last )(?<!of at most )"
    r"(?:(?:over|about|around|approximately|nearly|more than|less than|only|~)\s+)?"
    rf"(?:{_NUMBER}\s+(?:(?!of\s)[a-zA-Z-]+\s+){{0,4}}?{_UNITS}"
    rf"|{_NUMBER}\s?(?:GB|TB|MB)(?:\s+of\s+\w+)?"
    r"|(?:a few |several )?(?:hundreds?|thousands|millions|billions|trillions) of"
    rf" (?:[a-zA-Z-]+ ){{0,3}}?{_UNITS})\b"
)
_ABOUT_DATA = re.compile(
    r"\b(?:train(?:ed|ing|s)?|pre-?train\w*|fine-?tun\w*|data ?sets?|data|corpus|corpora|collect\w*"
    r"|annotat\w*|labell?ed|contain\w*|consist\w*|compris\w*|crawl\w*|benchmark)\b",
    re.IGNORECASE,
)
_NO_AMOUNT = re.compile(
    r"\bparameters?\b|\blayers?\b|\btimes\b|per ?cent|\bGPU|\bper second|\btokens? long\b"
    r"|context (?:window|length)",
    re.IGNORECASE,
)
_ITEMS = (
    r"(?:sentences?|documents?|texts?|data(?: ?sets?)?|corpus|corpora|tweets?|images?|examples?"
    r"|articles?|tokens?|utterances?|reviews?|dialogu?es?|samples?|sequences?|recordings?|notes?)"
)
_PART = (
    r"(?:questions?|answers?|sentences?|documents?|summar(?:y|ies)|articles?|inputs?|outputs?|texts?"
    r"|images?|captions?|prompts?|responses?|instructions?|quer(?:y|ies)|passages?|sources?|targets?"
    r"|labels?|code|premises?|hypothes[ei]s|translations?|comments?|programs?|speech|transcripts?)"
)
_SETS = r"(?:pairs|tuples|triples|triplets|examples)"
_FORMAT = re.compile(
    r"(?<![\w-])(?:(?:partially |weakly |manually |human-|hand-|densely |crowd-?sourced )?"
    rf"(?:un)?(?:label(?:l)?ed|annotated|tagged)\s+(?:[a-zA-Z]+\s+){{0,3}}?{_ITEMS}"
    rf"|(?:parallel|monolingual|bilingual|aligned|raw|plain)\s+(?:[a-zA-Z]+\s+){{0,2}}?{_ITEMS}"
    rf"|{_PART}\s?[-–/,]\s?{_PART}\s+{_SETS}|(?:{_PART}|preference)\s+(?:pairs|triples|triplets)"
    rf"|{_SETS}\s+of\s+(?:an?\s+)?(?:[a-zA-Z]+\s+){{0,2}}?{_PART}\s+and\s+(?:[a-zA-Z]+\s+)?{_PART}"
    r"|(?:token|word|sentence|document|span|character|entity|aspect|utterance)-level\s+"
    r"(?:labels?|annotations?|tags?)"
    r"|BIO(?:ES)?\s+(?:tags?|labels?|scheme)|CoNLL(?:-\w+)?\s+format|JSON|CSV|TSV|XML"
    r"|multiple[- ]choice\s+questions?|instruction[- ](?:tuning|following)\s+data"
    r"|preference\s+data|speech\s+recordings|time[- ]series\s+data|tabular\s+data)(?![\w-])",
    re.IGNORECASE,
)
# "requires no labelled data" and "labelled data is scarce" say nothing about this work's data.
_NOT_THIS_WORK = re.compile(
    r"\b(?:no|not|without|lack\w*|scarc\w*|limited|unlike|instead|costly|expensive|rarely|difficult"
    r"|often|typically|usually|requires?|depends?)\b",
    re.IGNORECASE,
)
_PRETRAINED = re.compile(
    r"\b(?:pre-?trained|pretraining of|off-the-shelf|publicly available|freely available|released?"
    r"|releasing|open-?sourced?|open[- ]weights?)\b",
    re.IGNORECASE,
)
_GIVEN = r"(?:models?|checkpoints?|weights|embeddings|word vectors)"
_GIVEN_AWAY = re.compile(
    rf"\b(?:releas\w*|open-?sourc\w*|share|provide)\s+"
    rf"(?:(?!for\b|of\b|with\b|using\b|that\b|on\b)[\w,-]+\s+){{0,5}}?{_GIVEN}\b"
    rf"|\b{_GIVEN}\b(?:[\w,-]*\s+){{1,7}}(?:(?:publicly|freely)\s+available|available\s+(?:at|on|under)"
    r"|released|open-?sourced)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Answer:
    """What one abstract says to one question.

    Attributes:
        values: What is counted: model names, amounts, formats.
        quote: The sentence, verbatim.
        start: Offset of its first character in the abstract.
        end: Offset behind its last character.
    """

    values: tuple[str, ...]
    quote: str
    start: int
    end: int


@dataclass(frozen=True)
class Row:
    """One source and its answers; None stands for "not stated in the abstract"."""

    source: Source
    answers: dict[str, Answer | None]


@dataclass(frozen=True)
class Evidence:
    """The guiding questions over all sources."""

    rows: tuple[Row, ...]

    def totals(self, question: str) -> list[tuple[str, int]]:
        """How many sources name each value, most frequent first.

        Args:
            question: A key of `QUESTIONS`.
        """
        counts = Counter(
            value
            for row in self.rows
            if (answer := row.answers[question]) is not None
            for value in answer.values
        )
        return sorted(counts.items(), key=lambda item: (-item[1], item[0].casefold()))

    def answered(self, question: str) -> int:
        """In how many abstracts the question is answered."""
        return sum(row.answers[question] is not None for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """Plain data: questions, totals, and each source's quotes with their places."""
        return {
            "sources": len(self.rows),
            "questions": [
                {
                    "question": text,
                    "key": key,
                    "answered": self.answered(key),
                    "totals": [{"value": v, "sources": n} for v, n in self.totals(key)],
                }
                for key, text in QUESTIONS.items()
            ],
            "rows": [
                {
                    "identity": row.source.identity,
                    "title": row.source.title,
                    "year": row.source.year,
                    "url": row.source.url,
                    "answers": {key: _answer_json(row.answers[key]) for key in QUESTIONS},
                }
                for row in self.rows
            ],
        }


def _answer_json(answer: Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    return {
        "values": list(answer.values),
        "quote": answer.quote,
        "start": answer.start,
        "end": answer.end,
    }


def gather(sources: Iterable[Source]) -> Evidence:
    """Read the abstracts of sources for answers to the guiding questions."""
    return Evidence(tuple(_row(source) for source in sources))


def _row(source: Source) -> Row:
    spans = split(source.abstract[:20_000])
    return Row(
        source,
        {
            "models": _models(spans),
            "format": _first(spans, _formats),
            "amount": _first(spans, _amounts),
            "pretrained": _first(spans, _pretrained),
        },
    )


def _models(spans: Sequence[Span]) -> Answer | None:
    """All models of the abstract, quoted by the sentence that names most of them."""
    by_span = [models_in(to_text(span.text)) for span in spans]
    names = tuple(dict.fromkeys(name for names in by_span for name in names))
    if not names:
        return None
    best = max(range(len(spans)), key=lambda index: len(by_span[index]))
    return _answer(spans[best], names)


def _first(spans: Sequence[Span], read: Callable[[str], tuple[str, ...]]) -> Answer | None:
    for span in spans:
        values = read(to_text(span.text))
        if values:
            return _answer(span, values)
    return None


def _answer(span: Span, values: tuple[str, ...]) -> Answer:
    return Answer(values, span.text, span.start, span.end)


def _formats(sentence: str) -> tuple[str, ...]:
    if _NOT_THIS_WORK.search(sentence):
        return ()
    found = [" ".join(match[0].casefold().split()) for match in _FORMAT.finditer(sentence)]
    return tuple(dict.fromkeys(found))


def _amounts(sentence: str) -> tuple[str, ...]:
    if not _ABOUT_DATA.search(sentence):
        return ()
    found = []
    for match in _AMOUNT.finditer(sentence):
        around = sentence[match.start() : match.end() + 16]
        small = re.match(r"\D*(?:\d|[1-9]\d)\s+(?!hours|[GT]B)[a-zA-Z-]+\s?", match[0])
        counted = re.search(r"thousand|million|billion|trillion", match[0])
        a_year = re.match(r"(?:19|20)\d\d\b", match[0])
        if not (_NO_AMOUNT.search(around) or a_year or (small and not counted)):
            found.append(" ".join(match[0].split()))
    return tuple(dict.fromkeys(found))


def _pretrained(sentence: str) -> tuple[str, ...]:
    if not _PRETRAINED.search(sentence):
        return ()
    names = models_in(sentence)
    if re.search(r"\bpre-?trained\b|off-the-shelf|open[- ]weights?", sentence, re.IGNORECASE):
        return names
    return (names or ("the paper's own",)) if _GIVEN_AWAY.search(sentence) else ()


def as_text(evidence: Evidence) -> str:
    """The questions one after the other, each with totals and quotes."""
    count = len(evidence.rows)
    lines: list[str] = []
    for key, question in QUESTIONS.items():
        lines += [question, f"  stated in {evidence.answered(key)} of {count} abstracts"]
        totals = evidence.totals(key)
        if totals and key in ("models", "pretrained"):
            lines.append("  " + "; ".join(f"{value} in {n} of {count}" for value, n in totals))
        for row in evidence.rows:
            answer = row.answers[key]
            name = _cite(row.source)
            said = NOT_STATED if answer is None else f"“{' '.join(answer.quote.split())}”"
            lines.append(f"  - {name}: {said}")
        lines.append("")
    return "\n".join(lines).rstrip()


def as_markdown(evidence: Evidence) -> str:
    """A table over the sources, and totals below it; ready to be pasted into a README."""
    header = ["Source", *QUESTIONS.values()]
    lines = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    for row in evidence.rows:
        cells = [_cell(row.answers[key]) for key in QUESTIONS]
        lines.append(f"| {escape(_cite(row.source))} | {' | '.join(cells)} |")
    count = len(evidence.rows)
    lines.append("")
    for key, question in QUESTIONS.items():
        named = ", ".join(f"{escape(value)} in {n} of {count}" for value, n in evidence.totals(key))
        stated = f"stated in {evidence.answered(key)} of {count} abstracts"
        lines.append(f"- **{question}** {stated}{f': {named}' if named else ''}.")
    return "\n".join(lines)


def _cell(answer: Answer | None) -> str:
    if answer is None:
        return f"*{NOT_STATED}*"
    return f"“{escape(to_text(answer.quote))}”"


def _cite(source: Source) -> str:
    """`Vaswani et al. 2017, Attention Is All You Need`."""
    name = source.authors[0].split()[-1] if source.authors and source.authors[0].split() else ""
    name += " et al." if name and len(source.authors) > 1 else ""
    year = str(source.year) if source.year else ""
    head = " ".join(part for part in (name, year) if part)
    title = to_text(source.title)
    return f"{head}, {title}" if head else title
