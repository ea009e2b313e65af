"""Change one thing in a core module, run its tests, and see whether they notice.

`make mutants` draws a sample of all such changes with a seed, runs for each only the tests that
reach the changed line, and prints how many were noticed and which were not. Those that cannot be
noticed because they change nothing are listed, with the reason, in `mutants_explained.toml`.

Kept here because the tools for it want one package in one folder: they know neither a template
whose tests run in a generated repository nor a sample over several packages. The words of error
messages are left alone; whether a sentence is clear is judged by reading it.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from mutants_core import CORE

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "{{cookiecutter.project_slug}}"
EXPLAINED = Path(__file__).with_name("mutants_explained.toml")
SLOWEST_SECONDS = 60.0

COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
CALLS = {
    "min": "max", "max": "min", "any": "all", "all": "any", "lower": "upper", "strip": "lstrip",
    "startswith": "endswith", "endswith": "startswith", "add": "discard", "append": "extend",
    "find": "rfind", "partition": "rpartition", "match": "search", "search": "match",
    "floor": "ceil", "ceil": "floor", "fullmatch": "match", "removesuffix": "removeprefix",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of one file: the bytes from `start` to `end` become `new`."""

    path: str
    line: int
    start: int
    end: int
    old: str
    new: str

    @property
    def name(self) -> str:
        """What was changed, without the line's number, so that it outlives other edits."""
        return f"{self.path}: {' '.join(self.old.split())} -> {' '.join(self.new.split())}"

    def apply(self, source: bytes) -> bytes:
        return source[: self.start] + self.new.encode() + source[self.end :]


def mutants_of(path: str, text: str) -> list[Mutant]:
    """Every change that this tool knows for one file, in the order of the file."""
    source = text.encode()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = {}
    for node, replacements in _candidates(ast.parse(text)):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        old = source[start:end].decode()
        for new in replacements:
            mutant = Mutant(path, node.lineno, start, end, old, new)
            if new != old:
                found[start, end, new] = mutant
    return [found[key] for key in sorted(found)]


def _candidates(tree: ast.AST) -> Iterator[tuple[ast.stmt | ast.expr, list[str]]]:
    """Nodes and what each may become; not docstrings, annotations, decorators or messages."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr):
            continue  # places inside an f-string are not known before Python 3.12
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Raise):
            yield node, ["pass"]
            continue
        if isinstance(node, ast.stmt):
            yield node, list(_statements(node))
        elif isinstance(node, ast.expr):
            yield node, list(_expressions(node))
        yield from _candidates(_without_annotations(node))


def _without_annotations(node: ast.AST) -> ast.AST:
    """The node without its annotations and decorators (a shallow copy)."""
    lean = copy.copy(node)
    if isinstance(lean, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        lean.decorator_list = []
    if isinstance(lean, ast.FunctionDef | ast.AsyncFunctionDef):
        lean.returns = None
    if isinstance(lean, ast.AnnAssign | ast.arg):
        lean.annotation = None  # type: ignore[assignment]
    return lean


def _statements(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
            yield "return None"
        case ast.Expr(value=ast.Call()):
            yield "pass"
        case ast.Break():
            yield "continue"
        case ast.Continue():
            yield "break"
        case ast.AugAssign() if type(node.op) in ARITHMETIC:
            changed = copy.deepcopy(node)
            changed.op = ARITHMETIC[type(node.op)]()
            yield ast.unparse(changed)


def _expressions(node: ast.expr) -> Iterator[str]:
    changed = copy.deepcopy(node)
    match changed:
        case ast.Compare(ops=[operator]) if type(operator) in COMPARE:
            changed.ops = [COMPARE[type(operator)]()]
        case ast.BinOp() if type(changed.op) in ARITHMETIC:
            changed.op = ARITHMETIC[type(changed.op)]()
        case ast.BoolOp():
            changed.op = ast.Or() if isinstance(changed.op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            changed = changed.operand
        case ast.IfExp():
            changed.body, changed.orelse = changed.orelse, changed.body
        case ast.Constant(value=bool()):
            changed.value = not changed.value
        case ast.Constant(value=int() | float()):
            changed.value += 1
        case ast.Constant(value=str()) if changed.value:
            changed.value = f"{changed.value}XX"
        case ast.Constant(value=str()):
            changed.value = "XX"
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            changed.func.id = CALLS[name]  # type: ignore[attr-defined]
        case ast.Call(func=ast.Attribute(attr=name)) if name in CALLS:
            changed.func.attr = CALLS[name]  # type: ignore[attr-defined]
        case ast.Call(func=ast.Name(id="sorted"), args=[only], keywords=[]):
            changed = ast.Call(ast.Name("list"), [only], [])
        case _:
            return
    yield f"({ast.unparse(changed)})"


@dataclass(frozen=True)
class Reach:
    """Which tests run which line of one module, and how long all of them take together."""

    lines: dict[int, list[str]]
    seconds: float


class Bench:
    """Copies of the repository and of a generated one, for mutants to be run in.

    Args:
        folder: An empty folder.
        python: The interpreter that has all dependencies.
    """

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self.folder = folder
        self.python = python
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (folder / "repository" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / "repository" / name)
        if any(path.startswith("baseline/") for path in CORE):
            from cookiecutter.main import cookiecutter

            cookiecutter(
                str(ROOT), no_input=True, output_dir=str(folder / "generated"),
                extra_context={"project_slug": "project"}, accept_hooks=False,
            )  # fmt: skip

    def place(self, path: str) -> Path:
        """The folder that a core module's path and its tests start from."""
        if path.startswith("baseline/"):
            return self.folder / "generated" / "project"
        return self.folder / "repository"

    def pytest(
        self, path: str, tests: list[str], seconds: float, **variables: str
    ) -> subprocess.CompletedProcess[str] | None:
        """Run tests; `None` if they took too long."""
        place = self.place(path)
        plugin = ["-p", "mutants_reach"] if variables else ["-x"]
        search = [str(place), str(Path(__file__).parent)]
        try:
            return subprocess.run(
                [self.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin, *tests],
                cwd=place, capture_output=True, text=True, timeout=seconds, check=False,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(search), "OMP_NUM_THREADS": "1",
                     "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_STORAGE_DIRECTORY": "/dev/null",
                     **variables},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None

    def reach(self, path: str) -> Reach:
        """Run a module's tests once as they are, and note who runs which line."""
        note = self.folder / "reach.json"
        note.unlink(missing_ok=True)
        began = time.monotonic()
        done = self.pytest(
            path, list(CORE[path]), 900, MUTANTS_MODULE=str(self.place(path) / path),
            MUTANTS_NOTE=str(note),
        )  # fmt: skip
        if done is None or done.returncode != 0:
            raise SystemExit(f"{path}: its tests fail unchanged\n{_said(done)}")
        lines = {int(line): tests for line, tests in json.loads(note.read_text()).items()}
        return Reach(lines, time.monotonic() - began)

    def survives(self, mutant: Mutant, reach: Reach) -> bool:
        """Whether the tests pass in spite of a change."""
        file = self.place(mutant.path) / mutant.path
        source = file.read_bytes()
        file.write_bytes(mutant.apply(source))
        tests = reach.lines.get(mutant.line) or list(CORE[mutant.path])
        try:
            done = self.pytest(mutant.path, tests, SLOWEST_SECONDS + 3 * reach.seconds)
        finally:
            file.write_bytes(source)
        return done is not None and done.returncode == 0


