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
from typing import TYPE_CHECKING, Literal

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
    import numpy as np

    from litreview.abstracts.rolemodel import load_role_model

    headings = [[find_heading(sentence) for sentence in sentences] for sentences in abstracts]
    kept = [content_rows(sentences) for sentences in abstracts]
    inputs = [
        [_readable(sentences[row], found[row]) for row in rows]
        for sentences, found, rows in zip(abstracts, headings, kept, strict=True)
        if rows
    ]
    outputs = iter((model or load_role_model()).probabilities(inputs))
    tables = []
    for sentences, found, rows in zip(abstracts, headings, kept, strict=True):
        table = np.zeros((len(sentences), len(ROLES)), dtype=np.float32)
        table[:, _OTHER] = 1
        if rows:
            table[rows] = next(outputs)
            if any(found):
                _heed_headings(table, sentences, found)
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


def _readable(sentence: str, heading: Heading | None) -> str:
    if heading is not None and heading.end < len(sentence):
        sentence = sentence[heading.end :]
    if "\\" in sentence or "$" in sentence:
        # More is never read, and a hostile megabyte need not be converted.
        sentence = to_text(sentence[:4000])
    return sentence


def _heed_headings(
    table: NDArray[np.float32], sentences: Sequence[str], headings: Sequence[Heading | None]
) -> None:
    """Shift the odds of the sentences under a heading; a bare heading is its own role.

    One heading alone speaks for its sentence; from two on they speak for all
    that follows, up to the next one.
    """
    structured = sum(heading is not None for heading in headings) >= 2
    current: Heading | None = None
    for row, heading in enumerate(headings):
        if heading is not None:
            current = heading if ROLES_UNDER[heading.kind] else None
        elif not structured:
            current = None
        if current is None or table[row, _OTHER] == 1:
            continue
        roles = ROLES_UNDER[current.kind]
        columns = [ROLES.index(role) for role in ROLES if role in roles]
        bare = heading is not None and not sentences[row][heading.end :].strip()
        odds = BACKGROUND_ODDS if current.kind == "background" else HEADING_ODDS
        table[row, columns] *= 1000 if bare else odds
        table[row] /= table[row].sum()
