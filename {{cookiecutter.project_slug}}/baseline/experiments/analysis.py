"""Where a model is wrong: by length, by class, what it takes for what, and its worst answers.

Validation is looked at, so that the test part stays sealed.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from baseline.data import loading
from baseline.data.examples import Example
from baseline.data.targets import labels_in
from baseline.experiments import inference
from baseline.experiments.measuring import Outputs
from baseline.experiments.pages import Card, cell, milestone, table, write_page
from baseline.tasks.base import Task, scores
from baseline.tasks.metrics import Likelihood, Scores, entity_spans

NAME = "error_analysis.md"
_WORST = 12
_MOST = 20  # classes and confusions that are listed
_GROUPS = 4  # of texts by their length


@dataclass(frozen=True)
class _Seen:
    """What a model made of the validation examples."""

    task: Task
    examples: Sequence[Example]
    outputs: Outputs
    scores: Scores
    chances: Sequence[object] | None
    metric: str
    higher: bool

    def value(self, rows: Sequence[int]) -> float:
        """The metric over some of the examples."""
        sums = self.scores.parts[list(rows)].sum(0, dtype=np.float64)
        return self.scores.combine(sums)[self.metric]

    def sure(self, row: int) -> float | None:
        """How sure the model was of an answer; of tags, of the least sure one."""
        chance = None if self.chances is None else self.chances[row]
        found = list(chance.values()) if isinstance(chance, dict) else chance
        if isinstance(found, list):
            return (max if isinstance(chance, dict) else min)(found, default=None)
        return cast("float | None", found)


def analyse(root: Path, name: str, report: Callable[[str], None], *, dry_run: bool = False) -> Card:
    """Write the page of a run into the folder of the model's milestone."""
    model = inference.open_run(root, name)
    examples = loading.load_dataset(model.task.form, model.config.data, root).validation
    report(f"{model.run}: answering {len(examples):,} validation examples")
    outputs = model.predict(examples)
    found = scores(model.task, examples, outputs)
    values = found.values()
    metric = next(m for m in model.task.metrics if m.name in values)
    chances = model.probabilities(examples) if model.probabilities else None
    seen = _Seen(
        model.task, examples, outputs, found, chances, metric.name, metric.higher_is_better
    )
    text = describe(seen, model.run)
    return write_page(milestone(root, 3), NAME, text, "errors", dry_run=dry_run)


def describe(seen: _Seen, run: str) -> str:
    """The page, as Markdown whose data can be read as nothing but text."""
    count = len(seen.examples)
    whole = seen.value(range(count))
    lines = [f"# Error analysis: {cell(run)}", ""]
    lines += [f"{seen.metric} {whole:.4g} on {count:,} validation examples.", ""]
    lines += ["## By length", "", *_by_length(seen), ""]
    if classes := _by_class(seen):
        lines += ["## By class", "", *classes, ""]
    if _pairs(seen):
        lines += ["## What is taken for what", "", *_confusions(seen), ""]
        lines += [f"![Confusion matrix](../runs/{run}/confusion_matrix.svg)", ""]
    lines += ["## The worst answers", "", *_worst(seen)]
    return "\n".join(lines) + "\n"


def _by_length(seen: _Seen) -> list[str]:
    """The metric of short and of long texts; texts of one length stay together."""
    lengths = [len((e.text or e.question).split()) for e in seen.examples]
    parts = np.array_split(sorted(lengths), min(_GROUPS, len(lengths)))
    ends = sorted({int(part[-1]) for part in parts})
    rows = []
    for low, high in zip([-1, *ends], ends, strict=False):
        part = [row for row, length in enumerate(lengths) if low < length <= high]
        shortest = min(lengths[row] for row in part)
        rows.append([f"{shortest} to {high}", f"{len(part):,}", f"{seen.value(part):.4g}"])
    return table(["words", "examples", seen.metric], rows)


def _pairs(seen: _Seen) -> list[tuple[str, str]]:
    """Right and given labels; of tagged texts, the types of their words."""
    if isinstance(seen.outputs, Likelihood) or seen.task.kind not in ("label", "tags"):
        return []
    if seen.task.kind == "label":
        return [(e.target, str(o)) for e, o in zip(seen.examples, seen.outputs, strict=True)]
    return [
        (true.partition("-")[2] or "O", mine.partition("-")[2] or "O")
        for example, tags in zip(seen.examples, seen.outputs, strict=True)
        for true, mine in zip(example.tags, cast(Sequence[str], tags), strict=False)
    ]


def _by_class(seen: _Seen) -> list[str]:
    """Precision, recall and F1 of each class, the most frequent one first."""
    if isinstance(seen.outputs, Likelihood) or seen.task.kind not in ("label", "labels", "tags"):
        return []
    right, given, wanted = Counter[str](), Counter[str](), Counter[str]()
    for example, output in zip(seen.examples, cast(Sequence[object], seen.outputs), strict=True):
        if seen.task.kind == "label":
            true, mine = {(example.target, 0, 0)}, {(str(output), 0, 0)}
        elif seen.task.kind == "labels":
            true = {(label, 0, 0) for label in labels_in(example.target)}
            mine = {(label, 0, 0) for label in labels_in(str(output))}
        else:
            true, mine = entity_spans(example.tags), entity_spans(cast(Sequence[str], output))
        right.update(kind for kind, *_ in true & mine)
        given.update(kind for kind, *_ in mine)
        wanted.update(kind for kind, *_ in true)
    rows = []
    for kind, count in (wanted + Counter(dict.fromkeys(given, 0))).most_common(_MOST):
        shares = [right[kind] / n if n else 0.0 for n in (given[kind], count)]
        f1 = 2 * right[kind] / (given[kind] + count)
        rows.append([cell(kind), f"{count:,}", *(f"{x:.3f}" for x in (*shares, f1))])
    return table(["class", "examples", "precision", "recall", "F1"], rows)


def _confusions(seen: _Seen) -> list[str]:
    wrong = Counter((true, mine) for true, mine in _pairs(seen) if true != mine)
    rows = [[cell(a), cell(b), f"{n:,}"] for (a, b), n in wrong.most_common(_MOST)]
    return table(["right", "taken for", "times"], rows) if rows else ["Nothing."]


def _worst(seen: _Seen) -> list[str]:
    """The answers with the worst values, the surest ones first."""
    values = [seen.value([row]) for row in range(len(seen.examples))]
    sign = 1 if seen.higher else -1
    order = sorted(
        range(len(values)), key=lambda row: (sign * values[row], -(seen.sure(row) or 0), row)
    )
    best = 1.0 if seen.higher else -np.inf
    shown = [row for row in order[:_WORST] if values[row] != best]
    asks = any(seen.examples[row].question for row in shown)
    rows = []
    for row in shown:
        example, sure = seen.examples[row], seen.sure(row)
        cells = [cell(example.question)] if asks else []
        cells.append(cell(example.text))
        if not isinstance(seen.outputs, Likelihood):
            output = seen.outputs[row]
            mine = output if isinstance(output, str) else " ".join(cast(Sequence[str], output))
            cells += [cell(" ".join(example.tags) or example.target), cell(mine)]
        rows.append([*cells, f"{values[row]:.3g}", "" if sure is None else f"{sure:.0%}"])
    answers = [] if isinstance(seen.outputs, Likelihood) else ["right", "answer"]
    head = [*(["question"] if asks else []), "input", *answers, seen.metric, "sure"]
    return table(head, rows) if rows else ["None of them is wrong."]
