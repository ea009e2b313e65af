"""A repository per team: whole or not at all, the same everywhere, as often as you like."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coursekit import lock
from coursekit.cohort.generate import generate
from coursekit.course.course import load_course
from coursekit.course.start import start_course
from coursekit.errors import LockedError, RosterError
from coursekit.git.repository import open_repository
from litreview.errors import UserError

SMALL = {
    "README.md": "# {{ cookiecutter.project_name }}\n\n{{ cookiecutter.members }}\n",
    "docs/guide.md": "The same for everybody.\n",
    "docs/{{ cookiecutter.project_slug }}.md": "{{ cookiecutter.description }}\n",
    "run.sh": "#!/bin/sh\n",
    "0_LiteratureReview/README.md": "constant\n",
}


@pytest.fixture
def small_template(tmp_path: Path) -> Path:
    """A template of five files, for what does not depend on the real one."""
    root = tmp_path / "small"
    project = root / "{{cookiecutter.project_slug}}"
    for name, text in SMALL.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    (project / "run.sh").chmod(0o755)
    variables = {"project_name": "P", "project_slug": "p", "description": "d", "members": ""}
    (root / "cookiecutter.json").write_text(json.dumps(variables))
    return root


def make_course(folder: Path, teams: int, template: Path | None = None) -> Path:
    start_course(folder)
    rows = "".join(f"Team {n},t-{n:04},Ada {n}; Alan {n}\n" for n in range(teams))
    (folder / "roster.csv").write_text("team,slug,members\n" + rows)
    if template is not None:
        path = folder / "course.toml"
        path.write_text(path.read_text().replace('"builtin"', json.dumps(str(template)), 1))
    return folder


def git(path: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(path), *arguments], capture_output=True, text=True, check=True
    ).stdout


def command(folder: Path, *options: str, **settings) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "coursekit", "generate", str(folder), *options],
        capture_output=True, text=True, **settings,
    )  # fmt: skip


def test_every_team_gets_a_sound_repository_with_both_branches(tmp_path):
    """With the real template; git itself says whether the objects are right."""
    start_course(tmp_path)
    report = generate(load_course(tmp_path))
    assert [outcome.state for outcome in report.outcomes] == ["created"] * 3
    for outcome in report.outcomes:
        path = Path(outcome.repository)
        checked = subprocess.run(
            ["git", "-C", str(path), "fsck", "--strict", "--full"], capture_output=True, text=True
        )
        assert (checked.returncode, checked.stdout.strip(), checked.stderr.strip()) == (0, "", "")
        with open_repository(path) as repository:
            assert repository.branches() == {"main": outcome.commit, "template": outcome.commit}
            files = repository.files()
            assert "0_LiteratureReview/README.md" in files
            assert repository.read("MILESTONES.md").decode().count("TBD") >= 5
            assert f'"{outcome.team}"' in repository.read("pyproject.toml").decode()
        assert str(tmp_path) not in git(path, "log", "-p", "--all", "--format=fuller")


def test_a_clone_of_it_is_what_cookiecutter_would_have_made(tmp_path, small_template):
    """Names, modes and contents survive the way through git."""
    make_course(tmp_path / "c", 1, small_template)
    report = generate(load_course(tmp_path / "c"))
    work = tmp_path / "work"
    subprocess.run(["git", "clone", "-q", report.outcomes[0].repository, str(work)], check=True)
    found = {path.relative_to(work).as_posix() for path in work.rglob("*") if path.is_file()}
    assert {name for name in found if not name.startswith(".git/")} == {
        "README.md", "docs/guide.md", "docs/t-0000.md", "run.sh", "0_LiteratureReview/README.md",
    }  # fmt: skip
    assert (work / "README.md").read_text() == "# Team 0\n\nAda 0, Alan 0\n"
    assert os.access(work / "run.sh", os.X_OK)
    assert git(work, "status", "--porcelain") == ""


def test_the_same_course_gives_the_same_commits_anywhere(tmp_path, small_template):
    """Another machine, another day, another user's git settings, other worker processes."""
    commits = []
    for name, jobs in (("one", 1), ("two", 2)):
        make_course(tmp_path / name, 40, small_template)
        report = generate(load_course(tmp_path / name), jobs=jobs)
        commits.append([outcome.commit for outcome in report.outcomes])
        assert [outcome.team for outcome in report.outcomes] == [f"t-{n:04}" for n in range(40)]
    assert commits[0] == commits[1]
    assert len(set(commits[0])) == 40
    first = git(tmp_path / "one" / "repositories" / "t-0000.git", "log", "--format=%an %ae %aI %cI")
    day = "2026-10-30T08:00:00+00:00"
    assert first.strip() == f"Course staff staff@example.org {day} {day}"


