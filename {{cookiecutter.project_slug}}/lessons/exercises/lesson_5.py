"""The exercises of lesson 5: judge, doubt, choose."""

from __future__ import annotations

from lessons.exercises import Exercise, Function, answer, expect, near


def _macro(function: Function) -> None:
    near(answer(function, list("aabb"), list("aabb")), 1.0, "only right answers")
    near(
        answer(function, ["ham"] * 9 + ["spam"], ["ham"] * 10),
        (18 / 19) / 2,
        "nine ham and a spam, all called ham",
    )
    near(answer(function, list("aab"), list("abb")), 2 / 3, "truth a a b, answer a b b")


def _interval(function: Function) -> None:
    low, high = answer(function, 0.8, 100)
    near(low, 0.7216, "80 % of 100 texts, the lower end", 6e-4)
    near(high, 0.8784, "80 % of 100 texts, the upper end", 6e-4)
    low, high = answer(function, 0.8, 10_000)
    near(high - low, 0.01568, "80 % of 10,000 texts, the width", 2e-4)


def _choose(function: Function) -> None:
    rows = [
        {"name": "large", "scores": [0.86, 0.84, 0.88], "seconds": 900.0},
        {"name": "small", "scores": [0.85, 0.86, 0.84], "seconds": 60.0},
        {"name": "counts", "scores": [0.80, 0.80, 0.80], "seconds": 1.0},
    ]
    found = answer(function, rows)
    expect(found in {"large", "small", "counts"}, f"It returns {found!r}; return a name.")
    expect(found != "large", "A model that is fifteen times cheaper is within the spread of it.")
    expect(found == "small", f"{found!r} is cheaper, but further from the best than the spread.")
    rows[2]["scores"] = [0.91, 0.92, 0.93]
    expect(answer(function, rows) == "counts", "When the cheapest is best, it should be chosen.")


EXERCISES = {
    1: Exercise(
        "macro F1",
        _macro,
        (
            "F1 of each class that occurs in the truth, then their plain mean.",
            "F1 is 2·hits / (2·hits + missed + false alarms).",
        ),
    ),
    2: Exercise(
        "how sure is an accuracy",
        _interval,
        (
            "The standard error of a share p of n is √(p(1 − p)/n).",
            "95 % of a normal distribution lie within 1.96 standard errors.",
        ),
    ),
    3: Exercise(
        "the cheapest model that is good enough",
        _choose,
        (
            "Take the means over the seeds; which one is the best?",
            "Good enough: at most one standard deviation of the best model's seeds below its mean.",
            "Among those, the fewest seconds.",
        ),
    ),
}
