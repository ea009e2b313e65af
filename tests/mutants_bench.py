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
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from mutants_core import CORE
from mutants_reach import Limited, Reached

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "{{cookiecutter.project_slug}}"
QUICK_SECONDS = 0.2
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


def prepare(bench: Bench, paths: Iterable[str], at_once: int = 1) -> Reach:
    """Run the tests of core modules unchanged, and load the libraries that they use.

    Those that are quick run again then, because a library that was loaded before must change
    nothing.

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
        files = {str(bench.place(path) / path): path for path in own}
        tests = _files(bench.place(own[0]), {test for path in own for test in CORE[path]})
        seconds: dict[str, float] = {}
        for noted in _unchanged(bench, own[0], [[test] for test in tests], list(files), at_once):
            seconds |= noted["seconds"]
            for file, lines in noted["lines"].items():
                reached = found.lines.setdefault(files[file], {})
                for number, who in lines.items():
                    reached.setdefault(int(number), []).extend(who)
        quick = [test for test, took in seconds.items() if took < QUICK_SECONDS]
        for _ in _unchanged(bench, own[0], [quick], [], at_once):
            found.seconds |= seconds
    if unseen := set(paths) - found.lines.keys():
        raise SystemExit(f"The tests run nothing of {sorted(unseen)}")
    gc.collect()
    gc.freeze()
    return found


def _files(place: Path, tests: Iterable[str]) -> list[str]:
    """The files of tests, the largest first, because it may take longest."""
    found: set[Path] = set()
    for test in tests:
        path = place / test
        found |= set(path.rglob("test_*.py")) if path.is_dir() else {path}
    ordered = sorted(found, key=lambda path: (-path.stat().st_size, path))
    return [str(path.relative_to(place)) for path in ordered]


def _unchanged(
    bench: Bench, path: str, groups: list[list[str]], modules: list[str], at_once: int
) -> Iterator[Any]:
    """Run each group of tests in a process, and load what it has imported for those that follow."""
    waiting = list(enumerate(groups))[::-1]
    running: dict[int, tuple[Path, Path]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                number, tests = waiting.pop()
                note, said = (bench.folder / f"{number}.{kind}" for kind in ("json", "txt"))
                plugin = Reached(modules, note)
                running[bench.run(path, tests, plugin, write=True, said=said)] = note, said
            time.sleep(0.01)
            for child, (note, said) in list(running.items()):
                status = ended(child)
                if status is None:
                    continue
                stop(child)
                del running[child]
                if status != 0:
                    end = said.read_text(encoding="utf-8", errors="replace")[-5000:]
                    raise SystemExit(f"The tests fail unchanged (status {status}).\n{end}")
                noted = json.loads(note.read_text(encoding="utf-8"))
                load(noted["origins"], bench.folder)
                yield noted
    finally:
        for child in running:
            stop(child)


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
