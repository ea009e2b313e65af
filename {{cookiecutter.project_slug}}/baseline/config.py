"""All settings, from one TOML file and `section.key=value` on the command line.

`Config` is what a run did; it is written into `runs/<id>/config.toml`, and
training with that file repeats the run.
"""

import dataclasses
import difflib
import json
import tomllib
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path

from baseline.errors import BaselineError
from baseline.files import read_text

# What can be done before any of them: learn from plain text.
PRETRAINING = "pretraining"
# Cheap models, fitted in seconds and without torch. "ngram" means a task's first one where it is
# not among the task's own.
BASELINES = (
    *("ngram", "svm", "naive-bayes", "crf", "frequent-tag", "nearest", "nearest-place"),
    *("first-sentence", "question-only", "majority", "ridge", "mean"),
)
FAMILIES = ("encoder-only", "decoder-only", "encoder-decoder")
# What each family learns from plain text; the first one is the usual one.
OBJECTIVES = {
    "encoder-only": ("masked-words", "next-sentence"),
    "decoder-only": ("next-word",),
    "encoder-decoder": ("span-corruption", "infilling"),
}


def _setting(default: typing.Any, *choices: str, low: float | None = None) -> typing.Any:
    """A field with its allowed values: one of `choices`, or at least `low`."""
    return field(default=default, metadata={"choices": choices, "low": low})


@dataclass(frozen=True)
class Experiment:
    """What the team calls it; "" takes the model's name and the settings that are not usual.

    `role` says whether it is there to be beaten: "auto" calls cheap models and LSTMs baselines.
    """

    name: str = ""
    role: str = _setting("auto", "auto", "baseline", "model")


@dataclass(frozen=True)
class Project:
    """What the team works on."""

    task: str = "generation"  # one of `tasks.catalogue.TASKS`
    family: str = _setting("decoder-only", *FAMILIES)
    metric: str = ""  # which of the task's metrics decides; "" is the first one


@dataclass(frozen=True)
class Data:
    """Where the examples come from.

    `name` is "default" (the task's offline data), the name of another offline
    data set (`python -m baseline data` lists them), "files" (your own CSV or
    JSON lines, given by `train`, `validation`, `test`) or "hub:NAME" for a data
    set of the `datasets` library. `columns` renames: `{text = "review"}` reads
    the task's `text` from your column `review`. `title` is what results call your data: those
    with one title are compared with each other.
    """

    name: str = "default"
    title: str = ""
    train: str = ""
    validation: str = ""
    test: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    max_examples: int = _setting(0, low=0)  # 0: all


@dataclass(frozen=True)
class Tokenizer:
    """How text becomes token ids; "auto" is the task's usual choice."""

    kind: str = _setting("auto", "auto", "characters", "words", "wordpiece", "bpe", "unigram")
    vocabulary: int = _setting(2000, low=30)
    max_tokens: int = _setting(128, low=4)  # longer texts are cut, and counted


@dataclass(frozen=True)
class Model:
    """Which model, and how large.

    `name` is "default" (the family's own model), "baseline" (the task's strongest cheap one) or one
    of `BASELINES` by name, "lstm", "lstm-attention", "transformer-xl", or "pretrained", which
    takes `pretrained`: a system's name such as "bert", a hub name, or a folder. `start` is a run
    whose tokenizer, sizes and weights this one begins with: its name, its beginning, or "last"
    for the last one that was pre-trained.
    """

    name: str = _setting(
        "default",
        *("default", "baseline", *BASELINES),
        *("lstm", "lstm-attention", "transformer-xl", "pretrained"),
    )
    pretrained: str = ""
    from_scratch: bool = False  # pretrained systems: random weights, small size
    adapt: str = _setting(  # what of a published model is trained
        "all",
        "all",
        "head",  # the task's head alone
        "lora",  # small matrices beside the large ones: needs the package peft
    )
    prefix: str = "auto"  # before each text: T5's name of the task, CTRL's control code
    source_language: str = ""  # mBART (such as de_DE) and T5 (such as de) have to be told
    target_language: str = ""
    start: str = ""
    # Of labels: "balanced" counts an example the more, the rarer its label is.
    class_weights: str = _setting("none", "none", "balanced")
    order: int = _setting(10, low=1)  # n-gram only: characters that are counted together
    width: int = _setting(128, low=8)
    layers: int = _setting(2, low=1)
    heads: int = _setting(4, low=1)
    dropout: float = _setting(0.0, low=0.0)  # helps where little text is read many times

    @property
    def cheap(self) -> bool:
        """Whether it is one of the baselines that are fitted in seconds."""
        return self.name == "baseline" or self.name in BASELINES


