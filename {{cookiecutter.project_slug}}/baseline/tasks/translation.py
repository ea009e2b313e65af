"""Translation, and whatever else turns one text into another."""

from functools import partial

from baseline.data import synthetic
from baseline.data.columns import text_of
from baseline.data.examples import Example, Form
from baseline.tasks.base import WRITERS, Task
from baseline.tasks.baselines.texts import NEAREST_EXAMPLE
from baseline.tasks.metrics import named, translation

TASK = Task(
    name="translation",
    kind="text",
    form=Form(
        task="translation",
        columns=("source", "target"),
        read=lambda row: Example(text_of(row["source"]), text_of(row["target"])),
        builtin={name: partial(synthetic.make, name) for name in synthetic.MAKERS},
    ),
    metrics=named("chrF", "BLEU", "exact match"),
    score=translation,
    families=WRITERS,
    baselines={"nearest": NEAREST_EXAMPLE},
)
