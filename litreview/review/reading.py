"""A literature review README as data: its form, and its sources with what was written of each.

`read_review` reads what a fair instructor would read, whatever became of the course's
template: `Source 1` as a bullet, a heading or a plain line, labels in bold or not,
text on the label's line, on the next or in nested bullets, addresses anywhere,
labels overwritten by answers, tables, plain lists of links, and essays.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from litreview.review.entry import Entry, read_entry
from litreview.review.form import Form, form_of, packaged_form
from litreview.review.labels import FIELDS
from litreview.review.lines import Line, read_lines
from litreview.review.loose import ESSAY_WORDS, count_words, read_table, read_unstructured
from litreview.review.placeholders import is_template_prose
from litreview.text.markdown import addresses, plain, resolve_references, without_comments

# A review has a few hundred lines; what comes after these is not read.
MAX_LINES = 20_000


@dataclass(frozen=True)
class Review:
    """A parsed review README.

    Attributes:
        form: `template` (sources with labelled fields), `list` (sources without),
            `essay` (prose that only a person can judge) or `empty`.
        sources: What was written up, in order.
        slots: Entries of the template that nobody has touched.
        labels: The label of each field in this README.
    """

    form: str
    sources: tuple[Entry, ...]
    slots: tuple[Entry, ...] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: packaged_form().labels)

    @property
    def complete_sources(self) -> int:
        """How many sources are complete; none in an essay, which a person has to read."""
        return 0 if self.form == "essay" else sum(entry.complete for entry in self.sources)


def read_review(text: str) -> Review:
    """Read a review README; any text gives a result.

    Args:
        text: The file's content, with any line endings.

    Returns:
        What a reader finds in it. A source that is only the template's empty
        form is in `slots`, not in `sources`.
    """
    clean = resolve_references(without_comments(text.replace("\r\n", "\n").replace("\r", "\n")))
    form = form_of(clean)
    return replace(_read(clean, form), labels=form.labels)


def _read(clean: str, form: Form) -> Review:
    lines = _without_section_labels(read_lines(clean, MAX_LINES, form))
    rows = read_table(lines, form)
    if rows:
        return Review("template", tuple(rows))
    heads = _heads(lines)
    blocks = [
        _block(lines, start, following) for start, following in pairwise([*heads, len(lines)])
    ]
    entries = [read_entry(block) for block in blocks]
    sources = tuple(_without_mentions([entry for entry in entries if not entry.empty]))
    slots = tuple(entry for entry in entries if entry.empty)
    outside = _outside(lines, blocks)
    if any(set(entry.lines) & set(FIELDS) for entry in sources):
        return Review("template", sources, slots)
    if sources:
        # Prose with a few numbered sources at its end is still prose.
        prose = count_words(line for line in outside if not is_template_prose(line.body))
        listed = sum(count_words(block) for block in blocks)
        return Review("essay" if prose >= max(ESSAY_WORDS, listed) else "list", sources, slots)
    kind, sources = read_unstructured(outside)
    return Review(kind, sources, slots)


def _without_section_labels(lines: list[Line]) -> list[Line]:
    """Let `## Conclusion` be a heading where labels are written in lists or in bold."""
    labels = [line for line in lines if line.field in FIELDS]
    headings = [line for line in labels if line.level]
    if not headings or len(headings) * 2 >= len(labels):
        return lines
    return [
        replace(line, field="", canonical=False, strong=False, value=line.body)
        if line.level and line.field in FIELDS
        else line
        for line in lines
    ]


def _without_mentions(entries: Sequence[Entry]) -> list[Entry]:
    """Drop `Source 1: uses BERT` further down, which only refers to a source."""
    kept: list[Entry] = []
    numbers: set[str] = set()
    for entry in entries:
        bare = not (entry.urls or entry.lines or entry.targets)
        if not (bare and entry.number and entry.number in numbers):
            kept.append(entry)
        if not bare:
            numbers.add(entry.number)
    return kept


# --- where sources begin and end -----------------------------------------------------------


def _heads(lines: Sequence[Line]) -> list[int]:
    """Indices of the lines that begin a source."""
    explicit = [index for index, line in enumerate(lines) if line.head]
    if len(explicit) == 1 and not _says_something(lines, explicit[0]):
        explicit = []
    return sorted({*explicit, *_groups(lines, explicit)})


def _says_something(lines: Sequence[Line], index: int) -> bool:
    """Whether a lone `Source 1` has a title, an address or labels, and is no passing word."""
    head = lines[index]
    below = lines[index + 1 : index + 40]
    return bool(head.title or addresses(head.body) or any(line.field in FIELDS for line in below))


def _groups(lines: Sequence[Line], explicit: Sequence[int]) -> set[int]:
    """Heads of groups of labels that have no `Source N` of their own."""
    labels = [index for index, line in enumerate(lines) if line.field in FIELDS]
    if not explicit and not _is_structured(lines, labels):
        return set()
    found: set[int] = set()
    seen: set[str] = set()
    indents = {lines[i].indent for i in explicit if lines[i].bullet}
    looks = {_look(lines[i]) for i in explicit}
    previous = -1
    for index in labels:
        label = lines[index]
        above = bisect_left(explicit, index) - 1
        if above >= 0 and explicit[above] > previous:
            seen = set()
            head = _sibling_of_heads(lines, range(explicit[above] + 1, index), indents, label)
        else:
            start = _after_text(lines, previous, index) if previous >= 0 else 0
            head = _title_before(lines, range(start, index), label)
            if not _begins_group(lines, label, head, seen, first=previous < 0) or (
                head is not None and _is_text_of(lines, head, lines[previous], label, seen)
            ):
                head = None
            elif head is None and not explicit:
                head = index
            elif head is not None and explicit and _look(lines[head]) not in looks:
                head = None
        if head is not None:
            found.add(head)
            seen = set()
        seen.add(label.field)
        previous = index
    return found


def _after_text(lines: Sequence[Line], previous: int, index: int) -> int:
    """Where the text below a label has ended that nothing follows on its own line.

    It is the paragraph right below the label. After an empty line it is one that ends as a
    sentence does, or that another paragraph follows: that one is the next source's title.
    """
    start = previous + 1
    if lines[previous].value:
        return start
    first = next((i for i in range(start, index) if not lines[i].blank), index)
    end = first
    while end < index and _is_prose(lines[end]):
        end += 1
    rest = any(_is_prose(line) for line in lines[end:index])
    below = first == start or rest or (end > first and _ends_sentence(lines[end - 1]))
    return end if below else start


def _is_prose(line: Line) -> bool:
    """Whether a line is plain running text."""
    marked = line.level or line.bullet or line.field or line.bold_only or line.only_links
    return not (line.blank or marked)


def _is_address(line: Line) -> bool:
    """Whether nothing but an address stands on the line."""
    words = plain(line.body)
    for address in addresses(line.body):
        words = words.replace(address, "")
    return line.only_links and not re.search(r"\w", words)


def _ends_sentence(line: Line) -> bool:
    return line.body.endswith((".", "!", "?", ":", ";", ","))


def _is_text_of(lines: Sequence[Line], head: int, above: Line, label: Line, seen: set[str]) -> bool:
    """Whether points at the margin answer an empty label, and the form goes on below them."""
    goes_on = (
        above.field in FIELDS
        and label.field not in seen
        and FIELDS.index(label.field) > FIELDS.index(above.field)
    )
    margin = lines[head].bullet and lines[head].indent < label.indent == above.indent
    return bool(goes_on and margin and above.bullet and not above.value)


def _look(line: Line) -> tuple[int, bool, int]:
    """What makes a line look like another: heading level, bullet, and a bullet's place."""
    return line.level, line.bullet, line.indent if line.bullet else 0


