"""What a model makes of the validation data, and of the test data when they are opened."""

import json
from collections.abc import Callable, Iterable, Sequence
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

Outputs = list[object] | Likelihood
_LONGEST = 1000  # characters of an input that are written down
_MANY = 2000  # examples, of which fewer characters are


def finish(
    planned: Plan,
    folder: Path,
    run: runs.Run,
    root: Path,
    predict: Callable[[Sequence[Example]], Outputs],
) -> runs.Run:
    """Measure validation, draw, and write the finished run and `results.json`.

    The test part stays sealed until `final`.
    """
    task, examples = planned.task, planned.dataset.validation
    outputs = predict(examples)
    values = rounded(measure(task, examples, outputs))
    if not isinstance(outputs, Likelihood):
        draw_confusion(task, examples, outputs, folder, f"{run.model} on the validation data")
        rows = prediction_rows(task, examples, outputs, None)
        write_rows(folder / "examples.jsonl", list(rows)[:20])
    run = replace(run, status="finished", finished=runs.now(), results={"validation": values})
    runs.save(folder, run)
    results.rebuild(root)
    return run


def rounded(values: dict[str, float]) -> dict[str, float]:
    """Values as they are written down."""
    return {name: round(value, 6) for name, value in values.items()}


def draw_confusion(
    task: Task,
    examples: Sequence[Example],
    outputs: Sequence[object],
    folder: Path,
    title: str,
    name: str = "confusion_matrix.svg",
) -> None:
    """Draw the confusion matrix of labels, or of the words' tags."""
    path = folder / name
    if task.kind == "label":
        gold = [example.target for example in examples]
        plots.confusion_matrix(
            gold, [str(output) for output in outputs], folder / name, title=title
        )
    elif task.kind == "tags":
        pairs = [
            (true, mine)
            for example, tags in zip(examples, outputs, strict=True)
            for true, mine in zip(example.tags, cast(Sequence[str], tags), strict=False)
        ]
        gold, predicted = [a for a, _ in pairs], [str(b) for _, b in pairs]
        plots.confusion_matrix(gold, predicted, path, title=title)


def prediction_rows(
    task: Task,
    examples: Sequence[Example],
    outputs: Outputs,
    probabilities: Sequence[object] | None,
) -> Iterable[dict[str, object]]:
    """Each output beside its input and the right answer, to be read and counted."""
    longest = _LONGEST if len(examples) <= _MANY else _LONGEST // 5  # git keeps small files only
    for number, example in enumerate(examples):
        row: dict[str, object] = {"number": number, "input": example.text[:longest]}
        if isinstance(outputs, Likelihood):
            yield row | {"nats": round(outputs.nats[number], 4), "characters": len(example.text)}
            continue
        if example.question:
            row["question"] = example.question
        output = outputs[number]
        if task.kind == "tags":
            row |= {"gold": list(example.tags), "output": list(cast(Sequence[str], output))}
        else:
            row |= {"gold": example.target, "output": str(output)}
        if example.others:
            row["also_right"] = list(example.others)
        if probabilities is not None:
            row["probabilities"] = probabilities[number]
        yield row


def write_rows(path: Path, rows: Iterable[dict[str, object]]) -> None:
    """Write one JSON object a line."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    write_atomic(path, "\n".join(lines) + "\n")
