"""Bring values of one metric to one unit, where their files say or show what they count.

A row of `results.json` may name its unit. Where it does not, its value shows whether it is a
share (0.87) or percent (87). What does not fit the others is set aside, and they stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from coursekit.team.results import Result
from coursekit.team.scales import AS_SHARE, PERCENT, SHARE, guess_unit


@dataclass(frozen=True, slots=True)
class Aside:
    """A result that is not ranked, while the others are.

    Attributes:
        team: Whose it is.
        reason: "scale" (it seems to be percent among shares, and names no unit), "unit"
            (it cannot be converted to the others' unit) or "direction" (it points the other
            way).
    """

    team: str
    result: Result
    reason: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Results brought to one unit.

    Attributes:
        unit: The unit; empty where nobody names one.
        by_team: Each team's results, in that unit; a team without any is left out.
        refusal: Why they cannot be compared: "" (they can be) or "unit" (as many teams
            have one unit as another).
        aside: What was left out.
    """

    unit: str
    by_team: dict[str, list[Result]]
    refusal: str = ""
    aside: tuple[Aside, ...] = ()


def common_scale(by_team: Mapping[str, list[Result]]) -> Scale:
    """Convert the results of one metric to the unit that most of them have.

    Args:
        by_team: The results of each team.
    """
    rows = [(team, row, _unit(row)) for team, own in by_team.items() for row in own]
    shares = any(unit == SHARE for _, _, unit in rows)
    aside = [
        Aside(team, row, "scale")
        for team, row, unit in rows
        if shares and unit == PERCENT and not row.unit
    ]
    kinds, ahead = _majority((team, _kind(unit)) for team, _, unit in rows if unit)
    if kinds and not ahead:
        return Scale("", dict(by_team), "unit")
    aside += [Aside(team, row, "unit") for team, row, unit in rows if unit and _kind(unit) != ahead]
    left_out = {(one.team, one.result) for one in aside}
    kept = [(team, row, unit) for team, row, unit in rows if (team, row) not in left_out]
    counted = Counter(unit for _, _, unit in kept if unit)
    common = min(counted, key=lambda unit: (-counted[unit], unit)) if counted else ""
    converted: dict[str, list[Result]] = {}
    for team, row, unit in kept:
        converted.setdefault(team, []).append(_convert(row, unit, common))
    named = any(row.unit for _, row, _ in kept)
    return Scale(common if named else "", converted, aside=tuple(aside))


def common_direction(
    by_team: Mapping[str, list[Result]],
) -> tuple[bool, dict[str, list[Result]], tuple[Aside, ...], bool]:
    """Which way a metric points, by most teams.

    Args:
        by_team: The results of each team.

    Returns:
        Whether higher is better; the results that point that way; the others; and whether
        as many teams say the one as the other, in which case all are returned.
    """
    rows = [(team, row) for team, own in by_team.items() for row in own]
    _, ahead = _majority((team, str(row.higher_is_better)) for team, row in rows)
    if not ahead:
        higher = sum(row.higher_is_better for _, row in rows) * 2 >= len(rows)
        return higher, dict(by_team), (), True
    higher = ahead == "True"
    kept: dict[str, list[Result]] = {}
    for team, row in rows:
        if row.higher_is_better is higher:
            kept.setdefault(team, []).append(row)
    aside = (Aside(team, row, "direction") for team, row in rows if row.higher_is_better != higher)
    return higher, kept, tuple(aside), False


def _majority(pairs: Iterable[tuple[str, str]]) -> tuple[list[str], str]:
    """All kinds, and the one that most teams have; empty where none is ahead."""
    votes = Counter(kind for _, kind in set(pairs))
    ranked = votes.most_common(2)
    tied = len(ranked) > 1 and ranked[0][1] == ranked[1][1]
    return list(votes), "" if tied or not ranked else ranked[0][0]


def _kind(unit: str) -> str:
    """What a unit can be converted to: all that are parts of a whole are one kind."""
    return SHARE if unit in AS_SHARE else unit


def _unit(row: Result) -> str:
    return row.unit or guess_unit(row.metric, row.value)


def _convert(row: Result, unit: str, common: str) -> Result:
    if not unit or unit == common or unit not in AS_SHARE:
        return row
    if AS_SHARE[unit] == AS_SHARE[common]:
        return replace(row, unit=common)
    factor = 100.0 if common != SHARE else 0.01
    ends = None if row.interval is None else (row.interval[0] * factor, row.interval[1] * factor)
    return replace(row, value=row.value * factor, interval=ends, unit=common)
