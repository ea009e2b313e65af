"""Repositories per second, against cookiecutter and against the floor, in one run.

    python benchmarks/generate.py [--teams 120] [--rounds 3] [--thousand]

Every contender makes repositories from the built-in template, in turn, `--rounds`
times; the slow ones make fewer of them. The table shows medians of CPU seconds
(own and children's) and of wall-clock seconds, per repository, and what each
contender needs relative to coursekit. `--thousand` makes 1,000 repositories and
reports the memory as well.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from coursekit.cohort.generate import answers, generate
from coursekit.course.course import Course, load_course
from coursekit.course.start import start_course
from coursekit.template.templates import builtin_folder, read_folder

GOALS = {"cookiecutter() + git": 4.0, "cookiecutter process + git": 40.0}
FLOOR = "floor: copytree + git"
FLOOR_GOAL = 1.5
GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.org",
    "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@example.org",
}  # fmt: skip


def commit(folder: Path) -> None:
    """What a script does after rendering: three calls of git."""
    env = os.environ | GIT_ENVIRONMENT
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run(["git", *arguments], cwd=folder, env=env, check=True)


def make_course(folder: Path, teams: int) -> Course:
    """The example course with as many teams as are asked for."""
    start_course(folder)
    families = ("encoder-only", "decoder-only", "encoder-decoder")
    rows = "".join(
        f"Team {n},team-{n:04},Ada {n}; Alan {n},Project {n},{families[n % 3]}\n"
        for n in range(teams)
    )
    (folder / "roster.csv").write_text("team,slug,members,project,family\n" + rows)
    return load_course(folder)


def contexts(course: Course) -> list[dict[str, object]]:
    """Every team's values for the template."""
    return [answers(course, team) for team in course.teams]


def by_function(template: Path, course: Course, out: Path) -> None:
    """Cookiecutter's function in a loop, with its hook, as its documentation shows it."""
    from cookiecutter.main import cookiecutter

    for context in contexts(course):
        made = cookiecutter(
            str(template), no_input=True, extra_context=context, output_dir=str(out)
        )
        commit(Path(made))


