"""Named entities: a tag for every word, such as `B-PER`, `I-PER` or `O`."""

from baseline.data import offline
from baseline.data.columns import words_of
from baseline.data.examples import Example, Form, Row
from baseline.data.tags import as_bio
from baseline.tasks.base import READERS, Task
from baseline.tasks.baselines.tags import CRF, FREQUENT_TAG
from baseline.tasks.metrics import entities, named


def _read(row: Row) -> Example:
    words, tags = words_of(row["tokens"]), words_of(row["tags"])
    if len(words) != len(tags):
        raise ValueError(
            f"has {len(words)} tokens and {len(tags)} tags; give one tag for each token"
        )
    return Example(" ".join(words), words=words, tags=as_bio(tags))


TASK = Task(
    name="ner",
    kind="tags",
    form=Form(
        task="ner", columns=("tokens", "tags"), read=_read, builtin={"source": offline.source}
    ),
    metrics=named("entity F1", "token accuracy"),
    score=entities,
    families=READERS,
    baselines={"crf": CRF, "frequent-tag": FREQUENT_TAG},
)
