"""Summarization: a short text for a long one."""

from baseline.data import offline
from baseline.data.columns import text_of
from baseline.data.examples import Example, Form, Row
from baseline.tasks.base import WRITERS, Task
from baseline.tasks.baselines.texts import FIRST_SENTENCE, NEAREST_EXAMPLE
from baseline.tasks.metrics import named, rouge


def _read(row: Row) -> Example:
    return Example(text_of(row["text"]), text_of(row["summary"]))


TASK = Task(
    name="summarization",
    kind="text",
    form=Form(
        task="summarization",
        columns=("text", "summary"),
        read=_read,
        builtin={"summaries": offline.summaries},
    ),
    metrics=named("ROUGE-L", "ROUGE-1", "ROUGE-2"),
    score=rouge,
    families=WRITERS,
    baselines={"nearest": NEAREST_EXAMPLE, "first-sentence": FIRST_SENTENCE},
)