def _said(done: subprocess.CompletedProcess[str] | None) -> str:
    return "they took too long" if done is None else done.stdout[-3000:] + done.stderr[-2000:]


def explained() -> dict[str, str]:
    """Changes that no test can notice, each with its reason."""
    if not EXPLAINED.is_file():
        return {}
    entries = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["mutant"]
    return {entry["name"]: entry["reason"] for entry in entries}


def read_source(path: str) -> str:
    place = ROOT / TEMPLATE if path.startswith("baseline/") else ROOT
    return (place / path).read_text(encoding="utf-8")


def main() -> None:
    """Draw a sample, run it, and print what survived."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sample", type=int, default=400, help="how many changes (0: all)")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", default="", help="modules whose path contains this")
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--record", type=Path, help="write every outcome here, as JSON")
    asked = options.parse_args()
    paths = [path for path in CORE if asked.only in path]
    everything = [mutant for path in paths for mutant in mutants_of(path, read_source(path))]
    number = min(asked.sample or len(everything), len(everything))
    sample = random.Random(asked.seed).sample(everything, number)
    for mutant in sample:  # one that cannot be compiled would count as noticed
        compile(mutant.apply(read_source(mutant.path).encode()), mutant.name, "exec")
    print(f"{len(everything)} changes in {len(paths)} modules; {number} drawn, seed {asked.seed}")
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        outcomes = run(sorted(sample, key=lambda m: m.path), Path(folder), asked.workers)
    report(outcomes)
    if asked.record:
        asked.record.write_text(
            json.dumps([[m.name, m.line, survived] for m, survived in outcomes], indent=1) + "\n",
            encoding="utf-8",
        )


def run(sample: list[Mutant], folder: Path, workers: int) -> list[tuple[Mutant, bool]]:
    """Run every mutant, with whether it survived."""
    benches: Queue[Bench] = Queue()
    for index in range(workers):
        (folder / str(index)).mkdir()
        benches.put(Bench(folder / str(index)))

    def with_bench(job):  # type: ignore[no-untyped-def]
        bench = benches.get()
        try:
            return job(bench)
        finally:
            benches.put(bench)

    with ThreadPoolExecutor(workers) as pool:
        paths = sorted({mutant.path for mutant in sample})
        reaches = dict(
            zip(paths, pool.map(lambda p: with_bench(lambda b: b.reach(p)), paths), strict=True)
        )
        jobs = pool.map(lambda m: with_bench(lambda b: b.survives(m, reaches[m.path])), sample)
        outcomes = []
        for mutant, survived in zip(sample, jobs, strict=True):
            outcomes.append((mutant, survived))
            mark = "SURVIVED" if survived else "killed"
            print(f"{len(outcomes):5}/{len(sample)} {mark:8} {mutant.line:4} {mutant.name}")
            sys.stdout.flush()
    return outcomes


def report(outcomes: list[tuple[Mutant, bool]]) -> None:
    """Print the figures for each module, and the survivors with their reasons."""
    reasons = explained()
    print()
    for path in sorted({mutant.path for mutant, _ in outcomes}):
        own = [survived for mutant, survived in outcomes if mutant.path == path]
        print(f"{path:55} {own.count(False):4} of {len(own):4} killed")
    survivors = [mutant for mutant, survived in outcomes if survived]
    print(f"\n{len(survivors)} survived:")
    for mutant in survivors:
        print(f"  line {mutant.line}: {mutant.name}\n      {reasons.get(mutant.name, '?')}")
    killed = len(outcomes) - len(survivors)
    unexplained = sum(mutant.name not in reasons for mutant in survivors)
    print(f"\n{killed} of {len(outcomes)} killed ({killed / max(len(outcomes), 1):.1%})")
    print(
        f"{len(survivors) - unexplained} survivors change nothing, {unexplained} might be noticed"
    )


if __name__ == "__main__":
    main()
