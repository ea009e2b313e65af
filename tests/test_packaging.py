"""What is installed from a wheel works without a checkout."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest

from coursekit.template.templates import IGNORED


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, repository_root: Path) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder],
        cwd=repository_root, check=True, capture_output=True,
    )  # fmt: skip
    (made,) = folder.glob("*.whl")
    return made


def test_wheel_carries_what_both_commands_need_and_no_rubbish(wheel):
    """The template, the reading list, the weights, the theme; no caches, no tests of ours."""
    names = zipfile.ZipFile(wheel).namelist()
    project = "coursekit/data/template/{{cookiecutter.project_slug}}"
    for needed in (
        "coursekit/data/template/cookiecutter.json",
        "coursekit/data/template/hooks/pre_gen_project.py",
        f"{project}/README.md",
        f"{project}/baseline/models/attention.py",
        f"{project}/.gitignore",
        f"{project}/.github/workflows/pages.yml",
        "litreview/data/reading_list.toml",
        "litreview/data/review_template.md",
        "litreview/data/roles.npz",
        "litreview/py.typed",
        "coursekit/py.typed",
        "coursekit/data/course.toml",
    ):
        assert needed in names, needed
    rubbish = [name for name in names if IGNORED & set(name.split("/")) or name.endswith(".pyc")]
    assert not rubbish
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"coursekit", "litreview"}


def test_wheel_generates_repositories_without_a_checkout(wheel, tmp_path):
    """Staff install the package; they do not clone it."""
    target = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    env = os.environ | {
        "PYTHONPATH": str(target), "HOME": str(tmp_path), "USERPROFILE": str(tmp_path),
    }  # fmt: skip

    def run(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", *arguments], cwd=tmp_path, env=env, check=True,
            capture_output=True, text=True, encoding="utf-8",
        ).stdout  # fmt: skip

    where = run("coursekit", "init", "course") and subprocess.run(
        [sys.executable, "-c", "import coursekit; print(coursekit.__file__)"],
        cwd=tmp_path, env=env, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert str(target) in where
    assert "3 teams: 3 created" in run("coursekit", "generate", "course")
    found = run("litreview", "search", "attention", "--provider", "reading-list", "--limit", "2")
    assert "ttention" in found


def distributions(package: Path) -> dict[str, Path]:
    """The distributions that a package imports, each with one file that does."""
    known = packages_distributions()
    found: dict[str, Path] = {}
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names = [node.module]
            for name in {name.split(".")[0] for name in names} - sys.stdlib_module_names:
                for distribution in known.get(name, [name]):
                    found[normalised(distribution)] = path
    return found


def normalised(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement)[0]).lower()


@pytest.mark.parametrize("package", ["litreview", "coursekit"])
def test_everything_that_is_imported_is_declared(package, repository_root):
    """What a developer's environment happens to hold is missing on a student's laptop."""
    project = tomllib.loads((repository_root / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    declared = {normalised(one) for one in chain(project["dependencies"], *extras)}
    declared |= {"coursekit", "litreview"}
    for distribution, path in distributions(repository_root / package).items():
        assert distribution in declared, f"{path} imports {distribution}"


NAMED = ("pyproject.toml", "{{cookiecutter.project_slug}}/pyproject.toml", "Makefile", "README.md",
         "CONTRIBUTING.md", ".github/workflows/test.yml")  # fmt: skip


@pytest.mark.parametrize(("name", "least"), [("transformers", 4), ("torch", 7)])
def test_one_range_of_torch_and_transformers_holds_everywhere(
    repository_root: Path, name: str, least: int
) -> None:
    """The extras, the tests, what people type, and a team's repository must agree on what works."""
    texts = [(repository_root / path).read_text(encoding="utf-8") for path in NAMED]
    found = re.findall(rf'"{name}(?:\[\w+\])?([<>=!~][^"]*)"', "\n".join(texts))
    assert len(found) >= least
    assert len(set(found)) == 1, found