@dataclass(frozen=True)
class Training:
    """How long and how; `steps`, `cpu_seconds` and `seconds` are all limits, 0 means none."""

    seed: int = _setting(1, low=0)
    seconds: float = _setting(0.0, low=0.0)  # wall-clock time: depends on what else runs
    cpu_seconds: float = _setting(90.0, low=0.0)  # CPU time of the loop, all threads together
    steps: int = _setting(0, low=0)
    batch_size: int = _setting(8, low=1)  # many small steps suit a CPU; on a GPU take 64 or more
    accumulate: int = _setting(1, low=1)  # batches per step
    optimizer: str = _setting("auto", "auto", "adamw", "muon")  # "auto": see training/defaults.py
    learning_rate: float = _setting(0.0, low=0.0)  # the highest one; 0: see training/defaults.py
    layer_decay: float = _setting(1.0, low=0.0)  # published models: rate of each layer below
    warmup: float = _setting(0.05, low=0.0)  # share of the training
    weight_decay: float = _setting(0.01, low=0.0)
    clip: float = _setting(1.0, low=0.0)  # largest gradient norm; 0: no limit
    label_smoothing: float = _setting(0.0, low=0.0)  # encoder-decoder only
    objective: str = _setting(  # of pre-training; "auto" is the family's first one
        "auto",
        "auto",
        "masked-words",  # encoder-only
        "next-sentence",  # encoder-only: masked words, and does the second text follow?
        "next-word",  # decoder-only
        "span-corruption",  # encoder-decoder, as T5
        "infilling",  # encoder-decoder, as BART
    )
    evaluations: int = _setting(8, low=1)  # how often validation is measured
    patience: int = _setting(0, low=0)  # evaluations without gain before stopping; 0: never
    precision: str = _setting("auto", "auto", "float32", "bfloat16", "float16")
    device: str = _setting("auto", "auto", "cpu", "cuda", "mps")
    threads: int = _setting(0, low=0)  # of the processor; 0: as many as are idle at the start
    parallel: str = _setting("ddp", "ddp", "fsdp")  # only under torchrun
    tensorboard: bool = False


@dataclass(frozen=True)
class Generation:
    """How a model writes text."""

    max_new_tokens: int = _setting(64, low=1)
    temperature: float = _setting(0.0, low=0.0)  # 0: always the most likely token
    top_k: int = _setting(0, low=0)
    top_p: float = _setting(1.0, low=0.0)
    repetition_penalty: float = _setting(1.0, low=0.0)
    beams: int = _setting(1, low=1)  # encoder-decoder only
    length_penalty: float = 0.6
    no_answer: float = 0.0  # question answering: how much surer it must be that there is none


@dataclass(frozen=True)
class Config:
    """One run's settings."""

    experiment: Experiment = Experiment()
    project: Project = Project()
    data: Data = Data()
    tokenizer: Tokenizer = Tokenizer()
    model: Model = Model()
    training: Training = Training()
    generation: Generation = Generation()


SECTIONS = {
    item.name: typing.get_type_hints(Config)[item.name] for item in dataclasses.fields(Config)
}


def read_config(path: Path | None, overrides: typing.Sequence[str] = ()) -> Config:
    """Read a configuration file and apply `section.key=value` overrides.

    Args:
        overrides: Such as `["training.steps=200", "model.width=64"]`.
    """
    tables: dict[str, dict[str, object]] = {}
    where: dict[tuple[str, str], str] = {}
    if path is not None:
        try:
            parsed = tomllib.loads(read_text(path))
        except tomllib.TOMLDecodeError as error:
            raise BaselineError(
                f"{path}: is not valid TOML ({error}); correct that line"
            ) from error
        for section, table in parsed.items():
            if section not in SECTIONS or not isinstance(table, dict):
                raise BaselineError(
                    f"{path}: [{section}] is not a section; {_suggest(section, list(SECTIONS))}"
                )
            tables[section] = dict(table)
            where.update({(section, key): str(path) for key in table})
    for override in overrides:
        section, key, value = _parse_override(override)
        tables.setdefault(section, {})[key] = value
        where[(section, key)] = "command line"
    built = {
        section: _build(kind, section, tables.get(section, {}), where)
        for section, kind in SECTIONS.items()
    }
    config = Config(**built)
    _check_together(config)
    return config


