"""Read a YAML file that somebody else wrote: plain values only, and nothing that grows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from litreview.errors import UserError
from litreview.files import read_text

_MAX_BYTES = 1_000_000
_MAX_DEPTH = 50


def read_yaml(path: Path) -> Any:
    """Read plain values: texts, numbers, lists and mappings.

    Raises:
        UserError: If it is not YAML, or repeats parts by anchors, with which a few lines
            can stand for gigabytes.
    """
    import yaml

    text = read_text(path, max_bytes=_MAX_BYTES)
    if _is_deep(text):
        raise UserError(
            f"{path}: is not valid YAML for teams: its parts lie too deep in each other"
        )
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, yaml.SafeLoader)):
            raise UserError(f"{path}: repeats parts by anchors (&, *); write them out")
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        raise UserError(f"{path}{line}: is not valid YAML; correct it") from error


def _is_deep(text: str) -> bool:
    """Whether parts lie inside parts so deep that reading them takes quadratic time."""
    depth = deepest = 0
    for mark in re.findall(r"[\[{\]}]", text):
        depth += 1 if mark in "[{" else -1
        deepest = max(deepest, depth)
    starts = (len(line) - len(line.lstrip(" -?:")) for line in text.splitlines())
    return deepest > _MAX_DEPTH or max(starts, default=0) > _MAX_DEPTH
