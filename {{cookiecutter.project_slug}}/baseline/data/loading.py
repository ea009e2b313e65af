"""Load a data set: a task's offline data, the team's own files, or the hub.

Every data set has three parts. Training sees `train`, decisions are made on `validation`, and
`test` is sealed: only `python -m baseline final` opens it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from baseline.config import PRETRAINING, Data
from baseline.data import alike, columns, hub, offline, readers, splits, stored_split
from baseline.data.examples import SPLITS, Dataset, Example, Form
from baseline.errors import BaselineError


def load_dataset(form: Form, data: Data, root: Path = Path(), *, store: bool = False) -> Dataset:
    """Read the data set that the configuration names."""
    if data.name == "files":
        dataset = _own(form, _from_files(form, data, root), data, root, store)
    elif data.name.startswith("hub:"):
        dataset = _own(form, _from_hub(form, data), data, root, store)
    else:
        dataset = _builtin(form, data)
    for split in SPLITS:
        if not dataset.part(split):
            if split == "train":
                raise BaselineError(
                    f"{dataset.name}: every training text is also held back for measuring; "
                    "give other training data"
                )
            raise BaselineError(
                f"{dataset.name}: there is no example for {split}; give more rows or another file"
            )
    if data.max_examples:
        return _subset(dataset, data.max_examples)
    return dataset


def fingerprint(dataset: Dataset) -> str:
    """A short name for exactly these examples in exactly these parts."""
    digest = hashlib.sha256()
    for split in SPLITS:
        for line in sorted(repr(example) for example in dataset.part(split)):
            digest.update(f"{split}\0{line}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:12]


def _subset(dataset: Dataset, most: int) -> Dataset:
    """At most so many examples of each part, drawn as if at random but always the same ones."""
    sizes = [len(dataset.part(split)) for split in SPLITS]
    if max(sizes) <= most:
        return dataset

    def drawn(examples: Sequence[Example]) -> tuple[Example, ...]:
        order = sorted(range(len(examples)), key=lambda n: splits.place(repr(examples[n])))
        return tuple(examples[n] for n in sorted(order[:most]))

    return replace(
        dataset,
        name=f"{dataset.name}, at most {most} of each part",
        train=drawn(dataset.train),
        validation=drawn(dataset.validation),
        test=drawn(dataset.test),
        whole=False,
    )


def _builtin(form: Form, data: Data) -> Dataset:
    makers = form.builtin
    if not makers:
        raise BaselineError(
            f"{form.task} has no data that work offline; give your own with "
            'data.name = "files", or "hub:NAME"'
        )
    name = next(iter(makers)) if data.name == "default" else data.name
    if name not in makers:
        raise BaselineError(
            f"data.name is {data.name!r}, which is no offline data for {form.task}; choose "
            f'from {", ".join(makers)}, or "files" for your own, or "hub:NAME"'
        )
    train, validation, test = makers[name]()
    return Dataset(offline.describe(name), train, validation, test)


@dataclass(frozen=True)
class _Found:
    """What files or the hub hold, before it is dealt out."""

    given: Mapping[str, tuple[Example, ...]]
    title: str
    sources: Sequence[str]
    notes: list[str]
    in_order: bool = False


def _from_files(form: Form, data: Data, root: Path) -> _Found:
    notes: list[str] = []
    given = {}
    files = {split: name for split in SPLITS if (name := getattr(data, split))}
    in_order = False
    needed = [c for c in form.columns if not c.startswith("[")]
    for split, name in files.items():
        rows = readers.read_rows(root / name, name, needed)
        in_order = in_order or (split == "train" and rows.in_order)
        given[split] = columns.build(form, rows, data.columns, name, notes)
    title = data.title or f"own data ({Path(data.train).name})"
    return _Found(given, title, list(files.values()), notes, in_order)


def _from_hub(form: Form, data: Data) -> _Found:
    notes: list[str] = []
    name, given = hub.read(form, data, notes)
    return _Found(given, data.title or name, [data.name], notes)


def _own(form: Form, found: _Found, data: Data, root: Path, store: bool) -> Dataset:
    """Deal out what a team brings, as it was dealt out before."""
    path = stored_split.path_of(root, found.sources)
    stored = stored_split.read_split(path)
    given, notes = dict(found.given), list(found.notes)
    if form.task == PRETRAINING:
        given["train"] = _not_held_back(given["train"], root, stored, notes)
    if form.check is not None:
        notes += form.check(given, found.title)
    known = sum(alike.key(splits.text_key(example)) in stored for example in given["train"])
    if stored and form.task != PRETRAINING and known < len(given["train"]) / 2:
        raise BaselineError(
            f"{path}: was made for other texts ({known} of {len(given['train'])} are in it); "
            "remove it to split anew, which makes earlier results incomparable"
        )
    known_deal = splits.as_stored(given, stored)
    if known_deal is not None:
        done = known_deal  # nothing is new, so nothing has to be compared with anything
    elif found.in_order:
        done = splits.deal_in_order(given)
    else:
        done = splits.deal(given, strata=form.strata, stored=stored)
    missing = [split for split in SPLITS if split not in given]
    if missing:
        kept = f" (as stored in {path.relative_to(root).as_posix()})" if stored else ""
        notes.append(
            f"{' and '.join(missing)}: a tenth of the data each, as no file is given{kept}"
        )
    report = list(dict.fromkeys([*stored_split.read_report(path), *done.report]))
    notes += [note for note in report if _is_about(note, form, given["train"])]
    if store and all(done.parts.values()) and (form.task != PRETRAINING or not stored):
        stored_split.write_split(path, done.parts, found.sources, report)
    parts = done.parts
    return Dataset(found.title, parts["train"], parts["validation"], parts["test"], tuple(notes))


def _is_about(note: str, form: Form, examples: Sequence[Example]) -> bool:
    """Whether a note of a stored split holds here: another task may have stored its own labels."""
    if not note.startswith(splits.RARE):
        return True
    labels = form.strata(examples) if form.strata else []
    return any(repr(label) in note for found in labels for label in found)


def _not_held_back(
    examples: Sequence[Example], root: Path, stored: Mapping[str, str], notes: list[str]
) -> tuple[Example, ...]:
    """Leave out of pre-training every text that a task of this repository is measured on."""
    ours = {key for key, split in stored.items() if split != "train"}
    others = stored_split.held_back(root) - ours
    kept = [e for e in examples if alike.key(splits.text_key(e)) not in others]
    if left := len(examples) - len(kept):
        notes.append(f"{left} texts left out, on which a task is measured (splits/)")
    return tuple(kept)
