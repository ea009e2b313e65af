"""The page on baselines says what the template's own tables say."""

from __future__ import annotations

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
