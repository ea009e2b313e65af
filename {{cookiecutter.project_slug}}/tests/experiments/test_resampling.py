"""Intervals and p-values by hand: what is drawn is replaced by figures that are known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from baseline.experiments import final, resampling
from baseline.tasks.metrics import Scores


def constant(value, count=10):
    """Each of some examples adds a value, and the metric is their sum."""
    return Scores(np.full((count, 1), value), lambda sums: {"sum": float(sums[0])})


def sequence(values, count=10):
    """The metric of each draw comes from a list, whatever was drawn."""
    found = iter(values)
    return Scores(np.zeros((count, 1)), lambda sums: {"m": float(next(found))})


def test_an_interval_leaves_a_fortieth_out_at_each_end():
    """Of 0, 1, …, 999: the quantiles of 2.5 % and 97.5 %."""
    low, high = resampling.intervals([sequence(range(1000))])["m"]
    assert (low, high) == (pytest.approx(24.975), pytest.approx(974.025))


@pytest.mark.parametrize("resamples", [1, 100, 101, 250])
def test_examples_are_drawn_as_often_as_asked(resamples):
    low, high = resampling.intervals([sequence(itertools.count())], resamples)["m"]
    assert low + high == pytest.approx(resamples - 1)


def test_each_draw_has_as_many_examples_as_there_are():
    assert resampling.intervals([constant(3.0, 12)]) == {"sum": (36.0, 36.0)}


def test_of_several_seeds_the_mean_is_meant():
    assert resampling.intervals([constant(1.0), constant(3.0), constant(5.0)]) == {
        "sum": (30.0, 30.0)
    }


@pytest.mark.parametrize(("count", "is_given"), [(9, False), (10, True)])
def test_ten_examples_are_the_fewest(count, is_given):
    assert bool(resampling.intervals([constant(1.0, count)])) is is_given
    found = resampling.p_value([constant(1.0, count)], [constant(1.0, count)], "sum")
    assert found == (1.0 if is_given else None)
    assert resampling.p_value([constant(1.0, 10)], [constant(1.0, 11)], "sum") is None


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([1] * 1000, 2 / 1001),
        ([-1] * 1000, 2 / 1001),
        ([-1] * 20 + [1] * 980, 42 / 1001),
        ([1] * 20 + [-1] * 980, 42 / 1001),
        ([0] * 30 + [1] * 970, 62 / 1001),
        ([-1] * 500 + [1] * 500, 1.0),
        ([0] * 1000, 1.0),
    ],
)
def test_a_p_value_counts_draws_that_turn_the_difference_around(gaps, expected):
    """Twice the smaller side, with one added, so that it is never 0."""
    found = resampling.p_value([sequence(gaps)], [sequence([0] * 1000)], "m")
    assert found == pytest.approx(expected)


def test_both_models_are_measured_on_the_same_draws():
    """A pair that differs by one everywhere differs by one in each draw."""
    values = np.arange(12.0)[:, None]
    one, other = (Scores(values + n, lambda sums: {"sum": float(sums[0])}) for n in (1, 0))
    assert resampling.p_value([one], [other], "sum") == pytest.approx(2 / 1001)
    assert resampling.intervals([one]) == resampling.intervals([one])


def opened(**changes):
    values = {"name": "ours", "metric": "F1", "value": 0.81234567, "interval": (0.7, 0.90009),
              "baseline": "counted", "baseline_value": 0.9, "p_value": 0.0499, "openings": 1,
              "runs": ("r1", "r2")}  # fmt: skip
    return final.lines(final.Opened(**{**values, **changes}))


ENDS = ["  runs/r1/predictions.jsonl", "  runs/r2/predictions.jsonl"]
SEALED = "the test part of these data was opened {}; every prediction is in"


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, ["ours: F1 0.8123 on test (95 % interval 0.7 to 0.9001)",
              "counted: 0.9; difference -0.08765, p = 0.0499 (chance alone seldom does that)",
              SEALED.format("once")]),
        ({"p_value": 0.05, "baseline_value": 0.8, "openings": 2},
         ["ours: F1 0.8123 on test (95 % interval 0.7 to 0.9001)",
          "counted: 0.8; difference +0.01235, p = 0.05 (may be chance)",
          SEALED.format("2 times")]),
        ({"p_value": None, "interval": None},
         ["ours: F1 0.8123 on test", "counted: 0.9; difference -0.08765", SEALED.format("once")]),
        ({"baseline": "", "baseline_value": None, "p_value": None, "interval": None},
         ["ours: F1 0.8123 on test", SEALED.format("once")]),
    ],
)  # fmt: skip
def test_what_was_found_is_said_with_sign_and_interval(changes, lines):
    assert opened(**changes) == lines + ENDS
