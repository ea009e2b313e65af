"""What a repository has received is seen in its files, however the team merged and rewrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from update_course import UpdateCourse

FIELDS = "# {{ cookiecutter.project_name }}\n\nOne\nTwo\nThree\nFour\nFive\n"
RULES = "# Model\n\nDefine the model.\nTrain it.\n"
TEAM = {"README.md": "# Names\n\nOne\nOur two\nThree\nFour\nFive\n", "own.md": "Our own words\n"}
SECOND = {
    "README.md": FIELDS.replace("Four", "Second four"),
    "3_Model/INSTRUCTIONS.md": RULES.replace("Train it", "Train it twice"),
    "new.md": "A file that came with the second version.\n",
}
THIRD = {
    "README.md": FIELDS.replace("Four", "Third four"),
    "3_Model/INSTRUCTIONS.md": RULES.replace("Train it", "Train it thrice"),
    "new.md": "A file that came with the second version, as the third has it.\n",
}


@pytest.fixture
def course(tmp_path: Path) -> UpdateCourse:
    """A team has written; the second version of the template waits to be merged."""
    course = UpdateCourse(tmp_path)
    course.start()
    course.git("config", "receive.denyNonFastForwards", "false", cwd=course.bare)
    course.team(dict(TEAM))
    course.template(dict(SECOND))
    assert course.update(apply=False).state == "updated"
    course.git("fetch", "-q")
    return course


def squash(course: UpdateCourse) -> None:
    course.git("merge", "-q", "--squash", "origin/template-update")
    course.git("commit", "-q", "-m", "Squash and merge")
    course.git("push", "-q", "origin", "HEAD:main")


def merge(course: UpdateCourse) -> None:
    course.git("merge", "-q", "--no-ff", "-m", "Merge", "origin/template-update")
    course.git("push", "-q", "origin", "HEAD:main")


def drop_branch(course: UpdateCourse) -> None:
    course.git("push", "-q", "origin", ":template-update")


def squash_and_delete(course: UpdateCourse) -> None:
    squash(course)
    drop_branch(course)


def merge_and_delete(course: UpdateCourse) -> None:
    merge(course)
    drop_branch(course)


def rebase(course: UpdateCourse) -> None:
    """GitHub's "Rebase and merge": the template's commit again, on top of the team's."""
    course.git("cherry-pick", "origin/template")
    course.git("push", "-q", "origin", "HEAD:main")


def squash_then_amend(course: UpdateCourse) -> None:
    squash(course)
    course.git("commit", "-q", "--amend", "-m", "Another message")
    course.git("push", "-qf", "origin", "HEAD:main")


def begin_anew(course: UpdateCourse) -> None:
    """The whole history becomes one commit."""
    merge(course)
    course.git("checkout", "-q", "--orphan", "fresh")
    course.git("commit", "-q", "-m", "Everything")
    course.git("push", "-qf", "origin", "HEAD:main")
    course.git("checkout", "-q", "-B", "main")


def rewrite_each_commit(course: UpdateCourse) -> None:
    """Somebody has taken a large file out of the history, so that every commit is new."""
    squash(course)
    course.git("filter-branch", "-f", "--msg-filter", "cat && echo rewritten", "main")
    course.git("push", "-qf", "origin", "HEAD:main")


def resolve_by_hand(course: UpdateCourse) -> None:
    """In the conflict editor of the website, with one more word."""
    course.git("merge", "-q", "--squash", "origin/template-update")
    text = "# Names\n\nOne\nOur two, resolved\nThree\nSecond four\nFive\n"
    (course.clone / "README.md").write_text(text, encoding="utf-8")
    course.push()


def from_windows(course: UpdateCourse) -> None:
    """The merged files are uploaded with other line endings."""
    course.git("merge", "-q", "--squash", "origin/template-update")
    for path in ("README.md", "3_Model/INSTRUCTIONS.md", "new.md"):
        file = course.clone / path
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    course.push()


def as_master(course: UpdateCourse) -> None:
    """The team has renamed its branch, and the copy's HEAD still says main."""
    squash(course)
    course.git("push", "-q", "origin", "HEAD:master")
    course.git("update-ref", "-d", "refs/heads/main", cwd=course.bare)


