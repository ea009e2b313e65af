"""The form of a review: which fields it asks for, under which labels.

Nothing of it is written into code: it is read from the template's own README, and a
README that uses other labels (a course has renamed a field) is read with its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from litreview.review.labels import FIELDS, LABEL

MAX_FORM_LINES = 20_000
# What a source begins with: `- **Source 1**: …`, `### Paper 2`.
_HEAD = re.compile(
    r"[ \t]{0,12}(?:[-*+][ \t]+|#{1,6}[ \t]+)?(?:\*\*|__)?"
    r"(?P<word>[^\W\d_]{3,20})[ \t]+(?P<number>\d{1,3})(?:\*\*|__)?(?:[ \t]*:(?:\*\*|__)?|[ \t]*$)"
    r"[ \t]*(?P<title>.{0,300})"
)
# A label in bold with its colon, at the beginning of a line.
_FIELD = re.compile(
    r"(?P<indent>[ \t]{0,40})(?:[-*+][ \t]+)?"
    r"(?:\*\*|__)(?P<label>[^*_:：\[\]<>\n]{2,60})(?:[:：][ \t]*(?:\*\*|__)|(?:\*\*|__)[ \t]*[:：])"
)
_LIST_LINE = re.compile(r"\*\*[^*\n]{3,80}\*\*:")
_WHOSE = "(?:the|our|this|my)"
_END = re.compile(r"#{1,6}[ \t]|\*\*[^*\n]{3,200}\*\*[ \t]*:?[ \t]*$")


@dataclass(frozen=True)
class Form:
    """What the review asks of each source.

    Attributes:
        labels: For each of `FIELDS`, the label that it has here.
        source: The word before a source's number: `Source`.
        list_line: The line below which the sources stand.
        prose: The lines of the template outside its sources, without marks, in small letters.
    """

    labels: Mapping[str, str]
    source: str
    list_line: str
    prose: frozenset[str] = frozenset()

    @cached_property
    def own_labels(self) -> re.Pattern[str]:
        """The labels that `labels.LABEL` does not take for their field; a group for each field."""
        own = {name: label for name, label in self.labels.items() if _usual(label) != name}
        groups = "|".join(f"(?P<{name}>{_words(label)})" for name, label in own.items())
        return re.compile(rf"(?:{groups or '(?!)'})(?![^\W_]|_+[^\W_]|-)", re.IGNORECASE)

    @cached_property
    def exact(self) -> re.Pattern[str]:
        """Exactly the form's labels, in singular or plural, of `the` or `our` project."""
        words = "|".join(
            re.sub(
                r" (?:the|our|this|my) ", " (?:the|our|this|my) ", _words(label.removesuffix("s"))
            )
            for label in self.labels.values()
        )
        return re.compile(f"(?:{words})s?$", re.IGNORECASE)

    @cached_property
    def untouched_line(self) -> re.Pattern[str]:
        """A line of a source that nobody has written in, perhaps with a prompt in brackets."""
        labels = "|".join(re.escape(label) for label in self.labels.values())
        prompt = r"(?:[ \t]*\[[^\[\]]{0,200}\])?"
        return re.compile(
            rf"\s*(?:[-*+] \*\*(?:{re.escape(self.source)} \d{{1,3}}\*\*:{prompt}"
            rf"|\[[^\[\]]{{1,40}}\]\(\)\*\*|(?:{labels})\*\*:{prompt}))?\s*"
        )


@cache
def packaged_form() -> Form:
    """The form of the template that this version brings."""
    text = _template().read_text(encoding="utf-8")
    lines = text.splitlines()
    labelled = next(labels for _, labels in _labelled(lines))
    first = next(match for line in lines if (match := _HEAD.fullmatch(line)))
    return Form(
        labels=dict(zip(FIELDS, labelled, strict=True)),
        source=first["word"],
        list_line=next(line for line in lines if _LIST_LINE.fullmatch(line)),
        prose=frozenset(
            bare_words(line) for line in lines if not (_FIELD.match(line) or _HEAD.match(line))
        )
        - {""},
    )


