"""Staff see what each team has, what that rests on, and what was there in time."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import hashlib
import io
import json
import re
import shutil
from pathlib import Path

import pytest
from update_course import UpdateCourse

from coursekit.cohort import report
from coursekit.cohort.status import CourseStatus, TeamStatus, read_status
from coursekit.course.course import load_course
from litreview.errors import UserError

COURSE = """\
[course]
title = "Course"
cohort = "2026-winter"
timezone = "Europe/Berlin"

[template]
source = "../template"

[[milestones]]
date = 2026-11-06
title = "Literature review"
folder = "0_LiteratureReview"

[[milestones]]
date = 2026-11-20
title = "TBD"

[[milestones]]
date = 2027-01-08
title = "Presentations"
folder = "4_Presentation"
"""
ROSTER = (
    "team,slug,members,emails\nOwls,owls,Ada Lovelace; Alan Turing,ada@example.org; alan@x.org\n"
)
FILES = {
    "README.md": "# {{ cookiecutter.project_name }}\n\n### Results Summary\n\n"
    "- **Best Model:** [Which model was best?]\n- **Evaluation Metric:** [Which?]\n"
    "- **Result:** [What did it reach?]\n",
    "0_LiteratureReview/README.md": "# Literature Review\n",
    "1_DatasetCharacteristics/README.md": "# Dataset\n\n- **Source:** [Where is it from?]\n",
    "1_DatasetCharacteristics/exploratory_data_analysis.ipynb": "{}\n",
    "2_BaselineModel/README.md": "# Baseline\n\n- **Model:** [Which one?]\n",
    "3_Model/README.md": "# Model\n\n- **Model:** [Which one?]\n",
    "4_Presentation/README.md": "# Presentation\n\n"
    "**[Slides](name_of_your_file_including_the_presentation_slides)**\n",
}
SOURCE = """\
- **Source {number}: {title}**
  - **[Link](https://arxiv.org/abs/1706.0376{number})**
  - **Objective:** To translate without recurrence.
  - **Methods:** An encoder and a decoder of attention layers.
  - **Outcomes:** 28.4 BLEU from English to German.
  - **Relation to the Project:** We start from the same encoder.
"""
REVIEW = "# Literature Review\n\n" + "\n".join(
    SOURCE.format(number=number, title=title)
    for number, title in ((1, "Attention Is All You Need"), (2, "A Second Paper on Attention"))
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = UpdateCourse(
        tmp_path_factory.mktemp("status"), files=dict(FILES), settings=COURSE, roster=ROSTER
    )
    course.start()
    return course.folder


@pytest.fixture
def course(fresh: Path, tmp_path: Path) -> UpdateCourse:
    shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)
    return UpdateCourse(tmp_path, files=dict(FILES), settings=COURSE, roster=ROSTER)


def read(course: UpdateCourse, at: str = "2026-12-01T12:00+01:00") -> CourseStatus:
    return read_status(load_course(course.folder / "course"), at=dt.datetime.fromisoformat(at))


def owls(course: UpdateCourse, at: str = "2026-12-01T12:00+01:00") -> TeamStatus:
    (team,) = read(course, at).teams
    return team


def states(team: TeamStatus) -> dict[str, str]:
    return {one.kind: one.state for one in team.milestones}


def test_team_without_a_commit_comes_first_and_is_named(course):
    """Zero commits is the most important number."""
    team = owls(course)
    assert (team.state, team.commits) == ("no commits", 0)
    assert team.silent == ("Ada Lovelace", "Alan Turing")
    assert "owls: no commit of the team yet" in report.format_status(read(course))


def test_untouched_milestones_are_the_templates(course):
    """A commit elsewhere does not make a milestone started."""
    course.team({"NOTES.md": "Ours\n"}, date="2026-11-01T12:00:00+0100")
    assert set(states(owls(course)).values()) == {"placeholder"}


def test_states_follow_what_the_team_wrote(course):
    """Started, complete, in a renamed folder, in a notebook alone, in an essay."""
    course.git("mv", "3_Model", "4_OurModel")
    course.team(
        {
            "0_LiteratureReview/README.md": REVIEW,
            "1_DatasetCharacteristics/exploratory_data_analysis.ipynb": '{"cells": []}\n',
            "2_BaselineModel/README.md": "# Baseline\n\n- **Model:** We took an n-gram model, "
            "which counts how often words follow one another.\n",
            "4_Presentation/slides.pdf": "%PDF-1.4",
        },
        date="2026-11-01T12:00:00+0100",
    )
    team = owls(course)
    assert states(team) == {
        "review": "complete",
        "dataset": "started",
        "baseline": "complete",
        "model": "placeholder",
        "presentation": "started",
    }
    folders = {one.kind: one.folder for one in team.milestones}
    assert folders["model"] == "4_OurModel"
    dataset = next(one for one in team.milestones if one.kind == "dataset")
    assert dataset.evidence[0].path.endswith("exploratory_data_analysis.ipynb")


def record(*tiers: str, review: str = REVIEW) -> str:
    """What `litreview verify` writes beside a review."""
    return json.dumps(
        {
            "checked": "2026-11-05",
            "sha256": hashlib.sha256(review.encode()).hexdigest(),
            "sources": [
                {
                    "identity": f"arxiv:1706.0376{number}", "tier": tier,
                    "fails": tier in ("not found", "retracted"),
                }
                for number, tier in enumerate(tiers, 1)
            ],
        }
    )  # fmt: skip


def test_sources_are_counted_by_their_tier(course):
    """Staff see in one column whose sources nobody has looked up, or nobody can find."""
    files = {"0_LiteratureReview/README.md": REVIEW}
    course.team(files, date="2026-11-01T12:00:00+0100")
    assert owls(course).sources.told() == "2 unchecked"
    assert re.search(r"^owls .* 2 unchecked$", report.format_status(read(course)), re.M)

    course.team({"0_LiteratureReview/verification.json": record("verified", "not found")})

    status = read(course)
    tiers = owls(course).sources
    assert (tiers.counts, tiers.checked) == (
        (("verified", 1), ("differs", 0), ("retracted", 0), ("not found", 1), ("unchecked", 0)),
        "2026-11-05",
    )
    assert "owls: sources: 1 verified, 1 not found (on 2026-11-05)" in report.format_status(status)
    assert re.search(r"^owls .* 1 of 2 verified$", report.format_status(status), re.M)
    (row,) = csv.DictReader(io.StringIO(report.format_csv(status)))
    assert (row["sources verified"], row["sources not found"], row["sources checked"]) == (
        "1", "1", "2026-11-05",
    )  # fmt: skip
    assert states(owls(course))["review"] == "complete"
    # And from what was kept, the same.
    assert owls(course).sources == tiers


def test_a_review_that_changed_since_says_so(course):
    """A record is about one text; a source that came later is unchecked."""
    later = REVIEW + SOURCE.format(number=3, title="A Third Paper on Attention")
    course.team(
        {
            "0_LiteratureReview/README.md": later,
            "0_LiteratureReview/verification.json": record("verified", "differs"),
        }
    )
    tiers = owls(course).sources
    assert (tiers.told(), tiers.current) == ("1 verified, 1 differs, 1 unchecked", False)
    assert "(on 2026-11-05; the review has changed since)" in report.format_status(read(course))


def test_a_course_can_require_that_sources_were_verified(course):
    """What is asked for is told, with the command that gives it."""
    settings = course.folder / "course" / "course.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text + "\n[review]\nverify_sources = true\n", encoding="utf-8")
    beside = "0_LiteratureReview/verification.json"

    def remark() -> str:
        review = next(one for one in owls(course).milestones if one.kind == "review")
        return f"{review.state}: {review.evidence[-1].remark}"

    course.team({"0_LiteratureReview/README.md": REVIEW})
    remedy = "run `litreview verify .` and commit verification.json"
    assert remark() == f"started: the sources have not been verified; {remedy}"
    course.team({beside: record("verified", "not found")})
    assert remark() == f"started: sources to put right: 1 verified, 1 not found; then {remedy}"
    course.team({beside: record("verified", "verified", review="another text")})
    assert remark().startswith("started: the review has changed since its sources were verified")
    course.team({beside: record("verified", "unchecked")})
    assert remark() == "complete: 2 of 2 complete sources"
    course.team({beside: '{"sources": 3}'})
    assert remark() == f"started: the sources have not been verified; {remedy}"


def test_open_question_is_evidence_with_its_line(course):
    """Staff and team see at once what is missing."""
    course.team(
        {
            "3_Model/README.md": "# Model\n\nWe fine-tune a small encoder on our own labelled "
            "sentences.\n\n- **Model:** [Which one?]\n"
        }
    )
    team = owls(course, at="2099-01-01T00:00+01:00")
    model = next(one for one in team.milestones if one.kind == "model")
    assert model.state == "started"
    assert (model.evidence[0].line, "Which one?" in model.evidence[0].remark) == (5, True)


def test_drafted_review_is_not_complete_without_the_teams_relation(course):
    """What a tool drafted is a start; the relation is the team's to write."""
    course.team(
        {"0_LiteratureReview/README.md": REVIEW.replace("We start from the same encoder.", "")}
    )
    assert states(owls(course, at="2099-01-01T00:00+01:00"))["review"] == "started"


@pytest.mark.parametrize(
    ("date", "at", "verdict"),
    [
        # The deadline is the end of the day in Berlin, an hour before midnight in UTC.
        ("2026-11-06T22:30:00+0000", "2026-12-01T12:00+01:00", "in time"),
        ("2026-11-06T23:30:00+0000", "2026-12-01T12:00+01:00", "late"),
        ("2026-11-05T12:00:00+0000", "2026-11-05T18:00+01:00", "ahead"),
    ],
)
def test_deadline_ends_with_its_day_in_the_courses_time_zone(course, date, at, verdict):
    """The last commit before the deadline counts."""
    course.team({"0_LiteratureReview/README.md": REVIEW}, date=date)
    assert owls(course, at).deadlines[0].verdict == verdict


def test_missing_work_is_overdue_and_open_weeks_are_not(course):
    """A week that is TBD asks for nothing."""
    course.team({"NOTES.md": "Ours\n"}, date="2026-11-01T12:00:00+0100")
    team = owls(course)
    assert [deadline.verdict for deadline in team.deadlines] == ["overdue", "", "ahead"]
    text = report.team_message(read(course), team)
    assert "**Late:** Literature review was due on 2026-11-06" in text
    assert "**Next:** literature review" in text


def test_past_moment_sees_only_what_was_there(course):
    """`--at` looks at the repository as it was."""
    course.team({"0_LiteratureReview/README.md": REVIEW}, date="2026-11-10T12:00:00+0100")
    assert owls(course, "2026-11-08T12:00+01:00").state == "no commits"
    assert states(owls(course))["review"] == "complete"


def test_member_without_a_commit_is_named(course):
    """Names, addresses and accounts are compared, not guessed."""
    course.team({"NOTES.md": "Ours\n"}, date="2026-11-01T12:00:00+0100")
    team = owls(course)
    assert team.authors == (("Ada", 1),)
    assert team.silent == ("Alan Turing",)


def test_unchanged_repository_is_not_read_again(course):
    """A thousand teams are looked at every day."""
    course.team({"0_LiteratureReview/README.md": REVIEW}, date="2026-11-01T12:00:00+0100")
    first, second = read(course), read(course)
    assert (first.read_again, second.read_again) == (1, 0)
    assert first.teams == second.teams
    course.team({"NOTES.md": "Ours\n"}, date="2026-11-02T12:00:00+0100")
    assert read(course).read_again == 1


def test_damaged_cache_is_rebuilt(course):
    """The cache is a convenience."""
    course.team({"NOTES.md": "Ours\n"}, date="2026-11-01T12:00:00+0100")
    expected = read(course).teams
    store = course.folder / "course" / ".coursekit" / "status.json"
    store.write_text("{ half", encoding="utf-8")
    assert read(course).teams == expected


def test_one_bad_repository_does_not_stop_the_rest(course):
    """It is listed with its remedy."""
    roster = course.folder / "course" / "roster.csv"
    roster.write_text(ROSTER + "Bats,bats,Bob,\nCats,cats,Cleo,\n", encoding="utf-8")
    (course.folder / "course" / "repositories" / "cats.git").mkdir()
    status = read(course)
    assert {team.team: team.state for team in status.teams} == {
        "bats": "no repository", "cats": "unreadable", "owls": "no commits",
    }  # fmt: skip
    assert "coursekit generate" in status.unreadable[0].problem


def test_symbolic_links_are_not_followed(course):
    """A README that is a link to a file of the staff's machine is not read."""
    readme = course.clone / "3_Model" / "README.md"
    readme.unlink()
    readme.symlink_to("/etc/passwd")
    course.push()
    text = json.dumps(read(course, "2099-01-01T00:00+01:00").to_json())
    assert "root:" not in text


def test_table_for_spreadsheets_holds_no_formula(course):
    """A team's name must not run anything on the staff's machine."""
    team = TeamStatus("owls", "=cmd|' /C calc'!A0", "no commits")
    text = report.format_csv(CourseStatus("Course", "", (team,)))
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1][1] == "'=cmd|' /C calc'!A0"


