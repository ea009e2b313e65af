"""Repositories made by "Use this template" come under update without a word changing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from update_course import UpdateCourse

from coursekit.cohort.adopt import adopt
from coursekit.course.course import load_course
from litreview.errors import UserError

OLD = {"README.md": "# Title\n\nFirst\n", "3_Model/README.md": "# Model\n\nDescribe.\n"}
NEW = {**OLD, "README.md": "# Title\n\nSecond\n"}


def commit(folder: Path, files: dict[str, str], message: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").exists():
        run(folder, "init", "-q", "-b", "main")
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="")
    run(folder, "add", "-A")
    run(folder, "commit", "-q", "--allow-empty", "-m", message)
    return run(folder, "rev-parse", "HEAD").strip()


def run(folder: Path, *arguments: str) -> str:
    options = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    return subprocess.run(
        ["git", *options, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def course(tmp_path: Path) -> UpdateCourse:
    """A course whose template is new, and a repository made from an older, static one."""
    course = UpdateCourse(tmp_path, files=dict(NEW))
    course.start()
    shutil.rmtree(course.bare)
    shutil.rmtree(course.clone)
    commit(tmp_path / "static", OLD, "First version")
    commit(tmp_path / "static", NEW, "Second version")
    return course


def start_team(course: UpdateCourse, files: dict[str, str]) -> None:
    """What a host does on "Use this template": the files, as one first commit."""
    commit(course.clone, files, "Initial commit")
    run(course.folder, "clone", "-q", "--bare", "clone", str(course.bare))
    run(course.clone, "remote", "add", "origin", "../course/repositories/owls.git")


def adopt_owls(course: UpdateCourse, **options):
    (adoption,) = adopt(load_course(course.folder / "course"), "../static", **options).teams
    return adoption


def test_version_that_the_repository_began_with_is_found_and_recorded(course):
    """Also when the team has changed every file since; and no file changes."""
    start_team(course, OLD)
    course.team({"README.md": "# Owls\n\nFirst\n", "3_Model/README.md": "Ours\n"})
    before = {path: course.read(path) for path in course.paths()}
    adoption = adopt_owls(course)
    assert (adoption.state, adoption.candidates[0].matching) == ("adopted", 2)
    assert {path: course.read(path) for path in course.paths()} == before
    assert course.tips()["main"] == run(course.clone, "rev-parse", "HEAD").strip()
    assert course.read("README.md", "template") == OLD["README.md"].encode()


def test_adopted_repository_is_updated_like_any_other(course):
    """The template's news arrive beside the team's words."""
    start_team(course, OLD)
    course.team({"README.md": "# Owls\n\nFirst\n"})
    adopt_owls(course)
    outcome = course.update()
    assert outcome.findings == ()
    assert course.read("README.md") == b"# Owls\n\nSecond\n"


def test_second_adoption_and_dry_run_change_nothing(course):
    """Every command can be repeated, and tried."""
    start_team(course, OLD)
    tips = course.tips()
    assert adopt_owls(course, dry_run=True).state == "would adopt"
    assert course.tips() == tips
    adopt_owls(course)
    tips = course.tips()
    assert adopt_owls(course).state == "under update already"
    assert course.tips() == tips


def test_repository_of_another_template_is_not_taken_for_ours(course):
    """A likeness below half of the files is chance; a person may still say so."""
    start_team(course, {"main.py": "print()\n", "README.md": "# Title\n\nFirst\n", "x": "x"})
    shutil.rmtree(course.folder / "static")
    commit(course.folder / "static", {**OLD, **{f"{n}.md": f"{n}" for n in range(9)}}, "Only")
    adoption = adopt_owls(course)
    assert (adoption.state, adoption.certainty) == ("cannot tell", "")
    assert "1 of 11 files" in adoption.problem
    assert "--version" in adoption.problem
    assert adopt_owls(course, version="HEAD").certainty == "by hand"


def test_files_that_every_repository_has_say_nothing(course):
    """A licence and an ignore list are nobody's mark."""
    common = {"LICENSE": "MIT\n" * 20, ".gitignore": "*.pyc\n" * 20, "a/__init__.py": ""}
    start_team(course, {**common, "main.py": "print()\n"})
    shutil.rmtree(course.folder / "static")
    commit(course.folder / "static", {**common, "README.md": "# Title\n"}, "Only")
    adoption = adopt_owls(course)
    assert adoption.state == "cannot tell"
    assert "0 of 1 files" in adoption.problem


def test_two_versions_that_match_equally_wait_for_a_yes(course):
    """The team's first commit lacks the file in which they differ."""
    start_team(course, {"3_Model/README.md": OLD["3_Model/README.md"]})
    adoption = adopt_owls(course)
    assert adoption.state == "likely"
    assert len(adoption.candidates) == 2
    assert adoption.candidates[1].commit[:12] in adoption.problem
    assert "README.md" in adoption.problem
    assert "template" not in course.tips()
    assert adopt_owls(course, yes=True).state == "adopted"
    assert course.read("README.md", "template") == NEW["README.md"].encode()


