"""Bring values of one metric to one unit, where their files say or show what they count.

A row of `results.json` may name its unit. Where it does not, a team's values show whether
it writes shares (0.87) or percent (87); what is still unclear is not ranked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from coursekit.team.results import Result

SHARE, PERCENT, POINTS = "share", "percent", "points"
# What one of a unit is, as a share. Points are hundredths that nobody calls percent, as in BLEU 31.
_AS_SHARE = {SHARE: 1.0, PERCENT: 0.01, POINTS: 0.01}
# Where no unit is given: these run from 0 to 100, as sacrebleu writes them, whatever a value is.
_IN_POINTS = re.compile(r"bleu|chrf|\bter\b")
# And of these, teams write 0.87 or 87.
_SHARES = re.compile(r"accuracy|precision|recall|f1|exact.?match|auc|rouge")


@dataclass(frozen=True, slots=True)
class Scale:
    """Results brought to one unit.

    Attributes:
        unit: The unit; empty where nobody names one.
        by_team: Each team's results, in that unit.
        refusal: Why they cannot be compared: "" (they can be), "scale" (shares
            and percent, and nobody says which) or "unit".
    """

    unit: str
    by_team: dict[str, list[Result]]
    refusal: str = ""


def common_scale(by_team: Mapping[str, list[Result]]) -> Scale:
    """Convert the results of one metric to the unit that most of them have.

    Args:
        by_team: The results of each team.
    """
    guessed = {team: _guess(rows) for team, rows in by_team.items()}
    # A guess is good enough for a team whose others agree with it, not to convert by.
    said = {row.unit for rows in by_team.values() for row in rows if row.unit}
    found = {unit for unit in guessed.values() if unit}
    if "mixed" in found or len(found) > 1 or (found and not _agree(found, said)):
        return Scale("", dict(by_team), "scale")
    units = {team: [row.unit or guessed[team] for row in rows] for team, rows in by_team.items()}
    counted = Counter(unit for team in units.values() for unit in team if unit)
    if not counted:
        return Scale("", dict(by_team))
    common = min(counted, key=lambda unit: (-counted[unit], unit))
    if any(unit not in _AS_SHARE for unit in counted) and len(counted) > 1:
        return Scale("", dict(by_team), "unit")
    converted = {
        team: [_convert(row, unit, common) for row, unit in zip(rows, units[team], strict=True)]
        for team, rows in by_team.items()
    }
    return Scale(common if said else "", converted)


def _guess(rows: list[Result]) -> str:
    """The unit of a team's values that name none; empty where they fit any."""
    unnamed = [row for row in rows if not row.unit]
    if not unnamed:
        return ""
    metric = unnamed[0].metric.casefold()
    if _IN_POINTS.search(metric):
        return POINTS
    if not _SHARES.search(metric):
        return ""
    percent = any(row.value > 1.0 for row in unnamed)
    share = any(0 < row.value <= 1.0 for row in unnamed)
    if percent and share:
        return "mixed"
    return PERCENT if percent else SHARE if share else ""


def _agree(found: set[str], said: set[str]) -> bool:
    """Whether a guess means the same numbers as every unit that is named."""
    factors = {_AS_SHARE.get(unit) for unit in found | said}
    return len(factors) == 1 or found == {POINTS}


def _convert(row: Result, unit: str, common: str) -> Result:
    if not unit or unit == common or unit not in _AS_SHARE:
        return row
    if _AS_SHARE[unit] == _AS_SHARE[common]:
        return replace(row, unit=common)
    value = row.value * 100 if common != SHARE else row.value / 100
    return replace(row, value=value, unit=common)
