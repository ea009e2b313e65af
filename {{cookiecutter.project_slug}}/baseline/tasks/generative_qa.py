"""Generative question answering: an answer in own words, with a text or without one."""

from baseline.data import offline
from baseline.data.answers import texts_of
from baseline.data.columns import text_of
from baseline.data.examples import Example, Form, Row
from baseline.tasks.base import WRITERS, Task
from baseline.tasks.baselines.base import MAJORITY
from baseline.tasks.baselines.texts import NEAREST_EXAMPLE, QUESTION_ONLY
from baseline.tasks.metrics import answers, named


def _read(row: Row) -> Example:
    answer, *others = dict.fromkeys(texts_of(row["answer"]))
    return Example(
        text_of(row.get("context")), answer, text_of(row["question"]), others=tuple(others)
    )


TASK = Task(
    name="generative-qa",
    kind="text",
    form=Form(
        task="generative-qa",
        columns=("question", "answer", "[context]"),
        read=_read,
        builtin={"signatures": offline.signatures},
    ),
    metrics=named("F1", "exact match"),
    score=answers,
    families=WRITERS,
    baselines={
        "nearest": NEAREST_EXAMPLE,
        "question-only": QUESTION_ONLY,
        "majority": MAJORITY,
    },
)
