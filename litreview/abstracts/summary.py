"""Pick the sentences of an abstract that say its objective, methods and outcomes.

Nothing is reworded: an extract is a piece of the abstract with its place in it,
so a reader can check it. Where no sentence is good enough there is no extract,
because "please fill in" costs a team less than a wrong sentence.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from litreview.abstracts.headings import Heading
from litreview.abstracts.roles import ROLES, Prepared, prepare, role_tables
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
_NO_ASCII = re.compile(r"[^\x00-\x7f]+")
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())
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
    items = [[prepare(span.text) for span in found] for found in spans]
    read = [i for i, language in enumerate(languages) if language == "english"]
    odds: dict[int, list[Odds]] = dict(zip(read, _odds([items[i] for i in read]), strict=True))
    return [
        _summary(found, items[i], odds.get(i, [UNREAD_ODDS] * len(found)), languages[i])
        for i, found in enumerate(spans)
    ]


def _odds(abstracts: Sequence[Sequence[Prepared]]) -> list[list[Odds]]:
    """The tagger's log-odds of objective, method and result for each sentence."""
    if not any(abstracts):
        return [[] for _ in abstracts]
    import numpy as np

    columns = [ROLES.index("objective"), ROLES.index("method"), ROLES.index("result")]
    wanted = np.clip(np.concatenate(role_tables(abstracts))[:, columns], 1e-6, 1 - 1e-6)
    logits = np.clip(np.log(wanted / (1 - wanted)), -MAX_ODDS, MAX_ODDS)
    rows: list[Odds] = list(zip(*logits.T.tolist(), strict=True))
    ends = itertools.accumulate(map(len, abstracts))
    return [rows[end - len(items) : end] for items, end in zip(abstracts, ends, strict=True)]


def _summary(
    spans: Sequence[Span],
    items: Sequence[Prepared],
    odds: Sequence[Odds],
    language: Language | None,
) -> Summary:
    if language is None:
        return Summary()
    sentences = _read(items, odds, language)
    names = features(sentences)
    scored = candidates(sentences, names)
    chosen = choose(scored)
    offers = Offers(spans, items, sentences, names, scored, chosen)
    first = {name: offers.extract(name, item) if item else None for name, item in chosen.items()}
    return Summary(first["objective"], first["methods"], first["outcomes"], offers)


class Offers(Mapping[str, tuple[Extract, ...]]):
    """For each field up to `OFFERED` sentences, made when they are asked for.

    Args:
        spans: The sentences of an abstract.
        items: The same, as they are read.
        sentences: The same, as they are judged.
        names: What speaks for and against each.
        scored: The best for each field.
        chosen: That which was chosen.
    """

    __slots__ = ("_chosen", "_items", "_names", "_scored", "_sentences", "_spans")

    def __init__(
        self,
        spans: Sequence[Span],
        items: Sequence[Prepared],
        sentences: Sequence[Sentence],
        names: Sequence[set[str]],
        scored: Mapping[Field, Sequence[Scored]],
        chosen: Mapping[Field, Scored | None],
    ) -> None:
        self._spans = spans
        self._items = items
        self._sentences = sentences
        self._names = names
        self._scored = scored
        self._chosen = chosen

    def __getitem__(self, name: str) -> tuple[Extract, ...]:
        field = FIELDS[FIELDS.index(name)] if name in FIELDS else None
        if field is None:
            raise KeyError(name)
        first = self._chosen[field]
        rest = [s for s in self._scored[field] if s is not first and s.score > LEAST_OFFERED]
        ordered = ([first] if first else []) + rest
        return tuple(self.extract(field, item) for item in ordered[:OFFERED])

    def __iter__(self) -> Iterator[str]:
        return iter(FIELDS)

    def __len__(self) -> int:
        return len(FIELDS)

    def extract(self, field: Field, item: Scored) -> Extract:
        """A sentence as an answer to a field."""
        row = item.row
        span, skipped = self._spans[row], self._items[row].skipped
        why = reasons(field, self._sentences[row], self._names[row], REASONS)
        return Extract(
            span.text[skipped:],
            span.start + skipped,
            span.end,
            round(probability(item.score), 4),
            tuple(dict.fromkeys(map(REASONS.__getitem__, why)))[:MAX_REASONS],
        )


def _read(items: Sequence[Prepared], odds: Sequence[Odds], language: Language) -> list[Sentence]:
    """Find the cues of each sentence, and the heading that it stands under."""
    find = cues.load_cues(language).find
    own_headings = [
        item.heading if item.heading is not None and item.heading.kind != "label" else None
        for item in items
    ]
    structured = sum(heading is not None for heading in own_headings) >= 2
    current: Heading | None = None
    sentences = []
    for item, own, row in zip(items, own_headings, odds, strict=True):
        current = own or (current if structured else None)
        words = len(item.text.split()) if item.content and not item.bare else 0
        found = find(item.text) if words >= MIN_WORDS else frozenset[str]()
        sentences.append(Sentence(words, found, current, own is not None, row))
    return sentences


def _language(text: str) -> Language | None:
    """Tell English and German from what cannot be read; the tagger would only guess at it."""
    beginning = text[:2000]
    if not beginning.isascii():
        latin = len(beginning.encode("ascii", "ignore").translate(None, _NO_LETTERS))
        if latin <= sum(map(str.isalpha, "".join(_NO_ASCII.findall(beginning)))):
            return None
    words = beginning.lower().split()
    english = sum(map(_ENGLISH.__contains__, words))
    if len(words) < 5 * english:
        return "english"  # no text has more such words than that
    german = sum(map(_GERMAN.__contains__, words))
    if german > english and german >= LEAST_COMMON * len(words):
        return "german"
    if len(words) < MIN_WORDS_TO_JUDGE or english >= LEAST_COMMON * len(words):
        return "english"
    return None
