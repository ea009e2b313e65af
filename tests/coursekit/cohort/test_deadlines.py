"""A deadline is judged by where the team's branch stood, and nobody is called late wrongly."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from coursekit.cohort.commits import Commit, positions
from coursekit.cohort.deadlines import judge
from coursekit.cohort.status import read_status
from coursekit.course.course import load_course
from coursekit.course.record import LOG_FILE, extend, read_extensions
from coursekit.course.start import start_course
from coursekit.team.milestones import Analysis, MilestoneState
from coursekit.team.summary import ResultsSummary
from litreview.errors import UserError

DAY = 86_400
# The schedule's first review is due on 6 November 2026, in Berlin.
END = dt.datetime.fromisoformat("2026-11-06T23:59:59+01:00")
NOW = dt.datetime.fromisoformat("2026-11-20T12:00:00+01:00")


def commit(name: str, days: float, *parents: str, pulled: bool = False) -> Commit:
    """A commit so many days after the deadline."""
    seconds = int(END.timestamp() + days * DAY)
    return Commit(name, seconds, "Ada", "ada@x.example", parents, pulled)


@pytest.fixture
def course(tmp_path: Path):
    start_course(tmp_path / "course")
    return load_course(tmp_path / "course")


def verdict(course, commits: list[Commit], done: set[str], extensions=None) -> tuple[str, str]:
    """The verdict on the first review, which is complete at some of the commits."""

    def analysis(oid: str) -> Analysis:
        state = "complete" if oid in done else "template"
        row = MilestoneState("review", "0_LiteratureReview", state, (), 0)
        return Analysis((row,), ResultsSummary("placeholder", "2026"))

    line = positions(commits, NOW.timestamp())
    found = judge(course, NOW, line, analysis, extensions)
    (row,) = [one for one in found if one.date in ("2026-11-06", "2026-11-09") and one.kind][:1]
    return row.verdict, row.commit


def test_merge_of_an_older_side_branch_does_not_make_the_work_late(course):
    """Main was complete; the notes of the side branch are younger and lack the review."""
    commits = [
        commit("merge", 4, "review", "notes"), commit("notes", -0.1, "start"),
        commit("review", -1, "start"), commit("start", -9),
    ]  # fmt: skip
    assert verdict(course, commits, {"review", "merge"}) == ("in time", "review")


def test_work_on_a_side_branch_counts_from_the_merge(course):
    """Until then the branch did not have it."""
    commits = [
        commit("merge", 4, "start", "review"), commit("review", -1, "start"), commit("start", -9),
    ]  # fmt: skip
    assert verdict(course, commits, {"review", "merge"}) == ("late", "start")


def test_pull_of_the_published_branch_follows_the_published_one(course):
    """Bob's own commit is older; what Ada had pushed in time stands."""
    commits = [
        commit("pull", 4, "bob", "review", pulled=True), commit("review", -1, "start"),
        commit("bob", -0.5, "start"), commit("start", -9),
    ]  # fmt: skip
    assert verdict(course, commits, {"review", "pull"}) == ("in time", "review")


def test_backdated_commit_is_for_a_person_to_judge(course):
    """Its date is before that of the commit that it follows."""
    commits = [commit("review", -1, "work"), commit("work", 3, "start"), commit("start", -9)]
    assert verdict(course, commits, {"review"})[0] == "needs a human"


def test_commit_from_the_future_makes_nobody_else_late(course):
    """A wrong clock says nothing about those that follow."""
    commits = [commit("review", -1, "odd"), commit("odd", 4000, "start"), commit("start", -9)]
    assert verdict(course, commits, {"review"}) == ("in time", "review")


def test_extension_moves_the_deadline_of_one_team(course):
    commits = [commit("review", 2, "start"), commit("start", -9)]
    assert verdict(course, commits, {"review"})[0] == "late"
    titles = {row.title: dt.date(2026, 11, 9) for row in course.milestones}
    assert verdict(course, commits, {"review"}, titles)[0] == "in time"


def test_extension_is_written_into_the_log_and_read_back(course, tmp_path):
    """The later line outranks the earlier one; a half line of a killed run is no obstacle."""
    (course.folder / "roster.csv").write_text("team,slug\nOwls,owls\n", encoding="utf-8")
    course = load_course(course.folder)
    title = next(row.title for row in course.milestones if row.folder)
    extend(course, "owls", title, dt.date(2026, 11, 9), dry_run=True)
    assert read_extensions(course) == {}
    extend(course, "owls", title, dt.date(2026, 11, 9))
    with (course.folder / LOG_FILE).open("a", encoding="utf-8") as file:
        file.write('{"kind": "exten')
    extend(course, "owls", title, dt.date(2026, 11, 12))
    assert read_extensions(course) == {"owls": {title: dt.date(2026, 11, 12)}}
    rows = (course.folder / LOG_FILE).read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["date"] for row in rows if row.endswith("}")] == [
        "2026-11-09", "2026-11-12",
    ]  # fmt: skip
    assert read_status(course).teams[0].team == "owls"


@pytest.mark.parametrize(
    ("title", "day", "reason"),
    [("Nothing", 9, "is no milestone with a day"), ("Literature", 9, "more than one milestone"),
     ("Literature review I", 1, "name a later day")],
)  # fmt: skip
def test_slip_in_an_extension_is_named(course, title, day, reason):
    (course.folder / "roster.csv").write_text("team,slug\nOwls,owls\n", encoding="utf-8")
    course = load_course(course.folder)
    with pytest.raises(UserError, match=reason):
        extend(course, "owls", title, dt.date(2026, 11, day))
    assert not (course.folder / LOG_FILE).exists()
