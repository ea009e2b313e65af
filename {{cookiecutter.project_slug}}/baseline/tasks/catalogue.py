"""The list of tasks. To add one, write a file like its neighbours and name it here."""

import difflib
from dataclasses import replace
from importlib import import_module

from baseline.config import Config
from baseline.errors import BaselineError
from baseline.tasks.base import Task

# The names of the files, in the order in which the tasks are shown.
_FILES = (
    *("text_classification", "multi_label", "regression", "ner", "question_answering"),
    *("generation", "summarization", "translation", "generative_qa", "pretraining"),
)
_FOUND: list[Task] = [import_module(f"baseline.tasks.{name}").TASK for name in _FILES]
TASKS = {task.name: task for task in _FOUND}


def find(name: str, family: str | None = None) -> Task:
    """The task called `name`, checked against a family.

    Args:
        family: A family that must be able to do it, or None.
    """
    if name not in TASKS:
        close = difflib.get_close_matches(name, TASKS, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise BaselineError(f"project.task is {name!r}; {hint}choose from {', '.join(TASKS)}")
    task = TASKS[name]
    if family is not None and family not in task.families:
        raise BaselineError(
            f"project.family is {family!r}, which cannot do {name}: it does not write text; "
            f"choose {' or '.join(task.families)}"
        )
    return task


def configured(config: Config) -> Task:
    """The task of a configuration, whose first metric is the one that decides."""
    task = find(config.project.task, None if config.model.cheap else config.project.family)
    wanted, names = config.project.metric, [metric.name for metric in task.metrics]
    if wanted and wanted not in names:
        raise BaselineError(
            f"project.metric is {wanted!r}; {task.name} has {', '.join(map(repr, names))}"
        )
    first = sorted(task.metrics, key=lambda metric: metric.name != wanted)
    return replace(task, metrics=tuple(first))