def _begins_group(
    lines: Sequence[Line], label: Line, head: int | None, seen: set[str], *, first: bool
) -> bool:
    """Whether a label belongs to another source than the label before it."""
    if label.field in seen:
        return head is not None or label.field == "objective"
    if first:
        return True
    return head is not None and label.field != "relation" and _outranks(lines[head], label)


def _sibling_of_heads(
    lines: Sequence[Line], between: range, indents: set[int], label: Line
) -> int | None:
    """A bullet beside the other sources whose `Source N` was overwritten."""
    for index in reversed(between):
        line = lines[index]
        beside = line.bullet and line.indent in indents and line.indent < label.indent
        if beside and line.body and not line.field:
            return index
    return None


def _is_structured(lines: Sequence[Line], labels: list[int]) -> bool:
    """Whether labels describe works, and are not the headings of an essay."""
    names = [lines[index].field for index in labels]
    if len(set(names)) < 2:
        return any(_has_overwritten_siblings(lines, index) for index in labels)
    if all(lines[index].level for index in labels):
        first = labels[0]
        nearby = "\n".join(line.raw for line in lines[max(0, first - 4) : first + 1])
        repeats = len(names) - len(set(names))
        return repeats >= 2 or bool(addresses(nearby)) or count_words(lines[first:]) < ESSAY_WORDS
    return True


