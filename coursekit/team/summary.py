"""Read the results summary of a team's root README, in every form that teams give it.

Three forms exist: the course's of 2023 (Best Model, Evaluation Metric, Result),
its longer one of 2026 (with subsections for performance, comparison and
insights), and this template's. Values stand behind the label, in brackets, or
in bullets below; labels get renamed and joined.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from litreview.review.placeholders import is_placeholder

FILLED = "filled"
PARTIAL = "partial"
PLACEHOLDER = "placeholder"
REMOVED = "removed"

_HASHES = re.compile(r" {0,3}(#{1,6})(?!#)")
_GAPS = re.compile(r"(?<=\S)[ \t]{2,}")
MAX_LINE = 1_000
MAX_VALUE = 400
_BASELINE = re.compile(
    r"^\W*(?:the )?baseline(?: model)?(?: performance| result| score)?\W*$", re.I
)
# A label in bold (colon inside or outside) or plain in a bullet, then its value.
_FIELD = re.compile(
    r"^\s{0,8}(?:[-*+•]\s+|\d+[.)]\s+)?(?:\*\*|__)?\s*(?P<label>[A-Za-zÄÖÜäöüß][^:*_\n]{1,60}?)\s*"
    r"(?:\*\*|__)?\s*[:：]\s*(?:\*\*|__)?\s*(?P<value>.*)$"
)
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")
_LONG_FORM = re.compile(
    r"best model performance|model comparison|key insights|final performance|best alternative",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"\b(?:best|final|chosen|selected)?\s*(?:\w+\s)?(?:model|modell)\b", re.IGNORECASE
)
_METRIC = re.compile(r"metric|metrik|evaluation|measure", re.IGNORECASE)
_VALUE = re.compile(
    r"^(?:the\s|final\s|best\s|test\s|main\s|overall\s)*(?:result|results|ergebnis|performance|score|"
    r"accuracy)\b|final .*performance",
    re.IGNORECASE,
)
_LINK_ONLY = re.compile(r"^\W*!?\[[^\]]*\]\([^)]*\)\W*$")
_OTHER = re.compile(r"baseline|improvement|alternative|limitation|strength|factor|feature|insight",
                    re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ResultsSummary:
    """What a root README says about the results.

    Attributes:
        state: `filled` (model, metric and value), `partial` (some of them),
            `placeholder` (the template's words are still there) or `removed`
            (nothing is left of the form; `line` says where free text stands).
        variant: `2023`, `2026` or `other`.
        best_model: The model, or None.
        metric: The metric, or None.
        value: What was reached, or None.
        baseline: What the baseline reached, or None.
        line: Where the section starts, counted from 1; 0 without one.
    """

    state: str
    variant: str
    best_model: str | None = None
    metric: str | None = None
    value: str | None = None
    line: int = 0
    baseline: str | None = None


def read_summary(text: str) -> ResultsSummary:
    """Read the results summary of a root README.

    Args:
        text: The README.
    """
    # Nobody writes a figure behind a thousand characters, and every pattern here is bounded so.
    lines = [_GAPS.sub(" ", line[: 4 * MAX_LINE])[:MAX_LINE] for line in text.splitlines()]
    start, end = _section(lines)
    if start is None:
        return ResultsSummary(REMOVED, "other")
    section = lines[start:end]
    variant = "2026" if _LONG_FORM.search("\n".join(section)) else "2023"
    found: dict[str, str | None] = {"model": None, "metric": None, "value": None}
    labels = 0
    baseline: str | None = None
    for number, line in enumerate(section):
        match = _FIELD.match(_without_link_in_label(line))
        if match is None:
            continue
        kinds = _kinds(match["label"])
        if _BASELINE.search(match["label"]) and baseline is None:
            baseline = _clean(match["value"][:MAX_VALUE]) or _below(section, number)[:MAX_VALUE]
        labels += bool(kinds)
        value = _clean(match["value"][:MAX_VALUE]) or _below(section, number)[:MAX_VALUE]
        for kind in kinds:
            if value and found[kind] is None:
                found[kind] = value
    if found["value"] and found["metric"] is None and labels:
        found["metric"] = _metric_in(found["value"])
    known = [value for value in found.values() if value]
    if len(known) == 3:
        state = FILLED
    elif known:
        state = PARTIAL
    else:
        state = PLACEHOLDER if labels else REMOVED
    if labels == 0:
        variant = "other"
    return ResultsSummary(
        state,
        variant,
        found["model"],
        found["metric"],
        found["value"],
        start + 1,
        baseline or None,
    )


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    title: str


def _heading(line: str) -> _Heading | None:
    hashes = _HASHES.match(line)
    if hashes is None:
        return None
    return _Heading(len(hashes[1]), line[hashes.end() :].strip().rstrip("#").strip())


def _section(lines: list[str]) -> tuple[int | None, int]:
    """The section about results: from its heading to the next one that is no part of it."""
    best: tuple[int, int] | None = None
    for number, line in enumerate(lines):
        heading = _heading(line)
        if heading is None:
            continue
        title = heading.title.strip("*_ :").lower()
        if re.search(r"results? summary|summary of (?:the )?results|ergebnis", title):
            best = (number, heading.level)
            break
        if best is None and re.fullmatch(
            r"(?:\d+\W*)?(?:our |final |main |key )?results?|best model(?: performance)?", title
        ):
            best = (number, heading.level)
    if best is None:
        # Some teams keep the bullets and drop the heading.
        for number, line in enumerate(lines):
            if re.match(r"^\s*[-*+]\s+(?:\*\*)?best model\b", line, re.IGNORECASE):
                return number, min(number + 8, len(lines))
        return None, 0
    start, level = best
    for number in range(start + 1, len(lines)):
        heading = _heading(lines[number])
        if heading is None:
            continue
        inside = heading.level > level or _LONG_FORM.search(heading.title)
        if not inside:
            return start, number
    return start, len(lines)


def _kinds(label: str) -> tuple[str, ...]:
    """Which of model, metric and value a label asks for; joined labels ask for two."""
    label = label.strip(" *_")
    if _OTHER.search(label):
        return ()
    kinds = []
    if _MODEL.search(label) and not re.search(r"performance", label, re.IGNORECASE):
        kinds.append("model")
    if _METRIC.search(label):
        kinds.append("metric")
    joined = re.search(r"(?:\b(?:and|und)\b|[&/])\s*(?:result|ergebnis)", label, re.IGNORECASE)
    if joined or _VALUE.search(label):
        kinds.append("value")
    return tuple(kinds)


def _clean(value: str) -> str:
    """A value without mark-up around it; empty where it is the template's question."""
    value = value.strip()
    value = re.sub(r"[*`]+|(?<!\w)_+|_+(?!\w)", "", value).strip()
    if _LINK_ONLY.match(value) and re.search(r"\]\(.*\.(?:png|jpe?g|svg|gif|pdf|ipynb)", value):
        return ""
    if is_placeholder(value) or _is_question(value):
        return ""
    linked = re.match(r"\[([^\]]+)\]\([^)]*\)", value)
    if linked:
        value = linked[1] + value[linked.end() :]
    bracketed = re.fullmatch(r"\[([^\[\]]*)\]\.?", value)
    return (bracketed[1] if bracketed else value).strip()


def _is_question(value: str) -> bool:
    """Whether a text in brackets is one of the templates' own prompts."""
    inner = re.fullmatch(r"\[(.*)\]", value)
    if inner is None:
        return False
    content = inner[1].strip()
    return content.endswith("?") or bool(
        re.match(
            r"(?:name (?:and type )?of|primary metric|best score achieved|e\.?g\.?[,:]? |baseline "
            r"model performance|quantitative improvement)",
            content,
            re.IGNORECASE,
        )
    )


def _below(section: list[str], number: int) -> str:
    """A value that stands on the following lines: indented text or nested bullets."""
    indent = len(section[number]) - len(section[number].lstrip())
    found: list[str] = []
    for line in section[number + 1 : number + 10]:
        if not line.strip():
            if found:
                break
            continue
        own = len(line) - len(line.lstrip())
        if _heading(line) or (own <= indent and (_BULLET.match(line) or found)):
            break
        field = _FIELD.match(line)
        if own <= indent and field and _kinds(field["label"]):
            break
        cleaned = _clean(_BULLET.sub("", line))
        if cleaned:
            found.append(cleaned)
    return "; ".join(found)


def _metric_in(value: str) -> str | None:
    """The metric that a value names itself: "93 % accuracy"."""
    # A digit behind a letter belongs to a name, as in F1.
    words = re.sub(r"(?<![A-Za-z\d])[\d.,]+|[.,%±+<>=~:()\[\]/-]+", " ", value).split()
    name = " ".join(words[:4])
    return name if re.search(r"[A-Za-z][A-Za-z\d]", name) else None


def _without_link_in_label(line: str) -> str:
    return re.sub(r"\[\s*(\*\*[^\]]+\*\*)\s*\]\(\s*\)", r"\1", line)
