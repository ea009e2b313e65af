"""The results of the course: a row for each project, ranks where they mean something, tiers."""

from __future__ import annotations

import json
import re

import pytest
from site_teams import result

from coursekit.site.figures.overview import as_json, set_aside
from coursekit.site.pages import Pages, Site
from coursekit.site.team import Team
from coursekit.team.checks import Check, with_tiers
from coursekit.team.ranking import leaderboard
from coursekit.team.results import read_results
from coursekit.team.summary import ResultsSummary

BASELINE = result(
    value=0.7, role="baseline", model="naive Bayes", run="b", interval=[0.66, 0.74], openings=1
)
MODEL = result(value=0.8, interval=[0.76, 0.83], openings=2, identity="abc", name="encoder, wide")


def team(slug: str, *rows: dict[str, object], **facts: object) -> Team:
    found = read_results(json.dumps({"schema": 1, "results": rows})).results
    return Team(slug, slug.title(), results=found, **facts)


def page(*teams: Team, language: str = "en") -> str:
    pages = Pages(Site("Course", language=language))
    boards = leaderboard({one.slug: one.results for one in teams})
    return pages.overview.page(teams, boards)


def rows(html: str) -> list[list[str]]:
    """The words of each cell of the first table."""
    body = re.findall(r"<tbody>(.*?)</tbody>", html, re.S)[0]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in body.split("<tr")[1:]]
    return [[" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in row] for row in cells]


def test_a_row_says_what_was_reached_from_where_and_how_sure_that_is():
    """Baseline, model with its interval, gain with its own, tier, seeds, openings."""
    assert rows(page(team("red", BASELINE, MODEL))) == [
        [
            "Red", "Text classification", "reviews", "accuracy ↑ higher is better",
            "0.7000 naive Bayes", "0.8000 0.7600 to 0.8300 encoder, wide",
            "+0.1000 0.0434 to 0.1500", "measured", "1", "2",
        ]
    ]  # fmt: skip


def test_what_only_runs_can_say_is_left_out_where_no_project_has_any():
    """Five columns of nothing would push the rest off the page."""
    told = ResultsSummary("filled", "2023", "U-Net", "Dice", "96,5%")
    whole = ResultsSummary("filled", "2023", "CNN", "it overfits", "it overfits")
    html = page(team("red", summary=told), team("blue", summary=whole))
    heads = re.findall(r"<th\b(?! scope)(?:\s[^>]*)?>(.*?)</th>", html.partition("</thead>")[0])
    assert heads == ["Project", "Task", "Metric", "Best model", "Checked"]
    assert rows(html) == [
        ["Red", "", "Dice", "96,5% U-Net", "reported by the team"],
        ["Blue", "", "–", "it overfits CNN", "reported by the team"],
    ]
    beside = rows(page(team("red", summary=told), team("green", BASELINE, MODEL)))
    assert [len(row) for row in beside] == [10, 10]


def test_a_gain_of_a_lower_metric_is_positive_where_it_is_better():
    lower = {"metric": "loss", "higher_is_better": False}
    (row,) = rows(page(team("red", {**BASELINE, **lower}, {**MODEL, **lower, "value": 0.6,
                                                           "interval": [0.5, 0.65]})))  # fmt: skip
    assert row[3] == "loss ↓ lower is better"
    assert row[6] == "+0.1000 0.0360 to 0.2077"


def test_a_checked_result_says_when_and_one_that_differs_says_so():
    """The same words as in the terminal; the day is that of the check."""
    check = Check("2027-01-05T10:00:00+00:00", "red", "abc", "run-1", "reviews", "test",
                  "accuracy", "reproduced", 0.8)  # fmt: skip
    one = team("red", BASELINE, MODEL)
    checked = Team("red", "Red", results=with_tiers("red", one.results, [check]))
    assert rows(page(checked))[0][7] == "reproduced 5 Jan 2027"
    assert rows(page(checked, language="de"))[0][7] == "nachgerechnet 05.01.2027"


def test_validation_stands_below_and_is_said_to_be_no_test():
    """A figure by which things were chosen is not one to be compared with others."""
    html = page(team("red", result(split="validation", value=0.99)), team("blue", MODEL))
    found = rows(html)
    assert [row[0] for row in found] == ["Blue", "Red"]
    assert found[1][2] == "reviews validation, not test"
    assert html.count('class="ck-not-test"') == 1


def test_a_report_of_a_readme_is_the_last_and_says_what_it_is():
    summary = ResultsSummary("complete", "bullets", "GPT", "BLEU", "31,5", 3, None)
    found = rows(page(team("red", MODEL), Team("blue", "Blue", summary=summary, task="ner")))
    assert found[1][:4] == ["Blue", "Named entity recognition", "–", "BLEU"]
    assert (found[1][4], found[1][5]) == ("31,5 GPT", "reported by the team")


@pytest.mark.parametrize(("other", "boards"), [({}, 1), ({"dataset": "x"}, 0), ({"data": "f"}, 0)])
def test_there_is_a_leaderboard_only_where_two_share_task_data_and_metric(other, boards):
    html = page(team("red", MODEL), team("blue", result(value=0.9, **other)))
    assert html.count('class="ck-board"') == boards
    assert len(rows(html)) == 2


def test_a_row_shows_the_metric_that_most_projects_have():
    """Otherwise the figures of two projects on the same data would stand beside each other."""
    html = page(
        team("red", result(metric="accuracy"), result(metric="macro F1")),
        team("blue", result(metric="macro F1", value=0.6)),
    )
    assert [row[3].split(" ↑")[0] for row in rows(html)] == ["macro F1", "macro F1"]


def test_what_is_set_aside_is_told_to_the_staff_with_its_reason():
    teams = {"red": team("red", MODEL), "blue": team("blue", result(value=45, run="r9"))}
    boards = leaderboard({slug: one.results for slug, one in teams.items()})
    assert set_aside(boards) == {
        "blue": [
            "results.json: accuracy 45 of r9 names no unit and is above 1, among shares (0 to 1); "
            'write "unit": "percent", or correct it'
        ]
    }


def test_the_figures_for_programs_are_those_of_the_page():
    boards = leaderboard({"red": team("red", BASELINE, MODEL).results})
    facts = json.loads(as_json("Course", boards))
    (row,) = facts["results"]
    assert (row["team"], row["rank"], row["gain"]) == ("red", None, pytest.approx(0.1))
    assert (row["best"]["name"], row["best"]["interval"]) == ("encoder, wide", [0.76, 0.83])
    assert (row["best"]["tier"], row["baseline"]["value"]) == ("measured", 0.7)


def test_names_of_teams_are_text():
    html = page(Team("red", "<img src=x onerror=alert(1)>", results=team("red", MODEL).results))
    assert "<img" not in html
    assert "&lt;img src=x" in html


def test_a_teams_own_page_shows_all_its_experiments_the_best_first():
    """A second baseline that lost has its place there, with its run."""
    lost = result(value=0.6, role="baseline", model="lstm", run="lost-run", name="lstm, small")
    html = Pages(Site("Course")).results.of_team(team("red", lost, BASELINE, MODEL))
    assert [row[1].split()[0] for row in rows(html)] == ["0.8000", "0.7000", "0.6000"]
    assert [row[3] for row in rows(html)] == ["model", "baseline", "baseline"]
    assert 'title="lost-run"' in html