def dumps(config: Config) -> str:
    """The configuration as TOML; `read_config` reads it back."""
    lines = []
    for section in SECTIONS:
        lines.append(f"[{section}]")
        for key, value in dataclasses.asdict(getattr(config, section)).items():
            lines.append(f"{key} = {_toml(value)}")
        lines.append("")
    return "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(str(k))} = {_toml(v)}" for k, v in value.items())
        return "{" + inner + "}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)


def _parse_override(override: str) -> tuple[str, str, object]:
    name, equals, raw = override.partition("=")
    section, dot, key = name.strip().partition(".")
    if not equals or not dot or section not in SECTIONS:
        raise BaselineError(
            f"command line: {override!r} is not a setting; "
            "write section.key=value, for example training.steps=200"
        )
    try:
        value: object = tomllib.loads(f"value = {raw.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        value = raw.strip()  # text without quotation marks
    return section, key, value


def _build(
    kind: type, section: str, table: dict[str, object], where: dict[tuple[str, str], str]
) -> typing.Any:
    hints = typing.get_type_hints(kind)
    fields = {item.name: item for item in dataclasses.fields(kind)}
    values: dict[str, object] = {}
    for key, value in table.items():
        place = f"{where[(section, key)]}: {section}.{key}"
        if key not in fields:
            raise BaselineError(f"{place} is not a setting; {_suggest(key, list(fields))}")
        values[key] = _convert(place, hints[key], value, fields[key].metadata)
    return kind(**values)


def _convert(
    place: str, hint: typing.Any, value: object, metadata: types.MappingProxyType[str, typing.Any]
) -> object:
    wanted = typing.get_origin(hint) or hint
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if wanted is str and isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)  # a file or folder called 2026
    if type(value) is not wanted:
        names = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
        raise BaselineError(f"{place} is {value!r}; give {names.get(wanted, 'a table')}")
    if wanted is dict and not all(isinstance(item, str) for item in value.values()):  # type: ignore[attr-defined]
        raise BaselineError(f'{place} is {value!r}; give names, such as {{text = "review"}}')
    choices = metadata.get("choices") or ()
    if choices and value not in choices:
        raise BaselineError(f"{place} is {value!r}; {_suggest(str(value), list(choices))}")
    low = metadata.get("low")
    if low is not None and not (typing.cast(float, value) >= low):  # also catches nan
        raise BaselineError(f"{place} is {value!r}; give at least {low:g}")
    return value


def _suggest(value: str, known: list[str]) -> str:
    close = difflib.get_close_matches(value, known, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}choose from {', '.join(known)}"


def _check_together(config: Config) -> None:
    model, training, data = config.model, config.training, config.data
    if model.width % model.heads:
        raise BaselineError(
            f"model.width is {model.width} and model.heads is {model.heads}; "
            "choose a width that the number of heads divides"
        )
    if not training.seconds and not training.steps and not training.cpu_seconds:
        raise BaselineError(
            "training.steps, training.cpu_seconds and training.seconds are all 0, which would "
            "never end; set one"
        )
    if training.warmup >= 1 or model.dropout >= 1 or training.label_smoothing >= 1:
        raise BaselineError(
            "training.warmup, model.dropout and training.label_smoothing are shares; "
            "give values below 1"
        )
    if not config.generation.repetition_penalty:
        raise BaselineError(
            "generation.repetition_penalty is 0.0; give 1 for none, or more against repetitions"
        )
    if not 0 < config.generation.top_p <= 1:
        raise BaselineError(
            f"generation.top_p is {config.generation.top_p}; give a share above 0 and at most 1"
        )
    if data.name == "files" and not data.train:
        raise BaselineError('data.name is "files" but data.train is empty; give the training file')
    if model.start and (model.cheap or model.name == "pretrained"):
        raise BaselineError(
            f"model.name is {model.name!r}, which does not begin with another run; "
            'leave model.start empty, or choose model.name = "default"'
        )
    if model.name == "pretrained" and not model.pretrained:
        raise BaselineError(
            'model.name is "pretrained" but model.pretrained is empty; give a system such as '
            '"bert", a hub name, or a folder'
        )


def pretraining_objective(config: Config) -> str:
    """What a model of the configured family learns from plain text."""
    family, wanted = config.project.family, config.training.objective
    if wanted == "auto":
        return OBJECTIVES[family][0]
    if wanted not in OBJECTIVES[family]:
        raise BaselineError(
            f"training.objective is {wanted!r}, which is not for {family}; "
            f"choose from {', '.join(OBJECTIVES[family])}"
        )
    return wanted
