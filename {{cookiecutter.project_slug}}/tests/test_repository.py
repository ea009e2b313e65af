"""What this repository promises to its readers: settings that load, results with their runs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from baseline import config
from baseline.experiments import results
from baseline.tasks import catalogue

ROOT = Path(__file__).resolve().parent.parent
LARGEST_BYTES = 10_000_000


def tracked() -> list[Path]:
    """The files that git knows; nothing where this is no git repository."""
    try:
        done = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this folder is not a git repository")
    return [ROOT / name for name in done.stdout.split("\0") if name]


def test_the_settings_can_be_trained() -> None:
    """A wrong setting should fail here, and not after an hour of training."""
    settings = config.read_config(ROOT / "baseline.toml")

    catalogue.find(settings.project.task, settings.project.family)


def test_every_result_has_its_run() -> None:
    """A figure whose run is missing is not shown on any site."""
    missing = {
        row.run
        for row in results.read(ROOT / "results.json")
        if not (ROOT / "runs" / row.run / "run.json").is_file()
    }

    assert not missing, f"commit these folders of runs/, too: {', '.join(sorted(missing))}"


def test_no_file_is_too_large_for_git() -> None:
    """Git keeps a large file for ever, even when it is deleted later."""
    large = [p.name for p in tracked() if p.is_file() and p.stat().st_size > LARGEST_BYTES]

    assert not large, f"over 10 MB: {', '.join(large)}; keep them outside of git"


def test_notebooks_are_committed_without_outputs() -> None:
    """Outputs make every change unreadable; `pre-commit install` strips them for you."""
    filled = []
    for path in tracked():
        if path.suffix == ".ipynb" and path.is_file():
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            if any(cell.get("outputs") for cell in cells):
                filled.append(path.name)

    assert not filled, f"strip the outputs of {', '.join(filled)}: nbstripout NAME"
