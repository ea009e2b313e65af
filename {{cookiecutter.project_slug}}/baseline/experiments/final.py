"""Measure the finished model, draw its confusions, and write its outputs beside the gold ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from baseline.data.examples import Example
from baseline.experiments import plots, results
from baseline.experiments.plan import Plan
from baseline.files import write_atomic
from baseline.tasks.base import Task, measure
from baseline.tasks.metrics import Likelihood
from baseline.training import runs


def finish(
    planned: Plan,
    folder: Path,
    run: runs.Run,
    root: Path,
    predict: Callable[[tuple[Example, ...]], list[object] | Likelihood],
) -> runs.Run:
    """Measure validation and test, draw, and write the finished run and `results.json`."""
    task, dataset = planned.task, planned.dataset
    values = {}
    for split in ("validation", "test"):
        examples = dataset.part(split)
        outputs = predict(examples)
        values[split] = {
            name: round(value, 6) for name, value in measure(task, examples, outputs).items()
        }
        if split == "test" and not isinstance(outputs, Likelihood):
            draw_confusion(task, examples, outputs, folder, run.model)
            write_examples(task, examples, outputs, folder)
    run = replace(run, status="finished", finished=runs.now(), results=values)
    runs.save(folder, run)
    results.rebuild(root)
    return run


def draw_confusion(
    task: Task, examples: tuple[Example, ...], outputs: list[object], folder: Path, name: str
) -> None:
    """Draw the confusion matrix of labels, or of the words' tags."""
    path, title = folder / "confusion_matrix.svg", f"{name} on the test data"
    if task.kind == "label":
        gold = [example.target for example in examples]
        plots.confusion_matrix(gold, [str(output) for output in outputs], path, title=title)
    elif task.kind == "tags":
        pairs = [
            (true, mine)
            for example, tags in zip(examples, outputs, strict=True)
            for true, mine in zip(example.tags, cast(Sequence[str], tags), strict=False)
        ]
        gold, predicted = [a for a, _ in pairs], [str(b) for _, b in pairs]
        plots.confusion_matrix(gold, predicted, path, title=title)


def write_examples(
    task: Task, examples: tuple[Example, ...], outputs: list[object], folder: Path, limit: int = 20
) -> None:
    """Write the first outputs beside the gold answers, as `examples.jsonl`, to be read."""
    lines = []
    for example, output in list(zip(examples, outputs, strict=True))[:limit]:
        row: dict[str, object] = {"input": example.text[:1000]}
        if example.question:
            row["question"] = example.question
        if task.kind == "tags":
            row |= {"gold": list(example.tags), "output": list(output)}  # type: ignore[call-overload]
        else:
            row |= {"gold": example.target, "output": str(output)}
        lines.append(json.dumps(row, ensure_ascii=False))
    write_atomic(folder / "examples.jsonl", "\n".join(lines) + "\n")
