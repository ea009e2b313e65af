"""Examples to learn from: a task's offline data, the team's own files, or the hub.

Every data set has three parts. Training sees `train`, decisions are made on
`validation`, and `test` is read once, by `evaluate` and at the end of a run.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from baseline.config import PRETRAINING, Data
from baseline.errors import BaselineError
from baseline.files import read_text

SPLITS = ("train", "validation", "test")
PLAIN = (".txt", ".md")  # files of plain text, whose paragraphs are the examples
T = TypeVar("T")


@dataclass(frozen=True)
class Example:
    """One example of any task.

    Attributes:
        text: The input; the context in question answering.
        target: The label, answer, summary or translation; empty in generation, and where a text
            does not answer its question.
        question: In question answering only.
        start: Character offset of `target` in `text` (extractive answers), else -1.
        words: The input's words (named entities only).
        tags: A tag such as `B-NAME`, `I-NAME` or `O` for each word.
    """

    text: str
    target: str = ""
    question: str = ""
    start: int = -1
    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """Three parts, and what the user should know about them (`notes`)."""

    name: str
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    notes: tuple[str, ...] = ()

    def part(self, split: str) -> tuple[Example, ...]:
        """The examples of "train", "validation" or "test"."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[split]


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


def load(task: str, data: Data, root: Path = Path()) -> Dataset:
    """Read the data set that the configuration names.

    Args:
        task: One of `config.TASKS`.
        data: The `[data]` section.
        root: The folder that relative paths start from.

    Raises:
        BaselineError: If there is no such data set, or a file cannot be used.
    """
    from baseline import offline

    if data.name == "files":
        dataset = _from_files(task, data, root)
    elif data.name.startswith("hub:"):
        dataset = _from_hub(task, data)
    else:
        name = offline.DEFAULTS[task] if data.name == "default" else data.name
        makers = offline.makers(task)
        if name not in makers:
            raise BaselineError(
                f"data.name is {data.name!r}, which is no offline data for {task}; choose from "
                f'{", ".join(makers)}, or "files" for your own, or "hub:NAME"'
            )
        train, validation, test = makers[name]()
        dataset = Dataset(offline.describe(name), train, validation, test)
    if data.max_examples:
        dataset = replace(
            dataset, **{split: dataset.part(split)[: data.max_examples] for split in SPLITS}
        )
    for split in SPLITS:
        if not dataset.part(split):
            raise BaselineError(
                f"{dataset.name}: there is no example for {split}; give more rows or another file"
            )
    return dataset


def split_by_key(
    items: Iterable[tuple[str, T]], shares: tuple[float, float] = (0.1, 0.1)
) -> tuple[tuple[T, ...], tuple[T, ...], tuple[T, ...]]:
    """Deal items out to train, validation and test by a hash of their key.

    Items with one key stay together, and an item keeps its part when others are added or
    removed. Each part is in the order of the hashes, which is as good as shuffled.

    Args:
        items: Pairs of key and item.
        shares: The shares of validation and test.
    """
    placed = sorted(((_place(key), item) for key, item in items), key=lambda pair: pair[0])
    first, second = shares[0], sum(shares)
    return (
        tuple(item for place, item in placed if place >= second),
        tuple(item for place, item in placed if place < first),
        tuple(item for place, item in placed if first <= place < second),
    )


