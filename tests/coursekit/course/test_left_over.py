"""A renamed team keeps its repository: what no team has any more is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from coursekit.cli import group
from coursekit.course.course import load_course
from coursekit.course.membership import left_over
from coursekit.course.start import start_course


@pytest.mark.slow
def test_repository_that_no_team_has_is_named_with_its_remedy(tmp_path: Path) -> None:
    start_course(tmp_path)
    roster = tmp_path / "roster.csv"
    roster.write_text("team\nRot\n", encoding="utf-8")
    CliRunner().invoke(group, ["generate", str(tmp_path)])
    assert left_over(load_course(tmp_path)) == ()
    roster.write_text("team\nRote Fuechse\n", encoding="utf-8")
    result = CliRunner().invoke(group, ["generate", str(tmp_path)])
    assert "rot.git: no team of the roster has it" in result.stderr
    assert "'rot' into the column 'slug'" in result.stderr
    assert (tmp_path / "repositories" / "rot.git").is_dir()
