"""Ask a quiz, and judge the answers: what a terminal and a table of answers share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from coursekit.lessons.quiz import Question

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one answer.

    Attributes:
        right: Whether exactly the right choices were chosen.
        wrong: Places of chosen choices that are wrong, in order.
        missing: Places of right choices that were not chosen, in order.
    """

    right: bool
    wrong: tuple[int, ...]
    missing: tuple[int, ...]


def judge(question: Question, chosen: Iterable[int]) -> Verdict:
    """Compare what somebody chose with the solution; order and repetition do not count."""
    picked = frozenset(chosen)
    wrong = tuple(sorted(picked - question.right))
    missing = tuple(sorted(question.right - picked))
    return Verdict(not wrong and not missing, wrong, missing)


def read_letters(text: str, question: Question) -> frozenset[int] | None:
    """The choices that a typed answer such as `b`, `A C` or `a, c` names.

    Returns:
        Places from 0, or None where the text names no choice, one that is not there, or
        several where only one is asked for.
    """
    letters = re.findall(r"\w", text.lower())
    if not letters or any(letter not in LETTERS[: len(question.choices)] for letter in letters):
        return None
    chosen = frozenset(LETTERS.index(letter) for letter in letters)
    if len(chosen) > 1 and not question.several:
        return None
    return chosen
