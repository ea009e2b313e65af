"""Pick the sentences of an abstract that say its objective, methods and outcomes.

Nothing is reworded: an extract is a piece of the abstract with its place in it,
so a reader can check it. Where no sentence is good enough there is no extract,
because "please fill in" costs a team less than a wrong sentence.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from litreview.abstracts import cues
from litreview.abstracts.choice import (
    FIELDS,
    MIN_WORDS,
    Field,
    Scored,
    Sentence,
    candidates,
    choose,
    features,
    probability,
    reasons,
)
from litreview.abstracts.cues import Language
from litreview.abstracts.headings import Heading, find_heading
from litreview.abstracts.roles import ROLES, is_boilerplate, probabilities
from litreview.text.latex import to_text
from litreview.text.sentences import Span, split

# No abstract is longer; what follows is not read.
MAX_CHARACTERS = 20_000
# Of the words of an abstract, a third are these; of another language's, hardly any.
_ENGLISH = frozenset(
    re.findall(
        r"\w+",
        "the of and is for with that are we by this to from were it which be have has our in on "
        "a an at as",
    )
)
_GERMAN = frozenset(
    re.findall(
        r"\w+",
        "der die das und ist wird werden wurde wurden mit von für zu den des eine ein auf nicht "
        "wir dem sich im zur zum",
    )
)
LEAST_COMMON = 0.1
MIN_WORDS_TO_JUDGE = 20
# The tagger's log-odds beyond these say no more.
MAX_ODDS = 4.6
# What it would say of a German sentence if it could read one.
UNREAD_ODDS = (-1.0, 0.4, 0.2)
# So many other sentences are offered for a field.
OFFERED = 3
# Log-odds below which a sentence is not even offered.
LEAST_OFFERED = -3.0
MAX_REASONS = 3
Odds = tuple[float, float, float]
# What a person reads of why a sentence was chosen.
REASONS = {
    "role": "its wording",
    "first_aim": "the first sentence that states an aim",
    "self": "speaks of this work",
    "self_aims": "says what this work does",
    "goal": "names the aim",
    "aims_to": "says what it aims to",
    "we_new": "says what the authors set out to do",
    "passive_new": "says what was proposed or studied",
    "infinitive": "begins as an aim does",
    "artifact": "says what this is",
    "learn": "says what one learns",
    "opening": "opens the text",
    "we_do": "says what the authors did",
    "done": "says what was done",
    "means": "names the means",
    "design": "names the design, data or model",
    "specifically": "goes into detail",
    "own_works": "says how it works",
    "named_works": "says how it works",
    "test_on": "says on what it was tried",
    "we_test": "says that it was tried",
    "we_find": "states a finding",
    "results_show": "says what the results show",
    "shown": "says what was found",
    "better": "compares",
    "quality": "judges",
    "figure": "gives a figure",
    "number": "gives a number",
    "theorem": "states a theorem",
    "change": "says what changed",
    "conclude": "concludes",
    "argue": "argues",
    "under_objective": "stands under a heading of aims",
    "under_method": "stands under a heading of methods",
    "under_result": "stands under a heading of results",
    "under_conclusion": "stands under a heading of conclusions",
    "under_both": "stands under a heading of methods and results",
}


@dataclass(frozen=True, slots=True)
class Extract:
    """A sentence of an abstract or a paper, verbatim.

    Attributes:
        text: Exactly `abstract[start:end]`, with its line breaks and LaTeX.
        start: Offset of the first character.
        end: Offset behind the last character.
        score: From 0 to 1: how likely a reader takes it as a right answer.
        reasons: What speaks for it, strongest first, as `REASONS` words them.
        where: The section or page of the paper, whose text the offsets then count; empty in
            an abstract.
    """

    text: str
    start: int
    end: int
    score: float
    reasons: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an abstract says of a work; None where no sentence says it clearly.

    Attributes:
        objective: What the authors wanted.
        methods: What they did.
        outcomes: What came out.
        candidates: For each field up to three sentences, best first, for a person
            to pick from; also such as were not good enough to be given.
    """

    objective: Extract | None = None
    methods: Extract | None = None
    outcomes: Extract | None = None
    candidates: Mapping[str, tuple[Extract, ...]] = field(default_factory=dict, compare=False)


