"""The columns that each task reads, and how a row becomes an example."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from baseline.config import PRETRAINING
from baseline.data.examples import Example
from baseline.errors import BaselineError

# The columns that a task reads; those in brackets may be missing. An empty answer is one, too:
# the text does not hold it.
COLUMNS: dict[str, tuple[str, ...]] = {
    "text-classification": ("text", "label"),
    "ner": ("tokens", "tags"),
    "question-answering": ("context", "question", "answer"),
    "generation": ("text",),
    "summarization": ("text", "summary"),
    "translation": ("source", "target"),
    "generative-qa": ("question", "answer", "[context]"),
    PRETRAINING: ("text",),
}


def build(
    task: str,
    rows: Sequence[dict[str, object]],
    columns: dict[str, str],
    name: str,
    notes: list[str],
) -> tuple[Example, ...]:
    """Turn rows into examples.

    Args:
        task: Says which columns are needed.
        rows: Values by column.
        columns: From a column of the task to the name that it has in the rows.
        name: Where the rows come from, for messages.
        notes: What the user should know is added here.

    Raises:
        BaselineError: If a column is missing, or a value cannot be used.
    """
    if not rows:
        raise BaselineError(f"{name}: has a header but no rows; give examples")
    have = {key for row in rows for key in row}
    wanted = [column for column in COLUMNS[task] if not column.startswith("[")]
    for column in wanted:
        source = columns.get(column, column)
        if source not in have:
            raise BaselineError(
                f"{name}: has no column {source!r} (it has {', '.join(sorted(have))}); "
                f'name yours in [data]: columns = {{{column} = "…"}}'
            )
    strangers = set(columns) - {c.strip("[]") for c in COLUMNS[task]} - {"start"}
    if strangers:
        raise BaselineError(
            f"data.columns: {', '.join(sorted(strangers))} is no column of {task}; "
            f"it reads {', '.join(COLUMNS[task])}"
        )
    builder = _BUILDERS[task]
    examples, empty = [], 0
    for number, row in enumerate(rows, 1):
        values = {
            column.strip("[]"): row.get(columns.get(column.strip("[]"), column.strip("[]")))
            for column in (*COLUMNS[task], "start")
        }
        needed = [c for c in wanted if (task, c) != ("question-answering", "answer")]
        if any(not _text(values[column]).strip() for column in needed):
            empty += 1
            continue
        examples.append(builder(values, f"{name}, row {number}"))
    if empty:
        notes.append(f"{name}: {empty} of {len(rows)} rows left out, because a column is empty")
    if not examples:
        raise BaselineError(f"{name}: every row has an empty column; fill {', '.join(wanted)}")
    if task == "question-answering" and (silent := sum(not e.target for e in examples)):
        notes.append(f"{name}: {silent} of {len(examples)} questions have no answer in their text")
    return tuple(examples)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return str(value)


def _words(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else _text(value).split()
    return tuple(str(item) for item in items)


def _classified(values: dict[str, object], place: str) -> Example:
    return Example(_text(values["text"]), _text(values["label"]).strip())


def _tagged(values: dict[str, object], place: str) -> Example:
    words, tags = _words(values["tokens"]), _words(values["tags"])
    if len(words) != len(tags):
        raise BaselineError(
            f"{place}: has {len(words)} tokens and {len(tags)} tags; give one tag for each token"
        )
    for tag in tags:
        if tag != "O" and tag[:2] not in {"B-", "I-"}:
            raise BaselineError(f"{place}: the tag {tag!r} is not O, B-… or I-…; correct it")
    return Example(" ".join(words), words=words, tags=tags)


def _asked(values: dict[str, object], place: str) -> Example:
    context, question = _text(values["context"]), _text(values["question"])
    found = values["answer"]
    if isinstance(found, dict) and {"text", "answer_start"} <= found.keys():
        # As SQuAD's files hold them: lists of equally good answers, empty ones for none.
        texts, starts = found["text"], found["answer_start"]
        found, values = (texts[0], {**values, "start": starts[0]}) if texts else ("", values)
    answer = _text(found)
    if not answer.strip():
        return Example(context, "", question)
    start = context.find(answer)
    given = _text(values.get("start"))
    if given:
        if not given.isdigit() or not context.startswith(answer, int(given)):
            raise BaselineError(
                f"{place}: the answer {answer[:40]!r} does not stand at start={given}; "
                "give the offset of its first character"
            )
        start = int(given)
    if start < 0:
        raise BaselineError(
            f"{place}: the answer {answer[:40]!r} does not stand in the context; "
            "copy it exactly, or use the task generative-qa"
        )
    return Example(context, answer, question, start)


def _plain(values: dict[str, object], place: str) -> Example:
    return Example(_text(values["text"]))


def _summarized(values: dict[str, object], place: str) -> Example:
    return Example(_text(values["text"]), _text(values["summary"]))


def _translated(values: dict[str, object], place: str) -> Example:
    return Example(_text(values["source"]), _text(values["target"]))


def _answered(values: dict[str, object], place: str) -> Example:
    context = _text(values["context"])
    return Example(context, _text(values["answer"]), _text(values["question"]))


_BUILDERS: dict[str, Callable[[dict[str, object], str], Example]] = {
    "text-classification": _classified,
    "ner": _tagged,
    "question-answering": _asked,
    "generation": _plain,
    "summarization": _summarized,
    "translation": _translated,
    "generative-qa": _answered,
    PRETRAINING: _plain,
}
