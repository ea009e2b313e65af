"""Pre-training: what can be done before any task, learning from plain text."""

from baseline.config import PRETRAINING
from baseline.data import offline
from baseline.data.columns import text_of
from baseline.data.examples import Example, Form
from baseline.tasks.base import READERS, Task
from baseline.tasks.metrics import guesses, named

TASK = Task(
    name=PRETRAINING,
    kind="plain",
    form=Form(
        task=PRETRAINING,
        columns=("text",),
        read=lambda row: Example(text_of(row["text"])),
        builtin={"prose": offline.prose, "topics": offline.topics},
    ),
    metrics=named("loss", "perplexity"),
    score=guesses,
    families=READERS,
)