WAYS = [
    merge, merge_and_delete, squash, squash_and_delete, rebase, squash_then_amend, begin_anew,
    rewrite_each_commit, resolve_by_hand, from_windows, as_master,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_next_version_arrives_whatever_way_the_last_was_merged(
    course: UpdateCourse, way: Callable[[UpdateCourse], None]
) -> None:
    """No change clashes that the team has taken over already, and none is proposed again."""
    way(course)
    branch = "master" if way is as_master else "main"
    again = course.update(apply=False)
    assert (again.state, again.changed) == ("up to date", ())
    course.template(dict(THIRD))
    outcome = course.update()
    assert (outcome.state, outcome.findings) == ("updated", ())

    def read(path: str) -> str:
        return course.read(path, branch).decode().replace("\r\n", "\n")

    assert read("README.md").splitlines()[3].startswith("Our two")
    assert read("README.md").splitlines()[5] == "Third four"
    assert read("3_Model/INSTRUCTIONS.md") == THIRD["3_Model/INSTRUCTIONS.md"]
    assert read("new.md") == THIRD["new.md"]
    assert read("own.md") == TEAM["own.md"]


def test_reverted_change_is_not_proposed_again_and_the_next_one_arrives(course):
    """The team did not want it; that is their word."""
    squash(course)
    course.git("revert", "--no-edit", "HEAD")
    course.git("push", "-q", "origin", "HEAD:main")
    assert course.update(apply=False).state == "up to date"
    course.template({"3_Model/INSTRUCTIONS.md": RULES.replace("# Model", "# The model")})
    assert course.update().findings == ()
    assert (
        course.read("3_Model/INSTRUCTIONS.md") == b"# The model\n\nDefine the model.\nTrain it.\n"
    )
    assert b"Four" in course.read("README.md").splitlines()


def test_branch_that_was_set_back_receives_the_change_again(course):
    """A member pushes an old clone by force: nobody has decided against the update."""
    before = course.git("rev-parse", "HEAD").strip()
    assert course.update(apply=True).state == "updated"
    course.git("push", "-qf", "origin", f"{before}:main")
    course.template(dict(THIRD))
    assert course.update().findings == ()
    assert course.read("new.md").decode() == THIRD["new.md"]
    assert b"Our two" in course.read("README.md")
    assert b"Third four" in course.read("README.md")


def test_closed_proposal_is_respected_and_said(course):
    """Deleting the branch is an answer; the next version is a new question."""
    drop_branch(course)
    outcome = course.update(apply=False)
    assert outcome.state == "declined"
    assert "--apply" in outcome.notes[0]
    assert "template-update" not in course.tips()
    course.template(dict(THIRD))
    assert course.update(apply=False).state == "updated"


def test_record_survives_a_history_that_is_gone_with_every_template_file_edited(course):
    """Then only the record knows which version the team's files come from."""
    squash(course)
    course.update(apply=False)
    course.team({
        "3_Model/INSTRUCTIONS.md": "# Model\n\nWe define it.\nTrain it twice.\n",
        "new.md": None,
    })  # fmt: skip
    course.git("checkout", "-q", "--orphan", "fresh")
    course.git("commit", "-q", "-m", "Everything")
    course.git("push", "-qf", "origin", "HEAD:main")
    course.template({**THIRD, "new.md": SECOND["new.md"]})
    outcome = course.update()
    assert outcome.findings == ()
    text = course.read("3_Model/INSTRUCTIONS.md")
    assert text == b"# Model\n\nWe define it.\nTrain it thrice.\n"
    assert "new.md" not in course.paths()


def test_trial_run_writes_no_record(course):
    """Its findings are those of the run that follows."""
    squash(course)
    course.template(dict(THIRD))
    before = course.git("for-each-ref", cwd=course.bare)
    planned = course.update(dry_run=True)
    assert course.git("for-each-ref", cwd=course.bare) == before
    assert planned.changed == course.update().changed


def test_template_that_goes_back_to_an_older_wording_arrives(course):
    """The same content stands twice among the versions; what came last tells."""
    squash(course)
    course.template({"3_Model/INSTRUCTIONS.md": RULES})
    assert course.update(apply=False).changed == ("3_Model/INSTRUCTIONS.md",)
    course.git("fetch", "-q")
    squash(course)
    assert course.read("3_Model/INSTRUCTIONS.md").decode() == RULES
    assert course.update(apply=False).state == "up to date"


def test_history_begun_anew_and_then_forced_back_to_the_old_one_receives_all_again(course):
    """The record of the later history is not true of the earlier one; that has its own."""
    old = course.git("rev-parse", "HEAD").strip()
    begin_anew(course)
    course.team({"3_Model/INSTRUCTIONS.md": "# Our model\n\nWe define it.\nTrain it twice.\n"})
    course.template(dict(THIRD))
    assert course.update().state == "updated"
    course.git("push", "-qf", "origin", f"{old}:main")
    outcome = course.update()
    assert (outcome.state, outcome.findings) == ("updated", ())
    text = course.read("README.md").decode().splitlines()
    assert (text[3], text[5]) == ("Our two", "Third four")
    assert course.read("3_Model/INSTRUCTIONS.md").decode() == THIRD["3_Model/INSTRUCTIONS.md"]
    assert course.read("new.md").decode() == THIRD["new.md"]
    assert course.update().state == "up to date"


def test_merged_proposal_that_a_force_push_has_lost_is_offered_again(course):
    """Nobody has closed it, though its branch is gone."""
    before = course.git("rev-parse", "HEAD").strip()
    squash_and_delete(course)
    assert course.update(apply=False).state == "up to date"
    course.git("push", "-qf", "origin", f"{before}:main")
    outcome = course.update(apply=False)
    assert outcome.state == "updated"
    assert outcome.changed == ("3_Model/INSTRUCTIONS.md", "README.md", "new.md")
    assert course.update(apply=False).state == "pending"


def test_revert_on_top_of_an_applied_update_stays_the_teams_word(course):
    """Unlike a branch that was forced back, it has the update in its history."""
    course.update()
    course.git("pull", "-q", "origin", "main")
    course.git("revert", "--no-edit", "-m", "1", "HEAD")
    course.git("push", "-q", "origin", "HEAD:main")
    assert course.update().state == "up to date"
    course.template({"3_Model/INSTRUCTIONS.md": RULES.replace("# Model", "# The model")})
    assert course.update().findings == ()
    assert b"Train it.\n" in course.read("3_Model/INSTRUCTIONS.md")
    assert b"Four" in course.read("README.md").splitlines()


def test_proposal_that_waits_is_made_anew_where_the_branch_was_forced_back(course):
    """Merging the old one would bring back what somebody has taken out of the history."""
    course.team({"secret.txt": "a password\n"})
    course.template(dict(THIRD))
    course.update(apply=False)
    course.git("push", "-qf", "origin", "HEAD~1:main")
    assert "secret.txt" in course.paths("template-update")
    assert course.update(apply=False).state == "updated"
    assert "secret.txt" not in course.paths("template-update")
