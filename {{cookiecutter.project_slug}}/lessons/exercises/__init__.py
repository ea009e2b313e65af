"""Exercises that check themselves: `check(3, your_function)` in a lesson's notebook.

    from lessons.exercises import lesson
    check = lesson(3)
    check(1, softmax)

A check calls your function, and says that it is right, or on which input it does something
else than it should, with a hint. It never shows a solution, and it never stops the notebook.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Function = Callable[..., Any]


class Different(Exception):
    """What a function does differently; the message says on which input."""


class NotWritten(Exception):
    """The function returns nothing yet."""


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        title: What is to be written.
        test: Calls a function by `answer`, and raises `Different` where it is wrong.
        hints: Shown one after the other, a new one with each try.
    """

    title: str
    test: Callable[[Function], None]
    hints: Sequence[str]


class Checker:
    """Checks the exercises of one lesson, and remembers how often each was tried."""

    def __init__(self, exercises: dict[int, Exercise]) -> None:
        self.exercises = exercises
        self._tries: dict[int, int] = {}

    def __call__(self, number: int, function: Function) -> bool:
        """Say whether a function solves an exercise, and what is different if it does not.

        Args:
            number: The exercise, as it stands in the notebook.
            function: Your function itself, without parentheses.

        Returns:
            Whether it does.
        """
        exercise = self.exercises.get(number)
        if exercise is None:
            known = ", ".join(map(str, self.exercises))
            print(f"There is no exercise {number}; this lesson has {known}.")
            return False
        start = f"Exercise {number} ({exercise.title})"
        if not callable(function):
            print(f"{start}: give the function itself, check({number}, name), not what it returns.")
            return False
        try:
            exercise.test(function)
        except NotWritten:
            print(f"{start}: not written yet.")
        except Different as error:
            tried = self._tries[number] = self._tries.get(number, 0) + 1
            hint = exercise.hints[min(tried, len(exercise.hints)) - 1]
            print(f"{start}: not yet. {error}\n  Hint: {hint}")
        except Exception as error:  # whatever a half-written function raises
            where = "".join(getattr(error, "__notes__", ()))
            print(f"{start}: your function raises {type(error).__name__}{where}: {error}")
        else:
            print(f"{start}: right.")
            return True
        return False


def lesson(number: int) -> Checker:
    """The checker of a lesson's exercises."""
    return Checker(import_module(f"lessons.exercises.lesson_{number}").EXERCISES)


def answer(function: Function, *inputs: Any) -> Any:
    """What a function returns.

    Raises:
        NotWritten: If it returns nothing.
    """
    try:
        found = function(*inputs)
    except Exception as error:
        error.add_note(f" for {', '.join(map(_shown, inputs))}")
        raise
    if found is None or found is Ellipsis:
        raise NotWritten
    return found


def _shown(value: Any) -> str:
    """An input in a few words: the shape of a tensor, else the value."""
    shape = getattr(value, "shape", None)
    text = repr(value)
    return f"shape {tuple(shape)}" if shape is not None else text[:57] + "..." * (len(text) > 57)


def expect(condition: object, message: str) -> None:
    """Raise `Different` with a message unless something holds."""
    if not condition:
        raise Different(message)


def near(found: Any, wanted: Any, what: str, tolerance: float = 1e-4) -> None:
    """Raise `Different` where numbers differ from what they should be.

    Args:
        found: A number, or a tensor.
        wanted: The same kind; it is compared and never shown.
        what: Names the input.
        tolerance: The largest difference that is rounding.
    """
    import torch

    try:
        got = torch.as_tensor(found, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        raise Different(f"For {what} it returns {found!r}, which is no number.") from None
    right = torch.as_tensor(wanted, dtype=torch.float64)
    if got.shape != right.shape:
        raise Different(
            f"For {what} it returns the shape {tuple(got.shape)}; it should be "
            f"{tuple(right.shape)}."
        )
    if not torch.isfinite(got).all() and torch.isfinite(right).all():
        raise Different(f"For {what} it returns something that is no finite number.")
    off = (got - right).abs()
    if got.numel() and float(off.max()) > tolerance:
        if got.dim() == 0:
            direction = "large" if float(got) > float(right) else "small"
            raise Different(f"For {what} it returns {float(got):.4g}, which is too {direction}.")
        share = float((off > tolerance).double().mean())
        raise Different(f"For {what} {100 * share:.0f} % of the numbers are different.")
