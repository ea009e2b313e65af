"""A newer template reaches every repository, and no word of a team is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from update_course import FILES, ROSTER, UpdateCourse, notebook

from coursekit.cohort.messages import team_message
from coursekit.cohort.update import update
from coursekit.course.course import load_course
from coursekit.errors import LockedError
from coursekit.lock import hold
from litreview.errors import UserError


@pytest.fixture(scope="module")
def fresh_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = UpdateCourse(tmp_path_factory.mktemp("fresh"))
    course.start()
    return course.folder


@pytest.fixture
def course(fresh_course: Path, tmp_path: Path) -> UpdateCourse:
    shutil.copytree(fresh_course, tmp_path, dirs_exist_ok=True)
    return UpdateCourse(tmp_path)


def kinds(outcome) -> list[tuple[str, str]]:
    return [(finding.kind, finding.path) for finding in outcome.findings]


def changed(text: str | bytes, old: str, new: str) -> str:
    assert isinstance(text, str)
    assert old in text
    return text.replace(old, new)


def test_untouched_repository_receives_everything(course):
    """Changed, added and removed files arrive where nobody has worked."""
    course.template(
        {
            "README.md": changed(FILES["README.md"], "Two", "Two, reworded"),
            "3_Model/EXTRA.md": "New\n",
            "cover.png": b"\x89PNG\0new",
            "3_Model/INSTRUCTIONS.md": None,
        }
    )
    outcome = course.update()
    assert (outcome.state, outcome.findings) == ("updated", ())
    assert b"Two, reworded" in course.read("README.md")
    assert course.read("3_Model/EXTRA.md") == b"New\n"
    assert course.read("cover.png") == b"\x89PNG\0new"
    assert "3_Model/INSTRUCTIONS.md" not in course.paths()


def test_second_update_does_nothing(course):
    """Every command can be repeated."""
    course.template({"README.md": "# New\n"})
    course.update()
    tips = course.tips()
    assert course.update().state == "up to date"
    assert course.tips() == tips


def test_week_that_was_open_reaches_the_team(course):
    """Setting a TBD in course.toml is all that staff do."""
    path = course.folder / "course" / "course.toml"
    path.write_text(path.read_text().replace('"TBD"', '"Tokenization"'), encoding="utf-8")
    assert course.update().changed == ("MILESTONES.md",)
    assert b"2026-11-20: Tokenization" in course.read("MILESTONES.md")


def test_edits_of_other_lines_are_joined(course):
    """The team's words and the staff's stand side by side."""
    course.team({"README.md": "# Names\n\nOne\nTwo\nThree\nFour\nOur five\n"})
    course.template({"README.md": changed(FILES["README.md"], "One", "New one")})
    assert course.update().findings == ()
    assert course.read("README.md") == b"# Names\n\nNew one\nTwo\nThree\nFour\nOur five\n"


def test_edits_of_neighbouring_lines_are_joined(course):
    """A filled-in field beside a reworded one is no contradiction."""
    course.team({"3_Model/README.md": "# Our model\n\n- Why: it is small\n- Result: [Which?]\n"})
    course.template(
        {"3_Model/README.md": "# Our model\n\n- Why: [Why?]\n- Result: [Which value?]\n"}
    )
    assert course.update().findings == ()
    assert course.read("3_Model/README.md") == (
        b"# Our model\n\n- Why: it is small\n- Result: [Which value?]\n"
    )


def test_same_line_keeps_the_teams_and_says_so(course):
    """No marker ever reaches the team's branch, and the rest of the file arrives."""
    course.team({"README.md": changed(FILES["README.md"], "Two", "Our two").replace(
        "{{ cookiecutter.project_name }}", "Owls")})  # fmt: skip
    text = changed(FILES["README.md"], "Two", "Their two")
    course.template({"README.md": changed(text, "Five", "Their five")})
    outcome = course.update()
    assert kinds(outcome) == [("clash", "README.md")]
    assert outcome.findings[0].line == 4
    assert outcome.findings[0].theirs == "Their two"
    content = course.read("README.md")
    assert b"Our two" in content
    assert b"Their five" in content
    assert b"<<<<" not in content


def test_clash_is_repeated_until_the_team_has_been_there(course):
    """What was left undone is not forgotten, and not held against them forever."""
    course.team({"README.md": "# Ours\n"})
    course.template({"README.md": "# Theirs\n"})
    course.update()
    assert kinds(course.update()) == [("clash", "README.md")]
    course.git("pull", "-q")
    course.team({"README.md": "# Ours and theirs\n"})
    outcome = course.update()
    assert (outcome.state, outcome.findings) == ("up to date", ())


