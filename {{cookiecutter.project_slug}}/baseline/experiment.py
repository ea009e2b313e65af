"""Train one model on one task, measure it, and leave a complete run behind."""

from __future__ import annotations

import contextlib
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from baseline import counts, data, metrics, offline, plots, results, runs
from baseline.config import PRETRAINING, Config
from baseline.data import Dataset, Example
from baseline.errors import BaselineError
from baseline.metrics import Likelihood
from baseline.tasks import Task, find

Report = Callable[[str], None]

# What the count-based model is called in results.
_COUNT_NAMES = {
    "text-classification": "naive Bayes",
    "ner": "most frequent tag",
    "question-answering": "nearest place",
    "generation": "n-gram",
    "summarization": "first sentence",
    "translation": "nearest example",
    "generative-qa": "nearest example",
}
# What each family learns from plain text; the first one is the usual one.
OBJECTIVES = {
    "encoder-only": ("masked-words", "next-sentence"),
    "decoder-only": ("next-word",),
    "encoder-decoder": ("span-corruption", "infilling"),
}
_DEFAULT_NAMES = {
    "encoder-only": "encoder",
    "decoder-only": "decoder",
    "encoder-decoder": "encoder-decoder",
}


@dataclass(frozen=True)
class Plan:
    """What a run is going to do, before anything is written."""

    task: Task
    dataset: Dataset
    run: runs.Run


def model_name(config: Config) -> str:
    """What the configured model is called in results."""
    if config.model.name == "ngram":
        return _COUNT_NAMES[config.project.task]
    if config.model.name == "pretrained":
        name = Path(config.model.pretrained).name or config.model.pretrained
        return f"{name} (from scratch)" if config.model.from_scratch else name
    name = config.model.name
    if name == "default":
        name = _DEFAULT_NAMES[config.project.family]
    if config.project.task == PRETRAINING:
        return f"{name}, {objective(config)}"
    return f"{name} (pre-trained)" if config.model.start else name


def objective(config: Config) -> str:
    """What a model of the configured family learns from plain text.

    Raises:
        BaselineError: If the configured objective is one of another family.
    """
    family, wanted = config.project.family, config.training.objective
    if wanted == "auto":
        return OBJECTIVES[family][0]
    if wanted not in OBJECTIVES[family]:
        raise BaselineError(
            f"training.objective is {wanted!r}, which is not for {family}; "
            f"choose from {', '.join(OBJECTIVES[family])}"
        )
    return wanted


def pretraining(config: Config) -> Config:
    """The settings for learning from plain text, made from those of a task.

    The text is that of the team's own files: a column of its examples, or a file of plain text.
    Where the task's data are offline ones, it is the offline prose.
    """
    task, given = config.project.task, config.data
    if task == PRETRAINING:
        return config
    column = data.COLUMNS[task][0]
    columns = {"text": given.columns.get(column, column)}
    if Path(given.train).suffix.lower() in data.PLAIN:
        columns = {}
    name = given.name
    if name != "files" and not name.startswith("hub:") and name not in offline.makers(PRETRAINING):
        name = "default"
    return replace(
        config,
        project=replace(config.project, task=PRETRAINING),
        data=replace(given, name=name, columns=columns),
    )


def plan(config: Config, root: Path) -> Plan:
    """Check the configuration, read the data, and describe the run.

    Raises:
        BaselineError: If the family cannot do the task, or the data or results.json cannot be used.
    """
    if config.project.task == PRETRAINING and config.model.name in ("ngram", "pretrained"):
        raise BaselineError(
            f"model.name is {config.model.name!r}, which is not pre-trained here; "
            'choose "default" or another model of the family'
        )
    counted = config.model.name == "ngram"
    task = find(config.project.task, None if counted else config.project.family)
    dataset = data.load(task.name, portable(config, root).data, root)
    results.collect(root)  # what is damaged is better known before the training
    forerunner = counted or config.model.name in ("lstm", "lstm-attention")
    commit, changed = runs.commit(root)
    run = runs.Run(
        id=re.sub(r"[^a-z0-9]+", "-", model_name(config).lower()).strip("-")[:60] or "model",
        task=task.name,
        dataset=dataset.name,
        model=model_name(config),
        family="count-based" if counted else config.project.family,
        role="baseline" if forerunner else "model",
        seed=config.training.seed,
        commit=commit,
        uncommitted_changes=changed,
        examples={split: len(dataset.part(split)) for split in data.SPLITS},
        notes=list(dataset.notes),
    )
    return Plan(task, dataset, run)


