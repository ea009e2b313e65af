"""Text classification: one of a few labels for a text, or for a pair of texts."""

from baseline.data import offline, targets
from baseline.data.columns import text_of
from baseline.data.examples import Example, Form, Row
from baseline.tasks.base import READERS, Task
from baseline.tasks.baselines.base import MAJORITY
from baseline.tasks.baselines.labels import NAIVE_BAYES, SVM
from baseline.tasks.metrics import classification, named


def _read(row: Row) -> Example:
    pair = text_of(row.get("text_pair"))
    return Example(text_of(row["text"]), text_of(row["label"]).strip(), question=pair)


TASK = Task(
    name="text-classification",
    kind="label",
    form=Form(
        task="text-classification",
        columns=("text", "label", "[text_pair]"),
        read=_read,
        builtin={"docstrings": offline.docstrings},
        strata=targets.label_strata,
        check=targets.check_labels,
    ),
    metrics=named("accuracy", "macro F1"),
    score=classification,
    families=READERS,
    baselines={"svm": SVM, "naive-bayes": NAIVE_BAYES, "majority": MAJORITY},
)
