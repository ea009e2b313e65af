"""What a run is going to do, checked before anything is written."""

import contextlib
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from baseline.config import PRETRAINING, Config, pretraining_objective, read_config
from baseline.data import loading
from baseline.data.columns import GROUP
from baseline.data.examples import SPLITS, Dataset
from baseline.data.readers import PLAIN
from baseline.errors import BaselineError
from baseline.experiments import identity, results
from baseline.tasks.base import Task
from baseline.tasks.baselines.base import Baseline, first_of
from baseline.tasks.catalogue import configured, find
from baseline.training import runs

_DEFAULT_NAMES = {
    "encoder-only": "encoder",
    "decoder-only": "decoder",
    "encoder-decoder": "encoder-decoder",
}


@dataclass(frozen=True)
class Plan:
    """What a run is going to do, before anything is written."""

    task: Task
    dataset: Dataset
    run: runs.Run


def model_name(config: Config) -> str:
    """What the configured model is called in results."""
    if config.model.cheap:
        return baseline_of(config)[1].title
    if config.model.name == "pretrained":
        name = Path(config.model.pretrained).name or config.model.pretrained
        return f"{name} (from scratch)" if config.model.from_scratch else name
    name = config.model.name
    if name == "default":
        name = _DEFAULT_NAMES[config.project.family]
    if config.project.task == PRETRAINING:
        return f"{name}, {pretraining_objective(config)}"
    return f"{name} (pre-trained)" if config.model.start else name


def baseline_of(config: Config) -> tuple[str, Baseline]:
    """The configured cheap baseline of the task, and its name."""
    wanted, known = config.model.name, find(config.project.task).baselines
    if not known:
        raise BaselineError(
            f"model.name is {wanted!r}, but {config.project.task} has no cheap baseline; "
            'choose model.name = "default"'
        )
    # Earlier versions called the first one of every task "ngram".
    free = wanted == "baseline" or (wanted == "ngram" and wanted not in known)
    name = first_of(known) if free else wanted
    if name not in known:
        raise BaselineError(
            f"model.name is {wanted!r}, which is no baseline of {config.project.task}; "
            f"choose from baseline, {', '.join(known)}"
        )
    return name, known[name]


def named(config: Config) -> Config:
    """Settings that name the cheap baseline, so that they mean the same in every version."""
    if not config.model.cheap or not find(config.project.task).baselines:
        return config
    return replace(config, model=replace(config.model, name=baseline_of(config)[0]))


def pretraining(config: Config) -> Config:
    """The settings for learning from plain text, made from those of a task.

    The text is that of the team's own files: a column of its examples, or a file of plain text.
    Where the task's data are offline ones, it is the offline prose.
    """
    task, given = config.project.task, config.data
    if task == PRETRAINING:
        return config
    column = find(task).form.names[0]
    columns = {"text": given.columns.get(column, column)}
    if GROUP in given.columns:
        columns[GROUP] = given.columns[GROUP]
    if Path(given.train).suffix.lower() in PLAIN:
        columns = {}
    name = given.name
    if (
        name != "files"
        and not name.startswith("hub:")
        and name not in find(PRETRAINING).form.builtin
    ):
        name = "default"
    return replace(
        config,
        project=replace(config.project, task=PRETRAINING),
        data=replace(given, name=name, columns=columns),
    )


def keep_split(config: Config, root: Path) -> None:
    """Split a task's own data before anything is learned from their text.

    So labels are dealt out in proportion, and pre-training reads the training part alone. A file of
    plain text is not the task's; it is split by itself.
    """
    if config.project.task == PRETRAINING or Path(config.data.train).suffix.lower() in PLAIN:
        return
    form = find(config.project.task).form
    with contextlib.suppress(BaselineError):  # pre-training needs the text alone, not all columns
        loading.load_dataset(form, portable(config, root).data, root, store=True)


def plan(config: Config, root: Path, *, store: bool = False) -> Plan:
    """Check the configuration, read the data, and describe the run."""
    if config.project.task == PRETRAINING and (
        config.model.cheap or config.model.name == "pretrained"
    ):
        raise BaselineError(
            f"model.name is {config.model.name!r}, which is not pre-trained here; "
            'choose "default" or another model of the family'
        )
    config, counted = named(config), config.model.cheap
    task = configured(config)
    dataset = loading.load_dataset(task.form, portable(config, root).data, root, store=store)
    data = loading.fingerprint(dataset)
    mine = identity.identity(config, data)
    results.collect(root)  # what is damaged is better known before the training
    role = config.experiment.role
    if role == "auto":
        role = "baseline" if counted or config.model.name.startswith("lstm") else "model"
    commit, changed = runs.commit(root)
    run = runs.Run(
        id=re.sub(r"[^a-z0-9]+", "-", model_name(config).lower()).strip("-")[:60] or "model",
        task=task.name,
        dataset=dataset.name,
        model=model_name(config),
        family="count-based" if counted else config.project.family,
        role=role,
        seed=config.training.seed,
        commit=commit,
        uncommitted_changes=changed,
        examples={split: len(dataset.part(split)) for split in SPLITS},
        notes=list(dataset.notes),
        experiment=identity.name_of(config, model_name(config), mine, _known(root)),
        identity=mine,
        data=data,
    )
    return Plan(task, dataset, run)


def _known(root: Path) -> dict[str, tuple[str, Config | None]]:
    """Names and settings of the experiments so far, by their identities."""
    found: dict[str, tuple[str, Config | None]] = {}
    for file in sorted((root / "runs").glob("*/run.json")):
        run = runs.load_run(file.parent)
        if run.identity and run.identity not in found:
            settings = None
            with contextlib.suppress(BaselineError):  # of a newer version, or edited
                settings = read_config(file.parent / "config.toml")
            found[run.identity] = run.experiment, settings
    return found


def portable(config: Config, root: Path) -> Config:
    """The configuration with paths relative to the repository.

    It is written into the run, which is committed: it should work for the whole team, and
    should not tell where on whose computer it ran.
    """

    def relative(path: str) -> str:
        if not path or not Path(path).is_absolute():
            return path
        with contextlib.suppress(ValueError):  # another drive of Windows
            return Path(os.path.relpath(path, root.resolve())).as_posix()
        return path

    files: dict[str, Any] = {split: relative(getattr(config.data, split)) for split in SPLITS}
    return replace(
        config,
        data=replace(config.data, **files),
        model=replace(config.model, pretrained=relative(config.model.pretrained)),
    )
