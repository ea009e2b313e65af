"""Fixtures that every room uses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository_root() -> Path:
    """The checkout under test."""
    return ROOT


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Recorded feeds, labelled abstracts and real reviews, which are not in the repository."""
    folder = Path(os.environ.get("COURSEKIT_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"test data not found at {folder}; set COURSEKIT_DATA to its folder")
    return folder
