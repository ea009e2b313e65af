"""Read `results.json` and check it against the runs.

The file is written by a team's baseline (`python -m baseline evaluate`) and may be
edited by anyone, so every row is checked by itself: one bad row costs one row.

Schema 1: `{"schema": 1, "results": [row, …]}`. A row has `task`, `dataset`, `split`,
`metric`, `model`, `family`, `run` (text), `value` (a finite number),
`higher_is_better` (true or false), `role` ("baseline" or "model"), `seed` (a whole
number or null), `commit` (hexadecimal) and `date` (ISO 8601). It may have a `unit`:
`share`, `percent`, `points`, `bits` or any other; see `units`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from coursekit.team.scales import bounds, is_plausible
from coursekit.team.tiers import MEASURED

SCHEMA = 1
MAX_BYTES = 2_000_000
MAX_ROWS = 5_000
MAX_TEXT = 120
ROLES = ("baseline", "model")
# Beyond this a mean or a deviation could overflow; no metric is that large.
MAX_VALUE = 1e100
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_COMMIT = re.compile(r"[0-9a-f]{4,64}")


@dataclass(frozen=True, slots=True)
class Result:
    """One measured value of one run.

    Attributes:
        role: `baseline` (the model to beat) or `model`.
        run: The folder's name below `runs/`.
        seed: None where the run had none.
        commit: What the code was; empty where it was never committed.
        unit: What the value counts; empty where the file does not say.
        name: What the team's experiment is called; empty in files of earlier versions.
        identity: What the seeds of one experiment share; empty there, too.
        data: Fingerprint of the examples and their parts; empty there, too.
        interval: The ends of the value's 95 % interval; None where nobody measured it.
        openings: How often the test part had been opened; None where nobody counted.
        tier: How far it was checked, one of `tiers.TIERS`; no file says this itself.
        checked: When, as ISO 8601; empty where it was not.
    """

    task: str
    dataset: str
    split: str
    metric: str
    value: float
    higher_is_better: bool
    model: str
    family: str
    role: str
    run: str
    seed: int | None
    commit: str
    date: datetime | None
    unit: str = ""
    name: str = ""
    identity: str = ""
    data: str = ""
    interval: tuple[float, float] | None = None
    openings: int | None = None
    tier: str = MEASURED
    checked: str = ""

    @property
    def experiment(self) -> str:
        """What the seeds of one experiment share; earlier versions knew the model's name only."""
        return self.identity or f"{self.model} as {self.role}"


@dataclass(frozen=True, slots=True)
class ResultFile:
    """What a `results.json` says, and what had to be left out.

    Attributes:
        problems: One sentence for each row (or the whole file) that was refused.
    """

    results: tuple[Result, ...] = ()
    problems: tuple[str, ...] = ()


def read_results(
    text: str, *, runs: Collection[str] | None = None, name: str = "results.json"
) -> ResultFile:
    """Read and check a team's results.

    Args:
        text: The file's content.
        runs: The runs whose record is there; a row of any other run is refused.
            None skips this check.
        name: What to call the file in a problem.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        return ResultFile(problems=(f"{name}: is not valid JSON ({_reason(error)})",))
    rows = data.get("results") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        return ResultFile(problems=(f'{name}: has no list "results"',))
    if data.get("schema") != SCHEMA:
        found = json.dumps(data.get("schema"))[:40]
        return ResultFile(problems=(f"{name}: schema is {found}; this version reads {SCHEMA}",))
    results: list[Result] = []
    problems: list[str] = []
    for number, row in enumerate(rows[:MAX_ROWS], start=1):
        try:
            result = _read_row(row)
        except ValueError as error:
            problems.append(f"{name}, result {number}: {error}")
            continue
        if runs is not None and result.run not in runs:
            problems.append(
                f"{name}, result {number}: runs/{result.run}/run.json is not in the repository"
            )
            continue
        results.append(result)
    if len(rows) > MAX_ROWS:
        problems.append(f"{name}: has {len(rows)} results; only the first {MAX_ROWS} are read")
    return ResultFile(tuple(results), tuple(problems))


def _read_row(row: Any) -> Result:
    if not isinstance(row, dict):
        raise ValueError("is not an object")
    value = row.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
        raise ValueError(f'"value" is {json.dumps(value)[:40]}; it must be a finite number')
    if abs(value) > MAX_VALUE:
        raise ValueError(f'"value" is {value:.3g}; it must lie within ±{MAX_VALUE:g}')
    metric, unit = _text(row, "metric"), _text(row, "unit", required=False).casefold()
    if not is_plausible(metric, unit, value):
        low, high = bounds(metric, unit)
        limits = f"between {low:g} and {high:g}" if high < math.inf else f"at least {low:g}"
        in_unit = f" in the unit {unit!r}" if unit else ""
        raise ValueError(
            f'"value" is {value:.6g}; {metric}{in_unit} is {limits}; correct the value or "unit"'
        )
    direction = row.get("higher_is_better")
    if not isinstance(direction, bool):
        raise ValueError('"higher_is_better" must be true or false')
    role = row.get("role")
    if role not in ROLES:
        raise ValueError(f'"role" is {json.dumps(role)[:40]}; it must be "baseline" or "model"')
    seed = row.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise ValueError('"seed" must be a whole number or null')
    run = row.get("run")
    if not isinstance(run, str) or not _RUN.fullmatch(run):
        raise ValueError(f'"run" is {json.dumps(run)[:60]}; it must name a folder below runs/')
    return Result(
        task=_text(row, "task"),
        dataset=_text(row, "dataset"),
        split=_text(row, "split"),
        metric=metric,
        value=float(value),
        higher_is_better=direction,
        model=_text(row, "model"),
        family=_text(row, "family", required=False),
        role=role,
        run=run,
        seed=seed,
        commit=_commit(row.get("commit")),
        date=_date(row.get("date")),
        unit=unit,
        name=_text(row, "name", required=False),
        identity=_text(row, "identity", required=False),
        data=_text(row, "data", required=False),
        interval=_interval(row.get("interval"), value),
        openings=_count(row.get("openings")),
    )


def _text(row: Mapping[str, Any], key: str, *, required: bool = True) -> str:
    value = row.get(key)
    if isinstance(value, str):
        # Control characters and line breaks have no place in a table.
        value = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    if not value and not required:
        return ""
    if not isinstance(value, str) or not value:
        raise ValueError(f'"{key}" is missing or not a text')
    return value if len(value) <= MAX_TEXT else value[: MAX_TEXT - 1] + "…"


def _commit(value: Any) -> str:
    return value if isinstance(value, str) and _COMMIT.fullmatch(value) else ""


def _interval(ends: Any, value: float) -> tuple[float, float] | None:
    """The ends of an interval around a value; None where they are no such thing."""
    if not isinstance(ends, list) or len(ends) != 2:
        return None
    if not all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends):
        return None
    low, high = ends
    if not (_finite(low) and _finite(high)) or max(abs(low), abs(high)) > MAX_VALUE:
        return None
    return (float(low), float(high)) if low <= value <= high else None


def _count(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**6
    return value if is_count else None


def _date(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}: {error.msg}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:80]
