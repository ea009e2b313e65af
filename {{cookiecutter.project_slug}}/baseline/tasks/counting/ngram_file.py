"""An n-gram model on disk: one `.npz` file of plain numbers and JSON text, never a pickle."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from baseline.models import ngram

_FORMAT = 1


def save_ngram(model: ngram.Ngram, path: str | Path) -> None:
    """Write the model as one `.npz` file of plain numbers and JSON text (no pickle)."""
    about = {
        "format": _FORMAT,
        "config": asdict(model.config),
        "vocabulary": model.vocabulary[len(ngram.SPECIAL) :],
    }
    arrays = {"about": np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)}
    for order, level in enumerate(model.levels, start=1):
        arrays |= {
            f"keys{order}": level.keys,
            f"share{order}": level.share,
            f"backoff{order}": level.backoff,
        }
    with Path(path).open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]


def load_ngram(path: str | Path) -> ngram.Ngram:
    """Read a model that `save_ngram` wrote. Nothing in the file is ever executed.

    Raises:
        ValueError: If the file is no such model, or is damaged.
        OSError: If it cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(bytes(file["about"]))
            if about["format"] != _FORMAT:
                raise ValueError(f"format {about['format']!r}")
            config = ngram.NgramConfig(**about["config"])
            size = len(ngram.SPECIAL) + len(about["vocabulary"])
            levels: list[ngram.Level] = []
            while f"keys{len(levels) + 1}" in file:
                order = len(levels) + 1
                level = ngram.Level(
                    *(file[f"{name}{order}"] for name in ("keys", "share", "backoff"))
                )
                below = len(levels[-1].keys) if levels else 1
                if len(level.keys) != len(level.share) or len(level.backoff) != below:
                    raise ValueError("arrays of different lengths")
                if not len(level.keys) or level.keys[-1] >= below * size:
                    raise ValueError("n-grams without a prefix")
                levels.append(level)
    except OSError:
        raise
    except Exception as error:  # a damaged archive fails in many ways
        raise ValueError(f"{path}: not an n-gram model of this package ({error})") from error
    if not levels:
        raise ValueError(f"{path}: the model holds no n-grams")
    return ngram.Ngram(config, (*ngram.SPECIAL, *about["vocabulary"]), tuple(levels))