def test_a_dry_run_names_the_commits_and_writes_nothing(tmp_path, small_template):
    make_course(tmp_path / "c", 3, small_template)
    before = sorted(path for path in tmp_path.rglob("*"))
    planned = generate(load_course(tmp_path / "c"), dry_run=True)
    assert sorted(path for path in tmp_path.rglob("*")) == before
    made = generate(load_course(tmp_path / "c"))
    assert [one.commit for one in planned.outcomes] == [one.commit for one in made.outcomes]
    assert {one.state for one in planned.outcomes} == {"would create"}


def test_what_exists_is_checked_and_left_alone(tmp_path, small_template):
    """The second run is for the team that was added; the others have begun to work."""
    make_course(tmp_path / "c", 2, small_template)
    generate(load_course(tmp_path / "c"))
    work = tmp_path / "work"
    repository = tmp_path / "c" / "repositories" / "t-0000.git"
    subprocess.run(["git", "clone", "-q", str(repository), str(work)], check=True)
    (work / "README.md").write_text("ours")
    who = ["-c", "user.name=A", "-c", "user.email=a@x.org"]
    git(work, *who, "commit", "-qam", "ours")
    git(work, "push", "-q")
    head = git(repository, "rev-parse", "main")
    make_course(tmp_path / "c", 3)
    (tmp_path / "c" / "roster.csv").write_text("team,slug\nTeam 0,t-0000\nTeam 1,t-0001\nNew,new\n")
    report = generate(load_course(tmp_path / "c"))
    assert [one.state for one in report.outcomes] == ["exists", "exists", "created"]
    assert git(repository, "rev-parse", "main") == head


def test_one_bad_repository_never_stops_the_rest(tmp_path, small_template):
    """The summary lists it, and the exit code tells."""
    folder = make_course(tmp_path / "c", 4, small_template)
    repositories = folder / "repositories"
    (repositories / "t-0001.git").mkdir(parents=True)
    (repositories / "t-0001.git" / "thesis.txt").write_text("mine")
    (repositories / "t-0002.git").write_text("a file")
    result = command(folder)
    assert result.returncode == 1
    assert "2 created, 2 failed" in result.stdout
    assert "t-0001.git: is not a git repository" in result.stderr
    assert "Traceback" not in result.stderr
    assert (repositories / "t-0001.git" / "thesis.txt").read_text() == "mine"


