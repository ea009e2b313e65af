"""Tell what each sentence of an abstract does: its role."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Role = Literal["background", "objective", "method", "result", "other"]
ROLES: tuple[Role, ...] = ("background", "objective", "method", "result", "other")


@dataclass(frozen=True, slots=True)
class RoleScore:
    """The role of a sentence and the probability that the tagger gives it."""

    role: Role
    score: float


_NAMES = [str(role) for role in ROLES]
_CUES: tuple[tuple[int, float, re.Pattern[str]], ...] = tuple(
    (_NAMES.index(role), weight, re.compile(pattern, re.IGNORECASE))
    for role, weight, pattern in (
        ("objective", 3.0, r"\bthis (paper|work|article|study)\b"),
        ("objective", 2.0, r"\b(we (propose|present|introduce|aim|describe|address|study))\b"),
        ("objective", 2.0, r"\b(our (goal|aim|objective)|the (goal|aim|purpose|objective))\b"),
        ("background", 1.5, r"\b(however|recent(ly)?|important|challeng\w+|traditional\w*|existing|"
         r"has been|have been|widely|often|typically|despite)\b"),
        ("method", 1.5, r"\b(we (use|apply|train|develop|design|combine|extend)|based on|"
         r"using|our (method|model|approach|architecture)|consists?|algorithm)\b"),
        ("result", 2.5, r"\b(results?|outperform\w*|achiev\w+|show(s|n)? that|demonstrat\w+|"
         r"state-of-the-art|improv\w+|accuracy|we find|found)\b|\d+(\.\d+)?\s?%"),
        ("other", 6.0, r"©|all rights reserved|elsevier|springer|copyright"),
    )
)  # fmt: skip


def tag(abstracts: Sequence[Sequence[str]]) -> list[list[RoleScore]]:
    """Give each sentence of each abstract a role.

    Args:
        abstracts: The sentences of each abstract, in order.

    Returns:
        For each abstract a `RoleScore` per sentence.
    """
    return [
        [RoleScore(ROLES[int(row.argmax())], float(row.max())) for row in table]
        for table in probabilities(abstracts)
    ]


def probabilities(abstracts: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
    """Give the probability of each role for each sentence.

    Args:
        abstracts: The sentences of each abstract, in order.

    Returns:
        For each abstract an array of shape `(sentences, 5)`, columns as in `ROLES`.
    """
    import numpy as np

    tables = []
    for sentences in abstracts:
        table = np.zeros((len(sentences), len(ROLES)), dtype=np.float32)
        for row, sentence in enumerate(sentences):
            place = row / max(1, len(sentences) - 1)
            table[row] = [1.5 - 3 * place, 0.3 - place, 0.8, 2 * place - 0.7, -3]
            for role, weight, pattern in _CUES:
                if pattern.search(sentence[:2000]):
                    table[row, role] += weight
        exponent = np.exp(table)
        tables.append(exponent / exponent.sum(axis=1, keepdims=True))
    return tables
