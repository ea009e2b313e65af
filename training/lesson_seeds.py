"""Run the notebooks of a lesson with several seeds, and print what each printed.

The figures of docs/reference/experiments.md come from here:

    python training/lesson_seeds.py 3 --seeds 1 2 3

A notebook's code runs in a process of its own, with `SEED` replaced and without pictures.
`BASELINE_SECONDS` in the environment is the budget of lesson 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parents[1] / "{{cookiecutter.project_slug}}"
TIME = (
    "\nimport resource as _r\n"
    "_used = _r.getrusage(_r.RUSAGE_SELF)\n"
    "print(f'== {_used.ru_utime + _used.ru_stime:.0f} CPU-seconds, imports included; '\n"
    "      f'{_used.ru_maxrss / 1024:.0f} MB')\n"
)


def code_of(notebook: Path, seed: int) -> str:
    """All code cells of a notebook, one after the other, with another seed.

    Raises:
        SystemExit: If the notebook has no line `SEED = 1`.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    code, found = re.subn(r"(?m)^SEED = 1$", f"SEED = {seed}", code)
    if found != 1:
        raise SystemExit(f"{notebook}: has {found} lines 'SEED = 1'; it needs one")
    return code


def main() -> None:
    """Run one lesson."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lesson", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    given = parser.parse_args()
    environment = {**os.environ, "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}
    for notebook in sorted(TEMPLATE.glob(f"lessons/{given.lesson}_*/*.ipynb")):
        for seed in given.seeds:
            print(f"== {notebook.name}, seed {seed}", flush=True)
            code = code_of(notebook, seed) + TIME
            subprocess.run(
                [sys.executable, "-"], input=code, text=True, cwd=TEMPLATE, env=environment,
                check=True,
            )  # fmt: skip


if __name__ == "__main__":
    main()