def _has_overwritten_siblings(lines: Sequence[Line], index: int) -> bool:
    """Whether a label's neighbours in a nested list are bold answers without a label."""
    label = lines[index]
    around = lines[max(0, index - 6) : index + 6]
    siblings = [line for line in around if line.bullet and line.indent == label.indent]
    return bool(
        label.bullet and label.indent and sum(x.bold_only and not x.field for x in siblings) >= 2
    )


def _title_before(lines: Sequence[Line], between: range, label: Line) -> int | None:
    """The line above a group of labels that reads as the source's title."""
    fallback: int | None = None
    for index in reversed(between):
        line = lines[index]
        if line.blank or line.field in ("link", "about") or set(line.body) <= set("-=_* "):
            continue
        if line.field == "title":
            return index
        if line.heading:
            if _is_address(line):
                continue
            named = not (is_template_prose(line.body) or _GENERIC.fullmatch(line.body))
            return index if named else fallback
        if line.field:
            return fallback
        parent = line.bullet and line.indent < label.indent
        if line.only_links and not (parent or line.bold_only or _TITLED_LINK.search(line.body)):
            continue
        if line.bullet and (line.indent < label.indent or not label.bullet):
            return index
        if line.bullet and label.bullet and label.indent and line.indent >= label.indent:
            continue
        if line.bold_only and not is_template_prose(line.body):
            return index
        above = lines[index - 1] if index else None
        starts_paragraph = above is None or above.blank or above.level > 0
        short = len(line.body) <= 300 and not is_template_prose(line.body)
        if not (starts_paragraph and short):
            continue
        # `Small data`, and below it `It was read twice.`: a remark is no title.
        if fallback is None or (_ends_sentence(lines[fallback]) and not _ends_sentence(line)):
            fallback = index
    return fallback


# Headings that say what a page is, and not which work.
_GENERIC = re.compile(
    r"\W*(?:(?:our|the|my|team)\s{1,3})?(?:(?:literature|paper|article|source)s?\s{1,3})?(?:reviews?"
    r"|overview|notes|related works?|sources|papers|references|literatur(?:recherche|übersicht)?"
    r"|quellen)\W*",
    re.IGNORECASE,
)
_TITLED_LINK = re.compile(r"\[[^\]]{12,300}\]\(\S")


def _outranks(candidate: Line, label: Line) -> bool:
    """Whether a line stands above a label in the outline."""
    if candidate.level:
        return not label.level or candidate.level < label.level
    return candidate.bullet and label.bullet and candidate.indent < label.indent


def _block(lines: Sequence[Line], start: int, following: int) -> list[Line]:
    """The lines of one source: up to the next one, or to where something else begins."""
    head = lines[start]
    block = [head]
    labelled = bool(head.field)
    nested = open_label = point = False
    titled = _titled_by_heading(lines, start, following)
    for index in range(start + 1, following):
        line = lines[index]
        beyond = line.heading and (not head.level or line.level <= head.level) and not line.head
        if beyond and index != titled and not _is_address(line):
            break
        aside = not (line.field or line.only_links or line.blank or open_label)
        # A neighbour of the source in its list is not a part of it.
        beside = line.indent < head.indent or (nested and line.indent == head.indent)
        if aside and labelled and line.bullet and head.bullet and beside:
            break
        if aside and labelled and not line.bullet and line.indent == 0 and line.bold_only:
            break
        if line.field in FIELDS:
            labelled = True
            nested = nested or (line.bullet and line.indent > head.indent)
        if line.blank:
            open_label = open_label and not point
        else:
            # Whatever follows `**Methods**:` is its text; so are all points of a list there.
            point = open_label and line.bullet and not line.field
            open_label = point or (line.field in FIELDS and not line.value)
        block.append(line)
    while len(block) > 1 and (block[-1].blank or set(block[-1].body) <= set("-=_* ")):
        block.pop()
    return block


def _titled_by_heading(lines: Sequence[Line], start: int, following: int) -> int | None:
    """The heading right below a bare `## Source 1` that names its work, if labels follow."""
    head = lines[start]
    if not (head.head and head.level and not head.title):
        return None
    rest = range(start + 1, following)
    first = next((index for index in rest if not lines[index].blank), None)
    if first is None or not lines[first].heading:
        return None
    for line in lines[first + 1 : following]:
        if line.heading:
            return None
        if line.field in FIELDS:
            return first
    return None


def _outside(lines: Sequence[Line], blocks: Sequence[Sequence[Line]]) -> list[Line]:
    inside = {line.number for block in blocks for line in block}
    return [line for line in lines if line.number not in inside]
