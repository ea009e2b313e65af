"""The imports go one way, and the light parts stay light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"torch", "transformers"}
# What a package must never import, anywhere (also not inside a function).
FORBIDDEN = {"litreview": {"coursekit", "baseline", "cookiecutter", "jinja2", "mkdocs"}}
# The one place of `litreview` that may load a local model, when asked to.
MAY_IMPORT_HEAVY = {Path("litreview/rewrite.py")}


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
    files = sorted((ROOT / "{{cookiecutter.project_slug}}" / "baseline").rglob("*.py"))
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
