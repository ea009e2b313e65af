"""`results.json` is read row by row, and only what is comparable is ranked."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from site_teams import result

from coursekit.team.ranking import leaderboard
from coursekit.team.results import Result, read_results


def read(*rows: object, **document: object) -> tuple[Result, ...]:
    return read_results(json.dumps({"schema": 1, "results": list(rows), **document})).results


def problems(text: str) -> tuple[str, ...]:
    return read_results(text).problems


def board(**teams: list[dict[str, object]]):
    boards = leaderboard({team: read(*rows) for team, rows in teams.items()})
    assert len(boards) == 1
    return boards[0]


def test_a_valid_row_is_read_with_its_types():
    """The leaderboard counts with numbers and times, not with texts."""
    (row,) = read(result(value=1, seed=None))
    assert (row.value, row.seed, row.commit) == (1.0, None, "0123456789abcdef")
    assert row.date.isoformat() == "2026-11-20T10:00:00+00:00"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"value": "0.9"}, "finite number"),
        ({"value": True}, "finite number"),
        ({"value": float("nan")}, "finite number"),
        ({"value": 10**400}, "finite number"),
        ({"higher_is_better": "yes"}, "true or false"),
        ({"role": "winner"}, "baseline"),
        ({"seed": 1.5}, "whole number"),
        ({"run": "../../etc"}, "below runs/"),
        ({"metric": ""}, '"metric"'),
        ({"task": ["ner"]}, '"task"'),
    ],
)
def test_a_bad_row_costs_only_itself(change, says):
    """A slip of one team member must not hide the team's other results."""
    text = json.dumps({"schema": 1, "results": [result(**change), result()]})
    found = read_results(text)
    assert len(found.results) == 1
    assert "result 1" in found.problems[0]
    assert says in found.problems[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", 'no list "results"'),
        ('{"schema": 2, "results": []}', "schema is 2"),
        ('{"schema": 1, "results": {}}', 'no list "results"'),
    ],
)
def test_a_bad_file_is_one_problem(text, says):
    """Staff read one sentence, not a traceback."""
    assert says in problems(text)[0]


def test_a_result_without_its_run_is_not_shown():
    """A figure that nobody can trace is no result."""
    text = json.dumps({"schema": 1, "results": [result(run="a"), result(run="b")]})
    found = read_results(text, runs={"a"})
    assert [row.run for row in found.results] == ["a"]
    assert "runs/b/run.json" in found.problems[0]


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text):
    """The file comes from a team and may hold anything."""
    read_results(text)


def test_equal_values_share_a_rank_and_the_next_is_skipped():
    """1, 1, 3: two winners, nobody second."""
    found = board(
        a=[result(value=0.9)], b=[result(value=0.9)], c=[result(value=0.8)], d=[result(value=0.95)]
    )
    assert [(s.team, s.rank) for s in found.standings] == [("d", 1), ("a", 2), ("b", 2), ("c", 4)]


def test_lower_is_better_turns_ranks_and_gains_around():
    """A perplexity that falls is an improvement."""
    low = {"metric": "perplexity", "higher_is_better": False}
    found = board(
        a=[result(value=20, **low), result(value=35, role="baseline", run="b", **low)],
        b=[result(value=25, **low)],
    )
    assert [(s.team, s.rank, s.gain) for s in found.standings] == [("a", 1, 15.0), ("b", 2, None)]


def test_seeds_are_averaged_and_their_spread_is_kept():
    """One lucky seed does not win."""
    lucky = [result(value=v, seed=i, run=f"r{i}") for i, v in enumerate((0.99, 0.70, 0.71))]
    found = board(lucky=lucky, steady=[result(value=0.85)])
    assert [s.team for s in found.standings] == ["steady", "lucky"]
    second = found.standings[1].best
    assert second.value == pytest.approx(0.8)
    assert second.spread == pytest.approx(0.16462, abs=1e-5)
    assert second.seeds == 3


