"""The tests that a team receives pass in a fresh repository.

Those of the models run here, too: the copy under test is what a team gets, not
the template's folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the models' tests need torch")
pytest.importorskip("matplotlib", reason="the notebooks need matplotlib")

ROOT = Path(__file__).resolve().parents[2]
TEAM_TESTS = ROOT / "{{cookiecutter.project_slug}}" / "tests"
TESTS = sorted(
    path.relative_to(TEAM_TESTS).as_posix()
    for path in TEAM_TESTS.rglob("test_*.py")
    if "notebook" not in path.name
)
# Each process imports torch, which takes seconds; a few groups can still be spread over processes.
GROUPS = [TESTS[start::4] for start in range(4)]
# Notebooks start a kernel each, so they are run one by one and can be spread over processes.
NOTEBOOKS = sorted(
    path.relative_to(ROOT / "{{cookiecutter.project_slug}}").as_posix()
    for path in (ROOT / "{{cookiecutter.project_slug}}").rglob("*.ipynb")
)


def run(repository: Path, *arguments: str) -> None:
    """Run pytest in the repository, apart from the settings of this one."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": "",
        "PYTEST_ADDOPTS": "",
    }
    # Processes of pytest-xdist tell their children that they are workers; these are not.
    for name in [name for name in environment if name.startswith("PYTEST_XDIST")]:
        del environment[name]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "--slow",
            *arguments,
        ],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.parametrize("names", GROUPS, ids=lambda names: f"{names[0]}-and-{len(names) - 1}-more")
def test_the_teams_own_tests_pass(repository: Path, names: list[str]) -> None:
    """`make test` must be green before a team has written a line."""
    run(repository, *(f"tests/{name}" for name in names))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_notebook_runs(repository: Path, name: str) -> None:
    """Every notebook is executed from top to bottom."""
    run(repository, "tests/test_notebooks.py", "-k", Path(name).stem)


def test_counting_needs_no_torch(repository: Path) -> None:
    """The n-gram model is what a team can train before it has installed two gigabytes."""
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from baseline.models import ngram\n"
        "model = ngram.train(['to be or not to be'])\n"
        "print(''.join(ngram.generate(model, 'to ', temperature=0, max_tokens=3)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=repository,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("be"), done.stderr
