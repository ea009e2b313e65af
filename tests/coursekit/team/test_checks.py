"""How far a result was checked, and the log that says so."""

import json
from dataclasses import replace

import pytest

from coursekit.team.checks import Check, append_check, read_checks, with_tiers
from coursekit.team.results import Result
from coursekit.team.tiers import tier_of_mean
from litreview.errors import UserError

ROW = Result(
    "text-classification", "reviews", "test", "accuracy", 0.81, True, "encoder", "encoder-only",
    "model", "run-1", 1, "3f2c9ab", None, identity="abc",
)  # fmt: skip
CHECK = Check(
    "2027-01-05T10:00:00+00:00", "red", "abc", "run-1", "reviews", "test", "accuracy",
    "reproduced", 0.81, 0.812, (0.8, 0.82), "", "3f2c9ab", "lab", {"python": "3.11"},
)  # fmt: skip


@pytest.fixture
def log(tmp_path):
    return tmp_path / "verified.jsonl"


def test_a_check_comes_back_as_it_was_written(log):
    """What stands on the page is what was found, to the last digit."""
    append_check(log, CHECK)
    append_check(log, replace(CHECK, at="2027-01-06T10:00:00+00:00", tier="differs", figure=None))

    first, second = read_checks(log)

    assert first == CHECK
    assert (second.tier, second.figure) == ("differs", None)


def tiers(team, rows, checks):
    return [(row.tier, row.checked) for row in with_tiers(team, rows, checks)]


def test_a_figure_is_reproduced_only_while_it_is_the_one_that_was_checked():
    """Whoever changes a figure after the check must not keep the word for it."""
    assert tiers("red", [ROW], [CHECK]) == [("reproduced", "2027-01-05T10:00:00+00:00")]
    assert tiers("red", [replace(ROW, value=0.91)], [CHECK]) == [("measured", "")]
    assert tiers("blue", [ROW], [CHECK]) == [("measured", "")]
    assert tiers("red", [replace(ROW, metric="f1")], [CHECK]) == [("measured", "")]
    assert tiers("red", [replace(ROW, identity="")], [CHECK]) == [("measured", "")]


def test_the_newest_check_of_a_result_counts():
    """A fault that was put right does not stay on the page."""
    again = replace(CHECK, tier="differs", at="2027-01-07T09:00:00+00:00")

    assert tiers("red", [ROW], [CHECK, again]) == [("differs", "2027-01-07T09:00:00+00:00")]
    assert tiers("red", [ROW], [again, CHECK])[0][0] == "reproduced"


def test_a_mean_with_a_figure_that_differs_differs():
    """A mean over seeds holds the figure that did not come out again."""
    assert tier_of_mean(["reproduced", "measured", "differs"]) == "differs"
    assert tier_of_mean(["measured", "reproduced"]) == "reproduced"
    assert tier_of_mean(["measured", "measured"]) == "measured"


def test_damaged_lines_cost_only_themselves(log):
    """A log that was cut by a full disk still says what the other lines say."""
    append_check(log, CHECK)
    with log.open("a", encoding="utf-8") as file:
        file.write('{"at": "2027", "tier": "reproduced", "recorded": 1e999}\n')
        file.write('{"tier": "certified", "recorded": 1}\n["no object"]\n{"at": "20')
    append_check(log, replace(CHECK, team="blue"))

    assert [check.team for check in read_checks(log)] == ["red", "blue"]
    assert read_checks(log.with_name("absent.jsonl")) == ()
    assert len(log.read_text(encoding="utf-8").splitlines()) == 6
    assert json.loads(log.read_text(encoding="utf-8").splitlines()[0])["seeds"] == [0.8, 0.82]


def test_a_log_that_has_grown_too_large_is_one_sentence_with_a_remedy(tmp_path):
    """A course that verifies for years must not end in a traceback, nor read half of its log."""
    log = tmp_path / "checks.jsonl"
    log.write_bytes(b"")
    with log.open("r+b") as file:
        file.truncate(21_000_000)
    expected = "has 21 MB, more than the 20 MB that are read; move its older lines into another"
    with pytest.raises(UserError, match=expected):
        read_checks(log)