def train(config: Config, root: Path, report: Report) -> runs.Run:
    """Train, measure on validation and test, and write `runs/<id>/` and `results.json`.

    Args:
        config: All settings.
        root: The team's repository.
        report: Called with lines for the user.

    Returns:
        The finished run.

    Raises:
        BaselineError: If something that the user can put right is wrong.
        KeyboardInterrupt: If the user interrupts; the run is then marked so.
    """
    if config.model.name != "ngram":
        from baseline import neural

        return neural.train(config, root, report)
    planned = plan(config, root)
    for note in planned.run.notes:
        report(note)
    folder, run = runs.create(root / "runs", planned.run, portable(config, root))
    with recorded(folder, run):
        return _count(planned, config, folder, run, root, report)


def portable(config: Config, root: Path) -> Config:
    """The configuration with paths relative to the repository.

    It is written into the run, which is committed: it should work for the whole team, and
    should not tell where on whose computer it ran.
    """

    def relative(path: str) -> str:
        if not path or not Path(path).is_absolute():
            return path
        with contextlib.suppress(ValueError):  # another drive of Windows
            return Path(os.path.relpath(path, root.resolve())).as_posix()
        return path

    files = {split: relative(getattr(config.data, split)) for split in data.SPLITS}
    return replace(
        config,
        data=replace(config.data, **files),
        model=replace(config.model, pretrained=relative(config.model.pretrained)),
    )


@contextlib.contextmanager
def recorded(folder: Path, run: runs.Run) -> Iterator[None]:
    """Write into `run.json` that a run was interrupted or failed, whatever happened."""
    try:
        yield
    except BaseException as error:
        status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        with contextlib.suppress(BaselineError):
            latest = runs.load(folder)
            if latest.status == "running":
                runs.save(folder, replace(latest, status=status, finished=runs.now()))
        raise


def _count(
    planned: Plan, config: Config, folder: Path, run: runs.Run, root: Path, report: Report
) -> runs.Run:
    task, dataset = planned.task, planned.dataset
    metric = task.metrics[0].name
    report(f"{run.model} on {dataset.name}: counting {len(dataset.train):,} examples")
    wall, cpu = time.perf_counter(), time.process_time()
    log = runs.Log(folder)
    curve = []
    # The learning curve of a model that only counts: more and more of the training data.
    shuffled = list(dataset.train)
    random.Random(run.seed).shuffle(shuffled)
    for share in (8, 4, 2, 1):
        examples = shuffled[: max(1, len(shuffled) // share)]
        model = counts.fit(task, examples, config.model.order)
        outputs = counts.predict(task, model, dataset.validation)
        values = metrics.measure(task, dataset.validation, outputs)
        shown = metric if metric in values else next(iter(values))
        log.write(step=len(examples), **{f"validation {k}": v for k, v in values.items()})
        curve.append((len(examples), values[shown]))
        report(f"  {len(examples):>6,} examples: validation {shown} {values[shown]:.4g}")
    plots.learning_curve(
        {"validation": curve},
        folder / "learning_curve.svg",
        title=f"{run.model}: {shown} with more training data",
        x_label="training examples",
        y_label=shown,
    )
    counts.save(model, folder / "checkpoint")
    run = replace(
        run,
        parameters=model.parameters,
        steps=len(dataset.train),
        seconds=round(time.perf_counter() - wall, 3),
        cpu_seconds=round(time.process_time() - cpu, 3),
        environment=runs.environment(),
    )
    return finish(planned, folder, run, root, lambda part: counts.predict(task, model, part))


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
            name: round(value, 6)
            for name, value in metrics.measure(task, examples, outputs).items()
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
            for true, mine in zip(example.tags, tuple(tags), strict=False)  # type: ignore[arg-type]
        ]
        gold, predicted = [a for a, _ in pairs], [b for _, b in pairs]
        plots.confusion_matrix(gold, predicted, path, title=title)


def write_examples(
    task: Task, examples: tuple[Example, ...], outputs: list[object], folder: Path, limit: int = 20
) -> None:
    """Write the first outputs beside the gold answers, as `examples.jsonl`, to be read."""
    import json

    from baseline.files import write_atomic

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