@pytest.mark.parametrize("rewritten", [False, True])
def test_renamed_folder_is_followed(course, rewritten):
    """Teams rename milestone folders, and rewrite what is in them."""
    course.git("mv", "3_Model", "3_Models")
    if rewritten:
        (course.clone / "3_Models" / "README.md").write_text("Nothing is as it was.\n" * 9)
    course.push()
    course.template(
        {
            "3_Model/INSTRUCTIONS.md": "# Model\n\nDefine the model.\nTrain it twice.\n",
            "3_Model/README.md": changed(FILES["3_Model/README.md"], "Our model", "Model"),
            "3_Model/EXTRA.md": "New\n",
        }
    )
    outcome = course.update()
    assert b"twice" in course.read("3_Models/INSTRUCTIONS.md")
    assert course.read("3_Models/EXTRA.md") == b"New\n"
    assert not any(path.startswith("3_Model/") for path in course.paths())
    if rewritten:
        assert kinds(outcome) == [("clash", "3_Models/README.md")]
        assert course.read("3_Models/README.md").count(b"Nothing is as it was.") == 9
    else:
        assert outcome.findings == ()
        assert b"# Model\n" in course.read("3_Models/README.md")


def test_deleted_file_stays_deleted_and_is_reported_once(course):
    """Deleting is a decision of the team."""
    course.team({"3_Model/INSTRUCTIONS.md": None})
    course.template({"3_Model/INSTRUCTIONS.md": "New\n"})
    assert kinds(course.update()) == [("deleted", "3_Model/INSTRUCTIONS.md")]
    assert "3_Model/INSTRUCTIONS.md" not in course.paths()
    assert course.update().findings == ()


def test_edited_file_survives_its_removal_from_the_template(course):
    """A file that the team has worked in is theirs."""
    course.team({"3_Model/README.md": "Ours\n"})
    course.template({"3_Model/README.md": None})
    assert kinds(course.update()) == [("kept", "3_Model/README.md")]
    assert course.read("3_Model/README.md") == b"Ours\n"


def test_cover_that_both_replaced_stays_the_teams(course):
    """An image cannot be merged."""
    course.team({"cover.png": b"\x89PNG\0ours"})
    course.template({"cover.png": b"\x89PNG\0theirs"})
    assert kinds(course.update()) == [("replaced", "cover.png")]
    assert course.read("cover.png") == b"\x89PNG\0ours"


def test_notebook_that_was_only_run_is_updated(course):
    """Outputs are no edits; those of unchanged cells stay."""
    course.team({"3_Model/model.ipynb": notebook("a = 1", "b = 2", "c = 3", run=True)})
    course.template({"3_Model/model.ipynb": notebook("a = 1", "b = 20", "c = 3")})
    assert course.update().findings == ()
    cells = json.loads(course.read("3_Model/model.ipynb"))["cells"]
    assert ["".join(cell["source"]) for cell in cells] == ["a = 1", "b = 20", "c = 3"]
    assert [bool(cell["outputs"]) for cell in cells] == [True, False, True]


def test_notebook_cell_edited_by_both_stays_a_notebook(course):
    """The team's cell stands, the template's other cells arrive, the file is valid JSON."""
    course.team({"3_Model/model.ipynb": notebook("a = 1", "b = 'ours'", "c = 3")})
    course.template({"3_Model/model.ipynb": notebook("a = 1", "b = 'theirs'", "c = 30", "d = 4")})
    outcome = course.update()
    assert [(f.kind, f.line, f.theirs) for f in outcome.findings] == [("clash", 2, "b = 'theirs'")]
    cells = json.loads(course.read("3_Model/model.ipynb"))["cells"]
    assert ["".join(cell["source"]) for cell in cells] == ["a = 1", "b = 'ours'", "c = 30", "d = 4"]


def test_damaged_notebook_stays_as_it_is(course):
    """A team's broken file is theirs to mend."""
    course.team({"3_Model/model.ipynb": "{ not a notebook"})
    course.template({"3_Model/model.ipynb": notebook("a = 2")})
    assert kinds(course.update()) == [("unreadable", "3_Model/model.ipynb")]
    assert course.read("3_Model/model.ipynb") == b"{ not a notebook"


def test_file_with_windows_line_endings_merges_as_text(course):
    """An editor that converts line endings has not changed every line."""
    course.team({"README.md": "# Names\r\n\r\nOne\r\nTwo\r\nThree\r\nFour\r\nOurs\r\n"})
    course.template({"README.md": changed(FILES["README.md"], "One", "New one")})
    assert course.update().findings == ()
    assert course.read("README.md") == (
        b"# Names\r\n\r\nNew one\r\nTwo\r\nThree\r\nFour\r\nOurs\r\n"
    )