def by_process(template: Path, course: Course, out: Path) -> None:
    """Cookiecutter's command, once per team, as a shell script does it."""
    for context in contexts(course):
        # The command takes texts only, so the schedule stays the template's.
        pairs = [f"{name}={value}" for name, value in context.items() if isinstance(value, str)]
        subprocess.run(
            [sys.executable, "-m", "cookiecutter", "--no-input", "-o", str(out), str(template),
             *pairs],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        commit(out / str(context["project_slug"]))


def by_copying(rendered: Path, course: Course, out: Path) -> None:
    """The floor: nothing is rendered at all, only copied and committed."""
    for team in course.teams:
        shutil.copytree(rendered, out / team.slug)
        commit(out / team.slug)


def measure(make: Callable[[Path], None], folder: Path) -> tuple[float, float]:
    """CPU and wall-clock seconds of one contender, in a process of its own."""
    folder.mkdir(parents=True)
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def run() -> None:
        start = time.perf_counter()
        before = [resource.getrusage(who) for who in (0, resource.RUSAGE_CHILDREN)]
        make(folder)
        after = [resource.getrusage(who) for who in (0, resource.RUSAGE_CHILDREN)]
        cpu = sum(
            b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime
            for a, b in zip(before, after, strict=True)
        )
        sender.send((cpu, time.perf_counter() - start))

    process = context.Process(target=run)
    process.start()
    process.join()
    if process.exitcode or not receiver.poll():
        raise SystemExit(f"a contender failed in {folder}")
    found: tuple[float, float] = receiver.recv()
    return found


def write_template(folder: Path) -> Path:
    """The built-in template without what tools have left in a checkout."""
    source = read_folder(builtin_folder())
    for path, file in source.files.items():
        target = folder / source.project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
    (folder / "cookiecutter.json").write_text(json.dumps(source.settings), encoding="utf-8")
    shutil.copytree(builtin_folder() / "hooks", folder / "hooks")
    return folder


def compare(teams: int, rounds: int, work: Path) -> bool:
    """Print the table; True if every goal is met by CPU time."""
    template = write_template(work / "template")
    course = make_course(work / "course", teams)
    some = make_course(work / "some", max(4, teams // 6))
    few = make_course(work / "few", max(2, teams // 40))
    one = make_course(work / "one", 1)
    by_function(template, one, work / "one-out")
    rendered = work / "one-out" / one.teams[0].slug
    shutil.rmtree(rendered / ".git")

    def ours(folder: Path) -> None:
        shutil.rmtree(course.repositories, ignore_errors=True)
        report = generate(course, jobs=1)
        assert not report.failed, report.failed

    contenders: dict[str, tuple[Callable[[Path], None], int]] = {
        "coursekit generate": (ours, teams),
        FLOOR: (lambda folder: by_copying(rendered, some, folder), len(some.teams)),
        "cookiecutter() + git": (
            lambda folder: by_function(template, some, folder), len(some.teams),
        ),
        "cookiecutter process + git": (
            lambda folder: by_process(template, few, folder), len(few.teams),
        ),
    }  # fmt: skip
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, (make, count) in contenders.items():
            cpu, wall = measure(make, work / f"{number}-{len(name)}")
            times[name].append((cpu / count, wall / count))
            shutil.rmtree(work / f"{number}-{len(name)}", ignore_errors=True)
    median = {
        name: tuple(statistics.median(column) for column in zip(*found, strict=True))
        for name, found in times.items()
    }
    own_cpu, own_wall = median["coursekit generate"]
    print(f"{rounds} rounds, {len(list(rendered.rglob('*')))} paths per repository")
    print(f"{'':<28} {'teams':>6} {'CPU ms':>8} {'wall ms':>8} {'× CPU':>7} {'× wall':>7}  goal")
    met = True
    for name, (cpu, wall) in median.items():
        goal = ""
        if name in GOALS:
            good = cpu / own_cpu >= GOALS[name]
            goal = f"≥ {GOALS[name]:g} {'met' if good else 'MISSED'}"
            met &= good
        elif name == FLOOR:
            good = own_cpu / cpu <= FLOOR_GOAL
            goal = f"coursekit ≤ {FLOOR_GOAL:g} × floor: {own_cpu / cpu:.2f} "
            goal += "met" if good else "MISSED"
            met &= good
        ratios = f"{cpu / own_cpu:>7.2f} {wall / own_wall:>7.2f}"
        count = contenders[name][1]
        print(f"{name:<28} {count:>6} {cpu * 1000:>8.1f} {wall * 1000:>8.1f} {ratios}  {goal}")
    return met


def thousand(work: Path) -> None:
    """Print rate and peak memory for 100 and for 1,000 teams: memory must not grow."""
    print(f"\n{'teams':>6} {'jobs':>5} {'s':>7} {'CPU s':>7} {'per s':>7} {'parent MB':>10}")
    for teams in (100, 1000):
        for jobs in (1, 2):
            folder = work / f"many-{teams}-{jobs}"
            make_course(folder, teams)
            code = (
                "import resource, sys, time; from pathlib import Path\n"
                "from coursekit.course.course import load_course\n"
                "from coursekit.cohort.generate import generate\n"
                "if __name__ == '__main__':\n"
                "    start = time.perf_counter()\n"
                "    course = load_course(Path(sys.argv[1]))\n"
                "    report = generate(course, jobs=int(sys.argv[2]))\n"
                "    assert report.count('created') == len(course.teams)\n"
                "    own, other = map(resource.getrusage, (0, resource.RUSAGE_CHILDREN))\n"
                "    cpu = own.ru_utime + own.ru_stime + other.ru_utime + other.ru_stime\n"
                "    print(time.perf_counter() - start, cpu, own.ru_maxrss / 1024)\n"
            )
            script = work / "many.py"
            script.write_text(code)
            result = subprocess.run(
                [sys.executable, str(script), str(folder), str(jobs)],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            wall, cpu, memory = map(float, result.stdout.split())
            rate = f"{wall:>7.1f} {cpu:>7.1f} {teams / wall:>7.1f}"
            print(f"{teams:>6} {jobs:>5} {rate} {memory:>10.1f}")
            shutil.rmtree(folder)


def main() -> int:
    """Run what the command line asks for; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teams", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--thousand", action="store_true", help="also 1,000 teams, with memory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        # cookiecutter keeps a replay file of every call in the home folder.
        os.environ["HOME"] = os.environ["USERPROFILE"] = str(work / "home")
        (work / "home").mkdir()
        met = compare(options.teams, options.rounds, work)
        if options.thousand:
            thousand(work)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
