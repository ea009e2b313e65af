"""What commands over a cohort cost, against an older commit of this repository, in one run.

    python benchmarks/against.py [COMMIT] [--teams 100] [--rounds 3] [--only status]

Both versions run as they are called by hand, in turn, so that a busy machine slows both.
Without a commit, what has not been committed is measured against the last one. The template
is the older version's. Each updates the repositories that it made itself; the older one's are
read by both. A run of `update --apply` gets a fresh copy. Figures are seconds of CPU, children
included: the least of the rounds, and the median of their ratios.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from cohort import measure
from orphans import ADA, change

from coursekit.git.objects import File
from coursekit.git.repository import open_repository
from coursekit.template.commits import Commit, add_commits

HERE = Path(__file__).resolve().parents[1]
STEPS = ("status", "update --dry-run", "update --apply")
# Modules are compiled once, as they are where a version is installed.
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    "OMP_NUM_THREADS": "1",
}
PROJECT = "{{cookiecutter.project_slug}}"


def coursekit(version: Path, *arguments: str) -> None:
    """Run a version's command line; 1 says that somebody has to look at something."""
    done = subprocess.run(
        [sys.executable, "-m", "coursekit", *arguments], cwd=version, capture_output=True,
        env=ENVIRONMENT | {"PYTHONPATH": str(version)}, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise SystemExit(f"{version}: {arguments}: {done.stderr.decode()[-2000:]}")


def unpack(commit: str, folder: Path) -> Path:
    """The files of a commit."""
    archive = subprocess.run(["git", "archive", commit], cwd=HERE, check=True, capture_output=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def make_template(old: Path, folder: Path) -> None:
    """A repository with the older version's template."""
    folder.mkdir()
    shutil.copytree(old / PROJECT, folder / PROJECT)
    shutil.copy(old / "cookiecutter.json", folder)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    change(folder, 1)


def make_course(version: Path, settings: Path, folder: Path, teams: int) -> Path:
    """A course whose repositories a version has made; each team has made one commit."""
    shutil.copytree(settings, folder)
    rows = [f"Team {number},team-{number},Ada {number}\n" for number in range(teams)]
    (folder / "roster.csv").write_text("team,slug,members\n" + "".join(rows), encoding="utf-8")
    coursekit(version, "generate", str(folder))
    for path in sorted(folder.rglob("*.git")):
        with open_repository(path) as repository:
            tip = repository.tip("main")
        assert tip
        work = {"NOTES.md": File(b"We start.\n")}
        add_commits(path, [Commit("main", (tip,), "Start", work)], ADA)
    return folder


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("commit", nargs="?", default="HEAD")
    parser.add_argument("--teams", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=STEPS, action="append")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        versions = {"old": unpack(asked.commit, folder / "version"), "new": HERE}
        make_template(versions["old"], folder / "template")
        settings = folder / "settings"
        coursekit(versions["old"], "init", str(settings))
        text = (settings / "course.toml").read_text(encoding="utf-8")
        text = text.replace('source = "builtin"', 'source = "../template"')
        (settings / "course.toml").write_text(text, encoding="utf-8")
        steps = asked.only or STEPS
        names = ["old", "new"] if steps != ["status"] else ["old"]
        courses = {
            name: make_course(versions[name], settings, folder / name, asked.teams)
            for name in names
        }

        def status(name: str) -> float:
            shutil.rmtree(courses["old"] / ".coursekit", ignore_errors=True)
            return measure(lambda: coursekit(versions[name], "status", str(courses["old"])))

        def trial(name: str) -> float:
            work = ("update", str(courses[name]), "--dry-run")
            return measure(lambda: coursekit(versions[name], *work))

        def real(name: str) -> float:
            copy = folder / "copy"
            shutil.copytree(courses[name], copy, symlinks=True)
            found = measure(lambda: coursekit(versions[name], "update", str(copy), "--apply"))
            shutil.rmtree(copy)
            return found

        works: dict[str, Callable[[str], float]] = dict(
            zip(STEPS, (status, trial, real), strict=True)
        )
        if "status" in steps:
            show("status", works["status"], asked.rounds, asked.teams)
        change(folder / "template", 2)
        for step in steps:
            if step != "status":
                show(step, works[step], asked.rounds, asked.teams)


def show(step: str, work: Callable[[str], float], rounds: int, teams: int) -> None:
    """Measure both versions in turn and print a line."""
    found: dict[str, list[float]] = {"old": [], "new": []}
    for name in found:
        work(name)
    for number in range(rounds):
        for name in ("old", "new") if number % 2 == 0 else ("new", "old"):
            found[name].append(work(name))
    ratio = statistics.median(
        new / old for old, new in zip(found["old"], found["new"], strict=True)
    )
    least = {name: min(seconds) for name, seconds in found.items()}
    print(
        f"{step:18}{teams:6} teams  old {least['old']:7.2f} s  new {least['new']:7.2f} s  "
        f"ratio {ratio:.2f} (of the least {least['new'] / least['old']:.2f})",
        flush=True,
    )


if __name__ == "__main__":
    main()