def test_file_that_both_added_stays_the_teams(course):
    """Two files of one name share no history to merge by."""
    course.team({"NOTES.md": "Ours\n"})
    course.template({"NOTES.md": "Theirs\n"})
    assert kinds(course.update()) == [("occupied", "NOTES.md")]
    assert course.read("NOTES.md") == b"Ours\n"


def test_new_file_does_not_collide_with_another_spelling(course):
    """`readme.md` and `README.md` are one file on Windows and macOS."""
    course.team({"notes.md": "Ours\n", "data": "Ours\n"})
    course.template({"NOTES.md": "Theirs\n", "data/README.md": "Theirs\n"})
    assert kinds(course.update()) == [("occupied", "NOTES.md"), ("occupied", "data/README.md")]


def test_update_waits_on_a_branch_unless_applied(course):
    """A team merges when it is ready; their branch is not moved."""
    main = course.tips()["main"]
    course.template({"README.md": "# New\n"})
    outcome = course.update(apply=False)
    assert (outcome.state, outcome.branch) == ("updated", "template-update")
    assert course.tips()["main"] == main
    assert course.read("README.md", "template-update") == b"# New\n"
    assert course.update(apply=False).state == "pending"
    course.git("pull", "-q", "origin", "template-update")
    course.push()
    assert course.update(apply=False).state == "up to date"


def test_branch_that_the_team_worked_on_is_not_thrown_away(course):
    """The waiting branch may have become the team's own."""
    course.template({"README.md": "# New\n"})
    course.update(apply=False)
    course.git("fetch", "-q")
    course.git("checkout", "-q", "template-update")
    course.team({"OURS.md": "Ours\n"})
    course.template({"README.md": "# Newer\n"})
    outcome = course.update(apply=False)
    assert outcome.state == "failed"
    assert "template-update" in outcome.problem
    assert course.read("OURS.md", "template-update") == b"Ours\n"


def test_dry_run_says_the_same_and_writes_nothing(course):
    """A trial run is the real one without the writing."""
    course.team({"README.md": "# Ours\n"})
    course.template({"README.md": "# Theirs\n", "NEW.md": "New\n"})
    tips = course.tips()
    trial = course.update(dry_run=True)
    assert trial.state == "would update"
    assert course.tips() == tips
    real = course.update()
    assert (trial.changed, trial.findings) == (real.changed, real.findings)


def test_update_that_was_cut_short_is_finished_by_the_next(course):
    """The template's branch may be ahead of the team's after a kill."""
    course.template({"README.md": "# New\n"})
    before = course.tips()["main"]
    course.update()
    course.git("update-ref", "refs/heads/main", before, cwd=course.bare)
    assert course.update().state == "updated"
    assert course.read("README.md") == b"# New\n"


def test_one_bad_repository_does_not_stop_the_rest(course):
    """The summary lists it."""
    roster = course.folder / "course" / "roster.csv"
    roster.write_text(ROSTER + "Bats,bats,Bob\n", encoding="utf-8")
    course.template({"README.md": "# New\n"})
    report = update(load_course(course.folder / "course"), apply=True)
    assert [team.state for team in report.teams] == ["updated", "failed"]
    assert "coursekit generate" in report.teams[1].problem
    assert report.needs_attention == (report.teams[1],)


def test_two_staff_members_do_not_update_at_once(course):
    """The second is told who is at it."""
    loaded = load_course(course.folder / "course")
    with hold(loaded.state, "update"), pytest.raises(LockedError, match="is running"):
        update(loaded)


def test_unknown_team_is_named(course):
    """A slip in a slug is not "nothing to do"."""
    with pytest.raises(UserError, match="'owl'"):
        update(load_course(course.folder / "course"), only=["owl"])


def test_no_path_of_this_machine_reaches_a_repository(course):
    """The staff's folders are nobody's business."""
    course.template({"README.md": "# New\n"})
    course.update()
    log = course.git("log", "--all", "--format=%B%an%ae", cwd=course.bare)
    assert str(course.folder) not in log
    for path in course.paths():
        assert str(course.folder).encode() not in course.read(path)


def test_message_to_the_team_quotes_what_did_not_arrive(course):
    """Kind, and with the next step."""
    course.team({"README.md": "# Ours\n"})
    course.template({"README.md": "# Theirs\n"})
    outcome = course.update(apply=False)
    loaded = load_course(course.folder / "course")
    text = team_message(loaded, loaded.teams[0], outcome)
    assert text.startswith("Hello Owls,")
    assert "`template-update`" in text
    assert "> # Theirs" in text
