"""An entry: one Python file with two functions, and what it says of itself.

Read without running anything: a file that somebody else wrote runs in a box only.
"""

from __future__ import annotations

import ast
import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litreview.errors import UserError
from litreview.files import decode_text, read_bytes

PATH = "golf/entry.py"
# Less than the test text takes when it is compressed, so that it cannot hide in here.
MOST_BYTES = 16_000
_CLAIM = re.compile(rb"^CLAIM = [0-9.]+$", re.MULTILINE)
# From the one that is played in seconds to the one that takes its whole minute.
_REFERENCES = ("kneser_ney", "mixed_orders", "lstm", "gpt")
_FUNCTIONS = {
    "train": ("texts", "validation", "alphabet", "seed"),
    "predict": ("artefact", "alphabet"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry.

    Attributes:
        name: What its file calls it.
        claim: Bits a character, as its file says.
        adapts: Whether it learns from the test text as it goes on.
        source: The file.
        team: The slug; empty for the course's own.
        commit: Where it was found; empty for the course's own.
    """

    name: str
    claim: float
    adapts: bool
    source: bytes
    team: str = ""
    commit: str = ""

    @property
    def digest(self) -> str:
        """The same for the same file, whatever it claims: another claim is not played again."""
        return hashlib.sha256(_CLAIM.sub(b"", self.source)).hexdigest()[:16]


def read_entry(source: bytes, where: str, *, team: str = "", commit: str = "") -> Entry:
    """Read what a file says of itself, and see that it has what an entry needs.

    Args:
        source: The file.
        where: How errors name it.
        team: The slug.
        commit: Where it was found.

    Raises:
        UserError: If it is no entry; says what is missing, or in which line it is wrong.
    """
    if len(source) > MOST_BYTES:
        raise UserError(f"{where}: has {len(source):,} bytes, and {MOST_BYTES:,} are allowed")
    try:
        tree = ast.parse(decode_text(source, where))
    except SyntaxError as error:
        raise UserError(f"{where}, line {error.lineno}: is no Python ({error.msg})") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UserError(f"{where}: cannot be read as Python ({error})") from error
    for name, wanted in _FUNCTIONS.items():
        found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
        if not found:
            raise UserError(f"{where}: has no function {name}({', '.join(wanted)})")
        got = len(found[-1].args.posonlyargs) + len(found[-1].args.args)
        if got != len(wanted) and not found[-1].args.vararg:
            raise UserError(
                f"{where}, line {found[-1].lineno}: {name} takes {got} arguments; "
                f"it is given {len(wanted)}: {', '.join(wanted)}"
            )
    said = dict(_constants(tree))
    return Entry(
        _name(said, where), _claim(said, where), _adapts(said, where), source, team, commit
    )


def _constants(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value.value


def _name(said: Mapping[str, Any], where: str) -> str:
    name = said.get("NAME")
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > 60:
        raise UserError(f'{where}: NAME is {name!r}; write NAME = "…", at most 60 letters')
    return name.strip()


def _claim(said: Mapping[str, Any], where: str) -> float:
    claim = said.get("CLAIM")
    fine = isinstance(claim, int | float) and not isinstance(claim, bool)
    if not fine or not math.isfinite(claim) or not 0 < claim < 20:  # type: ignore[arg-type,operator]
        raise UserError(
            f"{where}: CLAIM is {claim!r}; write the bits a character that "
            "`coursekit golf measure` gave, such as CLAIM = 1.83"
        )
    return float(claim)  # type: ignore[arg-type]


def _adapts(said: Mapping[str, Any], where: str) -> bool:
    adapts = said.get("ADAPTS")
    if not isinstance(adapts, bool):
        raise UserError(
            f"{where}: ADAPTS is {adapts!r}; write ADAPTS = True if it goes on learning from the "
            "test text as it reads it, and ADAPTS = False if it does not"
        )
    return adapts


def reference_entries() -> list[Entry]:
    """The course's own entries."""
    folder = Path(__file__).with_name("entries")
    paths = [folder / f"{name}.py" for name in _REFERENCES]
    return [read_entry(read_bytes(path), path.name) for path in paths]