def test_a_repeated_seed_counts_once_with_its_newer_value():
    """Running again replaces, or a team could choose its best attempts."""
    old = result(value=0.9, run="old", date="2026-11-01T00:00:00Z")
    new = result(value=0.8, run="new", date="2026-11-02T00:00:00Z")
    for rows in ([old, new], [new, old]):
        (standing,) = board(a=rows).standings
        assert (standing.best.value, standing.best.runs) == (0.8, ("new",))


def test_gain_is_counted_from_the_best_baseline():
    """A weak second baseline must not make the model look better."""
    rows = [result(value=0.9)]
    rows += [
        result(value=v, role="baseline", model=m, run=m)
        for m, v in (("guess", 0.5), ("ngram", 0.8))
    ]
    (standing,) = board(a=rows).standings
    assert standing.baseline.model == "ngram"
    assert standing.gain == pytest.approx(0.1)


def test_different_data_splits_and_metrics_are_never_ranked_together():
    """0.9 on one dataset says nothing about 0.8 on another."""
    teams = {
        "a": read(result(), result(split="validation"), result(metric="f1")),
        "b": read(result(dataset="other")),
    }
    assert len(leaderboard(teams)) == 4


def test_names_meet_whatever_their_case_and_hyphens():
    """Teams write Macro-F1, macro_f1 and macro f1 for one thing."""
    names = ("Macro-F1", "macro_f1", "macro  f1")
    found = board(**{n[0] + str(i): [result(metric=n)] for i, n in enumerate(names)})
    assert len(found.standings) == 3


def test_what_cannot_be_compared_is_not_ranked():
    """A rank that means nothing is worse than none."""
    found = board(a=[result()], b=[result(higher_is_better=False)])
    assert found.refusal == "direction"
    assert {s.rank for s in found.standings} == {None}


def aside(found):
    return [(one.team, one.result.value, one.reason) for one in found.aside]


def test_one_value_out_of_place_costs_the_others_nothing():
    """An accuracy of 45 that names no unit is a slip, or percent among shares."""
    found = board(a=[result(value=0.9)], b=[result(value=45)], c=[result(value=0.8)])
    assert ranks(found) == [("a", 1, 0.9), ("c", 2, 0.8)]
    assert (found.refusal, aside(found)) == ("", [("b", 45.0, "scale")])


def test_the_direction_and_the_unit_of_most_teams_count():
    """Whoever turns a metric around, or invents a unit, un-ranks nobody but himself."""
    turned = board(a=[result(value=0.9)], b=[result(value=0.8)], c=[result(higher_is_better=False)])
    assert (turned.higher_is_better, turned.refusal) == (True, "")
    assert (ranks(turned), aside(turned)) == (
        [("a", 1, 0.9), ("b", 2, 0.8)], [("c", 0.8, "direction")],
    )  # fmt: skip
    loss = {"metric": "loss", "higher_is_better": False}
    named = board(
        a=[result(value=2.0, unit="nats", **loss)], b=[result(value=1.5, unit="nats", **loss)],
        c=[result(value=1.0, unit="bananas", **loss)],
    )  # fmt: skip
    assert ranks(named) == [("b", 1, 1.5), ("a", 2, 2.0)]
    assert (named.unit, aside(named)) == ("nats", [("c", 1.0, "unit")])


def test_zero_fits_shares_and_percent():
    """A model that gets nothing right must not stop the ranking of the others."""
    assert (
        board(a=[result(value=0.0)], b=[result(value=88.0)], c=[result(value=71.0)]).refusal == ""
    )


BLEU = {"task": "translation", "metric": "BLEU"}


def ranks(found):
    return [(s.team, s.rank, s.best.value) for s in found.standings]


def test_a_weak_bleu_beside_a_strong_one_is_ranked():
    """Old files name no unit; BLEU is written from 0 to 100, and 0.6 is a bad translation."""
    nearest = result(value=0.6, role="baseline", model="nearest", run="r1", **BLEU)
    found = board(
        a=[nearest, result(value=12.3, run="r2", **BLEU)],
        b=[result(value=14.0, **BLEU)],
        c=[result(value=0.6, **BLEU)],
    )
    assert ranks(found) == [("b", 1, 14.0), ("a", 2, 12.3), ("c", 3, 0.6)]
    assert found.standings[1].gain == pytest.approx(11.7)
    assert (found.refusal, found.unit) == ("", "")


