"""Values of one metric in one unit: figures, and both sides of every limit."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from site_teams import result

from coursekit.team.ranking import leaderboard
from coursekit.team.results import read_results
from coursekit.team.units import Scale, common_direction, common_scale


def rows(metric, *values):
    """Results with their units: 0.9, or (90, "percent")."""
    pairs = [value if isinstance(value, tuple) else (value, "") for value in values]
    made = [
        result(metric=metric, value=value, run=f"r{place}", seed=place)
        | ({"unit": unit} if unit else {})
        for place, (value, unit) in enumerate(pairs)
    ]
    found = read_results(json.dumps({"schema": 1, "results": made}))
    assert found.problems == ()
    return list(found.results)


def scaled(metric, **teams):
    found: Scale = common_scale({team: rows(metric, *values) for team, values in teams.items()})
    values = {team: [row.value for row in found.by_team.get(team, ())] for team in teams}
    return found.unit, found.refusal, values


@pytest.mark.parametrize(
    ("metric", "one", "two", "expected"),
    [
        # As many of each: the first by name, percent.
        ("accuracy", [(0.5, "share")], [(60, "percent")], ("percent", "", [50.0], [60])),
        ("accuracy", [(0.5, "share"), (0.6, "share")], [(60, "percent")],
         ("share", "", [0.5, 0.6], [0.6])),
        ("accuracy", [(0.5, "share")], [(60, "percent"), (70, "percent")],
         ("percent", "", [50.0], [60, 70])),
        ("BLEU", [(0.25, "share")], [30.0], ("points", "", [25.0], [30.0])),
        ("chrF", [(30, "points")], [(0.5, "share"), (0.5, "share")],
         ("share", "", [0.3], [0.5, 0.5])),
        ("TER", [(0.5, "share")], [60.0], ("points", "", [50.0], [60.0])),
        ("BLEU", [(30, "points")], [(31, "percent")], ("percent", "", [30], [31])),
        # Nobody names a unit: figures stay as they are.
        ("accuracy", [0.5], [1.0], ("", "", [0.5], [1.0])),
        ("accuracy", [1.0], [1.01], ("", "", [1.0], [])),
        ("accuracy", [0.0], [50.0], ("", "", [0.0], [50.0])),
        ("accuracy", [0.5, 50.0], [60.0], ("", "", [0.5], [])),
        ("accuracy", [2.0, 0.0], [60.0], ("", "", [2.0, 0.0], [60.0])),
        ("accuracy", [2.0, 0.0], [0.5], ("", "", [0.0], [0.5])),
        ("winter rate", [0.5], [60.0], ("", "", [0.5], [60.0])),
        ("loss", [0.5], [60.0], ("", "", [0.5], [60.0])),
        # A unit that is no share of anything.
        ("loss", [(2.0, "nats")], [(3.0, "nats")], ("nats", "", [2.0], [3.0])),
        ("loss", [(2.0, "nats")], [(3.0, "bits")], ("", "unit", [2.0], [3.0])),
        ("loss", [(2.0, "nats")], [(0.5, "share")], ("", "unit", [2.0], [0.5])),
        ("F1", [(0.5, "share")], [0.6], ("share", "", [0.5], [0.6])),
        ("F1", [(50, "percent")], [0.6], ("percent", "", [50], [60])),
        ("exact match", [(50, "percent")], [60], ("percent", "", [50], [60])),
    ],
)  # fmt: skip
def test_units_meet(metric, one, two, expected):
    unit, refusal, values = scaled(metric, a=one, b=two)
    assert (unit, refusal, values["a"], values["b"]) == (
        *expected[:2],
        pytest.approx(expected[2]),
        pytest.approx(expected[3]),
    )


def boards(**teams):
    read = {
        team: read_results(json.dumps({"schema": 1, "results": own})).results
        for team, own in teams.items()
    }
    return leaderboard(read)


def test_boards_are_sorted_as_a_reader_looks_for_them():
    """By task; test data first; then what compares most teams; then by name."""
    one = [
        result(task="ner", split="validation"), result(task="ner", split="test", dataset="b"),
        result(task="ner", split="test", dataset="a"), result(task="Classify", split="dev"),
        result(task="ner", split="Test", dataset="z"),
    ]  # fmt: skip
    two = [result(task="ner", split="test", dataset="z"), result(task="classify", split="dev")]
    found = boards(one=one, two=two)
    assert [(b.task, b.split, b.dataset, len(b.standings)) for b in found] == [
        ("Classify", "dev", one[3]["dataset"], 2),
        ("ner", "Test", "z", 2),
        ("ner", "test", "a", 1),
        ("ner", "test", "b", 1),
        ("ner", "validation", one[0]["dataset"], 1),
    ]


@pytest.mark.parametrize(("other", "shared"), [(0.9 + 1e-12, True), (0.9 + 1e-6, False)])
def test_values_share_a_rank_where_only_the_last_digits_differ(other, shared):
    """A mean of three seeds ends differently when they are added in another order."""
    (board,) = boards(a=[result(value=0.9)], b=[result(value=other)])
    assert [s.rank for s in board.standings] == ([1, 1] if shared else [1, 2])


def test_zero_and_almost_zero_share_a_rank():
    (board,) = boards(a=[result(value=0.0)], b=[result(value=1e-13)], c=[result(value=1e-9)])
    assert {s.team: s.rank for s in board.standings} == {"c": 1, "a": 2, "b": 2}


def test_without_seeds_each_run_counts():
    (board,) = boards(a=[result(value=v, seed=None, run=str(v)) for v in (0.2, 0.4)])
    best = board.standings[0].best
    assert (best.value, best.seeds, best.runs) == (pytest.approx(0.3), 2, ("0.2", "0.4"))
    assert best.spread == pytest.approx(0.141421, abs=1e-6)


def test_a_baseline_alone_is_shown_without_a_gain():
    (board,) = boards(a=[result(value=v, role="baseline", model=str(v), run=str(v))
                         for v in (0.3, 0.5)])  # fmt: skip
    (standing,) = board.standings
    assert (standing.best.value, standing.baseline.value, standing.gain) == (0.5, 0.5, None)


def test_a_model_that_is_worse_has_a_negative_gain():
    for higher, sign in ((True, -1), (False, 1)):
        (board,) = boards(a=[
            result(value=0.25, higher_is_better=higher),
            result(value=0.5, role="baseline", model="b", run="b", higher_is_better=higher),
        ])  # fmt: skip
        assert board.standings[0].gain == sign * 0.25
        assert board.higher_is_better is higher


@pytest.mark.parametrize(
    ("one", "two", "is_higher"),
    [([True], [False], True), ([True, True], [False], True), ([True], [False, False], False)],
)
def test_where_as_many_teams_say_each_way_the_results_decide_and_all_stay(one, two, is_higher):
    """It is a refusal all the same, but the figures are shown, in one order."""
    by_team = {
        team: [replace(rows("x", 0.5)[0], higher_is_better=way) for way in ways]
        for team, ways in (("a", one), ("b", two))
    }
    assert common_direction(by_team) == (is_higher, by_team, (), True)


def test_both_ends_of_an_interval_are_brought_to_the_unit():
    (share,) = rows("accuracy", (0.5, "share"))
    share = replace(share, interval=(0.4, 0.6))
    found = common_scale({"a": [share], "b": rows("accuracy", (60, "percent"), (70, "percent"))})
    (one,) = found.by_team["a"]
    assert (one.value, one.interval, one.unit) == (50.0, (40.0, 60.0), "percent")
