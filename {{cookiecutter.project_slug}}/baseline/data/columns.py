"""From rows to examples: the columns that a task reads, and what happens to rows that are bad."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from baseline.data.examples import Example, Form, Row
from baseline.errors import BaselineError

# Beside a task's own columns: what must stay together, such as a person's texts.
GROUP = "group"
# More bad rows than this share mean that the file is not what the team thinks it is.
MOST_BAD = 0.05
_SHOWN = 3
# What well-known data sets call these columns.
_ALIASES = {
    **{"answer": "answers", "tags": "ner_tags", "tokens": "words"},
    **{"labels": "label", "score": "label"},
}


@dataclass(frozen=True)
class Rows:
    """What a file holds.

    Attributes:
        bad: A sentence with its place for each row that could not be read.
        in_order: Whether the rows are parts of one text, whose end has to be held back as a whole.
    """

    rows: Sequence[Row]  # values by column
    bad: Sequence[str] = field(default_factory=list)
    notes: Sequence[str] = ()  # what the user should know about the file
    in_order: bool = False


def build(
    form: Form, found: Rows, columns: Mapping[str, str], name: str, notes: list[str]
) -> tuple[Example, ...]:
    """Turn rows into examples; bad rows are left out and counted, as long as they are few.

    Args:
        columns: From a column of the task to the name that it has in the rows.
        name: Where the rows come from, for messages.
    """
    rows, bad = found.rows, list(found.bad)
    notes += [f"{name}: {note}" for note in found.notes]
    if not rows and not bad:
        raise BaselineError(f"{name}: has a header but no rows; give examples")
    total = len(rows) + len(bad)
    _refuse_many(bad, total, name)
    if rows:
        columns = _with_aliases(rows, columns)
        _check_columns(form, rows, columns, name)
    wanted = [c for c in form.columns if not c.startswith("[") and c not in form.may_be_empty]
    table = [{c: _value(row, columns.get(c, c)) for c in form.names} for row in rows]
    read = form.reader(table) if form.reader else form.read
    examples, empty = [], 0
    for number, (row, values) in enumerate(zip(rows, table, strict=True), 1):
        if any(not _holds(values[column]) for column in wanted):
            empty += 1
            continue
        try:
            example = read(values)
        except ValueError as error:
            bad.append(f"row {number}: {error}")
            continue
        group = text_of(row.get(columns.get(GROUP, GROUP))).strip()
        examples.append(replace(example, group=group) if group else example)
    _refuse_many(bad, total, name)
    if bad:
        notes.append(f"{name}: {len(bad)} of {total} rows left out: {_shown(bad)}")
    if empty:
        notes.append(f"{name}: {empty} of {total} rows left out, because a column is empty")
    if not examples:
        raise BaselineError(f"{name}: every row has an empty column; fill {', '.join(wanted)}")
    if "answer" in form.may_be_empty and (silent := sum(not e.target for e in examples)):
        notes.append(f"{name}: {silent} of {len(examples)} questions have no answer in their text")
    return tuple(examples)


def _value(row: Row, source: str) -> object:
    """A row's value; of several columns with semicolons between their names, all by their names."""
    if source in row or ";" not in source:
        return row.get(source)
    return {name: row.get(name) for name in _named(source)}


def _named(source: str) -> list[str]:
    return [name.strip() for name in source.split(";") if name.strip()]


def _refuse_many(bad: Sequence[str], total: int, name: str) -> None:
    if len(bad) > MOST_BAD * total:
        raise BaselineError(f"{name}: {len(bad)} of {total} rows cannot be used: {_shown(bad)}")


def _shown(bad: Sequence[str]) -> str:
    return "; ".join(bad[:_SHOWN]) + ("; …" if len(bad) > _SHOWN else "")


def _with_aliases(rows: Sequence[Row], columns: Mapping[str, str]) -> dict[str, str]:
    have = {key for row in rows for key in row}
    usual = {
        column: alias
        for column, alias in _ALIASES.items()
        if column not in columns and column not in have and alias in have
    }
    return {**columns, **usual}


def _check_columns(form: Form, rows: Sequence[Row], columns: Mapping[str, str], name: str) -> None:
    have = {key for row in rows for key in row}
    for column in form.columns:
        source = columns.get(column.strip("[]"), column.strip("[]"))
        given = column.strip("[]") in columns
        missing = next((n for n in _named(source) if n not in have), "")
        if source not in have and missing and (given or not column.startswith("[")):
            raise BaselineError(
                f"{name}: has no column {missing!r} (it has {', '.join(map(str, sorted(have)))}); "
                f'name yours in [data]: columns = {{{column.strip("[]")} = "…"}}'
            )
    if strangers := set(columns) - {*form.names, GROUP, *_ALIASES}:
        raise BaselineError(
            f"data.columns: {', '.join(sorted(strangers))} is no column of {form.task}; "
            f"it reads {', '.join((*form.columns, f'[{GROUP}]'))}"
        )
    if (named := columns.get(GROUP)) and named not in have:
        raise BaselineError(
            f"{name}: has no column {named!r} (it has {', '.join(map(str, sorted(have)))}), "
            "which data.columns names as the group"
        )


def _holds(value: object) -> bool:
    """Whether a value is more than spaces."""
    if isinstance(value, dict | list | tuple):
        return bool(value)
    return bool(text_of(value).strip())


def text_of(value: object) -> str:
    """A value as text: a number without a superfluous `.0`, words with spaces between them."""
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if value != value else str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, list | tuple):
        return " ".join(map(text_of, value))
    return str(value)


def words_of(value: object) -> tuple[str, ...]:
    """Words or tags: a list, or a text with spaces between them."""
    if isinstance(value, list | tuple):
        return tuple(map(text_of, value))
    return tuple(text_of(value).split())