def test_a_named_unit_brings_shares_and_percent_together():
    """0.91 is more than 88 percent, and all values of a table stand in one unit."""
    found = board(
        a=[result(value=0.91, unit="share")],
        b=[result(value=88.0, unit="Percent"), result(value=71, unit="percent", role="baseline",
                                                      model="guess", run="g")],
        c=[result(value=90.0, unit="percent")],
    )  # fmt: skip
    assert [(s.team, s.rank) for s in found.standings] == [("a", 1), ("c", 2), ("b", 3)]
    assert [s.best.value for s in found.standings] == pytest.approx([91.0, 90.0, 88.0])
    assert found.standings[2].gain == pytest.approx(17.0)
    assert (found.refusal, found.unit) == ("", "percent")


@pytest.mark.parametrize(
    ("one", "other", "refusal"),
    [
        ({"value": 0.9, "unit": "share"}, {"value": 0.88}, ""),
        ({"value": 90, "unit": "points"}, {"value": 88, "unit": "percent"}, ""),
        ({"value": 90, "unit": "percent"}, {"value": 88}, ""),
        ({"value": 2.0, "unit": "bits", "metric": "entropy"},
         {"value": 1.4, "unit": "nats", "metric": "entropy"}, "unit"),
        ({"value": 2.0, "unit": "bits", "metric": "entropy"},
         {"value": 1.4, "metric": "entropy"}, ""),
        ({"value": 0.31, "unit": "share", **BLEU}, {"value": 30.0, **BLEU}, ""),
    ],
)  # fmt: skip
def test_units_that_cannot_be_compared_are_not_ranked(one, other, refusal):
    """What files say decides; what they leave open is not guessed across teams."""
    found = board(a=[result(**one)], b=[result(**other)])
    assert found.refusal == refusal
    assert [s.rank for s in found.standings] == ([None, None] if refusal else [1, 2])


def test_one_team_that_writes_both_keeps_its_shares():
    """0.5 and 87 of one accuracy: the baselines of the course write shares."""
    rows = [result(value=0.5, role="baseline", run="b", model="guess"), result(value=87)]
    found = board(a=rows, b=[result(value=0.6)])
    assert ranks(found) == [("b", 1, 0.6), ("a", 2, 0.5)]
    assert aside(found) == [("a", 87.0, "scale")]


@pytest.mark.parametrize(
    ("teams", "refusal", "is_ranked"),
    [
        ({"a": [result()]}, "", False),
        ({"a": [result()], "b": [result()]}, "", True),
        ({"a": [result(metric="loss", unit="nats")], "b": [result(metric="loss", unit="bits")]},
         "unit", False),
        ({"a": [result(metric="x")], "b": [result(metric="x", higher_is_better=False)]},
         "direction", False),
    ],
)  # fmt: skip
def test_a_board_is_a_ranking_where_two_teams_can_be_compared(teams, refusal, is_ranked):
    found = board(**teams)
    assert (found.refusal, found.is_ranked) == (refusal, is_ranked)


def test_other_data_of_the_same_name_are_another_table():
    """Two teams that split one data set differently were not asked the same questions."""
    rows = {"a": read(result(data="90b1")), "b": read(result(data="77aa")), "c": read(result())}
    assert sorted(one.data for one in leaderboard(rows)) == ["", "77aa", "90b1"]


def test_seeds_meet_by_their_experiment_not_by_their_model():
    """Two settings of one model are two experiments; their mean is the figure of neither."""
    rows = [
        result(value=value, seed=seed, run=f"{name}{seed}", identity=name, name=f"encoder, {name}")
        for name, value in (("wide", 0.7), ("deep", 0.8))
        for seed in (1, 2)
    ]
    best = board(a=rows).standings[0].best
    assert (best.name, best.value, best.seeds) == ("encoder, deep", pytest.approx(0.8), 2)


