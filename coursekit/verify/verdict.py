"""How figures are compared: by the rule that the template ships, which has its one home there."""

from __future__ import annotations

import importlib.util
import sys
from functools import lru_cache
from types import ModuleType
from typing import Any

from coursekit.errors import TemplateError
from coursekit.team.received import template_folder

_NAME = "coursekit_template_verdict"


@lru_cache(maxsize=1)
def _rule() -> ModuleType:
    folder = template_folder()
    path = folder / "baseline" / "experiments" / "verdict.py" if folder else None
    spec = importlib.util.spec_from_file_location(_NAME, path) if path else None
    if spec is None or spec.loader is None:
        raise TemplateError("the template is missing from this installation; install it again")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def judge(
    recorded: float,
    again: float,
    others: tuple[float, ...],
    *,
    higher_is_better: bool,
    count: int,
    interval: tuple[float, float] | None,
    exact: bool,
) -> tuple[bool, str]:
    """Whether a figure is reproduced, and a few words about it.

    Args:
        recorded: What the team's results say.
        again: What the same seed gives.
        others: What other seeds give.
        higher_is_better: The direction of the metric.
        count: Of how many examples it is.
        interval: Its 95 % interval, where that is known.
        exact: Whether nothing is left to chance.
    """
    rule: Any = _rule()
    found = rule.judge(
        recorded,
        again,
        others,
        higher_is_better=higher_is_better,
        slack=rule.slack(recorded, count, interval),
        exact=exact,
    )
    return found.word == rule.REPRODUCED, str(found.reason)
