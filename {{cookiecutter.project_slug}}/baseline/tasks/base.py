"""What every task is described by: its data, its kind of output, its metrics, its baseline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from baseline.data.examples import Example, Form
from baseline.tasks.baselines.base import Baseline
from baseline.tasks.metrics import Likelihood, Metric, Scores

ENCODER, DECODER, PAIR = "encoder-only", "decoder-only", "encoder-decoder"
READERS = (ENCODER, DECODER, PAIR)  # what only marks or labels, every family can do
WRITERS = (DECODER, PAIR)


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        kind: What a model returns: "label", "tags", "span" (part of the text), "language"
            (how likely a text is), "text", or "plain" (how likely the hidden parts of a text
            are). Objective and head follow from it, see `objectives.networks`.
        score: Compares outputs with examples.
    """

    name: str  # as in `[project] task`
    kind: str
    form: Form  # what its data look like
    metrics: tuple[Metric, ...]  # the first one decides which checkpoint is the best
    score: Callable[[Sequence[Example], Sequence[object] | Likelihood], Scores]
    families: tuple[str, ...]  # the families that can do it
    baselines: Mapping[str, Baseline] = field(default_factory=dict)  # the strongest one first

    @property
    def asks(self) -> bool:
        """Whether each input comes with a question."""
        return "question" in self.form.names


def scores(
    task: Task, examples: Sequence[Example], outputs: Sequence[object] | Likelihood
) -> Scores:
    """Compare a model's outputs with the gold answers, one by one.

    Args:
        outputs: N labels, tag sequences or texts, as the task's `kind` says; for "language"
            and "plain" one `Likelihood`.

    Raises:
        ValueError: If there are not as many outputs as examples, or none.
    """
    if not isinstance(outputs, Likelihood) and (not examples or len(outputs) != len(examples)):
        raise ValueError(f"{len(outputs)} outputs for {len(examples)} examples")
    return task.score(examples, outputs)


def measure(
    task: Task, examples: Sequence[Example], outputs: Sequence[object] | Likelihood
) -> dict[str, float]:
    """The value of each of the task's metrics, in their order; arguments as for `scores`."""
    values = scores(task, examples, outputs).values()
    names = [metric.name for metric in task.metrics]
    return {name: values[name] for name in names if name in values}
