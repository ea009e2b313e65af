"""Summarization: a short text for a long one."""

from baseline.data import offline
from baseline.data.columns import text_of
from baseline.data.examples import Example, Form
from baseline.tasks.base import WRITERS, Task
from baseline.tasks.baselines.texts import FIRST_SENTENCE, NEAREST_EXAMPLE
from baseline.tasks.metrics import named, rouge

TASK = Task(
    name="summarization",
    kind="text",
    form=Form(
        task="summarization",
        columns=("text", "summary"),
        read=lambda row: Example(text_of(row["text"]), text_of(row["summary"])),
        builtin={"summaries": offline.summaries},
    ),
    metrics=named("ROUGE-L", "ROUGE-1", "ROUGE-2"),
    score=rouge,
    families=WRITERS,
    baselines={"nearest": NEAREST_EXAMPLE, "first-sentence": FIRST_SENTENCE},
)