def summarize(abstracts: Iterable[str]) -> list[Summary]:
    """Find the objective, methods and outcomes in each abstract.

    One call for many abstracts is much faster than many calls.

    Args:
        abstracts: The texts; any may be empty.

    Returns:
        A summary for each abstract, in order.
    """
    texts = [abstract[:MAX_CHARACTERS] for abstract in abstracts]
    languages = [_language(text) for text in texts]
    spans = [
        split(text) if language else [] for text, language in zip(texts, languages, strict=True)
    ]
    read = [i for i, language in enumerate(languages) if language == "english"]
    odds: dict[int, list[Odds]] = dict(zip(read, _odds([spans[i] for i in read]), strict=True))
    return [
        _summary(found, odds.get(i, [UNREAD_ODDS] * len(found)), languages[i])
        for i, found in enumerate(spans)
    ]


def _odds(abstracts: Sequence[Sequence[Span]]) -> list[list[Odds]]:
    """The tagger's log-odds of objective, method and result for each sentence."""
    if not any(abstracts):
        return [[] for _ in abstracts]
    import numpy as np

    columns = [ROLES.index("objective"), ROLES.index("method"), ROLES.index("result")]
    tables = probabilities([[span.text for span in spans] for spans in abstracts])
    wanted = np.clip(np.concatenate(tables)[:, columns], 1e-6, 1 - 1e-6)
    logits = np.clip(np.log(wanted / (1 - wanted)), -MAX_ODDS, MAX_ODDS)
    rows: list[Odds] = list(zip(*logits.T.tolist(), strict=True))
    ends = itertools.accumulate(map(len, abstracts))
    return [rows[end - len(spans) : end] for spans, end in zip(abstracts, ends, strict=True)]


def _summary(spans: Sequence[Span], odds: Sequence[Odds], language: Language | None) -> Summary:
    if language is None:
        return Summary()
    sentences, starts = _read(spans, odds, language)
    names = features(sentences)
    scored = candidates(sentences, names)
    chosen = choose(scored)

    def extract(field: Field, item: Scored) -> Extract:
        span, skipped = spans[item.row], starts[item.row]
        why = reasons(field, sentences[item.row], names[item.row])
        return Extract(
            span.text[skipped:],
            span.start + skipped,
            span.end,
            round(probability(item.score), 4),
            tuple(dict.fromkeys(REASONS[name] for name in why if name in REASONS))[:MAX_REASONS],
        )

    given: dict[str, Extract | None] = {}
    offered: dict[str, tuple[Extract, ...]] = {}
    for name in FIELDS:
        first = chosen[name]
        rest = [item for item in scored[name] if item is not first and item.score > LEAST_OFFERED]
        ordered = ([first] if first else []) + rest
        offered[name] = tuple(extract(name, item) for item in ordered[:OFFERED])
        given[name] = offered[name][0] if first else None
    return Summary(**given, candidates=offered)


def _read(
    spans: Sequence[Span], odds: Sequence[Odds], language: Language
) -> tuple[list[Sentence], list[int]]:
    """Find the cues and headings of each sentence, and where its text begins behind a heading."""
    patterns = cues.load_cues(language)
    headings = [find_heading(span.text) for span in spans]
    structured = sum(h is not None and h.kind != "label" for h in headings) >= 2
    current: Heading | None = None
    sentences, starts = [], []
    for span, heading, row in zip(spans, headings, odds, strict=True):
        own = heading if heading is not None and heading.kind != "label" else None
        current = own or (current if structured else None)
        skipped = heading.end if heading is not None and heading.end < len(span.text) else 0
        text = span.text[skipped:][:2000]
        words = 0 if is_boilerplate(span.text) else len(text.split())
        if heading is not None and heading.end >= len(span.text):
            words = 0
        if "\\" in text or "$" in text:
            text = to_text(text)
        found = patterns.find(text) if words >= MIN_WORDS else frozenset()
        sentences.append(Sentence(words, found, current, own is not None, row))
        starts.append(skipped)
    return sentences, starts


def _language(text: str) -> Language | None:
    """Tell English and German from what cannot be read; the tagger would only guess at it."""
    beginning = text[:2000]
    if not beginning.isascii():
        letters = [char for char in beginning if char.isalpha()]
        if 2 * sum(char.isascii() for char in letters) <= len(letters):
            return None
    words = beginning.lower().split()
    english = sum(map(_ENGLISH.__contains__, words))
    german = sum(map(_GERMAN.__contains__, words))
    if german > english and german >= LEAST_COMMON * len(words):
        return "german"
    if len(words) < MIN_WORDS_TO_JUDGE or english >= LEAST_COMMON * len(words):
        return "english"
    return None
