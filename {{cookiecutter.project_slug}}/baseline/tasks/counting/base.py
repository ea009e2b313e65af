"""What a model that only counts can do, and how it is written to disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baseline.config import Model
from baseline.data.examples import Example
from baseline.errors import BaselineError
from baseline.files import read_text, write_atomic
from baseline.tasks.metrics import Likelihood

_FILE = "counts.json"


def save_table(table: Any, folder: Path) -> None:
    """Write a JSON value as `counts.json` (plain numbers and text)."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"format": 2, "table": table}
    write_atomic(folder / _FILE, json.dumps(content, ensure_ascii=False))


def load_table(folder: Path) -> Any:
    """Read what `save_table` wrote."""
    path = folder / _FILE
    try:
        return dict(json.loads(read_text(path))["table"])
    except (ValueError, KeyError, TypeError) as error:
        raise BaselineError(f"{path}: is no count-based model ({error}); train it again") from error


def leaves(table: Any) -> int:
    """How many numbers and texts a JSON value holds."""
    if isinstance(table, dict):
        return sum(map(leaves, table.values()))
    return len(table) if isinstance(table, list) else 1


@dataclass(frozen=True)
class Counting:
    """A model that is fitted by counting.

    Attributes:
        fit: Counts training examples; the `[model]` section says how where there is a choice.
        predict: From what was counted to outputs, in the form that `base.scores` compares.
        probabilities: What it gives each label, for each example; None where it has no such.
    """

    title: str  # what it is called in results
    fit: Callable[[Sequence[Example], Model], Any]
    predict: Callable[[Any, Sequence[Example]], list[object] | Likelihood]
    save: Callable[[Any, Path], None] = save_table  # writes what was counted into a folder
    load: Callable[[Path], Any] = load_table  # reads it
    parameters: Callable[[Any], int] = leaves  # how many numbers it holds
    probabilities: Callable[[Any, Sequence[Example]], list[dict[str, float]]] | None = None
