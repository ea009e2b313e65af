"""Whether a figure came out again. Needs nothing but Python: the staff's command reads it, too."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import stdev

REPRODUCED, DIFFERS = "reproduced", "differs"
# Figures are written with six digits; sums in another order change the last ones.
_ROUNDING = 1e-4
# So many standard deviations of the seeds, and so many times the range of two of them.
_DEVIATIONS, _RANGES = 4.0, 3.0


@dataclass(frozen=True)
class Verdict:
    """What can be said of a figure: `REPRODUCED` or `DIFFERS`, and why."""

    word: str
    reason: str


def slack(value: float, count: int, interval: Sequence[float] | None = None) -> float:
    """How far chance alone moves a figure when other examples are drawn.

    Args:
        count: Of how many examples.
        interval: Its 95 % interval, where that is known; half of it is the answer.
    """
    if interval:
        return abs(interval[1] - interval[0]) / 2
    if 0 <= value <= 1 and count > 0:
        return 1.96 * math.sqrt(max(value * (1 - value), 1 / count) / count)
    return 0.05 * abs(value)


def judge(
    recorded: float,
    again: float,
    others: Sequence[float] = (),
    *,
    higher_is_better: bool = True,
    slack: float = 0.0,
    exact: bool = False,
) -> Verdict:
    """Compare what was recorded with what came out.

    A figure is reproduced where its own seed gives it again, up to rounding or inside the spread
    of the seeds, and where other seeds do not all stay far below it.

    Args:
        recorded: What the team's results say.
        again: What the same seed gives now.
        others: What other seeds give.
        exact: Whether nothing is left to chance, so that only rounding is forgiven.
    """
    rounding = _ROUNDING * abs(recorded) + 1e-6
    same = abs(again - recorded) <= rounding
    every = [again, *others]
    spread = _DEVIATIONS * stdev(every) if len(every) > 1 else 0.0
    allowed = rounding if exact else max(rounding, spread, slack)
    shown = f"{again:.4g} came out instead of {recorded:.4g}"
    if abs(again - recorded) > allowed:
        return Verdict(DIFFERS, shown)
    if others:
        sign = 1 if higher_is_better else -1
        best = max(others, key=lambda value: sign * value)
        gap = sign * (recorded - best)
        if gap > max(_RANGES * (max(others) - min(others)), slack, rounding):
            seeds = ", ".join(f"{value:.4g}" for value in others)
            return Verdict(DIFFERS, f"its own seed gives {again:.4g}, but other seeds {seeds}")
    return Verdict(REPRODUCED, "the same figure" if same else f"{shown}, inside the spread")