def test_a_gain_has_the_interval_of_a_difference():
    """0.80 (0.76 to 0.83) over 0.70 (0.66 to 0.74): 0.10, from 0.0434 to 0.15."""
    rows = [
        result(value=0.8, interval=[0.76, 0.83], openings=2),
        result(value=0.7, interval=[0.66, 0.74], role="baseline", model="nb", run="b", openings=1),
    ]
    standing = board(a=rows).standings[0]
    assert standing.gain_interval == pytest.approx((0.0434, 0.15), abs=1e-4)
    assert (standing.best.interval, standing.best.openings) == ((0.76, 0.83), 2)
    turned = [{**row, "metric": "loss", "higher_is_better": False} for row in rows]
    standing = board(a=turned).standings[0]
    assert standing.gain == pytest.approx(-0.1)
    assert standing.gain_interval == pytest.approx((-0.15, -0.0434), abs=1e-4)


def test_the_interval_of_several_seeds_is_the_mean_of_theirs():
    """And there is none where one of them has none."""
    rows = [result(value=0.8, interval=[0.7, 0.9], openings=3),
            result(value=0.6, interval=[0.5, 0.66], seed=2, run="r2", openings=1)]  # fmt: skip
    best = board(a=rows).standings[0].best
    assert best.interval == pytest.approx((0.6, 0.78))
    assert best.openings == 3
    assert board(a=[rows[0], {**rows[1], "interval": None}]).standings[0].best.interval is None


@pytest.mark.parametrize(
    ("metric", "unit", "value", "limits"),
    [
        ("accuracy", "share", 45, "in the unit 'share' is between 0 and 1"),
        ("accuracy", "", 145, "is between 0 and 100"),
        ("macro F1", "percent", 100.1, "in the unit 'percent' is between 0 and 100"),
        ("accuracy", "share", -0.1, "in the unit 'share' is between 0 and 1"),
        ("BLEU", "share", 31, "in the unit 'share' is between 0 and 1"),
        ("chrF", "points", 131, "in the unit 'points' is between 0 and 100"),
        ("bits per character", "bits", -1, "in the unit 'bits' is at least 0"),
        ("perplexity", "choices", 0.5, "in the unit 'choices' is at least 1"),
    ],
)
def test_an_implausible_value_is_refused_with_its_limits(metric, unit, value, limits):
    """The staff's report says what cannot be, and the team's other rows stay."""
    row = result(metric=metric, value=value, unit=unit, run="r2")
    found = read_results(json.dumps({"schema": 1, "results": [result(), row]}))
    assert [one.run for one in found.results] == ["run-1"]
    assert found.problems == (
        f'results.json, result 2: "value" is {value}; {metric} {limits}; '
        'correct the value or "unit"',
    )


@pytest.mark.parametrize(
    ("metric", "unit", "value"),
    [
        ("WER", "share", 1.2), ("TER", "", 130), ("R2", "share", -3), ("accuracy", "", 100),
        ("accuracy", "share", 1.0000001), ("accuracy", "logits", 7), ("loss", "nats", -2),
    ],
)  # fmt: skip
def test_what_can_be_is_kept(metric, unit, value):
    """A word error rate may be more than 1, and whoever invents a unit knows what it counts."""
    assert read(result(metric=metric, unit=unit, value=value))[0].value == value


@pytest.mark.parametrize("value", [1.7e308, -1.7e308, 1.1e100])
def test_a_value_whose_mean_would_overflow_is_refused(value):
    """Two such values stopped the site of the whole course."""
    rows = [result(metric="loss", value=value), result(metric="loss", value=1e100)]
    text = json.dumps({"schema": 1, "results": rows})
    found = read_results(text)
    assert [row.value for row in found.results] == [1e100]
    assert found.problems == (
        f'results.json, result 1: "value" is {value:.3g}; it must lie within ±1e+100',
    )
    leaderboard({"a": found.results, "b": found.results})
