"""A number for a text: how good, how hard, how old."""

from collections.abc import Callable, Sequence

from baseline.data import offline, targets
from baseline.data.columns import text_of
from baseline.data.examples import Example, Form, Row
from baseline.tasks.base import READERS, Task
from baseline.tasks.baselines.numbers import MEAN, RIDGE
from baseline.tasks.metrics import named, numbers


def _reader(rows: Sequence[Row]) -> Callable[[Row], Example]:
    number = targets.number_reader(row["score"] for row in rows)
    return lambda row: Example(
        text_of(row["text"]), number(row["score"]), text_of(row.get("text_pair"))
    )


TASK = Task(
    name="regression",
    kind="number",
    form=Form(
        task="regression",
        columns=("text", "score", "[text_pair]"),
        read=lambda row: _reader([row])(row),
        reader=_reader,
        builtin={"lengths": offline.lengths},
        strata=targets.number_strata,
        check=targets.check_numbers,
    ),
    metrics=named("RMSE", "Pearson", "Spearman"),
    score=numbers,
    families=READERS,
    baselines={"ridge": RIDGE, "mean": MEAN},
)
