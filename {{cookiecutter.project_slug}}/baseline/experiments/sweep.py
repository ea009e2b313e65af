"""Try several values of settings, one experiment each: `--try training.learning_rate=1e-3,3e-3`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from baseline.config import Config
from baseline.data import loading
from baseline.errors import BaselineError
from baseline.experiments import identity, plan
from baseline.tasks.catalogue import find
from baseline.training import runs

_MOST = 100


def combinations(tries: Sequence[str]) -> list[list[str]]:
    """Every combination of the values that are tried, as overrides; the last one varies fastest.

    Each of `tries` is `section.key=value,value,…`; without any, there is one empty combination.
    """
    parts = []
    for text in tries:
        name, equals, values = text.partition("=")
        found = list(dict.fromkeys(v.strip() for v in values.split(",") if v.strip()))
        if not equals or len(found) < 2:
            raise BaselineError(
                f"--try {text!r} names fewer than two values; write section.key=value,value, "
                "for example training.learning_rate=1e-3,3e-3"
            )
        parts.append([f"{name.strip()}={value}" for value in found])
    count = 1
    for part in parts:
        count *= len(part)
    if count > _MOST:
        raise BaselineError(f"--try asks for {count} trainings; {_MOST} are allowed at once")
    return [list(chosen) for chosen in itertools.product(*parts)]


def finished(config: Config, root: Path) -> str:
    """The run that did exactly this already; empty where there is none."""
    config = plan.portable(plan.named(config), root)
    dataset = loading.load_dataset(find(config.project.task).form, config.data, root)
    mine = identity.identity(config, loading.fingerprint(dataset))
    for file in sorted((root / "runs").glob("*/run.json")):
        run = runs.load_run(file.parent)
        if (run.identity, run.seed, run.status) == (mine, config.training.seed, "finished"):
            return run.id
    return ""
