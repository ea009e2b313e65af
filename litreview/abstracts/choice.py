"""Choose the sentences of an abstract for the fields of a review.

For each field a sentence has a score in log-odds: from the tagger's probability
of the role, from cue words, from the heading above it and from its place. The
fields are then filled together, so that a sentence is used once and the sum of
what the scores exceed their thresholds by is largest. Where no score reaches
the threshold, nothing is given.

The weights were set by hand and checked by cross-validation on labelled
abstracts of ten fields of science; see `training/README.md`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Container, Sequence
from typing import Literal, NamedTuple

from litreview.abstracts.headings import Heading

Field = Literal["objective", "methods", "outcomes"]
FIELDS: tuple[Field, ...] = ("objective", "methods", "outcomes")
# So many sentences a field are considered together.
CANDIDATES = 4
MIN_WORDS = 4
# A sentence with fewer words seldom says enough.
SHORT = 7
_FINDING = frozenset(("we_find", "results_show", "shown", "better", "figure", "theorem"))
_STRONG_FINDING = frozenset(("we_find", "results_show", "better", "figure"))
_DOING = frozenset(
    (
        *("we_do", "done", "means", "design", "own_works", "named_works", "we_test", "we_new"),
        *("passive_new", "perfect_new", "specifically", "artifact"),
    )
)
_DEED = frozenset(("we_do", "done", "we_test", "we_new", "passive_new", "perfect_new"))
_AFTERTHOUGHT = frozenset(("outlook", "implication", "promise"))
_AIM = frozenset(("self", "self_aims", "goal"))
_NO_AIM = frozenset(("meta", "points_back", "earlier_work"))
_OWN = frozenset(("we_new", "we_find", "we_do", "we_test"))
_IS = frozenset(("artifact",))
_OWN_PASSIVE = frozenset(("passive_new", "perfect_new"))


# What a cue, heading or place adds to the log-odds; see the languages’ modules for their names.
WEIGHTS: dict[Field, dict[str, float]] = {
    "objective": {
        "first_aim": 1.8,
        "first_finding": 1.0,
        "self": 0.5,
        "self_aims": 0.5,
        "goal": 0.6,
        "aims_to": 0.3,
        "we_new": 0.5,
        "passive_new": 0.3,
        "perfect_new": 0.8,
        "infinitive": 0.6,
        "artifact": 0.5,
        "learn": 0.3,
        "opening": 0.2,
        "closing": -0.5,
        "before": -1.2,
        "short": -0.6,
        "pointing": -0.5,
        "earlier_work": -1.5,
        "points_back": -0.5,
        "secondary": -0.4,
        "we_find": -0.4,
        "results_show": -0.5,
        "figure": -0.2,
        "release": -0.3,
        "meta": -1,
        "others": -0.2,
        "background": -0.4,
        "contrast": -0.3,
        "outlook": -0.2,
        "implication": -0.2,
        "argue": 0.2,
        "test_only": -0.2,
        "under_objective": 2,
        "under_method": -1.5,
        "under_result": -1.5,
        "under_conclusion": -2,
        "under_both": -1,
        "under_implication": -2,
        "under_other": -3,
    },
    "methods": {
        "before": -1.0,
        "aims_again": -0.5,
        "we_do": 0.5,
        "done": 0.6,
        "means": 0.6,
        "design": 0.3,
        "specifically": 0.4,
        "own_works": 0.4,
        "named_works": 0.3,
        "test_on": 0.3,
        "we_test": 0.4,
        "passive_new": 0.2,
        "we_new": 0.2,
        "past": 0.2,
        "we_find": -0.5,
        "results_show": -0.2,
        "shown": -0.3,
        "better": -0.5,
        "quality": -0.2,
        "figure": -0.3,
        "conclude": -0.3,
        "outlook": -0.5,
        "implication": -0.4,
        "promise": -0.5,
        "property": -1.0,
        "tackles": -0.8,
        "others": -0.1,
        "background": -0.5,
        "contrast": -0.3,
        "hypothesis": -0.6,
        "argue": -1,
        "release": -0.3,
        "meta": -1,
        "learn": -0.5,
        "question": -0.8,
        "short": -0.6,
        "afterthought": -0.6,
        "opening": -0.2,
        "theorem": -0.4,
        "illustrate": -0.2,
        "after_aim": 0.3,
        "no_doing": -0.8,
        "finding_only": -0.6,
        "under_method": 2,
        "under_both": 1,
        "opens_both": 0.8,
        "under_result": -0.8,
        "no_methods": 1.2,
        "under_conclusion": -2,
        "under_objective": -1,
        "under_background": -1,
        "under_other": -3,
        "under_implication": -2,
        "hanging": -0.1,
    },
    "outcomes": {
        "no_finding": -1.3,
        "we_find": 0.6,
        "results_show": 0.6,
        "shown": 0.3,
        "better": 0.5,
        "quality": 0.2,
        "figure": 0.4,
        "number": 0.3,
        "theorem": 0.2,
        "change": 0.3,
        "conclude": 0.3,
        "argue": 0.3,
        "before": -1.2,
        "opening": -0.5,
        "first_aim": -0.3,
        "self_aims": -0.2,
        "done": -0.3,
        "we_do": -0.2,
        "means": -0.2,
        "we_test": -0.2,
        "test_only": -1.2,
        "confirms_only": -1.0,
        "should": -0.9,
        "afterthought": -0.9,
        "outlook": -1.6,
        "implication": -0.6,
        "promise": -0.5,
        "illustrate": -0.2,
        "release": -0.6,
        "property": -0.4,
        "others": -0.2,
        "background": -0.4,
        "contrast": -0.1,
        "hypothesis": -0.2,
        "meta": -1.2,
        "artifact": -0.6,
        "later_aim": -0.2,
        "learn": -2,
        "question": -1,
        "short": -0.5,
        "hanging": -0.3,
        "goal": -0.8,
        "infinitive": -1,
        "aims_to": -0.4,
        "under_result": 1.6,
        "under_both": 0.6,
        "opens_both": -0.6,
        "under_conclusion": 0.8,
        "under_implication": -2,
        "under_other": -3,
        "under_method": -1.5,
        "under_objective": -2,
        "under_background": -1.5,
    },
}
BIAS: dict[Field, float] = {"objective": -1.5, "methods": -1.0, "outcomes": 0.0}
THRESHOLDS: dict[Field, float] = {"objective": -1.1, "methods": -0.8, "outcomes": -0.8}
# What filling a field counts by itself: a sentence that could be two is rather the aim.
WORTH: dict[Field, float] = {"objective": 1.0, "methods": 0.0, "outcomes": 0.8}
# What a sentence that is not the best needs more, where the best stands in another field.
RUNNER_UP = 0.1
# What the log-odds of objective, method and result add.
ROLE_WEIGHTS: dict[Field, tuple[float, float, float]] = {
    "objective": (0.5, 0.0, -0.25),
    "methods": (0.1, 0.55, -0.2),
    "outcomes": (-0.1, 0.05, 0.5),
}
# What standing last rather than first adds to an outcome.
PLACE = 0.3
# The same by name, for all fields at once.
_WEIGHTS = {
    name: tuple(WEIGHTS[field].get(name, 0.0) for field in FIELDS)
    for name in set().union(*WEIGHTS.values())
}
_SPEAKS_FOR = {
    field: {name: weight for name, weight in weights.items() if weight > 0}
    for field, weights in WEIGHTS.items()
}
_BIAS = tuple(BIAS[field] for field in FIELDS)
_ROLES = tuple(ROLE_WEIGHTS[field] for field in FIELDS)


class Sentence(NamedTuple):
    """What is known of a sentence before it is chosen.

    Attributes:
        words: How many it has, without its heading.
        cues: Names of its cues.
        heading: That of its part of a structured abstract.
        opens: Whether that heading stands at its beginning.
        odds: Log-odds of the roles objective, method and result.
    """

    words: int
    cues: frozenset[str]
    heading: Heading | None
    opens: bool
    odds: tuple[float, float, float]


def states_aim(cues: frozenset[str] | set[str]) -> bool:
    """Tell whether a sentence speaks of what this work is for."""
    if cues & _NO_AIM:
        return False
    if cues & _AIM:
        return True
    return ("we_new" in cues or "infinitive" in cues) and "we_find" not in cues


def _opens_aims(sentences: Sequence[Sentence], row: int) -> bool:
    """Tell whether a sentence opens a part headed "Aims" whose later sentences state none."""
    own = sentences[row].heading
    if own is None or own.kind != "objective" or not sentences[row].opens:
        return False
    part = itertools.takewhile(lambda s: s.heading is own, sentences[row + 1 :])
    return not any(states_aim(s.cues) for s in part)


def _supposed_aim(sentences: Sequence[Sentence]) -> list[int]:
    """Where no aim is stated: what the authors did or found first, or what the thing is."""
    for wanted in (_OWN, _IS, _OWN_PASSIVE):
        for i, s in enumerate(sentences):
            if not s.cues & wanted or s.cues & _NO_AIM:
                continue
            if s.heading is not None and s.heading.kind not in ("background", "objective"):
                continue
            # "X is a library for …" opens a text; elsewhere it speaks of something else.
            if i <= 1 if wanted is _IS else "background" not in s.cues:
                return [i]
    return []


def features(sentences: Sequence[Sentence]) -> list[set[str]]:
    """Name what speaks for and against each sentence: its cues, its heading, its place."""
    aims = [i for i, s in enumerate(sentences) if states_aim(s.cues) or _opens_aims(sentences, i)]
    stated = bool(aims)
    if not stated:
        aims = _supposed_aim(sentences)
    first = aims[0] if aims else None
    methods = any(s.heading and s.heading.kind in ("method", "both") for s in sentences)
    found = []
    for i, s in enumerate(sentences):
        names = set(s.cues)
        if s.heading is not None:
            names.add(f"under_{s.heading.kind}")
            if s.opens:
                names.add(f"opens_{s.heading.kind}")
            if not methods and s.opens and s.heading.kind == "result":
                names.add("no_methods")
        if stated and first is not None and i < first:
            names.add("before")
        if first is not None and i == first + 1:
            names.add("after_aim")
        if i == first:
            # "We prove …" where nothing else states an aim is rather an outcome.
            found_only = "we_find" in s.cues and "we_new" not in s.cues
            names.add("first_aim" if stated or not found_only else "first_finding")
        elif i in aims:
            names.add("later_aim")
            if s.cues & _AIM:
                names.add("aims_again")
        if i == 0:
            names.add("opening")
        elif i == len(sentences) - 1:
            names.add("closing")
        if s.words < SHORT:
            names.add("short")
        if s.cues & {"we_find", "better", "results_show"} and not s.cues & _DEED:
            names.add("finding_only")
        if not s.cues & _DOING:
            names.add("no_doing")
        if not s.cues & _FINDING:
            names.add("no_finding")
        strong = s.cues & _STRONG_FINDING
        if "demonstrates_on" in s.cues and strong <= {"we_find"}:
            names.add("test_only")
        if "outlook" in s.cues or (not strong and s.cues & _AFTERTHOUGHT):
            names.add("afterthought")
        if not strong and s.cues & {"we_test", "illustrate"}:
            names.add("test_only")
        found.append(names)
    return found


class Scored(NamedTuple):
    """A sentence that a field may take.

    Attributes:
        row: Its number in the abstract.
        score: Log-odds that it is a right answer.
    """

    row: int
    score: float


def candidates(
    sentences: Sequence[Sentence], names: Sequence[set[str]]
) -> dict[Field, list[Scored]]:
    """Score the sentences for each field; the best come first.

    Args:
        sentences: Of one abstract.
        names: The `features` of each.
    """
    last = max(len(sentences) - 1, 1)
    found: dict[Field, list[Scored]] = {field: [] for field in FIELDS}
    aims, methods, outcomes = found.values()
    for i, (sentence, own) in enumerate(zip(sentences, names, strict=True)):
        if sentence.words < MIN_WORDS:
            continue
        aim, method, outcome = _BIAS
        for name in own:
            added = _WEIGHTS.get(name)
            if added is not None:
                aim += added[0]
                method += added[1]
                outcome += added[2]
        (a, b, c), (d, e, f), (g, h, k) = _ROLES
        x, y, z = sentence.odds
        aims.append(Scored(i, aim + a * x + b * y + c * z))
        methods.append(Scored(i, method + d * x + e * y + f * z))
        outcomes.append(Scored(i, outcome + g * x + h * y + k * z + PLACE * i / last))
    for items in found.values():
        items.sort(key=_best_first)
        del items[CANDIDATES:]
    return found


def _best_first(item: Scored) -> float:
    return -item.score  # sorting keeps the order of equals


def reasons(field: Field, sentence: Sentence, names: set[str], wanted: Container[str]) -> list[str]:
    """The names of what speaks for a sentence, strongest first, those that are wanted."""
    weights = _SPEAKS_FOR[field]
    parts = [(-weights[name], name) for name in names if name in weights and name in wanted]
    number = FIELDS.index(field)
    if sentence.odds[number] > 0:
        parts.append((-ROLE_WEIGHTS[field][number] * sentence.odds[number], "role"))
    parts.sort()
    return [name for _, name in parts]


def choose(scored: dict[Field, list[Scored]]) -> dict[Field, Scored | None]:
    """Give each field a sentence of its own, or none."""
    tops = [
        scored[field][0] if scored[field] and scored[field][0].score > THRESHOLDS[field] else None
        for field in FIELDS
    ]
    rows = [item.row for item in tops if item is not None]
    if len(set(rows)) == len(rows):
        return dict(zip(FIELDS, tops, strict=True))
    options: list[list[Scored | None]] = [
        [
            None,
            *(
                item
                for number, item in enumerate(scored[field])
                if item.score > THRESHOLDS[field] + RUNNER_UP * (number > 0)
            ),
        ]
        for field in FIELDS
    ]
    best: tuple[Scored | None, ...] = (None, None, None)
    most = 0.0
    for chosen in itertools.product(*options):
        rows = [item.row for item in chosen if item is not None]
        if len(set(rows)) < len(rows):
            continue
        total = sum(
            item.score - THRESHOLDS[field] + WORTH[field]
            for field, item in zip(FIELDS, chosen, strict=True)
            if item is not None
        )
        if total > most:
            best, most = chosen, total
    return dict(zip(FIELDS, best, strict=True))


def probability(score: float) -> float:
    """Turn log-odds into a probability."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
