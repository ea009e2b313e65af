"""A course whose teams show results, honest ones and others, without waiting for long trainings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from machine import NO_BOX

from coursekit.course.course import Course, load_course
from coursekit.verify.box import Box, find_box
from coursekit.verify.cohort import Line, Options, Report, verify_course
from coursekit.verify.packs import Store
from coursekit.verify.queue import Here, Runner
from coursekit.verify.watch import Limits

ROOT = Path(__file__).resolve().parents[2]
BASELINE = ROOT / "{{cookiecutter.project_slug}}" / "baseline"
LIMITS = Limits(
    cpu_seconds=60,
    seconds=240,
    memory_bytes=2_000_000_000,
    disk_bytes=50_000_000,
    processes=64,
    output_bytes=5_000_000,
)
SETTINGS = """\
[project]
task = "text-classification"
family = "encoder-only"
[data]
name = "files"
train = "data/mails.csv"
"""
_COURSE = '[course]\ntitle = "Course"\n\n[[milestones]]\ndate = 2026-11-20\ntitle = "TBD"\n'
_MACHINE = {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "PATH": os.environ["PATH"]}
Change = Callable[[Path], None]


def mails(rows: int = 240, wrong: int = 7) -> str:
    """Texts with a label, of which every so many-th is wrong, so that nobody reaches 1."""
    words = {"good": ("fine", "lovely", "warm"), "bad": ("broken", "cold", "late")}
    lines = []
    for n in range(rows):
        right, other = ("good", "bad") if n % 2 else ("bad", "good")
        label = other if n % wrong == 0 else right
        lines.append(f"{words[right][n // 2 % 3]} w{n} q{n * 7} thing,{label}")
    return "\n".join(["text,label", *lines]) + "\n"


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True,
        env={**_MACHINE, "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"},
    )  # fmt: skip
    return done.stdout.strip()


def commit(folder: Path, message: str = "work") -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)


def commit_as_the_runs(folder: Path) -> None:
    """Commit all, and let the only run say that it was made from this commit."""
    commit(folder)
    head = git(folder, "rev-parse", "HEAD")
    edit_json(only_run(folder) / "run.json", lambda content: content.update(commit=head))


def baseline(folder: Path, *arguments: str) -> None:
    """Run the team's own code, as the team does."""
    done = subprocess.run(
        [sys.executable, "-m", "baseline", *arguments], cwd=folder, capture_output=True, text=True,
        env={**_MACHINE, "HOME": str(folder)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def start_team(folder: Path) -> Path:
    """A repository with the course's baseline and own data, before anything was trained."""
    shutil.copytree(BASELINE, folder / "baseline", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "data").mkdir()
    (folder / "data" / "mails.csv").write_text(mails(), encoding="utf-8")
    (folder / "baseline.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / ".gitignore").write_text("__pycache__/\nruns/*/checkpoint/\n", encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)
    return folder


def count(folder: Path) -> Path:
    """Train a model that counts, open the test part, and commit."""
    baseline(folder, "train", "--model", "naive-bayes")
    baseline(folder, "final")
    commit(folder, "results")
    return folder


def edit_json(path: Path, change: Callable[[dict], None]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def only_run(folder: Path) -> Path:
    (path,) = (folder / "runs").glob("*/run.json")
    return path.parent


def make_course(folder: Path, teams: dict[str, Path]) -> Course:
    """A course whose teams have pushed these repositories."""
    (folder / "repositories").mkdir(parents=True)
    (folder / "course.toml").write_text(_COURSE, encoding="utf-8")
    rows = [f"{name.title()},{name},Ada" for name in teams]
    (folder / "roster.csv").write_text("\n".join(["team,slug,members", *rows]), encoding="utf-8")
    for name, team in teams.items():
        git(folder, "clone", "--quiet", "--bare", str(team), f"repositories/{name}.git")
    return load_course(folder)


def options(**changes: object) -> Options:
    usual = {
        "limits": LIMITS, "budget_seconds": 3600.0, "new_seeds": 2, "no_box": "",
        "python": sys.executable,
    }  # fmt: skip
    return Options(**(usual | changes))  # type: ignore[arg-type]


def closed_box() -> Box:
    """The box of this machine; where it has the program and cannot make one, the test fails."""
    if shutil.which("bwrap") is None:
        pytest.skip(f"{NO_BOX} (Debian: bubblewrap)")
    return find_box("bubblewrap")


def verify(course: Course, runner: Runner | None = None, **changes: object) -> Report:
    """Verify a course here, in closed boxes."""
    store = Store(course.state / "verify" / "packs")
    runner = runner or Here(closed_box(), store.path, 2)
    return verify_course(course, runner, store, options(**changes))


def by_team(report: Report) -> dict[str, Line]:
    assert not report.unreadable
    return {line.team: line for line in report.lines}


def figures(line: Line) -> dict[str, tuple[float, float | None]]:
    return {name: (recorded, again) for name, recorded, again in line.figures}


def changed(original: Path, folder: Path, *changes: Change) -> Path:
    """A copy of a team's repository with changes that are committed."""
    shutil.copytree(original, folder)
    for change in changes:
        change(folder)
    commit(folder, "changed")
    return folder


def names(lines: Sequence[Line]) -> list[str]:
    return [line.team for line in lines]
