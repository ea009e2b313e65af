"""The imports go one way, and the light parts stay light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from architecture import Package, crowded, long_files

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {
    "litreview": ROOT / "litreview",
    "coursekit": ROOT / "coursekit",
    "baseline": ROOT / "{{cookiecutter.project_slug}}" / "baseline",
}
# The architecture: an import goes from a later line to an earlier one, or stays on its own.
LAYERS = {
    "litreview": (
        "errors files console",
        "text",
        "works",
        "web",
        "bib",
        "providers",
        "papers",
        "abstracts",
        "questions",
        "review",
        "actions",
        "cli",
    ),
    "coursekit": (
        "errors fence lock",
        "git",
        "course",
        "lessons",
        "template",
        "merge",
        "team",
        "hosting",
        "cohort",
        "people",
        "verify",
        "golf",
        "site",
        "demo doctor",
        "cli",
        "reference",
    ),
    "baseline": (
        "errors files config",
        "models",
        "decoding",
        "data",
        "tasks",
        "pretrained",
        "training",
        "experiments",
        "cli",
    ),
}
# The only own imports inside functions: who, whom, and what it saves at the start.
WHEN_NEEDED = (
    ("litreview.cli.*", "litreview.*", "a command loads what it runs, `--help` nothing"),
    ("litreview.web.fetch", "litreview.web.*", "requests, only to ask for something"),
    ("litreview.actions.check", "litreview.actions.links", "requests, only to visit links"),
    ("litreview.actions.check", "litreview.works.titles", "only where real titles are known"),
    ("litreview.abstracts.roles", "litreview.abstracts.rolemodel", "numpy, only to summarise"),
    ("litreview.works.semantic", "litreview.works.encoder", "numpy, only to order by meaning"),
    ("coursekit.cli.*", "coursekit.*", "a command loads what it runs, `--help` nothing"),
    ("baseline.cli*", "baseline.*", "a command loads what it runs, counting words needs no torch"),
    ("baseline.experiments.*", "baseline.experiments.neural", "counting words needs no torch"),
    ("baseline.training.pipelines", "baseline.pretrained.*", "transformers takes seconds to load"),
    ("coursekit.demo.job", "coursekit.site.build", "the demo runs without the extra [site]"),
    ("coursekit.hosting.open_host", "coursekit.hosting.*", "each host has an extra of its own"),
    ("coursekit.site.build", "coursekit.*", "only a course has a programme and lessons"),
    ("coursekit.site.pages", "coursekit.site.lessons.*", "only a course has lessons"),
    ("coursekit.site.reading.reader", "coursekit.site.slides.*", "decks only when asked for"),
    ("coursekit.reference", "coursekit.cli", "the documentation is written only in MkDocs"),
)
TESTS = {"litreview": "litreview", "coursekit": "coursekit", "baseline": "template"}
HEAVY = {"torch", "transformers"}
# What a package must never import, anywhere (also not inside a function).
FORBIDDEN = {"litreview": {"coursekit", "baseline", "cookiecutter", "jinja2", "mkdocs"}}
# A local model, when asked for, and two entries of a game, which run in a box only.
MAY_IMPORT_HEAVY = {
    Path("litreview/review/rewrite.py"),
    Path("coursekit/golf/entries/lstm.py"),
    Path("coursekit/golf/entries/gpt.py"),
}


@cache
def package(name: str) -> Package:
    return Package(FOLDERS[name], LAYERS[name])


@pytest.fixture(params=sorted(LAYERS))
def layered(request):
    """Each package, read once."""
    return package(request.param)


def as_lines(found) -> str:
    return "\n".join(str(one) for one in found)


def test_every_module_has_a_layer(layered):
    """A module beside the table would escape every other check."""
    assert not layered.homeless(), as_lines(layered.homeless())


def test_no_import_goes_upward(layered):
    """A layer can be read, tested and changed with only those below it in mind."""
    assert not layered.upward(), as_lines(layered.upward())


def test_no_circle(layered):
    """Modules that need each other are one module in several files."""
    assert not layered.circles(), as_lines(layered.circles())


def test_own_imports_stand_at_the_top(layered):
    """An import inside a function saves start-up, or it hides a circle."""
    hidden = layered.hidden(WHEN_NEEDED)
    assert not hidden, as_lines(hidden)
    assert not layered.unused(WHEN_NEEDED)


def test_a_folder_is_taken_in_at_a_glance(layered):
    """At most 20 modules lie in a folder, and no file is longer than 450 lines."""
    for folder in (layered.folder, ROOT / "tests" / TESTS[layered.name]):
        assert not crowded(folder), as_lines(crowded(folder))
        assert not long_files(folder), as_lines(long_files(folder))


def test_few_functions_are_complex():
    """More than 20 paths through a function need a reason beside it; there are three at most."""
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--ignore-noqa",
         "--select=C901", "--config=lint.mccabe.max-complexity=20", "--output-format=concise",
         *map(str, FOLDERS.values())],
        capture_output=True, text=True, check=False, cwd=ROOT,
    ).stdout  # fmt: skip
    complex_ones = [line for line in found.splitlines() if " C901 " in line]
    assert len(complex_ones) <= 3, found
    for line in complex_ones:
        path, number = line.split(":")[:2]
        text = (ROOT / path).read_text(encoding="utf-8").splitlines()[int(number) - 1]
        assert re.search(r"# noqa: C901\W+\w+", text), line


def imported_packages(tree: ast.AST) -> set[str]:
    """Top-level names of everything that a module imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", ["litreview", "coursekit"])
