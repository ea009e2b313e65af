"""A model with everything that belongs to it: made new, written to disk, and read again."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import nn

from baseline.config import Config
from baseline.data import tokenization
from baseline.data.examples import Dataset
from baseline.errors import BaselineError
from baseline.files import read_text, write_atomic
from baseline.tasks.base import Task
from baseline.tasks.objectives import base, networks
from baseline.tasks.objectives.base import Answers, Objective, Vocabulary
from baseline.training import starting


@dataclass(frozen=True)
class Pipeline:
    """A model and what its inputs and outputs mean.

    Attributes:
        save: Writes what, besides the weights, is needed to make the model again.
    """

    model: nn.Module  # with random or published weights
    objective: Objective  # how it learns the task
    architecture: Mapping[str, object]  # what its weights fit
    tokens: str  # how it reads text, in words for the user
    save: Callable[[Path], None]


def assemble(config: Config, task: Task, dataset: Dataset, start: Path | None = None) -> Pipeline:
    """The model that the configuration asks for, with the vocabulary of the training data.

    Args:
        dataset: Its training part gives labels, and the text that a tokenizer is trained on.
        start: The checkpoint folder of a run to begin with, whose tokenizer is used.
    """
    answers = base.answers_of(config, task, dataset)
    if start is not None:
        kind, _ = _read_about(start)
        tokenizer = tokenization.load_tokenizer(start / "tokenizer.json", kind)
        pipeline = _own(config, task, Vocabulary(tokenizer, answers))
        starting.copy_weights(pipeline.model, start)
        return pipeline
    if config.model.name != "pretrained":
        return _own(config, task, base.vocabulary(config, task, dataset))
    from baseline.pretrained import published

    system = published.find_system(config, task)
    if config.model.from_scratch and system is not None:
        inner, tokenizer = published.from_scratch(config, task, system, dataset, answers.labels)
    else:
        inner, tokenizer = published.load(config, task, system, answers.labels)
    return _published(config, task, inner, tokenizer, answers)


def restore(config: Config, task: Task, folder: Path) -> Pipeline:
    """The model that `Pipeline.save` described, with weights still to be loaded."""
    kind, answers = _read_about(folder)
    if config.model.name != "pretrained":
        ours = tokenization.load_tokenizer(folder / "tokenizer.json", kind)
        return _own(config, task, Vocabulary(ours, answers))
    from transformers import AutoConfig, AutoTokenizer

    from baseline.pretrained import published

    place = folder / "pretrained"
    try:
        options = {"local_files_only": True, "trust_remote_code": False}
        shape = AutoConfig.from_pretrained(place, **options)
        tokenizer = AutoTokenizer.from_pretrained(place, split_special_tokens=True, **options)
        name = published.class_of(task, config.project.family)
        inner = published.empty(name, shape)
    except (OSError, ValueError, KeyError) as error:
        raise BaselineError(f"{place}: is damaged ({error}); train again") from error
    return _published(config, task, inner, tokenizer, answers)


def _read_about(folder: Path) -> tuple[str, Answers]:
    """Which kind of tokenizer the model in a folder has, and what it may answer."""
    path = folder / "labels.json"
    if not path.exists():
        raise BaselineError(
            f"{folder}: holds no model; train first (checkpoints are not committed, so a fresh "
            "clone has none)"
        )
    try:
        about = json.loads(read_text(path))
        labels, weights = tuple(map(str, about["labels"])), tuple(about.get("weights", ()))
        if labels == ("number",) and weights:  # earlier versions kept the scale there
            about["scale"], weights = weights, ()
        mean, deviation = map(float, about.get("scale", (0, 1)))
        return str(about["kind"]), Answers(labels, tuple(map(float, weights)), (mean, deviation))
    except (ValueError, KeyError, TypeError) as error:
        raise BaselineError(f"{path}: is damaged ({error!r}); train again") from error


def _own(config: Config, task: Task, vocabulary: Vocabulary) -> Pipeline:
    model = networks.build(config, task, vocabulary)
    tokenizer = vocabulary.tokenizer

    def save(folder: Path) -> None:
        tokenizer.save(folder / "tokenizer.json")
        _save_answers(folder, tokenizer.kind, vocabulary.answers)

    architecture = {
        "project.family": config.project.family,
        "project.task": config.project.task,
        "model.name": config.model.name,
        "model.width": config.model.width,
        "model.layers": config.model.layers,
        "model.heads": config.model.heads,
        "tokenizer.max_tokens": config.tokenizer.max_tokens,
        "number of tokens": len(tokenizer),
        "labels": list(vocabulary.answers.labels),
    }
    objective = networks.objective_of(config, task, vocabulary)
    return Pipeline(model, objective, architecture, f"{tokenizer.kind} tokens", save)


def _published(
    config: Config, task: Task, inner: Any, tokenizer: Any, answers: Answers
) -> Pipeline:
    from baseline.pretrained import adapting, finetuning, published

    shape = inner.config
    pair = config.project.family == "encoder-decoder"
    adapted = adapting.adapt(inner, config.model.adapt, task.kind, pair=pair)
    model = published.Pretrained(adapted, tokenizer, task.kind)

    def save(folder: Path) -> None:
        shape.save_pretrained(folder / "pretrained")
        tokenizer.save_pretrained(folder / "pretrained")
        _save_answers(folder, "pretrained", answers)

    architecture = {
        "project.task": config.project.task,
        "model.adapt": config.model.adapt,
        "system": shape.model_type,
        "width": shape.hidden_size,
        "number of tokens": shape.vocab_size,
        "labels": list(answers.labels),
    }
    objective = finetuning.published_objective(config, task, tokenizer, answers, inner)
    return Pipeline(model, objective, architecture, f"{len(tokenizer):,} published tokens", save)


def _save_answers(folder: Path, kind: str, answers: Answers) -> None:
    content = {"kind": kind, **asdict(answers)}
    write_atomic(folder / "labels.json", json.dumps(content, ensure_ascii=False))