def form_of(text: str) -> Form:
    """The form that a review README follows.

    A label counts as a field's if the sources have it in that field's place, and have
    no label there that is known. What the README does not say, the template does.

    Args:
        text: The README; any text gives a form.
    """
    form = packaged_form()
    lines = text.split("\n", MAX_FORM_LINES)[:MAX_FORM_LINES]
    labelled = list(_labelled(lines))
    if not labelled:
        return form
    words = Counter(word for word, _ in labelled)
    source = words.most_common(1)[0][0]
    found: dict[str, Counter[str]] = {name: Counter() for name in FIELDS}
    repeated = Counter(tuple(_asked(labels)) for _, labels in labelled)
    for _, labels in labelled:
        asked = _asked(labels)
        whole = len(asked) == len(FIELDS) and repeated[tuple(asked)] > 1
        for name, label in _assigned(asked, form, whole=whole).items():
            found[name][label] += 1
    chosen = {name: _chosen(found[name], form.labels[name], len(labelled)) for name in FIELDS}
    return replace(form, labels=chosen, source=source)


def bare_words(line: str) -> str:
    """A line without its marks, in small letters, so that an edited mark does not count."""
    return " ".join(re.findall(r"\w+", line.casefold()))


def _chosen(found: Counter[str], usual: str, sources: int) -> str:
    """The label that most sources have; the template's where there is no majority."""
    label, count = max(found.items(), key=lambda item: item[1], default=(usual, 0))
    if found[usual] >= count or count * 2 <= sources:
        return usual
    return label


def _labelled(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """For each source with labels, the word before its number, and its outermost labels."""
    word = ""
    labels: list[tuple[int, str]] = []
    for line in [*lines, "# "]:
        head = _HEAD.match(line[:400])
        field = None if head else _FIELD.match(line[:200])
        if head or (_END.match(line) and field is None):
            if labels:
                outer = min(indent for indent, _ in labels)
                yield word, [label for indent, label in labels if indent == outer]
            word, labels = (head["word"] if head else ""), []
        elif field and word:
            labels.append((len(field["indent"].expandtabs(4)), field["label"].strip()))


def _asked(labels: Sequence[str]) -> list[str]:
    """The labels that ask for words, each once, and not for what identifies the work.

    A label that comes again is that of a further source, whose own beginning is no `Source 2`.
    """
    once: dict[str, str] = {}
    for label in labels:
        once.setdefault(label.casefold(), label)
    return [label for label in once.values() if _usual(label) not in ("link", "title", "about")]


def _assigned(labels: Sequence[str], form: Form, *, whole: bool) -> dict[str, str]:
    """Which field each of a source's labels stands for; others are left out.

    Args:
        labels: The labels that ask for words, in order.
        form: The template's.
        whole: Whether several sources have just these labels, one for each field.
    """
    fields: dict[int, str] = {}
    for known in (lambda label: _exactly(label, form), _usual):
        for place, label in enumerate(labels):
            name = known(label)
            if place not in fields and name and name not in fields.values():
                fields[place] = name
    if len(fields) < 2 and not whole:
        return {}
    for place in range(len(labels)):
        if place in fields:
            continue
        before = [FIELDS.index(fields[p]) for p in fields if p < place]
        after = [FIELDS.index(fields[p]) for p in fields if p > place]
        between = FIELDS[max(before, default=-1) + 1 : min(after, default=len(FIELDS))]
        free = [name for name in between if name not in fields.values()]
        if free:
            fields[place] = free[0]
    return {name: labels[place] for place, name in fields.items()}


def _exactly(label: str, form: Form) -> str:
    words = label.casefold()
    return next((name for name, own in form.labels.items() if own.casefold() == words), "")


def _usual(label: str) -> str:
    """The field that a whole label stands for in everyday words, or an empty string."""
    match = LABEL.match(label)
    if match is None:
        return ""
    whole = match.end() == len(label) or match.lastgroup == "relation"
    return (match.lastgroup or "") if whole else ""


def _words(label: str) -> str:
    return " ".join(re.escape(word) for word in label.split())


def _template() -> Path:
    """The template's README: in an installed package beside the data, else in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "data" / "review_template.md"
    if installed.is_file():
        return installed
    return package.parent / "{{cookiecutter.project_slug}}" / "0_LiteratureReview" / "README.md"