def test_wrong_version_is_put_right(course):
    """The named version replaces the recorded one, in the base of the next update, too."""
    start_team(course, OLD)
    course.team({"README.md": "# Owls\n\nFirst\n"})
    first = run(course.folder / "static", "rev-parse", "HEAD~").strip()
    assert adopt_owls(course, version="HEAD").state == "adopted"
    assert course.read("README.md", "template") == NEW["README.md"].encode()
    assert adopt_owls(course, version=first).state == "adopted"
    assert course.read("README.md", "template") == OLD["README.md"].encode()
    assert course.update().findings == ()
    assert course.read("README.md") == b"# Owls\n\nSecond\n"


def fork(course: UpdateCourse) -> None:
    run(course.folder, "clone", "-q", "static", "clone")
    run(course.clone, "reset", "-q", "--hard", "HEAD~")
    run(course.clone, "remote", "set-url", "origin", "../course/repositories/owls.git")


def begin_with_a_readme(course: UpdateCourse) -> None:
    commit(course.clone, {"README.md": "# repo\n"}, "Initial commit")
    commit(course.clone, OLD, "Add files via upload")


def begin_in_a_folder(course: UpdateCourse) -> None:
    commit(course.clone, {"notes.txt": "ours\n"}, "Initial commit")
    commit(course.clone, {f"project/{path}": text for path, text in OLD.items()}, "Template")


def begin_on_windows(course: UpdateCourse) -> None:
    text = {path: text.replace("\n", "\r\n") for path, text in OLD.items()}
    commit(course.clone, text, "Add files via upload")


def begin_on_master(course: UpdateCourse) -> None:
    commit(course.clone, OLD, "Initial commit")
    run(course.clone, "branch", "-m", "main", "master")


@pytest.mark.parametrize(
    "begin",
    [fork, begin_with_a_readme, begin_in_a_folder, begin_on_windows, begin_on_master],
    ids=lambda begin: begin.__name__,
)
def test_repositories_that_began_another_way_are_known_and_updated(course, begin):
    """The newer line arrives beside the team's, wherever the template lies."""
    begin(course)
    place = "project/README.md" if begin is begin_in_a_folder else "README.md"
    commit(course.clone, {place: "# Owls\n\nFirst\n"}, "Our title")
    run(course.folder, "clone", "-q", "--bare", "clone", str(course.bare))
    adoption = adopt_owls(course)
    assert (adoption.state, adoption.certainty) == ("adopted", "sure")
    outcome = course.update()
    assert (outcome.findings, outcome.changed) == ((), (place,))
    branch = "master" if begin is begin_on_master else "main"
    assert course.read(place, branch).decode().splitlines() == ["# Owls", "", "Second"]


def test_trial_run_says_what_the_first_update_would_do(course):
    """Before anything is recorded."""
    start_team(course, OLD)
    course.template({f"{number}.md": f"{number}\n" for number in range(30)})
    adoption = adopt_owls(course, dry_run=True)
    assert adoption.preview is not None
    assert len(adoption.preview.added) == 30
    assert adoption.preview.changed == ("README.md",)
    assert adoption.preview.removed == ()
    assert "add 30, change 1 files" in adoption.preview.sentence()
    assert "[template] in course.toml is not the template" in adoption.preview.sentence()
    assert "template" not in course.tips()


def test_branch_of_the_teams_own_that_is_called_template_is_left_alone(course):
    """It is theirs."""
    start_team(course, OLD)
    run(course.bare, "branch", "template", "main")
    adoption = adopt_owls(course)
    assert adoption.state == "failed"
    assert "rename it first" in adoption.problem


def test_cookiecutter_template_is_rendered_for_the_comparison(course):
    """A team may have run cookiecutter itself."""
    files = {
        path: text.encode() if isinstance(text, str) else text
        for path, text in course.files.items()
    }
    start_team(course, {path: text.decode() for path, text in files.items()})
    run(course.folder / "template", "init", "-q", "-b", "main")
    run(course.folder / "template", "add", "-A")
    run(course.folder / "template", "commit", "-q", "-m", "Template")
    (adoption,) = adopt(load_course(course.folder / "course"), "../template").teams
    assert (adoption.state, adoption.candidates[0].matching) == ("adopted", 2)
    assert course.update().state == "up to date"


def test_missing_repository_is_named_with_its_remedy(course):
    """Staff put the repositories there."""
    adoption = adopt_owls(course)
    assert adoption.state == "failed"
    assert "git clone --bare" in adoption.problem


def test_missing_template_is_named(course):
    """A slip in the address stops before anything is touched."""
    with pytest.raises(UserError, match="neither a folder nor a Git address"):
        adopt(load_course(course.folder / "course"), "../nowhere")
