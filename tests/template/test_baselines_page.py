"""The page on baselines says what the template's own tables say."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest


def test_the_page_shows_the_table_of_systems(
    repository_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A team chooses a pretrained system by this table; the code refuses by the other one."""
    monkeypatch.syspath_prepend(str(repository_root / "{{cookiecutter.project_slug}}"))
    from baseline.pretrained import systems
    from baseline.tasks.catalogue import TASKS

    page = (repository_root / "docs" / "reference" / "baselines.md").read_text(encoding="utf-8")

    assert systems.table() in page
    for task in set(TASKS) - {"pretraining"}:
        assert f"| `{task}` |" in page
    for name in TASKS["translation"].form.builtin:
        assert name in page


def test_whoever_starts_a_project_is_offered_the_tasks_that_there_are(
    repository_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prompts, the check of the family, and the names on the showcase follow the tasks."""
    monkeypatch.syspath_prepend(str(repository_root / "{{cookiecutter.project_slug}}"))
    from baseline.tasks.catalogue import TASKS

    known = {name: task for name, task in TASKS.items() if name != "pretraining"}
    offered = json.loads((repository_root / "cookiecutter.json").read_text(encoding="utf-8"))
    hook = (repository_root / "hooks" / "pre_gen_project.py").read_text(encoding="utf-8")
    writing = ast.literal_eval(re.search(r"WRITING_TASKS = (\(.*?\))", hook, re.S)[1])
    labels = repository_root / "coursekit" / "site" / "languages" / "en.toml"
    names = tomllib.loads(labels.read_text(encoding="utf-8"))["tasks"]

    assert set(offered["task"]) == set(known)
    assert set(offered["model_family"]) == {f for task in known.values() for f in task.families}
    assert set(writing) == {n for n, task in known.items() if "encoder-only" not in task.families}
    assert set(known) <= set(names)


@pytest.mark.parametrize("folder", ["1_DatasetCharacteristics", "2_BaselineModel"])
def test_each_task_stands_in_the_tables_that_a_team_reads(
    template_folder: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """Its columns where data are described, its metrics where the first model is."""
    monkeypatch.syspath_prepend(str(template_folder))
    from baseline.tasks.catalogue import TASKS

    text = (template_folder / folder / "INSTRUCTIONS.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z][a-z-]+) \|", text, re.M)
    assert rows == [task for task in TASKS if task != "pretraining"]
