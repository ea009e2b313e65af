"""Put drafted sources into a README without losing a byte that a person wrote.

New sources take the template's untouched entries first and follow the last source
after that. Of a source drafted before, only lines that nobody edited change.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from litreview.review.entry import Entry
from litreview.review.form import form_of
from litreview.review.labels import FIELDS
from litreview.review.lines import read_line
from litreview.review.reading import MAX_LINES, read_review
from litreview.review.render import (
    Marker,
    Wording,
    line_hash,
    read_marker,
    render_source,
    source_lines,
)
from litreview.text.identifiers import find_arxiv_id, normalise_url
from litreview.text.markdown import addresses, without_comments
from litreview.works.source import Source

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True)
class Outcome:
    """What became of one source.

    Attributes:
        source: The work.
        action: `added`, `refreshed` (some of its lines changed), `unchanged`
            (drafted before, nothing new), or `present` (a person has written it up).
        number: Its number in the README, or "".
        edited: Names of the lines that somebody has edited, and that stay as they are.
    """

    source: Source
    action: str
    number: str = ""
    edited: tuple[str, ...] = ()


def merge(text: str, drafts: Iterable[tuple[Source, Wording]]) -> tuple[str, tuple[Outcome, ...]]:
    """Add sources to a README, or refresh those that were drafted before.

    Args:
        text: The README, with any line endings; may be empty.
        drafts: Works and what their fields say.

    Returns:
        The new README, and what became of each work, in order.
    """
    drafts = list(drafts)
    if not drafts:
        return text, ()
    if not text.removeprefix("\ufeff").strip(" \t\r\n"):
        newline = "\r\n" if "\r\n" in text else "\n"
        bom = "\ufeff" if text.startswith("\ufeff") else ""
        text = f"{bom}# Literature Review{newline}{newline}{form_of(text).list_line}{newline}"
    page = _EditedReadme(text)
    outcomes = [page.put(source, wording) for source, wording in drafts]
    return page.text(), tuple(outcomes)


def same_work(source: Source, entry: Entry) -> bool:
    """Whether a team's entry is about this work."""
    if source.arxiv_id and entry.arxiv_id:
        return source.arxiv_id == entry.arxiv_id
    if source.doi and entry.doi and source.doi == entry.doi.lower():
        return True
    if source.url and normalise_url(source.url) in {normalise_url(url) for url in entry.urls}:
        return True
    words = _words(source.title)
    return len(words) >= 3 and words == _words(entry.title or "")


def _words(title: str) -> list[str]:
    return re.findall(r"\w+", title.casefold())