def test_imports_go_one_way(package):
    """`coursekit` may use `litreview`; nothing goes the other way, and no room needs torch."""
    assert modules(package), f"{package} has no modules"
    for path in modules(package):
        relative = path.relative_to(ROOT)
        forbidden = FORBIDDEN.get(package, set()) | {"baseline"}
        if relative not in MAY_IMPORT_HEAVY:
            forbidden = forbidden | HEAVY
        found = imported_packages(ast.parse(path.read_text(encoding="utf-8"))) & forbidden
        assert not found, f"{relative} imports {', '.join(sorted(found))}"


def test_baseline_stands_alone():
    """A team's repository works without the staff's tools."""
    files = sorted(FOLDERS["baseline"].rglob("*.py"))
    assert files, "the template ships no baseline"
    for path in files:
        found = imported_packages(ast.parse(path.read_text(encoding="utf-8")))
        assert not found & {"litreview", "coursekit"}, path


@pytest.mark.parametrize("package", ["litreview", "coursekit"])
def test_help_loads_nothing_heavy(package):
    """`--help` answers at once, so it must not load what only some commands need."""
    code = (
        f"import sys\nfrom {package}.cli import group\n"
        "group.main(['--help'], standalone_mode=False)\n"
        "heavy = {'torch', 'transformers', 'numpy', 'requests', 'arxiv', 'cookiecutter', 'rich'}\n"
        "assert not heavy & set(sys.modules), sorted(heavy & set(sys.modules))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr


# The engine itself, on a package that is made up for it.

MADE_UP = {
    "__init__.py": "",
    "low.py": "def f():\n    from house.high import roof\n    return roof\n",
    "middle/__init__.py": "",
    "middle/a.py": "import typing\nif typing.TYPE_CHECKING:\n    import house.middle.b\n",
    "middle/b.py": "from . import c\n",
    "middle/c.py": "def g():\n    from ..middle.a import something\n    return something\n",
    "high/__init__.py": "from house.low import f\nroof = f\n",
    "stray.py": "from importlib import import_module\nimport_module('house.high')\n",
}


@pytest.fixture
def house(tmp_path):
    for name, text in MADE_UP.items():
        path = tmp_path / "house" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Package(tmp_path / "house", ("low", "middle", "high"))


def test_engine_sees_an_upward_import_inside_a_function(house):
    """The arrow that an import at the top would have shown is not hidden by a function."""
    assert as_lines(house.upward()) == "house.low, line 2: imports house.high"
    assert as_lines(house.hidden([])) == (
        "house.low, line 2: imports house.high\nhouse.middle.c, line 2: imports house.middle.a"
    )
    allowed = [("house.low", "house.h*", "made up"), ("house.high", "house.*", "never used")]
    assert [arrow.importer for arrow in house.hidden(allowed)] == ["house.middle.c"]
    assert house.unused(allowed) == [allowed[1]]


def test_engine_sees_circles_through_functions_and_types(house):
    """An import for types alone and one inside a function close a circle as any other."""
    assert house.circles() == [
        ["house.high", "house.low"],
        ["house.middle.a", "house.middle.b", "house.middle.c"],
    ]


def test_engine_sees_what_the_table_leaves_out(house):
    """A module that no layer names is reported, and its written-out imports are arrows."""
    assert house.homeless() == ["house.stray"]
    assert ("house.stray", "house.high") in {(a.importer, a.imported) for a in house.arrows}


def test_engine_counts_modules_and_lines(house):
    """The limits themselves are still fine; one more is reported with its figure."""
    folder = house.folder / "middle"
    for index in range(17):
        (folder / f"m{index}.py").write_text("x = 1\n" * 450, encoding="utf-8")
    assert crowded(house.folder) == []
    assert long_files(house.folder) == []
    (folder / "last.py").write_text("x = 1\n" * 451, encoding="utf-8")
    assert crowded(house.folder) == ["house/middle: 21 modules"]
    assert long_files(house.folder) == ["house/middle/last.py: 451 lines"]


def test_every_test_file_has_a_name_of_its_own():
    """Of two files with one name pytest reads only the first, and names the other as an error."""
    names = Counter(path.name for path in Path(__file__).parent.rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
