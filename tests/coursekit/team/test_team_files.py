"""What of a team's repository is read, and what it says about their progress."""

from __future__ import annotations

from pathlib import Path

import pytest
from site_teams import (
    ATTENTION,
    BERT,
    commit,
    git,
    review,
)  # fmt: skip

from coursekit.git.repository import open_repository
from coursekit.site import build
from coursekit.site.media import Media
from coursekit.site.team import read_team
from coursekit.team.files import TeamFiles, list_files, milestone_folders, resolve_path


def test_the_walk_through_trees_finds_what_git_lists(tmp_path):
    """Two ways to the same files, but for the folders that are never shown."""
    odd = {"a b/ü \u00e9.md": "1", "x/y/z/w.png": "2", "tests/t.py": "3", "4_P/tests/u.md": "4"}
    path = commit(tmp_path / "r.git", odd, links={"x/link": "/etc/passwd"})
    with open_repository(path) as repository:
        head = repository.resolve()
        listed = repository.files(head)
        walked = list_files(repository, head)
        assert list(walked) == [name for name in sorted(listed) if not name.startswith("tests/")]
        for name, entry in walked.items():
            assert (entry.oid, entry.mode) == (listed[name].oid, listed[name].mode)


@pytest.mark.slow
def test_a_tree_that_unfolds_without_end_is_refused(tmp_path):
    """Ten levels of ten folders that are all the same object are ten thousand million files."""
    path = commit(tmp_path / "teams" / "bomb.git", {"f": "x"})
    git_dir = f"--git-dir={path}"
    tree = git(git_dir, "rev-parse", "HEAD^{tree}").decode().strip()
    for _ in range(10):
        rows = "".join(f"040000 tree {tree}\td{n}\n" for n in range(10))
        tree = git(git_dir, "mktree", stdin=rows.encode()).decode().strip()
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    oid = git(git_dir, *author, "commit-tree", tree, "-m", "bomb").decode().strip()
    git(git_dir, "update-ref", "refs/heads/main", oid)
    report = build(tmp_path / "teams", tmp_path / "site")
    assert "files" in report.unreadable["bomb"]
    assert (tmp_path / "site" / "teams" / "bomb.html").is_file()


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["0_LiteratureReview", "3_Model"], {"review": "0_LiteratureReview", "model": "3_Model"}),
        (["1_literature_review"], {"review": "1_literature_review"}),
        (["3_Models", "2_BaselineModel"], {"model": "3_Models", "baseline": "2_BaselineModel"}),
        (["LiteratureReview"], {"review": "LiteratureReview"}),
        (["baseline", "notebooks"], {}),
    ],
)
def test_renamed_milestone_folders_are_found(names, found):
    """Seven of 35 real teams rename or renumber them."""
    entries = {f"{name}/README.md": None for name in names}
    assert milestone_folders(entries) == found


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("a.png", "1_Data/a.png"),
        ("./a%20b.png?raw=true#x", "1_Data/a b.png"),
        ("../CoverImage/c.png", "CoverImage/c.png"),
        ("/top.png", "top.png"),
        ("../../etc/passwd", ""),
        ("..", ""),
        ("C:\\x.png", ""),
        ("//host/x.png", ""),
        ("https://host/x.png", ""),
        ("file:///etc/passwd", ""),
    ],
)
def test_addresses_stay_in_the_repository(address, path):
    """A path that climbs out means nothing."""
    assert resolve_path(address, "1_Data") == path


FOLDERS = {"dataset": "1_DatasetCharacteristics", "review": "0_LiteratureReview"}


def progress(folder: Path, kind: str, text: str) -> str:
    """The state of a milestone whose README is this text."""
    path = commit(folder / "judged.git", {f"{FOLDERS[kind]}/README.md": text})
    with open_repository(path) as repository:
        team = read_team(TeamFiles(repository, "judged"), Media(lambda name, data: None))
    return next(step.state for step in team.progress if step.kind == kind)


@pytest.mark.parametrize(
    ("kind", "text", "state"),
    [
        ("dataset", "", "missing"),
        ("dataset", "# Data\n\n- **Size:** [How many?]\n", "open"),
        (
            "dataset",
            "- **Size:** [How many?]\n- **Licence:** Ours, free for research since this year.\n",
            "started",
        ),
        ("dataset", "We have twelve thousand reviews of films from two web sites.\n", "complete"),
        ("review", "We read a lot about names, and learned from it. " * 20, "human"),
    ],
)
def test_progress_is_judged_by_the_teams_own_words(tmp_path, kind, text, state):
    """An untouched template is no progress, however long it is."""
    assert progress(tmp_path, kind, text) == state


def test_the_template_itself_is_no_progress(repository_root, tmp_path):
    """Whatever the template says, it is not the team's."""
    for folder in sorted((repository_root / "{{cookiecutter.project_slug}}").glob("[0-9]_*")):
        text = (folder / "README.md").read_text(encoding="utf-8")
        assert progress(tmp_path, "dataset", text) == "open", folder.name


def test_the_showcase_and_the_status_agree_on_a_draft(tmp_path):
    """A drafted review is not complete before somebody says what it means for the project."""
    text = review(ATTENTION, BERT)
    assert progress(tmp_path, "review", text) == "complete"
    draft = text.replace("We start from it.", "[What do you take from it?]")
    assert progress(tmp_path, "review", draft) == "started"
