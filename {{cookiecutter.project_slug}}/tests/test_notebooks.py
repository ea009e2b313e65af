"""Every notebook runs from top to bottom, offline, with a tiny budget."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

ROOT = Path(__file__).resolve().parent.parent
# Those that came with the repository, wherever they were moved; your own ones may be unfinished.
SHIPPED = {
    *("exploratory_data_analysis", "baseline_model", "model_definition_evaluation"),
    *("language_models", "embeddings", "attention", "tokenization", "bert_and_gpt", "choose"),
}
IGNORED = {".venv", ".ipynb_checkpoints", "site", "build"}
NOTEBOOKS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in ROOT.rglob("*.ipynb")
    if not IGNORED & set(path.relative_to(ROOT).parts)
)
LESSONS = [
    name
    for name in NOTEBOOKS
    if name.startswith("lessons/") and "check(1, " in (ROOT / name).read_text(encoding="utf-8")
]
EXERCISE = re.compile(r"^check\((\d+), (\w+)\)", re.MULTILINE)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository: notebooks train, and their runs are not yours to keep."""
    folder = tmp_path_factory.mktemp("notebooks") / "repository"
    ignore = shutil.ignore_patterns(*IGNORED, ".git", "runs", "results.json", "__pycache__")
    shutil.copytree(ROOT, folder, ignore=ignore)
    return folder


@pytest.fixture
def run(copy: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], str]:
    """Execute a notebook of the copy; returns what it printed."""
    monkeypatch.setenv("BASELINE_SECONDS", "0.3")
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def execute(name: str, notebook: Any) -> str:
        folder = str((copy / name).parent)
        resources = {"metadata": {"path": folder}}
        client = nbclient.NotebookClient(notebook, timeout=300, resources=resources)
        try:
            client.execute()
        except nbclient.exceptions.CellExecutionError as error:
            if Path(name).stem not in SHIPPED:
                pytest.xfail(f"{name} does not run through: {error.ename}: {error.evalue}")
            raise
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        assert all(output.output_type != "error" for output in outputs)
        return "".join(output.get("text", "") for output in outputs)

    return execute


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name.startswith("lessons/") else [])
        for name in NOTEBOOKS
    ],
)
def test_notebook_runs_from_top_to_bottom(name: str, run: Callable[[str, Any], str]) -> None:
    """A reader who meets an error in the third cell stops reading; an empty exercise is none."""
    notebook = nbformat.read(ROOT / name, as_version=4)
    exercises = sum(bool(EXERCISE.search(cell.source)) for cell in notebook.cells)

    assert run(name, notebook).count("not written yet.") == exercises


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_lesson_runs_with_its_exercises_solved(name: str, run: Callable[[str, Any], str]) -> None:
    """What a notebook asks for can be written, and does not break what follows."""
    if not (ROOT / "lessons" / "solutions").is_dir():
        pytest.skip("the course has left the solutions out")
    notebook = nbformat.read(ROOT / name, as_version=4)
    number = Path(name).parent.name.partition("_")[0]
    solved = 0
    for cell in notebook.cells:
        found = EXERCISE.search(cell.source)
        if cell.cell_type == "code" and found:
            exercise, function = found.groups()
            cell.source = (
                f"from lessons.solutions.lesson_{number} import ANSWERS\n"
                f"{function} = ANSWERS[{exercise}]\ncheck({exercise}, {function})"
            )
            solved += 1

    assert run(name, notebook).count(": right.") == solved


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_explains_itself(name: str) -> None:
    """A notebook begins with what it is about, and finds the repository before it imports."""
    cells = nbformat.read(ROOT / name, as_version=4).cells
    if Path(name).stem not in SHIPPED:
        pytest.skip("a notebook of your own may begin as you like")

    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    assert "google.colab" in cells[1].source
