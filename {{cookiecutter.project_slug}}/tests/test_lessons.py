"""The exercises check what they should, and the solutions pass."""

from __future__ import annotations

import importlib.util
from importlib import import_module

import pytest
import torch

from lessons.exercises import lesson

LESSONS = (1, 2, 3, 4, 5)


@pytest.mark.parametrize("number", LESSONS)
def test_the_solutions_pass(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    """An exercise that nobody can solve is a trap."""
    if importlib.util.find_spec("lessons.solutions") is None:
        pytest.skip("the course has left the solutions out")
    answers = import_module(f"lessons.solutions.lesson_{number}").ANSWERS
    check = lesson(number)
    assert set(answers) == set(check.exercises)
    for exercise, function in answers.items():
        assert check(exercise, function), capsys.readouterr().out
    assert capsys.readouterr().out.count(": right.") == len(answers)


@pytest.mark.parametrize("number", LESSONS)
def test_an_empty_exercise_is_only_not_written_yet(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The notebook runs to its end, whatever is still empty."""
    check = lesson(number)
    for exercise in check.exercises:
        assert not check(exercise, lambda *inputs: ...)
    assert capsys.readouterr().out.count("not written yet.") == len(check.exercises)


WRONG = [
    (1, 1, lambda text, a, b: text.count(a + b) / text.count(a), "which is too small"),
    (1, 2, lambda p: sum(-torch.tensor(p).log2()).item(), "too large"),
    (1, 3, lambda bits: torch.tensor(bits).exp().item(), "too large"),
    (1, 4, lambda a, b, s: {c: s * a[c] + (1 - s) * b[c] for c in a}, "raises KeyError"),
    (2, 2, lambda a, b: a @ b, "too large"),
    (2, 3, lambda w, n: [(a, b) for a in w for b in w if a != b], "6 pairs"),
    (2, 4, lambda w, v, a, b, c: b, "one of the given words"),
    (3, 1, lambda s: s.exp() / s.exp().sum(), "a table of four rows 100 %"),
    (3, 1, lambda s: s.exp() / s.exp().sum(-1, keepdim=True), "no finite number"),
    (3, 1, lambda s: s / 2, "sum to 1.5, not to 1"),
    (3, 2, lambda q, k, v: (q @ k.mT).softmax(-1) @ v, "of the numbers are different"),
    (3, 2, lambda q, k, v: (q @ k.mT / 2).softmax(-1) @ v, "a batch of 3"),
    (
        3,
        2,
        lambda q, k, v: (q @ k.permute(1, 0) / 2).softmax(-1) @ v,
        "RuntimeError for shape (3, 2, 16), ",
    ),
    (3, 3, lambda s: s.softmax(-1).tril(), "of the numbers are different"),
    (3, 4, lambda x, h: x.reshape(x.shape[0], h, x.shape[1], -1), "of the numbers are different"),
    (3, 4, lambda x, h: x, "the shape (2, 3, 4); it should be (2, 2, 3, 2)"),
    (3, 5, lambda words, heads, layers: words * heads * layers, "too small"),
    (4, 1, lambda i, s, t, p, g: t[i] + g[s], "are different"),
    (4, 2, lambda i, c, m: (i.masked_fill_(c, m), torch.where(c, i, -100)), "are different"),
    (4, 3, lambda x, t: (x * t).softmax(-1), "temperature 0.5"),
    (4, 4, lambda d, f: 4 * d * d + 2 * d * f, "too small"),
    (5, 1, lambda t, g: sum(a == b for a, b in zip(t, g, strict=True)) / len(t), "too large"),
    (5, 2, lambda p, n: (p - (p * (1 - p) / n) ** 0.5, p + (p * (1 - p) / n) ** 0.5), "lower end"),
    (5, 3, lambda rows: max(rows, key=lambda row: max(row["scores"]))["name"], "fifteen times"),
]


@pytest.mark.parametrize(("number", "exercise", "function", "said"), WRONG)
def test_a_usual_mistake_is_named_with_a_hint(number, exercise, function, said, capsys) -> None:
    """What is different is said; what would be right is not."""
    assert not lesson(number)(exercise, function)
    shown = capsys.readouterr().out
    assert said in shown
    assert "Hint: " in shown or "your function raises" in shown


def test_each_try_gets_a_new_hint_until_there_is_none(capsys) -> None:
    """The first hint is small; nobody is left alone at the third try."""
    check = lesson(3)
    for _ in range(4):
        check(1, lambda scores: scores)
    hints = [line for line in capsys.readouterr().out.splitlines() if "Hint" in line]
    assert [hint.split(": ", 1)[1][:12] for hint in hints] == [
        "Exponentials", "`keepdim=Tru", "exp(1000) is", "exp(1000) is",
    ]  # fmt: skip


def test_a_wrong_call_is_explained(capsys) -> None:
    """A result instead of a function, and a number that is no exercise."""
    check = lesson(3)
    assert not check(1, torch.ones(3))
    assert not check(9, torch.softmax)
    shown = capsys.readouterr().out
    assert "give the function itself, check(1, name)" in shown
    assert "There is no exercise 9; this lesson has 1, 2, 3, 4, 5." in shown
