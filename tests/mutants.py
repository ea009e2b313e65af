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
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from machine import data_folder
from mutants_bench import (
    ROOT,
    TEMPLATE,
    Bench,
    Reach,
    ended,
    in_template,
    limited,
    prepare,
    spent_seconds,
    stop,
)
from mutants_core import CORE

EXPLAINED = Path(__file__).with_name("mutants_explained.toml")

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
    tree = ast.parse(text)
    truths = _truths(tree)
    for node, replacements in _candidates(tree):
        if node in truths and ast.unparse(node).endswith(".strip()"):
            continue  # what is left is empty or not, from whichever side it is stripped
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        old = source[start:end].decode()
        for new in replacements:
            mutant = Mutant(path, node.lineno, start, end, old, new)
            if new != old:
                found[start, end, new] = mutant
    return [found[key] for key in sorted(found)]


def _truths(tree: ast.AST) -> set[ast.AST]:
    """Expressions of which only the truth is asked."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):  # what holds an expression comes before it
        match node:
            case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
                found.add(node.test)
            case ast.comprehension(ifs=tests):
                found.update(tests)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                found.add(operand)
            case ast.Call(func=ast.Name(id="any" | "all"), args=[ast.GeneratorExp(elt=operand)]):
                found.add(operand)
            case ast.BoolOp(values=operands) if node in found:
                found.update(operands)
    return found


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
    """The node without its annotations, decorators and message (a shallow copy)."""
    lean = copy.copy(node)
    if isinstance(lean, ast.Assert):
        lean.msg = None
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


def explained() -> dict[str, str]:
    """Changes that no test can notice, each with its reason."""
    if not EXPLAINED.is_file():
        return {}
    entries = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["mutant"]
    return {entry["name"]: entry["reason"] for entry in entries}


def read_source(path: str) -> str:
    place = ROOT / TEMPLATE if in_template(path) else ROOT
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
    os.environ["COURSEKIT_DATA"] = str(data_folder().resolve())
    os.environ["OMP_NUM_THREADS"] = "1"
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
    """Run every change, with whether it survived."""
    paths = sorted({mutant.path for mutant in sample})
    benches = [Bench(folder / str(index)) for index in range(workers)]
    benches[0].folder.mkdir()
    benches[0].fill()
    began = time.monotonic()
    reach = prepare(benches[0], paths, workers)
    for other in benches[1:]:
        shutil.copytree(benches[0].folder, other.folder, symlinks=True)
    print(
        f"{len(reach.seconds)} tests pass unchanged; {time.monotonic() - began:.0f} s, "
        f"{spent_seconds():.0f} s of CPU",
        flush=True,
    )
    unseen = [m for m, survived in tried(map(broken, paths), benches, reach) if survived]
    if unseen:  # then the tests do not import the file that is changed
        raise SystemExit(f"Nothing notices that these are broken: {[m.path for m in unseen]}")
    began, spent = time.monotonic(), spent_seconds()
    outcomes = []
    for mutant, survived in tried(sample, benches, reach):
        outcomes.append((mutant, survived))
        mark = "SURVIVED" if survived else "killed"
        shown = f"{len(outcomes):5}/{len(sample)} {mark:8} {mutant.line:4} {mutant.name}"
        print(shown, flush=True)
    seconds = (time.monotonic() - began) / len(outcomes)
    spent = (spent_seconds() - spent) / len(outcomes)
    print(f"{seconds:.2f} s for a change, {spent:.2f} s of CPU; {workers} at a time")
    return outcomes


def broken(path: str) -> Mutant:
    """A change that the tests of a module must notice."""
    whole = read_source(path)
    return Mutant(path, 0, 0, len(whole.encode()), whole, "raise RuntimeError('changed')\n")


def tried(
    mutants: Iterable[Mutant], benches: list[Bench], reach: Reach
) -> Iterator[tuple[Mutant, bool]]:
    """Every change, in the order in which their tests end, with whether it survived."""
    waiting = list(mutants)[::-1]
    running: dict[int, tuple[Mutant, Bench, bytes, float]] = {}
    free = list(benches)
    try:
        while waiting or running:
            while waiting and free:
                mutant, bench = waiting.pop(), free.pop()
                source = (bench.place(mutant.path) / mutant.path).read_bytes()
                tests = reach.tests(mutant.path, mutant.line)
                plugin, seconds = limited(reach, tests)
                bench.change(mutant.path, mutant.apply(source))
                child = bench.run(mutant.path, tests, plugin)
                running[child] = mutant, bench, source, time.monotonic() + seconds
            time.sleep(0.005)
            for child, (mutant, bench, source, end) in list(running.items()):
                status = ended(child)
                if status is None and time.monotonic() < end:
                    continue
                stop(child)
                if status is None:
                    os.waitpid(child, 0)
                bench.change(mutant.path, source)
                free.append(bench)
                del running[child]
                yield mutant, status == 0
    finally:
        for child in running:
            stop(child)


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
