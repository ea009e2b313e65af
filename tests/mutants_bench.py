"""Run tests of a changed core module in a process that is forked for each change.

The parent has the libraries loaded, and nothing of ours: what is changed, all that imports it and
the tests are imported anew in each child, so a change is really the code under test, whether it is
in a function or a table, and nothing is left of the one before.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mutants_core import CORE
from mutants_reach import Limited, Reached, Timed

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "{{cookiecutter.project_slug}}"
UNCHANGED_SECONDS = 1800.0  # for all tests of all core modules
WAITING_SECONDS = 60.0  # besides three times what the tests took: for one that waits for ever
MEMORY_BYTES = 16 << 30  # of addresses: an endless list ends before the machine does


def in_template(path: str) -> bool:
    """Whether a core module is the template's, whose tests run in a generated repository."""
    return path.startswith("baseline/")


@dataclass
class Reach:
    """Which tests of its list run which line of a module, and how long each takes."""

    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def tests(self, path: str, line: int) -> list[str]:
        """The tests that reach a line, or all where it runs while the module is imported.

        The quickest come first.
        """
        all_of_it = [test for test in self.seconds if _among(test, CORE[path])]
        noted = set(self.lines[path].get(line, ()))
        reaching = [t for t in all_of_it if t in noted or t.split("::")[0] in noted]
        return sorted(reaching or all_of_it, key=self.seconds.__getitem__)


def _among(test: str, chosen: Iterable[str]) -> bool:
    return any(test.startswith((f"{c}::", f"{c}/")) for c in chosen)


class Bench:
    """A copy of the repository and one of a generated one, for changes to be tried in.

    Args:
        folder: An empty folder, or a copy of another bench's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        """Copy the repository, and generate one from it."""
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (self.folder / "repository" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / "repository" / name)
        subprocess.run(
            [sys.executable, "-m", "cookiecutter", "--no-input", "--accept-hooks", "no",
             "--output-dir", str(self.folder / "generated"), str(ROOT), "project_slug=project"],
            check=True, capture_output=True,
        )  # fmt: skip

    def place(self, path: str) -> Path:
        """The folder that a core module's path and its tests start from."""
        own = "generated/project" if in_template(path) else "repository"
        return self.folder / own

    def run(
        self,
        path: str,
        tests: Sequence[str],
        plugin: object,
        *,
        write: bool = False,
        said: Path = Path(os.devnull),
    ) -> int:
        """Begin to run tests in a child, and return its process number.

        Args:
            path: The core module that the tests are for.
            tests: Tests, files and folders.
            plugin: A plugin of pytest.
            write: Whether compiled modules are kept.
            said: The file for what is printed.
        """
        child = os.fork()
        if child:
            return child
        code = 70
        try:
            code = self._in_child(self.place(path), tests, plugin, write, said)
        finally:
            os._exit(code)

    def _in_child(
        self, place: Path, tests: Sequence[str], plugin: object, write: bool, said: Path
    ) -> int:
        os.setsid()
        os.chdir(place)
        printed = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        sys.path.insert(0, str(place))
        sys.dont_write_bytecode = not write
        os.environ["PYTHONPATH"] = str(place)
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = os.devnull
        if not write:
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        quiet = ["-q", "-x", "-p", "no:cacheprovider"]
        return int(pytest.main([*quiet, *tests], plugins=[plugin]))

    def change(self, path: str, content: bytes) -> None:
        """Write a module, and forget what was compiled of it."""
        file = self.place(path) / path
        file.write_bytes(content)
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
            compiled.unlink()


def spent_seconds() -> float:
    """CPU seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ended(child: int) -> int | None:
    """The exit status of a child, negative for a signal, or `None` while it runs."""
    number, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if number else None


def stop(child: int) -> None:
    """End what a child has begun and left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)


def wait(child: int, seconds: float) -> int | None:
    """The exit status of a child, or `None` when it took too long."""
    end = time.monotonic() + seconds
    status = None
    while status is None and time.monotonic() < end:
        time.sleep(0.01)
        status = ended(child)
    stop(child)
    if status is None:
        os.waitpid(child, 0)
    return status


def prepare(bench: Bench, paths: Iterable[str], at_once: int = 1) -> Reach:
    """Run the tests of core modules unchanged, load their libraries, and run them again.

    Args:
        bench: Where they run.
        paths: The core modules.
        at_once: In how many processes.

    Raises:
        SystemExit: If they fail, or reach nothing of a module.
    """
    found = Reach()
    for inside in (False, True):
        own = [path for path in paths if in_template(path) is inside]
        if not own:
            continue
        tests = sorted({test for path in own for test in CORE[path]})
        files = {str(bench.place(path) / path): path for path in own}
        for noted in _unchanged(bench, own[0], tests, partial(Reached, files), at_once):
            for file, lines in noted["lines"].items():
                reached = found.lines.setdefault(files[file], {})
                for number, who in lines.items():
                    reached.setdefault(int(number), []).extend(who)
            load(noted["origins"], bench.folder)
        # Again, because a library that was loaded before must change nothing.
        for noted in _unchanged(bench, own[0], tests, Timed, at_once):
            found.seconds |= noted
    if unseen := set(paths) - found.lines.keys():
        raise SystemExit(f"The tests run nothing of {sorted(unseen)}")
    gc.collect()
    gc.freeze()
    return found


def _unchanged(
    bench: Bench, path: str, tests: Sequence[str], plugin: Callable[[Path], object], at_once: int
) -> list[Any]:
    """What a plugin notes of some tests, in so many processes."""
    notes, children = [], []
    for number in range(min(at_once, len(tests))):
        notes.append(bench.folder / f"note-{number}.json")
        notes[-1].unlink(missing_ok=True)
        said = bench.folder / f"said-{number}.txt"
        some = tests[number::at_once]
        children.append((bench.run(path, some, plugin(notes[-1]), write=True, said=said), said))
    for child, said in children:
        status = wait(child, UNCHANGED_SECONDS)
        if status != 0:
            for other, _ in children:
                stop(other)
            end = said.read_text(encoding="utf-8", errors="replace")[-5000:]
            raise SystemExit(f"The tests fail unchanged (status {status}).\n{end}")
    return [json.loads(note.read_text(encoding="utf-8")) for note in notes]


def load(origins: dict[str, str | None], folder: Path) -> None:
    """Import libraries, in the order in which the tests did; nothing of ours."""
    for name, origin in origins.items():
        library = origin is not None and Path(origin).suffix in (".py", ".so")
        ours = origin is not None and Path(origin).is_relative_to(folder)
        if library and not ours and name != "__main__":
            with suppress(Exception):  # what only its own parent can import comes with it
                importlib.import_module(name)


def limited(reach: Reach, tests: Sequence[str]) -> tuple[Limited, float]:
    """What ends a changed module's tests: the plugin, and the seconds for all of them."""
    expected = sum(reach.seconds[test] for test in tests)
    return Limited(reach.seconds), WAITING_SECONDS + 3 * expected
