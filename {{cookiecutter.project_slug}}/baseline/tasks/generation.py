"""Text generation: how likely is a text, and how does one go on?"""

from baseline.data import offline
from baseline.data.columns import text_of
from baseline.data.examples import Example, Form
from baseline.tasks.base import WRITERS, Task
from baseline.tasks.baselines.language import NGRAM
from baseline.tasks.metrics import likelihood, named

TASK = Task(
    name="generation",
    kind="language",
    form=Form(
        task="generation",
        columns=("text",),
        read=lambda row: Example(text_of(row["text"])),
        builtin={"topics": offline.topics},
    ),
    metrics=named("bits per character", "perplexity per character"),
    score=likelihood,
    families=WRITERS,
    baselines={"ngram": NGRAM},
)