def test_page_shows_names_as_text(course):
    """A team called `<script>` is called just that."""
    team = TeamStatus("owls", "<script>alert(1)</script>", "no commits")
    page = report.format_html(CourseStatus("<b>Course</b>", "", (team,)))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;Course" in page


def test_the_page_runs_its_own_script_and_nothing_else(course):
    """A hash in the policy; and a state sorts by how much it needs somebody."""
    course.team({"0_LiteratureReview/README.md": REVIEW})
    page = report.format_html(read(course))
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert '<td class=complete data-value="4">' in page
    assert '<td class=placeholder data-value="1">' in page
    assert '<td data-value="-2">2 unchecked</td>' in page
    assert re.search(r"<time datetime=(\d{4}-\d\d-\d\d)>\1</time>", page)


def attend(course: UpdateCourse, text: str) -> None:
    (course.folder / "course" / "attendance.csv").write_text(text, encoding="utf-8")


def test_attendance_says_who_may_still_get_a_certificate(course):
    """Two absences are permitted; a third one is not. Sessions to come do not count."""
    attend(
        course,
        "Name;30.10.;06.11.;13.11.\nAda Lovelace;x;;\nAlan Turing;x;-;x\nGrace Hopper;;n;e\n",
    )
    status = read(course)
    found = {person.name: person.certificate for person in status.teams[0].attendance}
    assert found == {"Ada Lovelace": "one absence away", "Alan Turing": "safe"}
    assert [(p.name, p.certificate) for p in status.unmatched] == [("Grace Hopper", "lost")]


def test_session_without_any_mark_has_not_been_held(course):
    """An empty column is the future."""
    attend(course, "name,s1,s2,s3\nAda Lovelace,x,,\nAlan Turing,-,,\n")
    people = read(course).teams[0].attendance
    assert [(person.present, person.absent) for person in people] == [(1, 0), (0, 1)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,s1\nAda,maybe\n", "line 2: the mark 'maybe'"),
        ("name,s1\nAda,x\nada,x\n", "line 3: 'ada' also stands in line 2"),
        ("name,s1,s2,s3,s4\nAda,x,x,x,x\n", "line 1: has 4 sessions, but course.toml says 3"),
    ],
)
def test_attendance_is_checked_with_line_numbers(course, text, message):
    """A slip in the list must not cost a certificate."""
    attend(course, text)
    with pytest.raises(UserError, match=message.replace("(", r"\(")):
        read(course)


def test_unknown_team_is_named(course):
    """A slip in a slug is not an empty report."""
    with pytest.raises(UserError, match="'owl'"):
        read_status(load_course(course.folder / "course"), only=["owl"])