def _place(key: str) -> float:
    """A number from 0 to 1 that depends on the key alone."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _from_files(task: str, data: Data, root: Path) -> Dataset:
    notes: list[str] = []
    parts = {}
    for split in SPLITS:
        name = getattr(data, split)
        if name:
            rows = _read_rows(root / name, name)
            parts[split] = _examples(task, rows, data.columns, name, notes)
    parts = _complete(parts, data.train, notes)
    if task == "text-classification":
        _check_labels(parts, {split: getattr(data, split) or data.train for split in SPLITS})
    notes += _overlap(parts)
    return Dataset(
        data.title or f"own data ({Path(data.train).name})",
        parts["train"],
        parts["validation"],
        parts["test"],
        tuple(notes),
    )


def _complete(
    parts: dict[str, tuple[Example, ...]], source: str, notes: list[str]
) -> dict[str, tuple[Example, ...]]:
    """Take the parts that are not given from the training data: a tenth each, at least one."""
    missing = [split for split in SPLITS if split not in parts]
    train = parts["train"]
    if not missing or len(train) < 3:
        return {split: parts.get(split, ()) for split in SPLITS}
    notes.append(f"{' and '.join(missing)}: a tenth of {source} each, as no file is given")
    ordered = sorted(train, key=lambda example: _place(repr(example)))
    size = max(1, len(train) // 10)
    held = {split: tuple(ordered[i * size : (i + 1) * size]) for i, split in enumerate(missing)}
    taken = set().union(*held.values())
    rest = tuple(example for example in train if example not in taken)
    return {**parts, **held, "train": rest}


def _check_labels(parts: dict[str, tuple[Example, ...]], names: dict[str, str]) -> None:
    known = {example.target for example in parts["train"]}
    for split in ("validation", "test"):
        unknown = sorted({example.target for example in parts[split]} - known)
        if unknown:
            shown = ", ".join(map(repr, unknown[:5]))
            raise BaselineError(
                f"{names[split]}: the label{'s' * (len(unknown) > 1)} "
                f"{shown} never occur{'s' * (len(unknown) == 1)} in the training data; "
                "correct the spelling or add examples for training"
            )
    if len(known) < 2:
        raise BaselineError(
            f"{names['train']}: every row has the label {next(iter(known))!r}; "
            "give examples of at least two labels"
        )


def _overlap(parts: dict[str, tuple[Example, ...]]) -> list[str]:
    seen = set(parts["train"])
    notes = []
    for split in ("validation", "test"):
        shared = sum(example in seen for example in parts[split])
        if shared:
            notes.append(
                f"{shared} of {len(parts[split])} {split} examples are also in the training data: "
                "the figures will be too good"
            )
    return notes


def _read_rows(path: Path, name: str) -> list[dict[str, object]]:
    text = read_text(path)
    if not text.strip():
        raise BaselineError(f"{name}: the file is empty; give one with rows")
    suffix = path.suffix.lower()
    if suffix in {".jsonl", ".ndjson", ".json"}:
        return _read_json(text, name)
    if suffix in {".csv", ".tsv"}:
        return _read_csv(text, name, suffix)
    if suffix in PLAIN:
        return [{"text": block.strip()} for block in text.split("\n\n") if block.strip()]
    raise BaselineError(
        f"{name}: files ending in {suffix!r} are not read; give .csv, .tsv, .jsonl or .txt"
    )


def _read_json(text: str, name: str) -> list[dict[str, object]]:
    if text.lstrip().startswith("["):
        try:
            rows = json.loads(text)
        except ValueError as error:
            raise BaselineError(f"{name}: is not valid JSON ({error})") from error
        numbered = list(enumerate(rows, 1))
    else:
        numbered = []
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                try:
                    numbered.append((number, json.loads(line)))
                except ValueError as error:
                    raise BaselineError(
                        f"{name}, line {number}: is not valid JSON ({error}); correct the line"
                    ) from error
    for number, row in numbered:
        if not isinstance(row, dict):
            raise BaselineError(
                f"{name}, line {number}: is {type(row).__name__}, not an object; "
                'write {"column": "value", …}'
            )
    return [row for _, row in numbered]


def _read_csv(text: str, name: str, suffix: str) -> list[dict[str, object]]:
    first = text.lstrip("\r\n").splitlines()[0]
    delimiter = "\t" if suffix == ".tsv" else max(",;\t", key=first.count)
    csv.field_size_limit(2**31 - 1)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = []
        for row in reader:
            if None in row:
                raise BaselineError(
                    f"{name}, line {reader.line_num}: has more values than the header has columns; "
                    "put texts that hold the separator into quotation marks"
                )
            rows.append({str(key).strip(): value for key, value in row.items()})
    except csv.Error as error:
        raise BaselineError(f"{name}: is not valid CSV ({error})") from error
    return rows


def _examples(
    task: str,
    rows: Sequence[dict[str, object]],
    columns: dict[str, str],
    name: str,
    notes: list[str],
) -> tuple[Example, ...]:
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


def _from_hub(task: str, data: Data) -> Dataset:
    name = data.name.removeprefix("hub:")
    try:
        import datasets
    except ImportError as error:
        raise BaselineError(
            f"data.name is {data.name!r}, which needs the datasets library; "
            "run: pip install datasets"
        ) from error
    if not Path(name).exists():
        _ask_hub(name)
    try:
        loaded = datasets.load_dataset(name)
    except Exception as error:
        raise BaselineError(
            f"data.name: {name!r} cannot be loaded ({type(error).__name__}); check the name and "
            'the network, or download it and give your own files with data.name = "files"'
        ) from error
    notes: list[str] = []
    parts: dict[str, tuple[Example, ...]] = {}
    for split in SPLITS:
        if split in loaded:
            rows = [_named(row, loaded[split].features) for row in loaded[split]]
            label = data.columns.get("label", "label")
            if task == "text-classification" and all(row.get(label) is None for row in rows):
                notes.append(f"{split}: the hub keeps its labels secret, so it is not used")
                continue
            parts[split] = _examples(task, rows, data.columns, f"{name} ({split})", notes)
    if "train" not in parts:
        raise BaselineError(f"{name}: has no part called train (it has {', '.join(loaded)})")
    parts = _complete(parts, "train", notes)
    if task == "text-classification":
        _check_labels(parts, dict.fromkeys(SPLITS, name))
    notes += _overlap(parts)
    title = data.title or (Path(name).name if Path(name).exists() else name)
    return Dataset(title, parts["train"], parts["validation"], parts["test"], tuple(notes))


def _ask_hub(name: str) -> None:
    """Without network, use what was downloaded before; the library itself would wait first."""
    import datasets
    import huggingface_hub

    try:
        huggingface_hub.HfApi().dataset_info(name, timeout=10)
    except Exception:  # no network, no such name, no right to read it
        huggingface_hub.constants.HF_HUB_OFFLINE = True
        datasets.config.HF_HUB_OFFLINE = True


def _named(row: dict[str, object], features: object) -> dict[str, object]:
    """Label numbers become their names, as in a CSV file."""
    named = dict(row)
    for key, feature in dict(features).items():  # type: ignore[call-overload]
        names = getattr(feature, "names", None) or getattr(
            getattr(feature, "feature", None), "names", None
        )
        value = row[key]
        if names and isinstance(value, int):
            named[key] = names[value] if value >= 0 else None  # -1: not told
        elif names and isinstance(value, list):
            named[key] = [names[item] for item in value]
    return named