class _EditedReadme:
    """A README taken apart, and the changes to it that are waiting."""

    def __init__(self, text: str) -> None:
        self.lines: list[str] = _LINE.findall(text)
        self.review = read_review(text)
        self.form = form_of(text.replace("\r\n", "\n").replace("\r", "\n"))
        endings = Counter(line[len(line.rstrip("\r\n")) :] for line in self.lines)
        endings.pop("", None)
        self.newline = endings.most_common(1)[0][0] if endings else "\n"
        entries = sorted((*self.review.sources, *self.review.slots), key=lambda e: e.line)
        self.entries = [entry for entry in entries if entry.end <= min(len(self.lines), MAX_LINES)]
        self.markers: dict[str, tuple[Entry, int, Marker]] = {}
        for entry in self.entries:
            for index in range(entry.line - 1, entry.end):
                marker = read_marker(self.lines[index])
                if marker is not None:
                    self.markers.setdefault(marker.identity, (entry, index, marker))
        self.marked = {marker.identity for marker in markers_of(self.lines)}
        # A work linked anywhere in the README is known to the team.
        urls = addresses(without_comments(text))
        self.linked = {normalise_url(url) for url in urls} | {find_arxiv_id(url) for url in urls}
        self.linked.discard("")
        self.slots = [entry for entry in self.review.slots if self._untouched(entry)]
        self.indent = self._indent()
        numbers = [int(entry.number) for entry in self.entries if entry.number.isdigit()]
        self.next_number = max(numbers, default=0) + 1
        self.replaced: dict[int, tuple[int, list[str]]] = {}
        self.appended: list[list[str]] = []
        self.drafted: set[str] = set()

    def put(self, source: Source, wording: Wording) -> Outcome:
        if source.identity in self.markers:
            return self._refresh(source, wording)
        if source.identity in self.drafted | self.marked:
            return Outcome(source, "present")
        for entry in self.review.sources:
            if same_work(source, entry):
                return Outcome(source, "present", entry.number)
        if normalise_url(source.url) in self.linked or source.arxiv_id in self.linked:
            return Outcome(source, "present")
        self.drafted.add(source.identity)
        if self.slots:
            slot = self.slots.pop(0)
            number = slot.number or str(self.next_number)
            rendered = render_source(source, wording, number, self.form, indent=self.indent)
            self.replaced[slot.line - 1] = (slot.end, rendered)
        else:
            number = str(self.next_number)
            self.next_number += 1
            self.appended.append(
                render_source(source, wording, number, self.form, indent=self.indent)
            )
        return Outcome(source, "added", number)

    def _refresh(self, source: Source, wording: Wording) -> Outcome:
        entry, place, marker = self.markers[source.identity]
        number = re.match(r"\s*- \*\*\w{1,20} (\d+)\*\*:", self.lines[place - 1])
        fresh = source_lines(source, wording, number[1] if number else "", self.form)
        if number is None:
            del fresh["title"]
        hashes = dict(marker.hashes)
        edited: list[str] = []
        changed = False
        block = range(entry.line - 1, entry.end)
        for name, digest in marker.hashes.items():
            found = [i for i in block if i != place and line_hash(self.lines[i]) == digest]
            if len(found) != 1:
                edited.append(name)
                continue
            line = self.lines[found[0]]
            if name not in fresh or line_hash(fresh[name]) == digest:
                continue
            body = line.strip()
            self.lines[found[0]] = line.replace(body, fresh[name])
            hashes[name] = line_hash(fresh[name])
            changed = True
        if changed:
            line = self.lines[place]
            self.lines[place] = line.replace(str(marker), str(Marker(marker.identity, hashes)))
        action = "refreshed" if changed else "unchanged"
        return Outcome(source, action, entry.number, tuple(edited))

    def text(self) -> str:
        lines = list(self.lines)
        for start, (end, rendered) in self.replaced.items():
            # Empty strings keep the indices of all other lines.
            last = lines[end - 1]
            ending = last[len(last.rstrip("\r\n")) :]
            block = [line + self.newline for line in rendered]
            block[-1] = rendered[-1] + ending
            lines[start] = "".join(block)
            lines[start + 1 : end] = [""] * (end - start - 1)
        if self.appended:
            self._append(lines)
        return "".join(lines)

    def _append(self, lines: list[str]) -> None:
        place = self._place()
        new: list[str] = []
        before = "".join(lines[:place])
        if before and not before.endswith(("\n", "\r")):
            new.append(self.newline)
        if before and before.splitlines()[-1].strip():
            new.append(self.newline)
        if not self._has_list_line() and not any(entry.number for entry in self.entries):
            new += [self.form.list_line + self.newline, self.newline]
        for position, block in enumerate(self.appended):
            if position:
                new.append(self.newline)
            new += [line + self.newline for line in block]
        rest = "".join(lines[place:])
        if rest and not re.match(r"[ \t]*(?:\r|\n)", rest):
            new.append(self.newline)
        lines.insert(place, "".join(new))

    def _place(self) -> int:
        """The index of the line before which sources are added."""
        numbered = [entry for entry in self.entries if entry.number]
        if numbered or (self.review.form == "template" and self.entries):
            return max(entry.end for entry in numbered or self.entries)
        for index, line in enumerate(self.lines[:MAX_LINES]):
            if self.review.form == "empty" and line.strip() == self.form.list_line:
                return index + 1
        return len(self.lines)

    def _has_list_line(self) -> bool:
        return any(line.strip() == self.form.list_line for line in self.lines)

    def _indent(self) -> str:
        """What the README puts before its fields; two spaces where it has none yet."""
        found = Counter(
            line[: len(line) - len(line.lstrip())]
            for entry in self.entries
            for line in self.lines[entry.line : entry.end]
            if re.match(r"[ \t]+[-*+] ", line) and read_line(1, line, self.form).field in FIELDS
        )
        indent = found.most_common(1)[0][0] if found else "  "
        return indent if 2 <= len(indent.expandtabs(4)) <= 5 else "  "

    def _untouched(self, entry: Entry) -> bool:
        """Whether an entry holds the template's words and nothing else."""
        block = self.lines[entry.line - 1 : entry.end]
        return bool(entry.number) and all(
            self.form.untouched_line.fullmatch(line) for line in block
        )


def markers_of(lines: Sequence[str]) -> list[Marker]:
    """All markers in a README, in order."""
    return [marker for line in lines if (marker := read_marker(line)) is not None]
