"""What it costs to adopt repositories that nothing was recorded of, and to update them.

    python benchmarks/orphans.py [TEAMS]

The template has three versions. Every team began with the second one by "Use this
template", so that its history starts with a commit of its own, and has edited its
README. Figures are seconds of CPU, children included; the floor is one
`git log --raw` and one `git fast-import` of a small commit in each repository.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cohort import measure

from coursekit.cohort.adopt import adopt
from coursekit.cohort.generate import generate
from coursekit.cohort.update import update
from coursekit.course.course import Course, load_course
from coursekit.git.objects import Author, File
from coursekit.template.commits import Commit, add_commits
from coursekit.template.templates import builtin_folder

ADA = Author("Ada", "ada@example.org", 1793000000)
PROJECT = "{{cookiecutter.project_slug}}"


def git(folder: Path, *arguments: str) -> None:
    """Run git quietly in a folder."""
    who = ["-c", "user.name=Staff", "-c", "user.email=staff@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def change(folder: Path, version: int) -> None:
    """Make a version of the template and commit it."""
    for name in ("README.md", "3_Model/README.md", "4_Presentation/README.md"):
        path = folder / PROJECT / name
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            path.write_text(f"{text}\nVersion {version} of the course.\n", encoding="utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", f"Version {version}")


def make(folder: Path, teams: int) -> tuple[Course, Path]:
    """A course of repositories without any record, and the template's repository."""
    source = folder / "template"
    source.mkdir()
    shutil.copytree(builtin_folder() / PROJECT, source / PROJECT, ignore=shutil.ignore_patterns(
        ".*_cache", "__pycache__", ".venv"))  # fmt: skip
    shutil.copy(builtin_folder() / "cookiecutter.json", source)
    git(source, "init", "-q")
    change(source, 1)
    change(source, 2)
    course_folder = folder / "course"
    subprocess.run(
        [sys.executable, "-m", "coursekit", "init", course_folder], check=True, capture_output=True
    )
    settings = course_folder / "course.toml"
    text = settings.read_text(encoding="utf-8")
    text = text.replace('source = "builtin"', 'source = "../template"')
    settings.write_text(text, encoding="utf-8")
    rows = [f"Team {number},team-{number},Ada {number}\n" for number in range(teams)]
    (course_folder / "roster.csv").write_text("team,slug,members\n" + "".join(rows))
    course = load_course(course_folder)
    report = generate(course)
    assert not report.failed
    for outcome, team in zip(report.outcomes, course.teams, strict=True):
        path = course.repository(team)
        for name in ("refs/heads/template", "refs/coursekit/received"):
            (path / name).unlink()
        work = {"README.md": File(f"# {team.title}\n\nWe start.\n".encode())}
        add_commits(path, [Commit("main", (outcome.commit,), "Start", work)], ADA)
    change(source, 3)
    return course, source


def floor(course: Course) -> None:
    """Read each history and write a small commit, without looking at anything."""
    for team in course.teams:
        path = course.repository(team)
        subprocess.run(["git", f"--git-dir={path}", "log", "--raw", "main"], capture_output=True,
                       check=True)  # fmt: skip
        add_commits(path, [Commit("floor", (), "Floor", {"a": File(b"a\n")})], ADA)
        (path / "refs" / "heads" / "floor").unlink()


def main() -> None:
    """Measure and print the table."""
    teams = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        course, source = make(Path(folder), teams)
        least = 1000 * measure(lambda: floor(course)) / teams
        steps = {
            "adopt": measure(lambda: adopted(course, source)),
            "update --apply": measure(lambda: updated(course)),
        }
    print(f"{teams} repositories, floor {least:.1f} ms each")
    for name, seconds in {**steps, "both": sum(steps.values())}.items():
        each = 1000 * seconds / teams
        print(f"{name:16}{each:8.1f} ms each {each / least:6.1f} of the floor")


def adopted(course: Course, source: Path) -> None:
    """Adopt all of them."""
    report = adopt(course, str(source))
    assert {outcome.state for outcome in report.teams} == {"adopted"}, report.teams[0]


def updated(course: Course) -> None:
    """Update all of them."""
    report = update(course, apply=True)
    assert {outcome.state for outcome in report.teams} == {"updated"}, report.teams[0]


if __name__ == "__main__":
    main()
