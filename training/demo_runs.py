"""Make the recorded runs of the demo: baselines and models that were really trained, once.

    python training/demo_runs.py FOLDER [--team SLUG] [--seconds 30]

makes the demo's course in FOLDER, trains each team's baseline and its model with two seeds in its
own repository, opens the test part once, and keeps what a page needs of each run in
`coursekit/data/demo/runs`. `coursekit demo` copies these runs into the repositories, so that its
showcase has trained models where nobody has torch. Needs torch; about 12 CPU-minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from coursekit.cohort.generate import generate
from coursekit.demo.content import RECORDED, start

# What each team trains; see `coursekit/data/demo/roster.csv`.
MODELS: dict[str, tuple[str, ...]] = {
    "bright-encoders": (),
    "small-models": ("model.layers=1", "model.width=64"),
    "name-tags": (),
    "ask-the-manual": (),
    "next-word": (),
    "before-attention": ("--model", "lstm", "experiment.role=model"),
    "short-and-sweet": (),
    "calendar-club": ("--model", "lstm-attention", "experiment.role=model"),
    "in-brief": (),
}
# Whose baseline is not the strongest one of its task.
SIMPLE = {"name-tags": "frequent-tag", "in-brief": "first-sentence"}
SEEDS = (1, 2)
KEPT = ("run.json", "metrics.jsonl", "confusion_matrix_test.svg")


def main() -> None:
    """Train, and keep the records."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--team", action="append", choices=sorted(MODELS))
    parser.add_argument("--seconds", type=int, default=30, help="CPU seconds of each model")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    course = start(given.folder)
    generate(course)
    for team in course.teams:
        if given.team and team.slug not in given.team:
            continue
        clone = given.folder / "work" / team.slug
        if not clone.exists():
            subprocess.run(["git", "clone", "-q", course.repository(team), clone], check=True)
        train(clone, MODELS[team.slug], given.seconds)
        target = RECORDED / team.slug
        shutil.rmtree(target, ignore_errors=True)
        for run in sorted((clone / "runs").glob("*/run.json")):
            (target / run.parent.name).mkdir(parents=True)
            for name in KEPT:
                if (run.parent / name).is_file():
                    shutil.copyfile(run.parent / name, target / run.parent.name / name)


def train(clone: Path, model: tuple[str, ...], seconds: int) -> None:
    """A baseline, a model with its seeds, and the test part, once."""
    if not any((clone / "runs").glob("*/run.json")):
        baseline(clone, "train", "--model", SIMPLE.get(clone.name, "baseline"))
        for seed in SEEDS:
            settings = (f"training.cpu_seconds={seconds}", f"training.seed={seed}")
            baseline(clone, "train", *model, *settings)
    # By its name: where counting is better on validation, it would be the one that is opened.
    records = [json.loads(path.read_text("utf-8")) for path in (clone / "runs").glob("*/run.json")]
    names = {run["experiment"] for run in records if run["family"] != "count-based"}
    baseline(clone, "final", *names)


def baseline(clone: Path, *arguments: str) -> None:
    """Run the team's own package, one thread, and show what it says."""
    print(clone.name, *arguments, flush=True)
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}
    subprocess.run([sys.executable, "-m", "baseline", *arguments], cwd=clone, env=env, check=True)


if __name__ == "__main__":
    main()