def test_a_damaged_repository_is_reported_not_replaced(tmp_path, small_template):
    folder = make_course(tmp_path / "c", 2, small_template)
    generate(load_course(folder))
    path = folder / "repositories" / "t-0000.git"
    (path / "refs" / "heads" / "template").unlink()
    report = generate(load_course(folder))
    assert "has no complete branch 'template'" in report.failed[0].problem
    (pack,) = (folder / "repositories" / "t-0001.git" / "objects" / "pack").glob("*.pack")
    pack.unlink()
    report = generate(load_course(folder))
    assert [one.team for one in report.failed] == ["t-0000", "t-0001"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to signal")
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
def test_a_run_that_is_ended_at_any_moment_leaves_no_half_repository(tmp_path, small_template, how):
    """A second run finishes the work; nothing has to be cleaned up by hand."""
    folder = make_course(tmp_path / "c", 150, small_template)
    repositories = folder / "repositories"
    how = getattr(signal, how)
    seen = 0
    for jobs in (2, 1, 2):
        process = subprocess.Popen(
            [sys.executable, "-m", "coursekit", "generate", str(folder), "--jobs", str(jobs)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        limit = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < limit:
            if len(list(repositories.glob("*.git"))) > seen + 10:
                break
            time.sleep(0.002)
        # A quick machine may be done already.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        _, errors = process.communicate(timeout=60)
        assert b"Traceback" not in errors, errors.decode()
        if how == signal.SIGINT and process.returncode == 130:
            assert b"run the same command again" in errors
        done = sorted(repositories.glob("*.git"))
        for path in done[seen:]:
            with open_repository(path) as repository:
                assert len(repository.files("template")) == len(SMALL), path
        seen = len(done)
    assert seen > 0
    result = command(folder, "--json")
    assert result.returncode == 0, result.stderr
    states = [team["state"] for team in json.loads(result.stdout)["teams"]]
    assert len(states) == 150
    assert states.count("exists") == seen
    assert sorted(path.name for path in repositories.iterdir() if path.name.startswith(".")) == []


def test_two_runs_at_once_do_not_meet(tmp_path, small_template):
    """The second one is told who is at it."""
    folder = make_course(tmp_path / "c", 2, small_template)
    with lock.hold(folder / ".coursekit", "generate"):
        result = command(folder)
    assert result.returncode == 2
    assert f"(process {os.getpid()}) is running `coursekit generate` since" in result.stderr
    assert command(folder).returncode == 0
    with (
        lock.hold(tmp_path / "state", "update"),
        pytest.raises(LockedError, match="`coursekit update`"),
        lock.hold(tmp_path / "state", "generate"),
    ):
        pass


@pytest.mark.parametrize("name", ["{{ 7*7 }}", "{% if", "{% raw %}", "{{ cookiecutter }}", "<b>&"])
def test_a_name_that_looks_like_a_template_is_just_a_name(tmp_path, small_template, name):
    """Roster data is never rendered."""
    folder = make_course(tmp_path / "c", 0, small_template)
    (folder / "roster.csv").write_text(f"team,slug,members\n{name},x,{name}\n")
    (outcome,) = generate(load_course(folder)).outcomes
    with open_repository(Path(outcome.repository)) as repository:
        assert repository.read("README.md").decode() == f"# {name}\n\n{name}\n"


@pytest.mark.parametrize("slug", ["../evil", "..", "a/b", "/etc", "C:\\x", "-rf", "a b", ".git"])
def test_a_slug_cannot_leave_the_folder(tmp_path, small_template, slug):
    folder = make_course(tmp_path / "c", 0, small_template)
    (folder / "roster.csv").write_text(f"team,slug\nOne,{slug}\n")
    before = sorted(tmp_path.rglob("*"))
    result = command(folder)
    assert result.returncode == 2
    assert "line 2: team 'One' has slug" in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_task_that_the_template_lacks_is_named_by_line(tmp_path):
    start_course(tmp_path)
    path = tmp_path / "roster.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",generation,", ",poetry,"))
    with pytest.raises(RosterError, match=r"line 3: the task is 'poetry'; .*generation"):
        generate(load_course(tmp_path))


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path, small_template):
    folder = make_course(tmp_path / "c", 1, small_template)
    (folder / "repositories").write_text("a file")
    with pytest.raises(UserError, match="repositories: cannot be written"):
        generate(load_course(folder))
    shutil.rmtree(folder / ".coursekit")
    (folder / ".coursekit").write_text("a file")
    with pytest.raises(UserError, match=r"\.coursekit: cannot be written"):
        generate(load_course(folder))


@pytest.mark.skipif(sys.platform == "win32", reason="limits of this kind are POSIX")
def test_a_disk_that_is_full_fails_the_team_and_leaves_nothing_half(tmp_path, small_template):
    """A limit on file sizes makes writes fail as a full disk does."""
    (small_template / "{{cookiecutter.project_slug}}" / "big.bin").write_bytes(os.urandom(400_000))
    (small_template / "{{cookiecutter.project_slug}}" / "big.md").write_text(
        "{{ cookiecutter.project_slug }}" + os.urandom(150_000).hex()
    )
    folder = make_course(tmp_path / "c", 2, small_template)
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from coursekit.course.course import load_course\n"
        "from coursekit.cohort import generate as module\n"
        "from coursekit.git import objects\n"
        "make = objects.make_blueprint\n"
        "def limited(*arguments):\n"
        "    blueprint = make(*arguments)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "    return blueprint\n"
        "objects.make_blueprint = limited\n"
        "report = module.generate(load_course(Path(sys.argv[1])), jobs=1)\n"
        "print([one.problem for one in report.failed])\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True
    )
    assert result.stdout.count("cannot be written (File too large)") == 2, result.stderr
    assert list((folder / "repositories").iterdir()) == []
    assert generate(load_course(folder)).failed == ()


def test_an_empty_roster_and_no_course_are_one_sentence(tmp_path):
    start_course(tmp_path / "c")
    (tmp_path / "c" / "roster.csv").write_text("team,slug\n")
    result = command(tmp_path / "c")
    assert result.returncode == 2
    assert "there is no team" in result.stderr
    result = command(tmp_path / "nowhere")
    assert result.returncode == 2
    assert "coursekit init" in result.stderr
