"""What the units of a metric are, and between which values it can lie.

Only what is sure is bounded: a word error rate may be more than 1, and a correlation less
than 0, so nothing is said of them.
"""

from __future__ import annotations

import math
import re

SHARE, PERCENT, POINTS = "share", "percent", "points"
# What one of a unit is, as a share. Points are hundredths that nobody calls percent, as in BLEU 31.
AS_SHARE = {SHARE: 1.0, PERCENT: 0.01, POINTS: 0.01}
# Where no unit is given: these run from 0 to 100, as sacrebleu writes them, whatever a value is.
_IN_POINTS = re.compile(r"bleu|chrf|\bter\b")
# And of these, teams write 0.87 or 87.
_SHARES = re.compile(r"accuracy|precision|recall|f1|exact.?match|auc|rouge")
_UNBOUNDED = re.compile(r"\bter\b")
# A mean of rounded numbers may end above the highest of them.
_SLACK = 1e-6


def guess_unit(metric: str, value: float) -> str:
    """What a value that names no unit counts; empty where it fits any, or nobody knows."""
    name = metric.casefold()
    if _IN_POINTS.search(name):
        return POINTS
    if not _SHARES.search(name) or value == 0:
        return ""
    return PERCENT if value > 1.0 else SHARE


def bounds(metric: str, unit: str) -> tuple[float, float]:
    """The lowest and the highest value that a metric can have in a unit (empty: none given)."""
    name = metric.casefold()
    top = 1.0 if unit == SHARE else 100.0
    if "perplexity" in name:
        return 1.0, math.inf
    if _SHARES.search(name) and (not unit or unit in AS_SHARE):
        return 0.0, top
    if _IN_POINTS.search(name):
        return 0.0, math.inf if _UNBOUNDED.search(name) else top
    return (0.0, math.inf) if unit == "bits" else (-math.inf, math.inf)


def is_plausible(metric: str, unit: str, value: float) -> bool:
    """Whether a metric can have a value."""
    low, high = bounds(metric, unit)
    return low - _SLACK <= value <= high + _SLACK
