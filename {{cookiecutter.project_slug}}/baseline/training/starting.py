"""Begin a run with what another one has learned: its tokenizer, its sizes and its weights."""

from dataclasses import replace
from pathlib import Path

from torch import Tensor, nn

from baseline import config as configuration
from baseline.config import PRETRAINING, Config
from baseline.errors import BaselineError
from baseline.models.encoder import MaskedLanguageModel
from baseline.training import checkpoint, runs


def adopt(config: Config, root: Path) -> tuple[Config, Path | None]:
    """Settings with the sizes and the tokenizer of the run that `model.start` names.

    Returns:
        The settings, in which the run's whole name stands, and its checkpoint folder; unchanged
        settings and None where `model.start` is empty.
    """
    if not config.model.start:
        return config, None
    folder = _find(root / "runs", config.model.start)
    before = configuration.read_config(folder / "config.toml")
    for name, theirs, ours in (
        ("project.family", before.project.family, config.project.family),
        ("model.name", before.model.name, config.model.name),
    ):
        if theirs != ours:
            raise BaselineError(
                f"model.start: {folder.name} has {name} {theirs!r}, but this run has {ours!r}; "
                f"set {name}={theirs}, or choose another run"
            )
    if not checkpoint.read_index(folder / "checkpoint"):
        raise BaselineError(
            f"model.start: {folder.name} has no weights here (checkpoints are not committed); "
            "pre-train again, or copy its folder checkpoint/ from the computer that has it"
        )
    model = replace(before.model, start=folder.name, dropout=config.model.dropout)
    return replace(config, model=model, tokenizer=before.tokenizer), folder / "checkpoint"


def _find(folder: Path, name: str) -> Path:
    """The run of that name; "last" is the last one that was pre-trained."""
    if name != "last":
        return runs.find(folder, name)
    for path in sorted(folder.glob("*/run.json"), reverse=True):
        if runs.load_run(path.parent).task == PRETRAINING:
            return path.parent
    raise BaselineError(
        f"model.start: {folder} holds no run that was pre-trained; start with: "
        "python -m baseline pretrain"
    )


def copy_weights(model: nn.Module, folder: Path) -> None:
    """Give a model the best weights of another run, except for those of its head.

    Args:
        model: For any task; changed in place.
        folder: The other run's `checkpoint/`.
    """
    weights = checkpoint.load_model(folder, "best", {})
    tokens = next((name for name in weights if name.endswith("tokens.weight")), "")
    prefix = tokens.removesuffix("tokens.weight")
    body = _body(model)
    fitting: dict[str, Tensor] = {}
    for name, ours in body.state_dict().items():
        theirs = weights.get(prefix + name)
        # What names the gaps of span corruption comes after the vocabulary: no task needs it.
        if theirs is not None and theirs.shape[:1] > ours.shape[:1]:
            theirs = theirs[: len(ours)]
        if theirs is None or theirs.shape != ours.shape:
            found = "missing" if theirs is None else f"of shape {tuple(theirs.shape)}"
            raise BaselineError(
                f"{folder}: its weight {prefix + name} is {found}, but this model needs "
                f"{tuple(ours.shape)}; choose another run for model.start"
            )
        fitting[name] = theirs
    body.load_state_dict(fitting)


def _body(model: nn.Module) -> nn.Module:
    """The part of a model that all tasks share."""
    if isinstance(model, MaskedLanguageModel):
        return model.encoder
    backbone: nn.Module = getattr(model, "backbone", model)
    return backbone
