"""The main job, from an empty folder to a site that opens."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coursekit.demo import demo
from coursekit.git.repository import open_repository
from coursekit.team.checks import read_checks
from litreview.actions.check import check
from litreview.errors import UserError


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One demo for all claims: it is the most expensive thing here."""
    folder = tmp_path_factory.mktemp("with a space") / "demo folder"
    steps: list[str] = []
    report = demo(folder, neural=False, on_step=lambda number, total, name: steps.append(name))
    return folder, report, steps


def test_each_team_has_a_repository_with_its_review_and_its_run(finished):
    """All three model families, and everything pushed: the bare repository is what counts."""
    folder, report, steps = finished
    assert [one.team for one in report.teams] == [
        "bright-encoders", "small-models", "name-tags", "ask-the-manual", "next-word",
        "before-attention", "short-and-sweet", "calendar-club", "in-brief",
    ]  # fmt: skip
    families = set()
    for one in report.teams:
        with open_repository(folder / "course" / "repositories" / f"{one.team}.git") as repository:
            review = repository.read("0_LiteratureReview/README.md").decode()
            settings = repository.read("baseline.toml").decode()
            results = json.loads(repository.read("results.json"))["results"]
            runs = {path.split("/")[1] for path in repository.files() if path.endswith("/run.json")}
            readme = repository.read("README.md").decode()
            assert repository.branches()["template"] != repository.branches()["main"]
        families.add(re.search(r'family = "([\w-]+)"', settings)[1])
        assert check(one.clone).complete_sources >= 2
        assert "arxiv.org" in review
        assert {row["run"] for row in results} == runs == set(one.runs)
        best = next(row for row in results if row["split"] == "test")
        assert best["run"] in one.runs
        assert best["model"].lower() in readme.lower()
        tested = [row for row in results if row["split"] == "test"]
        assert "baseline" in {row["role"] for row in tested}
        assert {row["seed"] for row in tested if row["family"] != "count-based"} == {1, 2}
    assert families == {"encoder-only", "decoder-only", "encoder-decoder"}
    assert steps[0].startswith("a repository for each")
    assert steps[-1] == "the showcase"
    assert len(steps) == 2 * 9 + 4


def test_what_costs_little_was_run_again_and_is_shown_as_reproduced(finished):
    """Three models that count, by the course's own code; what was trained stays measured."""
    folder, report, _ = finished
    checks = read_checks(folder / "course" / "verified.jsonl")
    assert {check.team for check in checks} == {"bright-encoders", "next-word", "short-and-sweet"}
    assert len({check.run for check in checks}) == 3
    assert {(check.tier, check.code) for check in checks} == {("reproduced", "course")}
    assert {check.split for check in checks} == {"validation", "test"}
    table = (report.site / "leaderboard.html").read_text("utf-8")
    assert "reproduced" in table
    assert "measured" in table


def test_the_course_is_shown_on_its_last_day(finished):
    """Filled milestones, gains, boards that compare teams, a programme, names by consent."""
    _, report, _ = finished
    pages = {path.name: path.read_text("utf-8") for path in report.site.rglob("*.html")}
    table = pages["leaderboard.html"]
    rows = re.findall(r"<tr[^>]*><th scope=\"row\">.*?</tr>", table.partition("<h2")[0], re.S)
    assert {re.search(r"teams/([\w-]+)\.html", row)[1] for row in rows} == {
        one.team for one in report.teams
    }
    assert sum("ck-gain-up" in row for row in rows) >= 1
    assert sum("ck-gain-down" in row for row in rows) >= 1
    assert len(re.findall(r'class="ck-board"', table)) >= 3
    assert len(re.findall(r'class="ck-talk"', pages["programme.html"])) == 9
    assert "Not written yet" not in pages["name-tags.html"]
    assert "Ada Lovelace" in pages["bright-encoders.html"]
    # One of two consents; nobody of the other team does.
    assert ("Frances Allen" in pages["ask-the-manual.html"]) is True
    assert ("John McCarthy" in pages["ask-the-manual.html"]) is False
    assert "Donald Davies" not in pages["in-brief.html"]
    assert "Open questions" not in pages["next-word.html"]


def test_the_showcase_shows_every_figure_with_its_run(finished):
    """A number that nobody can trace is not shown."""
    folder, report, _ = finished
    assert report.start_page.is_file()
    pages = "\n".join(path.read_text("utf-8") for path in report.site.rglob("*.html"))
    for one in report.teams:
        rows = json.loads((one.clone / "results.json").read_text("utf-8"))["results"]
        # Of two runs of one experiment with one seed the newer counts.
        newest = {(r["identity"], r["seed"]): r["run"] for r in rows if r["split"] == "test"}
        assert newest
        for run in newest.values():
            assert run in pages
    assert str(folder) not in pages


def test_nothing_of_this_machine_is_in_the_repositories(finished):
    """A path of the staff's home has no business in a team's history."""
    folder, report, _ = finished
    for one in report.teams:
        with open_repository(folder / "course" / "repositories" / f"{one.team}.git") as repository:
            for path, entry in repository.files().items():
                content = repository.read_object(entry.oid)
                assert str(folder).encode() not in content, path


def test_running_it_again_goes_on_where_it_stopped(finished):
    """Also after a clone was lost: nothing is trained twice, nothing is drafted twice."""
    folder, before, _ = finished
    clone = before.teams[1].clone
    shutil.rmtree(clone)
    after = demo(folder, neural=False)
    assert [one.runs for one in after.teams] == [one.runs for one in before.teams]
    log = subprocess.run(
        ["git", "-C", str(clone), "log", "--format=%s"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(log) == 2, log


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(UserError, match="is not empty, and not from an earlier demo"):
        demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(UserError, match="is a file"):
        demo(tmp_path / "thesis.tex")


def test_it_can_be_tried_without_writing(tmp_path):
    report = demo(tmp_path / "new", dry_run=True)
    assert report.start_page == tmp_path / "new" / "site" / "index.html"
    assert not (tmp_path / "new").exists()


def test_without_git_it_is_one_sentence(tmp_path):
    """A fresh machine without git gets a remedy, not a traceback."""
    result = subprocess.run(
        [sys.executable, "-m", "coursekit", "demo", str(tmp_path / "d")],
        env={"PATH": str(tmp_path)}, capture_output=True, text=True, cwd=Path(__file__).parent,
    )  # fmt: skip
    assert result.returncode == 2
    assert "git is not installed" in result.stderr
    assert "Traceback" not in result.stderr
