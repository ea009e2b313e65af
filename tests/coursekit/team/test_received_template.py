"""The template as a team received it: from the branch that holds it, or from this version."""

from __future__ import annotations

import pytest
from site_teams import commit

from coursekit.errors import RepositoryError
from coursekit.git.repository import blob_name, open_repository
from coursekit.team import received as module
from coursekit.team.received import PRISTINE, builtin, received, template_folder

PROJECT = "{{cookiecutter.project_slug}}"


def test_the_branch_has_the_name_that_repositories_were_made_with():
    """Under another name nothing of the teams that exist would be found."""
    assert PRISTINE == "template"


def test_every_content_counts_and_the_lines_of_every_readme(tmp_path):
    """Also of one in Latin-1, or spelled in capitals; a link is no file to read."""
    files = {
        "README.md": "# A\n  a question?  \n",
        "1_Data/ReadMe.MD": b"gr\xfcn\n",
        "main.py": "code\n",
        "notes.md": "a note\n",
    }
    repository = open_repository(
        commit(tmp_path / "owls.git", files, links={"2_Model/README.md": "../README.md"})
    )
    found = received(repository, repository.tip("main"))
    assert found.lines == {"# A", "a question?", "gr\ufffdn"}
    contents = [text.encode() if isinstance(text, str) else text for text in files.values()]
    assert found.blobs == {blob_name(data) for data in [*contents, b"../README.md"]}


@pytest.mark.parametrize("size", [1_000_000, 1_000_001])
def test_a_readme_of_a_megabyte_is_still_read(tmp_path, size):
    repository = open_repository(commit(tmp_path / "owls.git", {"README.md": "a" * size}))
    if size == 1_000_000:
        assert received(repository, repository.tip("main")).lines == {"a" * size}
    else:
        with pytest.raises(RepositoryError):
            received(repository, repository.tip("main"))


def test_without_a_commit_it_is_the_template_of_this_version(tmp_path):
    repository = open_repository(commit(tmp_path / "owls.git", {"README.md": "a\n"}))
    assert received(repository, None) == received(repository, "") == builtin()


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """The package lies elsewhere, with its template in one of these folders, or in none."""

    def install(*folders: str) -> None:
        monkeypatch.setattr(
            module, "__file__", str(tmp_path / "coursekit" / "team" / "received.py")
        )
        builtin.cache_clear()
        for folder in folders:
            (tmp_path / folder / PROJECT).mkdir(parents=True)
            (tmp_path / folder / PROJECT / "README.md").write_text(f"in {folder}\n")

    yield install
    builtin.cache_clear()


@pytest.mark.parametrize(
    ("folders", "found"),
    [
        (["coursekit/data/template"], "coursekit/data/template"),
        (["."], "."),
        (["coursekit/data/template", "."], "coursekit/data/template"),
    ],
)
def test_the_template_lies_in_the_wheel_or_beside_the_package(installed, tmp_path, folders, found):
    installed(*folders)
    assert template_folder() == tmp_path / found / PROJECT
    assert builtin().lines == {f"in {found}"}


def test_where_there_is_no_template_every_word_is_the_teams(installed):
    installed()
    assert template_folder() is None
    assert (builtin().lines, builtin().blobs) == (frozenset(), frozenset())
