"""The course's pretrained systems, as data: what each one is, and which task it serves.

`systems.tsv` lists them. Checked against transformers 5 by the tests: a "yes" there loads and
trains, and the reasons are those of the architectures, not of a missing package.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baseline.errors import BaselineError

LIKE_LABELS = ("multi-label", "regression")  # what labels texts can be taught these, too
_WHOLE = ("text-classification", *LIKE_LABELS)
_READ = (*_WHOLE, "ner", "question-answering")
_SWAP = ("summarization", "translation", "generative-qa")
_WRITE = ("generation", *_SWAP)
# What the column `tasks` means.
_SERVES = {
    "read": _READ,
    "continue": ("generation",),
    "rewrite": _SWAP,
    "read and rewrite": (*_READ, *_SWAP),
    "read and write": (*_READ, *_WRITE),
    "label and write": (*_WHOLE, *_WRITE),
    "label and answer": (*_WHOLE, "question-answering", *_SWAP),
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
    tasks: tuple[str, ...]  # the tasks that it serves
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


def serve(system: System, task: str) -> None:
    """Stop where a system does not serve a task."""
    if not system.kind or task not in system.tasks:
        raise BaselineError(f"{system.title} does not serve {task}; it {system.instead}")


def table() -> str:
    """The systems and their tasks as a Markdown table, as the documentation shows it."""
    tasks = [task for task in (*_READ, *_WRITE) if task not in LIKE_LABELS]
    lines = [
        "| system | family | " + " | ".join(tasks) + " | otherwise |",
        "| --- | --- | " + " | ".join(":-:" for _ in tasks) + " | --- |",
    ]
    for system in SYSTEMS.values():
        marks = ["yes" if task in system.tasks else "–" for task in tasks]
        cells = [system.title, system.family, *marks, system.instead]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
