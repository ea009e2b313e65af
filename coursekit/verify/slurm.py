"""Run units by Slurm: one array of jobs for all of them, and files that say what came of each.

A folder that all machines see holds the units, their packs, the script and the answers. What
has an answer already, from a call that was interrupted, is not asked again.

Reference: https://slurm.schedmd.com/sbatch.html and https://slurm.schedmd.com/job_array.html
"""

from __future__ import annotations

import hashlib
import math
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from coursekit.verify.box import Box
from coursekit.verify.packs import Store
from coursekit.verify.units import Answer, Unit, run_unit
from litreview.errors import UserError
from litreview.files import write_atomic

SCRIPT = "verify.sh"
# Slurm's own limit (MaxArraySize) is 1001 unless it was raised.
MOST = 1000


class Slurm:
    """Arrays of jobs.

    Args:
        box: The box of every machine.
        store: Where packs lie; on a disk that all machines see.
        folder: For units, script and answers; on such a disk, too.
        submit: The program that takes a script and waits for its end.
    """

    # All questions of a round are asked at once.
    parallel = 0

    def __init__(
        self, box: Box, store: Store, folder: Path, submit: Sequence[str] = ("sbatch", "--wait")
    ) -> None:
        if shutil.which(submit[0]) is None:
            raise UserError(
                f"--on slurm: {submit[0]} is not installed here; run it on a login node"
            )
        self.box = box
        self.store = store
        self.folder = folder.absolute()
        self.submit = tuple(submit)

    def run(self, units: Sequence[Unit]) -> list[Answer]:
        """Submit the units that have no answer yet, wait, and collect.

        Raises:
            UserError: If Slurm refuses, or a job left no answer; the next call goes on.
        """
        for unit in units:
            path = self.folder / "units" / f"{unit.name}.json"
            if not path.is_file():
                write_atomic(path, unit.to_json())
        waiting = list(dict.fromkeys(u.name for u in units if self._answer(u.name) is None))
        refused = ""
        for start in range(0, len(waiting), MOST):
            refused = self._submit(waiting[start : start + MOST], units) or refused
        answers = [self._answer(unit.name) for unit in units]
        missing = sum(answer is None for answer in answers)
        if missing:
            why = f" ({refused})" if refused else f"; see {self.folder / 'log'}"
            raise UserError(
                f"{missing} of {len(units)} jobs left no answer{why}; run the command again, and "
                "only these are submitted"
            )
        # Asked once more later, they are to be run once more.
        for unit in units:
            self._path(unit.name).unlink(missing_ok=True)
        return [answer for answer in answers if answer is not None]

    def _submit(self, names: Sequence[str], units: Sequence[Unit]) -> str:
        """Submit an array and wait for its end; returns why Slurm refused, if it did."""
        write_atomic(self.folder / "tasks.txt", "\n".join(names) + "\n")
        (self.folder / "log").mkdir(exist_ok=True)
        script = self.folder / SCRIPT
        write_atomic(script, self.script(len(names), units))
        done = subprocess.run(
            [*self.submit, str(script)], capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        lines = done.stderr.strip().splitlines()
        return lines[-1] if done.returncode and lines else ""

    def script(self, count: int, units: Sequence[Unit]) -> str:
        """The script of an array; each job runs the line of `tasks.txt` that its number names."""
        minutes = max(1, math.ceil(max(unit.limits.seconds for unit in units) / 60) + 1)
        memory = max(u.limits.memory_bytes + u.limits.disk_bytes for u in units) // 1_000_000 + 500
        packs, box = str(self.store.folder.absolute()), [*map(str, asdict(self.box).values())]
        module = ["-P", "-m", "coursekit.verify.slurm"]
        command = shlex.join([sys.executable, *module, str(self.folder), packs, *box])
        tasks = shlex.quote(str(self.folder / "tasks.txt"))
        return "\n".join(
            [
                "#!/bin/sh",
                "#SBATCH --job-name=coursekit-verify",
                f"#SBATCH --array=1-{count}",
                "#SBATCH --cpus-per-task=1",
                f"#SBATCH --mem={memory}M",
                f"#SBATCH --time={minutes}",
                f"#SBATCH --output={self.folder / 'log' / '%A_%a.txt'}",
                f'unit=$(sed -n "${{SLURM_ARRAY_TASK_ID}}p" {tasks})',
                f'exec {command} "$unit"',
                "",
            ]
        )

    def _answer(self, name: str) -> Answer | None:
        """What came of a unit; None where there is nothing yet, or only a part of it."""
        try:
            digest, text = self._path(name).read_text(encoding="utf-8").split("\n", 1)
        except (OSError, ValueError):
            return None
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            return None
        return Answer.from_json(text)

    def _path(self, name: str) -> Path:
        return self.folder / "answers" / f"{name}.json"

    def close(self) -> None:
        """Every array that was submitted has ended."""


def main(arguments: Sequence[str]) -> None:
    """One job of an array: run a unit, and write its answer with a checksum above it."""
    folder, packs, kind, python, image, name = arguments
    unit = Unit.from_json((Path(folder) / "units" / f"{name}.json").read_text(encoding="utf-8"))
    store = Store(Path(packs))
    for pack in unit.packs:
        store.read(pack)
    text = run_unit(unit, store.path, Box(kind, python, image)).to_json()
    digest = hashlib.sha256(text.encode()).hexdigest()
    write_atomic(Path(folder) / "answers" / f"{name}.json", f"{digest}\n{text}")


if __name__ == "__main__":
    main(sys.argv[1:])
