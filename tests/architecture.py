"""Read a package's imports, and say where they break its layers.

Every import counts: at the top of a module, inside a function, under `TYPE_CHECKING`, relative
ones, and `import_module("…")` with a name written out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

FLAT_MODULES = 20
FILE_LINES = 450


@dataclass(frozen=True)
class Arrow:
    """One import of one own module by another."""

    importer: str
    imported: str
    line: int
    inside_function: bool

    def __str__(self) -> str:
        return f"{self.importer}, line {self.line}: imports {self.imported}"


class Package:
    """The modules of one package and the arrows between them.

    Args:
        folder: The package's own folder; its name is the package's name.
        layers: The layers from the lowest to the highest, each a string of names of modules and
            folders that lie directly in the package.
    """

    def __init__(self, folder: Path, layers: Sequence[str]) -> None:
        self.folder = folder
        self.name = folder.name
        self.layers = layers
        self.files = {self._module(path): path for path in sorted(folder.rglob("*.py"))}
        self.arrows = [arrow for module in self.files for arrow in self._arrows(module)]

    def _module(self, path: Path) -> str:
        parts = [self.name, *path.relative_to(self.folder).with_suffix("").parts]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def _arrows(self, module: str) -> Iterator[Arrow]:
        path = self.files[module]
        tree = ast.parse(path.read_text(encoding="utf-8"))
        here = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for node, inside in _walk(tree):
            for name in _imported(node, here):
                known = self._known(name)
                if known and known != module:
                    yield Arrow(module, known, node.lineno, inside)

    def _known(self, name: str) -> str | None:
        """The module that a dotted name leads to: itself, or the module that defines it."""
        if name.split(".")[0] != self.name:
            return None
        while name not in self.files and "." in name:
            name = name.rpartition(".")[0]
        return name if name in self.files else None

    def layer(self, module: str) -> int | None:
        """A module's layer, 0 for the lowest; `None` where the table does not name it."""
        if module == self.name:
            return -1  # the package itself holds its version, which everyone may ask for
        top = module.split(".")[1]
        if top == "__main__":
            return len(self.layers)
        for index, names in enumerate(self.layers):
            if top in names.split():
                return index
        return None

    def homeless(self) -> list[str]:
        """Modules that no layer names."""
        return [module for module in self.files if self.layer(module) is None]

    def upward(self) -> list[Arrow]:
        """Imports of a later layer by an earlier one."""
        found = []
        for arrow in self.arrows:
            importer, imported = self.layer(arrow.importer), self.layer(arrow.imported)
            if importer is not None and imported is not None and imported > importer:
                found.append(arrow)
        return found

    def circles(self) -> list[list[str]]:
        """Groups of modules that reach each other, each sorted, wherever the imports stand."""
        ahead: dict[str, set[str]] = {module: set() for module in self.files}
        for arrow in self.arrows:
            ahead[arrow.importer].add(arrow.imported)
        reach = {module: _reachable(module, ahead) for module in self.files}
        groups = {
            tuple(sorted(other for other in reach[module] if module in reach[other]))
            for module in self.files
            if module in reach[module]
        }
        return sorted(list(group) for group in groups)

    def hidden(self, allowed: Sequence[tuple[str, str, str]]) -> list[Arrow]:
        """Own imports inside functions that the list of allowed ones does not name.

        Args:
            allowed: Patterns of the importer and the imported, and the reason.
        """
        return [
            arrow
            for arrow in self.arrows
            if arrow.inside_function
            and not any(_matches(arrow, importer, imported) for importer, imported, _ in allowed)
        ]

    def unused(self, allowed: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        """Entries of the list for this package that allow nothing any more."""
        inside = [arrow for arrow in self.arrows if arrow.inside_function]
        return [
            entry
            for entry in allowed
            if entry[0].split(".")[0] == self.name
            and not any(_matches(arrow, entry[0], entry[1]) for arrow in inside)
        ]


def crowded(folder: Path) -> list[str]:
    """Folders below (and) this one with more modules than a reader takes in at a glance."""
    counts: dict[Path, int] = {}
    for path in folder.rglob("*.py"):
        if path.name != "__init__.py":
            counts[path.parent] = counts.get(path.parent, 0) + 1
    return [
        f"{place.relative_to(folder.parent)}: {count} modules"
        for place, count in sorted(counts.items())
        if count > FLAT_MODULES
    ]


def long_files(folder: Path) -> list[str]:
    """Files that are too long to be about one thing."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_LINES:
            found.append(f"{path.relative_to(folder.parent)}: {lines} lines")
    return found


def _matches(arrow: Arrow, importer: str, imported: str) -> bool:
    return fnmatchcase(arrow.importer, importer) and fnmatchcase(arrow.imported, imported)


def _walk(node: ast.AST, inside: bool = False) -> Iterator[tuple[ast.stmt | ast.expr, bool]]:
    """Every node below, with whether it lies inside a function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.expr)):
            yield child, inside
        deeper = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        yield from _walk(child, inside or deeper)


def _imported(node: ast.AST, here: str) -> list[str]:
    """Dotted names that a node imports; `here` is the package that relative ones start from."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parts = here.split(".")
            kept = parts[: len(parts) - (node.level - 1)]
            base = ".".join([*kept, base] if base else kept)
        return [f"{base}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        value = node.args[0].value
        if name in {"import_module", "__import__"} and isinstance(value, str):
            return [value]
    return []


def _reachable(start: str, ahead: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(ahead[start])
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += ahead[module]
    return seen
