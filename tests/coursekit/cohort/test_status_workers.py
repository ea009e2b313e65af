"""Repositories are read in workers: what one costs or breaks stays its own team's."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest
from update_course import ROSTER, UpdateCourse

from coursekit.cohort import status as status_module
from coursekit.cohort.status import read_status
from coursekit.course.course import Course, load_course
from coursekit.fence import Limits
from coursekit.team.files import TeamFiles
from coursekit.team.milestones import Analysis


@pytest.fixture
def three_teams(tmp_path: Path) -> Course:
    """Three repositories with the same commit of a team."""
    course = UpdateCourse(tmp_path)
    course.start()
    folder = tmp_path / "course"
    rows = "".join(f"Team {one},{one},Ada\n" for one in ("larks", "terns"))
    (folder / "roster.csv").write_text(ROSTER + rows, encoding="utf-8")
    course.team({"NOTES.md": "Ours\n"}, date="2026-11-01T12:00:00+0100")
    for one in ("larks", "terns"):
        shutil.copytree(course.bare, folder / "repositories" / f"{one}.git")
    return load_course(folder)


def test_a_repository_that_ends_its_reader_is_its_own_teams_problem(three_teams, monkeypatch):
    """A library that crashes over one team must not cost the others their report."""
    real = status_module.analyse

    def crashing(files: TeamFiles, *arguments: object, **options: object) -> Analysis:
        if files.slug == "terns":
            os._exit(3)
        return real(files, *arguments, **options)

    monkeypatch.setattr(status_module, "analyse", crashing)
    found = {team.team: team for team in read_status(three_teams).teams}
    assert {name: team.state for name, team in found.items()} == {
        "owls": "ready", "larks": "ready", "terns": "unreadable",
    }  # fmt: skip
    assert "terns.git: cannot be read within 20 s of CPU time" in found["terns"].problem
    assert (found["larks"].commits, found["larks"].problem) == (1, "")


def test_a_pack_that_hangs_the_quick_way_is_read_by_git(three_teams, monkeypatch):
    """libgit2 never comes back from deltas that refer to each other; git can be ended."""

    class Hanging:
        def __init__(self, objects: str) -> None:
            self.hangs = "terns" in objects
            self.real = real(objects)

        def read_header(self, oid: str) -> tuple[int, int]:
            while self.hangs:
                pass
            return self.real.read_header(oid)

        def read(self, oid: str) -> tuple[int, bytes]:
            return self.real.read(oid)

    real = pytest.importorskip("pygit2").Odb
    monkeypatch.setattr("pygit2.Odb", Hanging)
    monkeypatch.setattr(status_module, "_MANY", 1)
    limits = Limits(cpu_seconds=1, seconds=20, memory=500_000_000)
    found = read_status(three_teams, limits=limits)
    assert {team.team: (team.state, team.commits) for team in found.teams} == {
        "owls": ("ready", 1), "larks": ("ready", 1), "terns": ("ready", 1),
    }  # fmt: skip


def test_many_repositories_are_read_without_starting_git(three_teams, monkeypatch):
    """And say the same as by git."""
    pytest.importorskip("pygit2")
    by_git = read_status(three_teams)
    shutil.rmtree(three_teams.state)
    monkeypatch.setattr(status_module, "_MANY", 3)
    monkeypatch.setattr("subprocess.Popen", None)
    assert read_status(three_teams, at=dt.datetime.fromisoformat(by_git.at)).teams == by_git.teams
