"""The list of tasks. To add one, write a file like its neighbours and name it here."""

from __future__ import annotations

import difflib

from baseline.errors import BaselineError
from baseline.tasks import (
    generation,
    generative_qa,
    ner,
    pretraining,
    question_answering,
    summarization,
    text_classification,
    translation,
)
from baseline.tasks.base import Task

TASKS: dict[str, Task] = {
    module.TASK.name: module.TASK
    for module in (
        text_classification,
        ner,
        question_answering,
        generation,
        summarization,
        translation,
        generative_qa,
        pretraining,
    )
}


def find(name: str, family: str | None = None) -> Task:
    """The task called `name`, checked against a family.

    Args:
        name: One of `TASKS`.
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
