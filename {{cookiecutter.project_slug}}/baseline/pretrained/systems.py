"""The course's pretrained systems, as data: what each one is, and which tasks it serves.

`systems.tsv` lists them. Checked against transformers 5 by the tests: a "yes" there loads and
trains, and the reasons are those of the architectures, not of a missing package.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baseline.errors import BaselineError
from baseline.tasks.base import Task

_WHOLE = ("label", "labels", "number")  # what labels texts can be taught sets and numbers, too
_READ = (*_WHOLE, "tags", "span")
# What the column `tasks` means: kinds of output, as `Task.kind` has them.
_SERVES = {
    "read": _READ,
    "continue": ("language",),
    "rewrite": ("text",),
    "read and rewrite": (*_READ, "text"),
    "read and write": (*_READ, "language", "text"),
    "label and write": (*_WHOLE, "language", "text"),
    "label and answer": (*_WHOLE, "span", "text"),
}
# What the documentation calls the kinds, in the order of its table.
_COLUMNS = {
    "label": "labels, numbers",
    "tags": "named entities",
    "span": "extractive answers",
    "language": "generation",
    "text": "summaries, translation, answers",
}


@dataclass(frozen=True)
class System:
    """One published system."""

    name: str  # as in `model.pretrained`
    title: str  # as its paper writes it
    family: str  # one of the three families
    kind: str  # its `model_type` in transformers; empty if it is no longer there
    pieces: str  # the kind of tokenizer that it has
    hub: str  # a published checkpoint of moderate size
    parameters: int  # of that checkpoint, in millions, rounded
    tasks: tuple[str, ...]  # the kinds of output for which there are tasks that it serves
    instead: str  # what to choose for the other tasks, and why


def _read_systems() -> dict[str, System]:
    text = Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        typed: dict[str, Any] = {
            "parameters": int(row["parameters"]),
            "tasks": _SERVES[row["tasks"]],
        }
        found[row["name"]] = System(**{**row, **typed})
    return found


SYSTEMS = _read_systems()


def serve(system: System, task: Task) -> None:
    """Stop where a system does not serve a task."""
    if not system.kind or task.kind not in system.tasks:
        raise BaselineError(f"{system.title} does not serve {task.name}; it {system.instead}")


def table() -> str:
    """The systems and what they can do as a Markdown table, as the documentation shows it."""
    lines = [
        "| system | family | " + " | ".join(_COLUMNS.values()) + " | otherwise |",
        "| --- | --- | " + " | ".join(":-:" for _ in _COLUMNS) + " | --- |",
    ]
    for system in SYSTEMS.values():
        marks = ["yes" if kind in system.tasks else "–" for kind in _COLUMNS]
        cells = [system.title, system.family, *marks, system.instead]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
