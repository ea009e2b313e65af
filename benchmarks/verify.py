"""What verifying costs beside the runs themselves: many teams, three results each, runs of 1 s.

Each run sleeps, so what is measured is everything else: reading repositories, packing, making the
box, starting Python in it, watching, judging, and writing the log. The same course is verified
here and on a Ray cluster of this machine, and both reports are compared.

    python benchmarks/verify.py --teams 1000
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from coursekit.course.course import load_course
from coursekit.verify.box import find_box
from coursekit.verify.cohort import Options, Report, verify_course
from coursekit.verify.packs import Store
from coursekit.verify.places import open_place
from coursekit.verify.watch import Limits, usage

RESULTS = 3
RUN_SECONDS = 1.0
FIGURES = {"validation": {"accuracy": 0.8}, "test": {"accuracy": 0.75}}
STUB = f"""
import json, os, time
FIGURES = {FIGURES!r}
def main(arguments):
    root = arguments[arguments.index("--root") + 1]
    if arguments[0] == "final":
        return 0
    time.sleep({RUN_SECONDS})
    folder = os.path.join(root, "runs", "again")
    os.makedirs(folder)
    record = {{"results": FIGURES, "data": "d", "environment": {{"python": "3"}}}}
    with open(os.path.join(folder, "run.json"), "w") as file:
        json.dump(record, file)
    return 0
"""


def write(path: Path, text: str) -> None:
    """Write a file in a folder that may be new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make_course(folder: Path, teams: int) -> None:
    """A course of many teams that have the same template and each its own runs."""
    project = folder / "template" / "{{cookiecutter.project_slug}}"
    write(folder / "template" / "cookiecutter.json", '{"project_slug": "x"}')
    write(project / "baseline" / "cli.py", STUB)
    course = folder / "course"
    write(
        course / "course.toml",
        '[course]\ntitle = "Course"\n[template]\nsource = "../template"\n',
    )
    names = [f"team-{n}" for n in range(teams)]
    rows = "\n".join(f"{name},{name},Ada" for name in names)
    write(course / "roster.csv", f"team,slug,members\n{rows}\n")
    team = folder / "team"
    write(team / "baseline" / "cli.py", STUB)
    write(team / "data" / "mails.csv", "text,label\n" + "fine,good\ncold,bad\n" * 500)
    rows_of = []
    for n in range(RESULTS):
        run = f"20261120-10000{n}-model"
        record = {
            "id": run, "results": FIGURES, "cpu_seconds": 1, "family": "encoder-only", "seed": n,
            "steps": 10, "data": "d", "examples": {"validation": 400, "test": 400},
        }  # fmt: skip
        write(team / "runs" / run / "run.json", json.dumps(record))
        config = f'[data]\ntrain = "data/mails.csv"\n[training]\nsteps = 10\nseed = {n}\n'
        write(team / "runs" / run / "config.toml", config)
        rows_of += [
            {
                "task": "text-classification", "dataset": "mails", "split": split,
                "metric": "accuracy", "value": FIGURES[split]["accuracy"], "role": "model",
                "higher_is_better": True, "model": f"model {n}", "family": "encoder-only",
                "run": run, "seed": n, "commit": "", "date": f"2026-11-20T10:00:0{n}Z",
                "identity": f"identity{n}",
            }
            for split in FIGURES
        ]  # fmt: skip
    write(team / "results.json", json.dumps({"schema": 1, "results": rows_of}))
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for command in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        [*who, "commit", "-q", "-m", "w"],
        ["clone", "-q", "--bare", ".", str(folder / "bare")],
    ):
        subprocess.run(["git", *command], cwd=team, check=True)
    for name in names:  # the files are shared on the disk
        target = course / "repositories" / f"{name}.git"
        shutil.copytree(folder / "bare", target, copy_function=os.link)


def measure(folder: Path, where: str, jobs: int) -> tuple[Report, float, float, list[int]]:
    """Verify the course once: report, CPU seconds, wall seconds, memory at some moments (MB)."""
    course = load_course(folder / "course")
    (course.folder / "verified.jsonl").unlink(missing_ok=True)
    store = Store(course.state / "verify" / "packs")
    limits = Limits(cpu_seconds=30, seconds=120)
    options = Options(limits, 1e9, 0, "", sys.executable)
    place = open_place(where, find_box("bubblewrap"), store, jobs)
    total = RESULTS * len(course.teams)
    memory: list[int] = []
    done = 0

    def note(line: object) -> None:
        nonlocal done
        done += 1
        if done % max(1, total // 4) == 0:
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)

    before, started = usage(os.getpid()).cpu_seconds, time.monotonic()
    report = verify_course(course, place, store, options, on_line=note)
    cpu, wall = usage(os.getpid()).cpu_seconds - before, time.monotonic() - started
    place.close()
    # What ran in a box is told by the boxes: the system does not add it up for their parent.
    return report, cpu + report.cpu_seconds, wall, memory


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teams", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=16, help="runs at a time here; they sleep")
    parser.add_argument("--on", nargs="*", default=["here", "ray"])
    options = parser.parse_args()
    plain = {}
    with tempfile.TemporaryDirectory(prefix="coursekit-bench-") as name:
        make_course(Path(name), options.teams)
        runs = RESULTS * options.teams
        print(f"{options.teams} teams, {runs} runs of {RUN_SECONDS:g} s")
        print("where   reproduced   CPU-s beside each run   wall s   memory MB, quarter by quarter")
        for where in options.on:
            report, cpu, wall, memory = measure(Path(name), where, options.jobs)
            plain[where] = sorted((x.team, x.run, x.state, x.figures) for x in report.lines)
            shown = ", ".join(map(str, memory))
            good = report.count("reproduced")
            print(f"{where:<7} {good:>6}/{runs:<5} {cpu / runs:>18.3f} {wall:>14.1f}   {shown}")
    same = len({json.dumps(found) for found in plain.values()}) == 1
    print(f"the reports are {'the same' if same else 'NOT the same'}")


if __name__ == "__main__":
    main()
