"""What each task asks for: its input, its metrics, and the families that can do it."""

from __future__ import annotations

from baseline.config import PRETRAINING
from baseline.errors import BaselineError
from baseline.tasks.base import Metric, Task

_ALL = ("encoder-only", "decoder-only", "encoder-decoder")
_WRITERS = ("decoder-only", "encoder-decoder")
_ANSWERS = (Metric("F1"), Metric("exact match"))

TASKS = {
    task.name: task
    for task in (
        Task("text-classification", "label", (Metric("accuracy"), Metric("macro F1")), _ALL),
        Task("ner", "tags", (Metric("entity F1"), Metric("token accuracy")), _ALL),
        # The last one is measured where some questions have no answer in their text.
        Task("question-answering", "span", (*_ANSWERS, Metric("no-answer accuracy")), _ALL),
        Task(
            "generation",
            "language",
            (
                Metric("bits per character", higher_is_better=False),
                Metric("perplexity per character", higher_is_better=False),
            ),
            _WRITERS,
        ),
        Task(
            "summarization",
            "text",
            (Metric("ROUGE-L"), Metric("ROUGE-1"), Metric("ROUGE-2")),
            _WRITERS,
        ),
        Task(
            "translation", "text", (Metric("chrF"), Metric("BLEU"), Metric("exact match")), _WRITERS
        ),
        Task("generative-qa", "text", _ANSWERS, _WRITERS),
        Task(
            PRETRAINING,
            "plain",
            (
                Metric("loss", higher_is_better=False),
                Metric("perplexity", higher_is_better=False),
            ),
            _ALL,
        ),
    )
}


def find(name: str, family: str | None = None) -> Task:
    """The task called `name`, checked against a family.

    Args:
        name: One of `TASKS`.
        family: A family that must be able to do it, or None.

    Raises:
        BaselineError: If the family cannot do the task; the message names one that can.
    """
    task = TASKS[name]
    if family is not None and family not in task.families:
        raise BaselineError(
            f"project.family is {family!r}, which cannot do {name}: it does not write text; "
            f"choose {' or '.join(task.families)}"
        )
    return task
