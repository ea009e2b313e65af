"""Make a team's repository, without touching the home folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cookiecutter.main import cookiecutter

Generate = Callable[..., Path]


@pytest.fixture(scope="session")
def template_folder(repository_root: Path) -> Path:
    """What a team receives, before its answers are filled in."""
    return repository_root / "{{cookiecutter.project_slug}}"


def _generate(template: Path, folder: Path, answers: dict[str, Any]) -> Path:
    settings = folder / "cookiecutter.yaml"
    settings.write_text(
        f"cookiecutters_dir: '{folder / 'clones'}'\nreplay_dir: '{folder / 'replay'}'\n",
        encoding="utf-8",
    )
    out = folder / "out"
    out.mkdir(exist_ok=True)
    made = cookiecutter(
        str(template),
        no_input=True,
        extra_context=answers,
        output_dir=str(out),
        config_file=str(settings),
    )
    return Path(made)


@pytest.fixture(scope="session")
def generate_into(repository_root: Path) -> Generate:
    """Generate a repository below a folder, for fixtures that outlive one test."""
    return lambda folder, **answers: _generate(repository_root, folder, answers)


@pytest.fixture
def generate(repository_root: Path, tmp_path: Path) -> Generate:
    """Generate a repository from answers, below `tmp_path / "out"`."""
    return lambda **answers: _generate(repository_root, tmp_path, answers)


@pytest.fixture(scope="session")
def repository(repository_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository from the default answers; tests must not change it."""
    return _generate(repository_root, tmp_path_factory.mktemp("default"), {})
