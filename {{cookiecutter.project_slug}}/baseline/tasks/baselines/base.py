"""What a cheap baseline can do, and how it is kept: by the examples that it was fitted to.

Fitting takes seconds and gives the same model each time, so that nothing of a library's own form,
and never a pickle, lies on the disk.
"""

import importlib.util
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from baseline import errors
from baseline.config import Model
from baseline.data.examples import Example
from baseline.errors import BaselineError
from baseline.files import read_text, write_atomic
from baseline.tasks.metrics import Likelihood

_FILE = "examples.json"
_FORMAT = 3


def save(examples: Sequence[Example], folder: Path) -> None:
    """Write the examples of a fitted baseline."""
    content = {"format": _FORMAT, "examples": [asdict(example) for example in examples]}
    write_atomic(folder / _FILE, json.dumps(content, ensure_ascii=False))


def load(folder: Path) -> list[Example]:
    """Read what `save` wrote."""
    path = folder / _FILE
    try:
        content = json.loads(read_text(path))
        if content["format"] != _FORMAT:
            raise ValueError(f"format {content['format']!r}")
        return [_example(row) for row in content["examples"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BaselineError(f"{path}: is no baseline ({error}); train it again") from error


def _example(row: dict[str, Any]) -> Example:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return Example(**values)


def library(module: str, package: str) -> Any:
    """A library that not every machine has."""
    simpler = "take a simpler one: python -m baseline train --model majority"
    return errors.library(module, package, "this baseline", simpler)


@dataclass(frozen=True)
class Baseline:
    """A model that is fitted in seconds."""

    title: str  # what it is called in results
    # From training examples to a model; the `[model]` section says how where there is a choice.
    fit: Callable[[Sequence[Example], Model], Any]
    # From the model to outputs, in the form that `tasks.base.scores` compares.
    predict: Callable[[Any, Sequence[Example]], list[object] | Likelihood]
    parameters: Callable[[Any], int] = len  # how many numbers or texts it holds
    needs: str = ""  # a module that not every machine has
    # What it gives each label, or the tag that it chose for each word; None where it has no such.
    probabilities: Callable[[Any, Sequence[Example]], list[object]] | None = None


def first_of(known: Mapping[str, Baseline]) -> str:
    """The name of the strongest baseline whose library is installed."""
    here = (
        name for name, one in known.items() if not one.needs or importlib.util.find_spec(one.needs)
    )
    return next(here, next(iter(known)))


def _most_common(examples: Sequence[Example], options: Model) -> str:
    return Counter(example.target for example in examples).most_common(1)[0][0]


MAJORITY = Baseline(
    "majority", _most_common, lambda answer, examples: [answer] * len(examples), lambda answer: 1
)
