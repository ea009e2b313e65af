"""What makes two runs the same experiment: their settings and their data, but not their seed."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from baseline.config import Config
from baseline.training import defaults

# What cannot change the figures, beside chance and the speed of a computer, or stands in the
# fingerprint of the data.
_APART = {
    ("training", "seed"),
    ("training", "threads"),
    ("training", "device"),
    ("training", "tensorboard"),
    ("data", "title"),
    ("data", "train"),
    ("data", "validation"),
    ("data", "test"),
    ("data", "columns"),
    ("data", "name"),
}
_IN_THE_NAME = {("model", "name"), ("model", "pretrained"), ("model", "from_scratch")}
# Of these sections, a cheap baseline reads nothing but those keys.
_LEARNED = ("tokenizer", "model", "training", "generation")
_COUNTED = ("name", "order", "class_weights")
_SHOWN = 4


def chosen(config: Config) -> dict[str, object]:
    """The settings of an experiment that are not those that everybody begins with.

    Only those count, so that a setting that comes with a newer version changes no identity.
    """
    config = defaults.resolved(config)
    usual = _usual(config)
    counts = config.model.cheap
    return {
        f"{section}.{key}": value
        for section, values in dataclasses.asdict(config).items()
        for key, value in values.items()
        if section != "experiment"
        and (section, key) not in _APART
        and value != usual[section][key]
        and not (counts and section in _LEARNED and key not in _COUNTED)
    }


def identity(config: Config, data: str) -> str:
    """A short name for the experiment.

    Args:
        data: The fingerprint of the data and their split.
    """
    training = defaults.resolved(config).training
    counts = config.model.cheap
    recipe = [] if counts else [training.optimizer, training.learning_rate]
    text = json.dumps([chosen(config), data, recipe], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _usual(config: Config) -> dict[str, dict[str, object]]:
    """The settings that a run has which names none, for this model."""
    plain = replace(Config(), project=config.project, model=config.model)
    training = defaults.resolved(plain).training
    return dataclasses.asdict(replace(Config(), training=training))


def name_of(
    config: Config, model: str, mine: str, known: Mapping[str, tuple[str, Config | None]]
) -> str:
    """What the experiment is called: as the team says, or after its model and settings.

    A name that another experiment has already gets what differs behind it.

    Args:
        known: From identities to names and settings of earlier experiments.
    """
    name = config.experiment.name.strip() or _usual_name(config, model)
    if mine in known and not config.experiment.name:
        return known[mine][0]
    taken = {other: settings for one, (other, settings) in known.items() if one != mine}
    if name in taken:
        name = f"{name}, {', '.join(differences(config, taken[name])[:_SHOWN]) or 'other data'}"
    number, unique = 2, name
    while unique in taken:
        unique, number = f"{name} ({number})", number + 1
    return unique


def _usual_name(config: Config, model: str) -> str:
    settings = [
        f"{key.split('.')[1]}={_short(value)}"
        for key, value in chosen(config).items()
        if key.split(".")[0] in ("tokenizer", "model", "training", "generation")
        and tuple(key.split(".")) not in _IN_THE_NAME
    ]
    return ", ".join([model, *settings[:_SHOWN], *["…"][: len(settings) > _SHOWN]])


def differences(config: Config, other: Config | None) -> list[str]:
    """The settings in which an experiment differs from another one."""
    if other is None:
        return []
    mine, theirs = _values(config), _values(other)
    keys = sorted({*chosen(config), *chosen(other)})
    return [f"{key.split('.')[1]}={_short(mine[key])}" for key in keys if mine[key] != theirs[key]]


def varying(configs: Sequence[Config | None]) -> list[str]:
    """For each of several experiments, the settings in which they are not all alike."""
    values = [_values(config) if config else {} for config in configs]
    keys = sorted({key for config in configs if config for key in chosen(config)})
    differing = [
        key
        for key in keys
        if len({json.dumps(found[key], sort_keys=True) for found in values if found}) > 1
    ]
    rows = []
    for config, found in zip(configs, values, strict=True):
        counts = config is not None and config.model.cheap
        shown = [
            f"{key}={_short(found[key])}"
            for key in differing
            if found and not (counts and key.split(".")[0] in _LEARNED and not _is_counted(key))
        ]
        rows.append(" ".join(shown))
    return rows


def _values(config: Config) -> dict[str, object]:
    tables = dataclasses.asdict(defaults.resolved(config))
    return {f"{name}.{key}": v for name, values in tables.items() for key, v in values.items()}


def _is_counted(key: str) -> bool:
    return key.split(".")[1] in _COUNTED


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
