"""Tell what each sentence of an abstract does: its role.

The trained model of `litreview.rolemodel` decides, with two rules around it. Lines
that are no part of an abstract (copyright, addresses, keywords) are set aside
first, so that they do not shift the places of the others. And a structured
abstract says itself what its parts do ("Aims.", "Methods:", "RESULTS —"), in
any field of science.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from litreview.abstracts.headings import ROLES_UNDER, Heading, find_heading
from litreview.text.latex import to_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from litreview.abstracts.rolemodel import RoleModel

Role = Literal["background", "objective", "method", "result", "other"]
ROLES: tuple[Role, ...] = ("background", "objective", "method", "result", "other")
_OTHER = ROLES.index("other")

# A heading counts as much as these odds; a background part often ends with the aim.
HEADING_ODDS = 20.0
BACKGROUND_ODDS = 4.0
_MAX_BOILERPLATE_CHARACTERS = 300
# More of a sentence is never read.
MAX_READ_CHARACTERS = 4_000

_BOILERPLATE_START = re.compile(
    r"""\W{0,3}(?:[cq&]\s+)?(?:©|copyright\b|\(c\)\s*(?:19|20)\d\d)
      | .{0,40}©\s*(?:19|20)\d\d
      | \W{0,3}(?:[&qc\#]\s+)?(?:19|20)\d\d\s+
        (?:elsevier|ieee|acm|springer|the\ authors?|john\ wiley|wiley|published\ by|society)
      | (?:keywords?|key\ words|index\ terms)\s{0,2}[:—–-]
      | \W{0,3}doi:
      | \W{0,3}(?:e-?mail(?:\ address(?:es)?)?\s?:|correspond(?:ing\ author|ence\ to)\b)
      """,
    re.VERBOSE | re.IGNORECASE,
)
_BOILERPLATE_ANYWHERE = (
    "all rights reserved",
    "published by elsevier",
    "published by springer",
    "see front matter",
)
# Names and addresses have no verb; a mail address or two institutions give them away.
_MAIL = re.compile(r"\S@[\w-]{1,60}\.\w")
_INSTITUTIONS = ("Universit", "Department", "Dept", "Institut", "School", "Faculty", "Laborator")
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|can|may|will|we|this|that|which|it|our|show\w*|"
    r"propos\w*|present\w*|develop\w*|use[sd]?|using)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RoleScore:
    """The role of a sentence and the probability that the tagger gives it."""

    role: Role
    score: float


def tag(abstracts: Sequence[Sequence[str]]) -> list[list[RoleScore]]:
    """Give each sentence of each abstract a role.

    Many abstracts in one call are much faster than many calls.

    Args:
        abstracts: The sentences of each abstract, in order.

    Returns:
        For each abstract a `RoleScore` per sentence.
    """
    return [
        [
            RoleScore(ROLES[best], score)
            for best, score in zip(
                table.argmax(axis=1).tolist(), table.max(axis=1).tolist(), strict=True
            )
        ]
        for table in probabilities(abstracts)
    ]


def probabilities(
    abstracts: Sequence[Sequence[str]], model: RoleModel | None = None
) -> list[NDArray[np.float32]]:
    """Give the probability of each role for each sentence.

    Args:
        abstracts: The sentences of each abstract, in order.
        model: Another than the shipped one.

    Returns:
        For each abstract an array of shape `(sentences, 5)`, columns as in `ROLES`.
    """
    return role_tables([[prepare(text) for text in sentences] for sentences in abstracts], model)


class Prepared(NamedTuple):
    """A sentence as it is read.

    Attributes:
        heading: What it opens with.
        skipped: Where its own words begin, behind the heading of a part; 0 for a bare heading.
        text: Its own words, without LaTeX.
        content: Whether it is part of the abstract proper.
        bare: Whether it is a heading alone.
    """

    heading: Heading | None
    skipped: int
    text: str
    content: bool
    bare: bool


def prepare(sentence: str) -> Prepared:
    """Look once at a sentence for its heading and its own words."""
    heading = find_heading(sentence)
    skipped, bare = 0, False
    if heading is not None:
        bare = heading.end >= len(sentence)
        skipped = 0 if bare else heading.end
    # More is never read, and a hostile megabyte need not be converted.
    text = sentence[skipped : skipped + MAX_READ_CHARACTERS]
    if "\\" in text or "$" in text:
        text = to_text(text)
    return Prepared(heading, skipped, text, not is_boilerplate(sentence), bare)


def role_tables(
    abstracts: Sequence[Sequence[Prepared]], model: RoleModel | None = None
) -> list[NDArray[np.float32]]:
    """The same as `probabilities`, of sentences that were looked at before."""
    import numpy as np

    from litreview.abstracts.rolemodel import load_role_model

    inputs = [[item.text for item in items if item.content] for items in abstracts]
    outputs = iter((model or load_role_model()).probabilities([texts for texts in inputs if texts]))
    tables = []
    for items, texts in zip(abstracts, inputs, strict=True):
        if len(texts) == len(items) and texts:
            table = next(outputs)
        else:
            table = np.zeros((len(items), len(ROLES)), dtype=np.float32)
            table[:, _OTHER] = 1
            if texts:
                table[[row for row, item in enumerate(items) if item.content]] = next(outputs)
        if any(item.heading for item in items):
            _heed_headings(table, items)
        tables.append(table)
    return tables


def is_boilerplate(sentence: str) -> bool:
    """Tell whether a sentence is a copyright, author, address or keyword line."""
    if len(sentence) > _MAX_BOILERPLATE_CHARACTERS:
        return False
    lower = sentence.lower()
    if any(phrase in lower for phrase in _BOILERPLATE_ANYWHERE):
        return True
    if _BOILERPLATE_START.match(sentence):
        return True
    if "@" not in sentence and not any(word in sentence for word in _INSTITUTIONS):
        return False
    if _VERB.search(sentence):
        return False
    return bool(_MAIL.search(sentence)) or sum(map(sentence.count, _INSTITUTIONS)) >= 2


def content_rows(sentences: Sequence[str]) -> list[int]:
    """List the sentences that are part of the abstract proper."""
    return [row for row, sentence in enumerate(sentences) if not is_boilerplate(sentence)]


def _heed_headings(table: NDArray[np.float32], items: Sequence[Prepared]) -> None:
    """Shift the odds of the sentences under a heading; a bare heading is its own role.

    One heading alone speaks for its sentence; from two on they speak for all
    that follows, up to the next one.
    """
    structured = sum(item.heading is not None for item in items) >= 2
    current: Heading | None = None
    for row, item in enumerate(items):
        heading = item.heading
        if heading is not None:
            current = heading if ROLES_UNDER[heading.kind] else None
        elif not structured:
            current = None
        if current is None or not item.content:
            continue
        roles = ROLES_UNDER[current.kind]
        columns = [ROLES.index(role) for role in ROLES if role in roles]
        odds = BACKGROUND_ODDS if current.kind == "background" else HEADING_ODDS
        table[row, columns] *= 1000 if item.bare else odds
        table[row] /= table[row].sum()
