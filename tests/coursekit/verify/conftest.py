"""One honest team, trained once."""

from __future__ import annotations

from pathlib import Path

import pytest
from verified_course import count, start_team


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A team with the course's code and a result of a model that counts."""
    return count(start_team(tmp_path_factory.mktemp("team") / "honest"))
