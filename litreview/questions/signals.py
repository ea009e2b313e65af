"""What speaks for a sentence, whatever the question: whose it is, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from litreview.papers.paper import Paper, Section
from litreview.questions.cues import has

_KINDS = (
    "related", "none", "abstract", "data", "setup", "method", "intro", "background", "conclusion",
    "result", "discussion", "appendix",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signals:
    """What a sentence says of itself.

    Attributes:
        own: It speaks of the authors or of what they did.
        passive: Something was done, which in a methods section the authors did.
        other: It speaks of others' work.
        hypothetical: It speaks of what could be, or of examples.
        negated: It holds a negation.
        section: The kind of section: `related`, `data`, `setup`, `method` and so on, or empty.
    """

    own: bool
    passive: bool
    other: bool
    hypothetical: bool
    negated: bool
    section: str

    @property
    def authors(self) -> bool:
        """Whether the sentence most likely is about what the authors used or made."""
        if self.section in ("related", "none") or (self.other and not self.own):
            return False
        at_work = self.section in ("abstract", "data", "setup", "method", "result", "appendix")
        return self.own or (at_work and (self.passive or not self.hypothetical))


def kind_of(section: Section) -> str:
    """The kind of a section, by its own title or else by those around it."""
    for title in (section.title, *reversed(section.parents)):
        for kind in _KINDS:
            if has(f"section_{kind}", title):
                return kind
    return ""


def section_kinds(paper: Paper) -> list[str]:
    """The kind of each section of a paper; what stands around an abstract is front matter."""
    kinds = [kind_of(section) for section in paper.sections]
    for index, section in enumerate(paper.sections):
        parents = " ".join(section.parents)
        if kinds[index] != "related" and has("section_related", parents):
            kinds[index] = "related"
    if "abstract" in kinds[1:3] and not kinds[0]:
        kinds[0] = "none"
    return kinds


def signals(sentence: str, section: str) -> Signals:
    """Read a sentence; it is cut at 2,000 characters."""
    text = sentence[:2_000]
    return Signals(
        own=has("own", text),
        passive=has("passive", text),
        other=has("other", text),
        hypothetical=has("hypothetical", text) and not (has("example", text) and has("own", text)),
        negated=has("negated", text),
        section=section,
    )
