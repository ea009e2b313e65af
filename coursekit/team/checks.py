"""The log of what was verified when, and what it says of a team's results.

The log, `verified.jsonl` in the course's folder, is only ever appended to. A check speaks of the
figure that it found: once a team's file has another one, the check is about something else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from coursekit.course.lines import append_line, read_lines
from coursekit.team.results import Result
from coursekit.team.tiers import TIERS

CHECKS_FILE = "verified.jsonl"
_MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class Check:
    """One figure of a team's results, run again.

    Attributes:
        at: When, as ISO 8601.
        team: The slug.
        identity: `Result.experiment`.
        run: The folder below `runs/` whose figure was checked.
        tier: One of `tiers.TIERS`: `reproduced` or `differs`, or `measured` where it could not
            be run again.
        recorded: The figure that `results.json` had.
        figure: What came out; None where it could not be run again.
        seeds: What came out with other seeds.
        reason: Why it differs, or could not be run; may be empty.
        commit: What was run.
        machine: Where.
        versions: Of what it was run with, by name.
        code: Whose code was run: `course` or `team`; empty for none.
        cpu_seconds: What running it took, with all figures of the run and all seeds.
    """

    at: str
    team: str
    identity: str
    run: str
    dataset: str
    split: str
    metric: str
    tier: str
    recorded: float
    figure: float | None = None
    seeds: tuple[float, ...] = ()
    reason: str = ""
    commit: str = ""
    machine: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    cpu_seconds: float = 0.0

    def about(self, result: Result) -> bool:
        """Whether it speaks of this result of its team, with the figure that it has now."""
        return (
            (self.identity, self.run, self.dataset, self.split, self.metric)
            == (result.experiment, result.run, result.dataset, result.split, result.metric)
        ) and math.isclose(self.recorded, result.value, rel_tol=1e-9, abs_tol=1e-9)


def append_check(path: Path, check: Check) -> None:
    """Add a check to a log.

    Args:
        path: `CHECKS_FILE` in the course's folder.
        check: What was found.

    Raises:
        UserError: If it cannot be written.
    """
    append_line(path, asdict(check))


def read_checks(path: Path) -> tuple[Check, ...]:
    """A log, the oldest check first; damaged lines are passed over.

    Args:
        path: `CHECKS_FILE` in the course's folder; it may be absent.

    Raises:
        UserError: If it cannot be read, or is far too large.
    """
    found = (_check(row) for _, row in read_lines(path))
    return tuple(check for check in found if check is not None)


def with_tiers(team: str, results: Sequence[Result], checks: Iterable[Check]) -> tuple[Result, ...]:
    """A team's results with what the newest check of each found, and when.

    Args:
        team: The slug.
        results: What its `results.json` says.
        checks: The log, the oldest first.
    """
    own = [check for check in checks if check.team == team]
    found = []
    for result in results:
        newest = next((check for check in reversed(own) if check.about(result)), None)
        if newest is not None:
            result = replace(result, tier=newest.tier, checked=newest.at)
        found.append(result)
    return tuple(found)


def _check(row: Mapping[str, Any]) -> Check | None:
    """A line of the log; None where it is none, or was written by a later version."""
    texts = {name: str(row.get(name) or "")[:_MAX_TEXT] for name in _TEXTS}
    try:
        recorded = float(row["recorded"])
        figure = None if row.get("figure") is None else float(row["figure"])
        seeds = tuple(float(value) for value in row.get("seeds") or ())
        cpu_seconds = float(row.get("cpu_seconds") or 0)
        versions = {str(key): str(value) for key, value in dict(row.get("versions") or {}).items()}
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    values = [recorded, cpu_seconds, *seeds, *([] if figure is None else [figure])]
    if texts["tier"] not in TIERS or not all(map(math.isfinite, values)):
        return None
    return Check(
        **texts, recorded=recorded, figure=figure, seeds=seeds, versions=versions,
        cpu_seconds=cpu_seconds,
    )  # fmt: skip


_TEXTS = (
    "at", "team", "identity", "run", "dataset", "split", "metric", "tier", "reason", "commit",
    "machine", "code",
)  # fmt: skip
