"""What marks a text instead of writing one: the objectives that ask for a place or a choice."""

from baseline.config import Config
from baseline.tasks.base import Task
from baseline.tasks.objectives.answering import span_objective
from baseline.tasks.objectives.base import NO_ANSWER, Answers, Objective
from baseline.tasks.objectives.classifying import (
    label_objective,
    number_objective,
    set_objective,
)
from baseline.tasks.objectives.reading import Reader
from baseline.tasks.objectives.tagging import tag_objective

MARKING = ("label", "labels", "number", "tags", "span")


def marking_objective(config: Config, task: Task, reader: Reader, answers: Answers) -> Objective:
    """How to learn a task of one of the kinds in `MARKING`."""
    labels = answers.labels
    if task.kind == "label":
        return label_objective(reader, labels, answers.weights)
    if task.kind == "labels":
        return set_objective(reader, labels)
    if task.kind == "number":
        return number_objective(reader, *answers.scale)
    if task.kind == "tags":
        return tag_objective(reader, labels)
    return span_objective(reader, config.generation.no_answer if NO_ANSWER in labels else None)
