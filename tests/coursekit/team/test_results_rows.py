"""One row of `results.json`: what is kept of it, to the character, and the sentence if refused."""

from __future__ import annotations

import dataclasses
import json

import pytest
from site_teams import result

from coursekit.team.results import MAX_ROWS, MEASURED, Result, read_results


def one(**changes: object):
    (row,) = read_results(json.dumps({"schema": 1, "results": [result(**changes)]})).results
    return row


def problem(**changes: object) -> str:
    text = json.dumps({"schema": 1, "results": [result(**changes)]})
    (found,) = read_results(text, name="R").problems
    return found


def test_what_a_row_need_not_say_is_empty():
    """So that files of earlier versions are read as they always were."""
    assert {
        field.name: field.default
        for field in dataclasses.fields(Result)
        if field.default is not dataclasses.MISSING
    } == {
        "unit": "", "name": "", "identity": "", "data": "", "interval": None, "openings": None,
        "tier": MEASURED, "checked": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "written", "kept"),
    [
        ("value", 3, 3.0),
        ("interval", [1, 4], (1.0, 4.0)),
        ("interval", [4, 1], None),
        ("interval", [1.5, 1e101], None),
        ("interval", [7, 9], None),
        ("interval", [True, 4], None),
        ("interval", "1-4", None),
        ("openings", 2, 2),
        ("openings", True, None),
        ("openings", -1, None),
        ("openings", 0, 0),
        ("openings", 999_999, 999_999),
        ("openings", 1_000_000, None),
        ("interval", [1, 4, 5], None),
        ("interval", [3, 3], (3.0, 3.0)),
        ("identity", "3fa2", "3fa2"),
        ("data", None, ""),
        ("seed", 0, 0),
        ("seed", None, None),
        ("commit", "abcd", "abcd"),
        ("commit", "abc", ""),
        ("commit", "a" * 64, "a" * 64),
        ("commit", "a" * 65, ""),
        ("commit", "xyzw", ""),
        ("commit", 1234, ""),
        ("model", "a\tb\x00 \n c", "a b c"),
        ("model", "m" * 120, "m" * 120),
        ("model", "m" * 121, "m" * 119 + "…"),
        ("family", None, ""),
        ("family", "", ""),
        ("unit", "Percent", "percent"),
        ("unit", None, ""),
        ("run", "a" * 100, "a" * 100),
        ("run", "A.b_c-1", "A.b_c-1"),
        ("role", "baseline", "baseline"),
        ("higher_is_better", False, False),
    ],
)
def test_a_field_is_kept_as(field, written, kept):
    assert getattr(one(**{"value": 3, field: written}), field) == kept


@pytest.mark.parametrize("value", [1e100, -1e100])
def test_a_value_at_the_limit_is_kept(value):
    assert one(metric="loss", value=value).value == value


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("2026-11-20T10:00:00", "2026-11-20T10:00:00+00:00"),
        ("2026-11-20T10:00:00+02:00", "2026-11-20T08:00:00+00:00"),
        ("2026-11-20", "2026-11-20T00:00:00+00:00"),
        ("yesterday", None),
        (None, None),
        (20261120, None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_a_date_is_in_utc_or_none(date, moment):
    found = one(date=date).date
    assert (found and found.isoformat()) == moment


NUMBER = "it must be a finite number"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"value": "0.9"}, f'"value" is "0.9"; {NUMBER}'),
        ({"value": None}, f'"value" is null; {NUMBER}'),
        ({"value": "v" * 99}, f'"value" is "{"v" * 39}; {NUMBER}'),
        ({"value": -2e100}, '"value" is -2e+100; it must lie within ±1e+100'),
        ({"role": "winner"}, '"role" is "winner"; it must be "baseline" or "model"'),
        ({"seed": True}, '"seed" must be a whole number or null'),
        ({"run": "a" * 101}, f'"run" is "{"a" * 59}; it must name a folder below runs/'),
        ({"run": "-a"}, '"run" is "-a"; it must name a folder below runs/'),
        ({"run": None}, '"run" is null; it must name a folder below runs/'),
        ({"task": " \n"}, '"task" is missing or not a text'),
        ({"family": 3}, '"family" is missing or not a text'),
        ({"split": None}, '"split" is missing or not a text'),
        ({"higher_is_better": 1}, '"higher_is_better" must be true or false'),
    ],
)
def test_a_refused_row_says_why(changes, says):
    assert problem(**changes) == f"R, result 1: {says}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "R: is not valid JSON (line 1: Expecting value)"),
        ('{"a":\n}', "R: is not valid JSON (line 2: Expecting value)"),
        ("[" * 100_000, "R: is not valid JSON (nested too deeply)"),
        ('{"schema": "%s", "results": []}' % ("x" * 99),
         f'R: schema is "{"x" * 39}; this version reads 1'),
        ('{"results": []}', "R: schema is null; this version reads 1"),
        ('{"schema": 1, "results": [3]}', "R, result 1: is not an object"),
    ],
)  # fmt: skip
def test_a_refused_file_says_why(text, says):
    found = read_results(text, name="R")
    assert (found.results, found.problems) == ((), (says,))


@pytest.mark.parametrize(("more", "says"), [(0, ()), (1, ("R: has 5001 results; only the first "
                                                           "5000 are read",))])  # fmt: skip
def test_the_number_of_rows_is_bounded(more, says):
    text = json.dumps({"schema": 1, "results": [result()] * (MAX_ROWS + more)})
    found = read_results(text, name="R")
    assert (len(found.results), found.problems) == (MAX_ROWS, says)


def test_rows_keep_their_numbers_whatever_stands_before_them():
    rows = [result(run="a"), result(value=None), result(run="b"), result(run="a", value=0.5)]
    found = read_results(json.dumps({"schema": 1, "results": rows}), runs={"a"}, name="R")
    assert [row.value for row in found.results] == [0.8, 0.5]
    assert found.problems == (
        f'R, result 2: "value" is null; {NUMBER}',
        "R, result 3: runs/b/run.json is not in the repository",
    )
