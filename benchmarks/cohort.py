"""What updating and reading a cohort costs, against git doing the least that it could.

    python benchmarks/cohort.py [TEAMS]

Every team has one commit of its own. The floor of an update is one
`git merge-tree` and of a status one `git log` and one `git ls-tree` for each
repository, without looking at anything. Figures are seconds of CPU, children
included.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from coursekit.cohort.generate import generate
from coursekit.cohort.status import read_status
from coursekit.cohort.update import update
from coursekit.course.course import Course, load_course
from coursekit.git.objects import Author, File
from coursekit.template.commits import Commit, add_commits


def cpu_seconds() -> float:
    """CPU seconds of this process and its children so far."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def measure(work: Callable[[], object]) -> float:
    """CPU seconds that a piece of work takes."""
    start = cpu_seconds()
    work()
    return cpu_seconds() - start


def make_course(folder: Path, teams: int) -> Course:
    """A course whose teams have each made one commit."""
    subprocess.run(
        [sys.executable, "-m", "coursekit", "init", folder], check=True, capture_output=True
    )
    rows = [f"Team {number},team-{number},Ada {number}\n" for number in range(teams)]
    (folder / "roster.csv").write_text("team,slug,members\n" + "".join(rows), encoding="utf-8")
    course = load_course(folder)
    report = generate(course)
    assert not report.failed
    for outcome, team in zip(report.outcomes, course.teams, strict=True):
        work = {"NOTES.md": File(b"We start.\n")}
        commit = Commit("main", (outcome.commit,), "Start", work)
        add_commits(course.repository(team), [commit], Author("Ada", "ada@example.org", 1793000000))
    return course


def git_each(course: Course, *commands: list[str]) -> None:
    """Run git commands in every repository."""
    for team in course.teams:
        for command in commands:
            subprocess.run(
                ["git", f"--git-dir={course.repository(team)}", *command],
                check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip


def set_week(course: Course) -> Course:
    """Decide an open week, which every repository is to learn."""
    path = course.folder / "course.toml"
    text = path.read_text(encoding="utf-8").replace('title = "TBD"', 'title = "Tokenization"', 1)
    path.write_text(text, encoding="utf-8")
    return load_course(course.folder)


def main() -> None:
    """Measure and print the table."""
    teams = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        course = make_course(Path(folder) / "course", teams)
        listing = [["log", "--format=%H", "main"], ["ls-tree", "-r", "-l", "main"]]
        read_floor = measure(lambda: git_each(course, *listing))
        cold = measure(lambda: read_status(course))
        warm = measure(lambda: read_status(course))
        merge = ["merge-tree", "--write-tree", "main", "template"]
        merge_floor = measure(lambda: git_each(course, merge))
        course = set_week(course)
        trial = measure(lambda: update(course, dry_run=True))
        real = measure(lambda: update(course, apply=True))
    rows = [
        ("status, first time", cold, read_floor),
        ("status, nothing changed", warm, read_floor),
        ("update --dry-run", trial, merge_floor),
        ("update --apply", real, merge_floor),
    ]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{teams} teams, peak memory {memory:.0f} MB")
    print(f"{'':26}{'ms a team':>12}{'floor':>10}{'ratio':>8}")
    for name, seconds, floor in rows:
        each, least = 1000 * seconds / teams, 1000 * floor / teams
        print(f"{name:26}{each:12.1f}{least:10.1f}{each / least:8.1f}")


if __name__ == "__main__":
    main()
