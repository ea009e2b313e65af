"""Read `results.json`, check it against the runs, and rank what can be compared.

The file is written by a team's baseline (`python -m baseline evaluate`) and may be
edited by anyone, so every row is checked by itself: one bad row costs one row.

Schema 1: `{"schema": 1, "results": [row, …]}`. A row has `task`, `dataset`, `split`,
`metric`, `model`, `family`, `run` (text), `value` (a finite number),
`higher_is_better` (true or false), `role` ("baseline" or "model"), `seed` (a whole
number or null), `commit` (hexadecimal) and `date` (ISO 8601).
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

SCHEMA = 1
MAX_BYTES = 2_000_000
MAX_ROWS = 5_000
MAX_TEXT = 120
ROLES = ("baseline", "model")
# Shares: teams write 0.87 or 87, and the two must not meet in one ranking.
SHARE_METRICS = re.compile(r"accuracy|precision|recall|f1|exact.?match|auc|bleu|rouge|chrf")
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
        metric=_text(row, "metric"),
        value=float(value),
        higher_is_better=direction,
        model=_text(row, "model"),
        family=_text(row, "family", required=False),
        role=role,
        run=run,
        seed=seed,
        commit=_commit(row.get("commit")),
        date=_date(row.get("date")),
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


@dataclass(frozen=True, slots=True)
class Score:
    """One model's value on one board: the mean over its seeds.

    Attributes:
        spread: Sample standard deviation over the seeds; None for a single one.
        commit: Of the newest run.
    """

    model: str
    family: str
    value: float
    spread: float | None
    seeds: int
    runs: tuple[str, ...]
    commit: str
    date: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One team's line in a ranking.

    Attributes:
        rank: 1 is best, equal values share a rank (1, 1, 3); None where the
            table cannot be ranked.
        best: The team's best model, or its baseline while there is none.
        baseline: The best model that the team calls its baseline.
        gain: How much better the best model is than the baseline, positive for
            an improvement whichever way the metric points.
    """

    team: str
    rank: int | None
    best: Score
    baseline: Score | None
    gain: float | None


@dataclass(frozen=True, slots=True)
class Board:
    """Results that share a task, a data set, a split and a metric.

    Attributes:
        refusal: Why these must not be ranked: "" (they can be), "direction"
            (teams disagree whether higher is better) or "scale" (some write
            shares, some write percent).
    """

    task: str
    dataset: str
    split: str
    metric: str
    higher_is_better: bool
    standings: tuple[Standing, ...]
    refusal: str = ""


@dataclass(slots=True)
class _Pile:
    names: Result
    by_team: dict[str, list[Result]] = field(default_factory=lambda: defaultdict(list))


def leaderboard(results: Mapping[str, Iterable[Result]]) -> list[Board]:
    """Rank the teams, one board for each task, data set, split and metric.

    Nothing is compared across boards. Names are matched without regard to case
    and spacing. Runs of one model are averaged over their seeds; of two runs
    with the same seed the newer counts.

    Args:
        results: Each team's results, by its slug.

    Returns:
        Boards by task; within a task test data first, then those that compare
        most teams.
    """
    piles: dict[tuple[str, str, str, str], _Pile] = {}
    for team, rows in results.items():
        for row in rows:
            key = (_key(row.task), _key(row.dataset), _key(row.metric), _key(row.split))
            piles.setdefault(key, _Pile(row)).by_team[team].append(row)
    boards = [_board(pile) for pile in piles.values()]
    return sorted(
        boards,
        key=lambda b: (
            _key(b.task),
            _key(b.split) != "test",
            -len(b.standings),
            _key(b.dataset),
            b.metric,
            b.split,
        ),
    )


def _board(pile: _Pile) -> Board:
    rows = [row for team in pile.by_team.values() for row in team]
    higher = sum(row.higher_is_better for row in rows) * 2 >= len(rows)
    refusal = ""
    if len({row.higher_is_better for row in rows}) > 1:
        refusal = "direction"
    elif SHARE_METRICS.search(_key(pile.names.metric)):
        # One team may have written both; between teams it decides the ranking.
        percent = [any(row.value > 1.0 for row in team) for team in pile.by_team.values()]
        # A team with nothing but zeros fits either scale.
        shares = [
            all(row.value <= 1.0 for row in team) and any(row.value > 0 for row in team)
            for team in pile.by_team.values()
        ]
        mixed = any(
            any(row.value > 1.0 for row in team) and any(0 < row.value <= 1.0 for row in team)
            for team in pile.by_team.values()
        )
        if (any(percent) and any(shares)) or mixed:
            refusal = "scale"
    standings = [_standing(team, rows, higher) for team, rows in pile.by_team.items()]
    standings.sort(key=lambda s: (-s.best.value if higher else s.best.value, s.team))
    names = pile.names
    return Board(
        names.task,
        names.dataset,
        names.split,
        names.metric,
        higher,
        tuple(standings) if refusal else tuple(_ranked(standings)),
        refusal,
    )


def _ranked(standings: list[Standing]) -> Iterable[Standing]:
    rank = 0
    previous: float | None = None
    for place, standing in enumerate(standings, start=1):
        value = standing.best.value
        if previous is None or not math.isclose(value, previous, rel_tol=1e-9, abs_tol=1e-12):
            rank, previous = place, value
        yield Standing(standing.team, rank, standing.best, standing.baseline, standing.gain)


def _standing(team: str, rows: list[Result], higher: bool) -> Standing:
    models = _scores(row for row in rows if row.role == "model")
    baselines = _scores(row for row in rows if row.role == "baseline")
    pick = max if higher else min
    model = pick(models, key=lambda s: s.value) if models else None
    baseline = pick(baselines, key=lambda s: s.value) if baselines else None
    gain = None
    if model is not None and baseline is not None:
        gain = (model.value - baseline.value) * (1 if higher else -1)
    best = model or baseline
    assert best is not None, "a pile is never empty"  # noqa: S101
    return Standing(team, None, best, baseline, gain)


def _scores(rows: Iterable[Result]) -> list[Score]:
    by_model: dict[str, list[Result]] = defaultdict(list)
    for row in rows:
        by_model[_key(row.model)].append(row)
    return [_score(group) for group in by_model.values()]


def _score(rows: list[Result]) -> Score:
    oldest = datetime.min.replace(tzinfo=UTC)
    rows = sorted(rows, key=lambda row: (row.date or oldest, row.run))
    # Without a seed, each run stands for itself.
    per_seed = {row.seed if row.seed is not None else row.run: row for row in rows}
    kept = list(per_seed.values())
    values = [row.value for row in kept]
    newest = rows[-1]
    return Score(
        model=newest.model,
        family=newest.family,
        value=_mean(values),
        spread=_deviation(values) if len(values) > 1 else None,
        seeds=len(values),
        runs=tuple(row.run for row in kept),
        commit=newest.commit,
        date=newest.date,
    )


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _deviation(values: Sequence[float]) -> float:
    """The standard deviation of a sample; `statistics` computes it with fractions."""
    mean = _mean(values)
    return math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1))


@lru_cache(maxsize=4096)
def _key(text: str) -> str:
    return " ".join(re.sub(r"[\s_-]+", " ", text.casefold()).split())
