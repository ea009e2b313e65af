"""Several labels for a text, or none: its topics, say."""

from baseline.data import offline, targets
from baseline.data.columns import text_of
from baseline.data.examples import Example, Form
from baseline.tasks.base import READERS, Task
from baseline.tasks.baselines.labels import FREQUENT_LABEL, SVM_SETS
from baseline.tasks.metrics import label_sets, named

TASK = Task(
    name="multi-label",
    kind="labels",
    form=Form(
        task="multi-label",
        columns=("text", "labels"),
        read=lambda row: Example(text_of(row["text"]), targets.read_labels(row["labels"])),
        builtin={"functions": offline.functions},
        may_be_empty=("labels",),
        strata=targets.set_strata,
        check=targets.check_sets,
    ),
    metrics=named("micro F1", "macro F1", "exact match"),
    score=label_sets,
    families=READERS,
    baselines={"svm": SVM_SETS, "majority": FREQUENT_LABEL},
)
