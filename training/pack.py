"""Write the weights file that `litreview` ships: 8-bit tables, 16-bit for the small rest."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]
# What is smaller than this keeps 16 bits.
LARGE = 2000
# The largest number that stands for a weight. Vectors stand coarser than 8 bits allow,
# which costs no accuracy that can be measured and makes the file compress better.
LEVELS = 127
VECTOR_LEVELS = 15
VECTORS = ("words", "endings")


def pack(
    path: Path,
    words: Sequence[str],
    crf: Mapping[str, NDArray[np.float64]],
    heads: Sequence[Mapping[str, NDArray[np.float32]]],
    *,
    crf_share: float,
    crf_features: int,
    role_odds: Sequence[float],
) -> int:
    """Write the file and return its size in bytes.

    Args:
        path: Where to.
        words: The vocabulary, in the order of the heads' rows.
        crf: From `crf.train`.
        heads: From `HeadNet.arrays`.
        crf_share: The CRF's part in the average of probabilities.
        crf_features: How many features to keep, those with the largest weights.
        role_odds: What the average is multiplied by, for each role.
    """
    arrays: dict[str, NDArray[np.generic]] = {
        "words": np.frombuffer("\n".join(words).encode("utf-8"), dtype=np.uint8),
        "heads": np.array(len(heads)),
        "crf_share": np.array(crf_share),
        "role_odds": np.array(role_odds),
    }
    # In the order of their keys, which the look-up needs.
    kept = np.sort(np.argsort(-np.abs(crf["weights"]).max(axis=1))[:crf_features])
    arrays["crf_keys"] = crf["keys"][kept].astype(np.uint32)
    # Eight bits would round most of them to nothing.
    arrays["crf_weights"] = crf["weights"][kept].astype(np.float16)
    for name in ("transitions", "first", "last"):
        arrays[f"crf_{name}"] = crf[name].astype(np.float32)
    for number, head in enumerate(heads):
        for name, values in head.items():
            levels = VECTOR_LEVELS if name in VECTORS else LEVELS
            arrays |= quantize(f"head{number}_{name}", values, levels)
    save(path, arrays)
    return path.stat().st_size


def quantize(
    name: str, values: NDArray[np.floating], levels: int
) -> dict[str, NDArray[np.generic]]:
    """Turn a large table into 8-bit numbers, each column with a scale, a small one into 16-bit."""
    if values.size < LARGE:
        return {name: values.astype(np.float16)}
    scale = np.abs(values).max(axis=-2, keepdims=True) / levels
    scale = np.where(scale == 0, 1, scale).astype(np.float16).astype(np.float32)
    whole = np.clip(np.rint(values / scale), -levels, levels).astype(np.int8)
    return {name: whole, f"{name}_scale": scale.astype(np.float16)}


def save(path: Path, arrays: Arrays) -> None:
    """Write arrays as `np.savez_compressed` does, with fixed dates: equal weights, equal bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(arrays):
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as stream:
                np.lib.format.write_array(stream, np.asanyarray(arrays[name]), allow_pickle=False)
