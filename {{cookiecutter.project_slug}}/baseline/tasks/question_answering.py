"""Extractive question answering: the answer as a part of the text."""

from baseline.data import offline
from baseline.data.answers import spans_of
from baseline.data.columns import text_of
from baseline.data.examples import Example, Form, Row
from baseline.tasks.base import READERS, Task
from baseline.tasks.baselines.base import MAJORITY
from baseline.tasks.baselines.places import NEAREST_PLACE
from baseline.tasks.baselines.texts import QUESTION_ONLY
from baseline.tasks.metrics import answers, named


def _read(row: Row) -> Example:
    context = text_of(row["context"])
    found = spans_of(row["answer"], row.get("start"), context)
    question = text_of(row["question"])
    if not found:
        return Example(context, question=question)
    (answer, start), *more = found
    others = tuple(dict.fromkeys(text for text, _ in more if text != answer))
    return Example(context, answer, question, start, others=others)


TASK = Task(
    name="question-answering",
    kind="span",
    form=Form(
        task="question-answering",
        columns=("context", "question", "answer", "[start]"),
        read=_read,
        builtin={"signatures": offline.signatures, "signatures-or-none": offline.or_none},
        may_be_empty=("answer",),
    ),
    # The last one is measured where some questions have no answer in their text.
    metrics=named("F1", "exact match", "no-answer accuracy"),
    score=answers,
    families=READERS,
    baselines={
        "nearest-place": NEAREST_PLACE,
        "question-only": QUESTION_ONLY,
        "majority": MAJORITY,
    },
)
