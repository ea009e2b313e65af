"""Weights and training state on disk, complete or not at all, and never a pickle.

    checkpoint/index.json          which folders are "last" and "best"
    checkpoint/step-00000120/      model.safetensors, optimizer.safetensors, state.json
    checkpoint/tokenizer.json      and labels.json: what the ids mean

A new folder is written completely before `index.json` names it, so a kill at any moment leaves
the one before. Pickles can run any program when they are read; they are refused.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baseline.errors import BaselineError
from baseline.files import read_text, refuse_pickle, write_atomic

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1


def write_tensors(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, object]) -> None:
    """Write tensors as safetensors.

    Args:
        tensors: By name; such as share memory are written once each.
        about: Kept in the file's header, as JSON.
    """
    from safetensors.torch import save

    plain = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
    write_atomic(path, save(plain, {"about": json.dumps(about)}))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `write_tensors` wrote, on the processor."""
    from safetensors import SafetensorError, safe_open

    refuse_pickle(path)
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get("about", "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, about  # noqa: SIM118
    except (OSError, ValueError, SafetensorError) as error:
        raise BaselineError(f"{path}: are no safetensors weights ({error})") from error


def save(
    folder: Path,  # the run's `checkpoint/`
    step: int,  # optimizer steps done
    model: Mapping[str, Tensor],  # weights by name
    optimizer: Mapping[str, Any] | None,  # its `state_dict()`
    state: Mapping[str, object],  # where training stands; a JSON value
    architecture: Mapping[str, object],  # what the weights fit; compared when they are loaded
    *,
    best: bool,  # whether this is the best checkpoint so far
) -> None:
    """Write a checkpoint, name it in the index, and remove those that are no longer named."""
    name = f"step-{step:08d}"
    target, temporary = folder / name, folder / f".{name}"
    shutil.rmtree(temporary, ignore_errors=True)
    about = {"format": FORMAT, "architecture": architecture}
    try:
        write_tensors(temporary / "model.safetensors", model, about)
        if optimizer is not None:
            tensors, rest = _flatten(optimizer)
            write_tensors(temporary / "optimizer.safetensors", tensors, rest)
        write_atomic(temporary / "state.json", json.dumps(state))
    except BaselineError:  # the disk is full: half a checkpoint would only take more of it
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    if target.exists():  # the same step again, after a resume
        shutil.rmtree(target)
    temporary.rename(target)
    index = read_index(folder) | {"last": name} | ({"best": name} if best else {})
    write_atomic(folder / "index.json", json.dumps(index))
    for old in folder.glob("step-*"):
        if old.name not in index.values():
            shutil.rmtree(old, ignore_errors=True)


def read_index(folder: Path) -> dict[str, str]:
    """Names of the folders that are "last" and "best"; empty before the first checkpoint."""
    path = folder / "index.json"
    if not path.exists():
        return {}
    try:
        index = json.loads(read_text(path))
        found = {key: str(index[key]) for key in ("last", "best") if key in index}
    except (ValueError, TypeError) as error:
        raise BaselineError(f"{path}: is damaged ({error}); train again") from error
    for name in found.values():
        if not name.startswith("step-") or not (folder / name).is_dir():
            raise BaselineError(f"{path}: names {name!r}, which is not there; train again")
    return found


def load_model(folder: Path, which: str, architecture: Mapping[str, object]) -> dict[str, Tensor]:
    """Read the weights of the "best" or "last" checkpoint."""
    index = read_index(folder)
    name = index.get(which) or index.get("last")
    if name is None:
        raise BaselineError(
            f"{folder}: holds no checkpoint; train first (checkpoints are not committed, "
            "so a fresh clone has none)"
        )
    path = folder / name / "model.safetensors"
    tensors, about = read_tensors(path)
    check_architecture(path, about.get("architecture", {}), architecture)
    return tensors


def check_architecture(
    path: Path, found: Mapping[str, object], wanted: Mapping[str, object]
) -> None:
    """Stop where weights belong to another architecture."""
    for key, value in wanted.items():
        if found.get(key) != value:
            raise BaselineError(
                f"{path}: is of another architecture: {key} is {found.get(key)!r} there and "
                f"{value!r} here; use the run's own config.toml"
            )


def load_state(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Optimizer state and training state of the last checkpoint."""
    index = read_index(folder)
    if "last" not in index:
        raise BaselineError(f"{folder}: holds no checkpoint to go on from; start again")
    place = folder / index["last"]
    tensors, rest = read_tensors(place / "optimizer.safetensors")
    try:
        state = json.loads(read_text(place / "state.json"))
        return _unflatten(tensors, rest), dict(state)
    except (ValueError, KeyError, TypeError) as error:
        raise BaselineError(f"{place}: is damaged ({error!r}); start again") from error


def _flatten(optimizer: Mapping[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors by "parameter/name", and everything else as a JSON value."""
    import torch

    tensors: dict[str, Tensor] = {}
    for parameter, values in optimizer["state"].items():
        for name, value in values.items():
            tensors[f"{parameter}/{name}"] = torch.as_tensor(value)
    return tensors, {"param_groups": optimizer["param_groups"]}


def _unflatten(tensors: Mapping[str, Tensor], rest: Mapping[str, Any]) -> dict[str, Any]:
    state: dict[int | str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        parameter, _, name = key.rpartition("/")
        place: int | str = int(parameter) if parameter.isdigit() else parameter
        state.setdefault(place, {})[name] = value
    # JSON has no tuples: the optimizer's pair of decay rates comes back as a list.
    groups = [
        {
            key: tuple(v) if isinstance(v, list) and key != "params" else v
            for key, v in group.items()
        }
        for group in rest["param_groups"]
    ]
    return {"state": state, "param_groups": groups}
