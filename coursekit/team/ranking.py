"""Rank the results of all teams, where they can be compared."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from coursekit.team.results import Result
from coursekit.team.units import common_scale


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
            (teams disagree whether higher is better), "scale" (some write
            shares, some write percent, and do not say which) or "unit".
        unit: What all values of the board count; empty where nobody says.
    """

    task: str
    dataset: str
    split: str
    metric: str
    higher_is_better: bool
    standings: tuple[Standing, ...]
    refusal: str = ""
    unit: str = ""


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
    comparable: dict[tuple[str, str, str, str], dict[str, list[Result]]] = {}
    for team, rows in results.items():
        for row in rows:
            key = (_key(row.task), _key(row.dataset), _key(row.metric), _key(row.split))
            comparable.setdefault(key, {}).setdefault(team, []).append(row)
    boards = [_board(by_team) for by_team in comparable.values()]
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


def _board(by_team: Mapping[str, list[Result]]) -> Board:
    rows = [row for team in by_team.values() for row in team]
    higher = sum(row.higher_is_better for row in rows) * 2 >= len(rows)
    scale = common_scale(by_team)
    refusal = scale.refusal
    if len({row.higher_is_better for row in rows}) > 1:
        refusal = "direction"
    standings = [_standing(team, rows, higher) for team, rows in scale.by_team.items()]
    standings.sort(key=lambda s: (-s.best.value if higher else s.best.value, s.team))
    first = rows[0]
    return Board(
        first.task,
        first.dataset,
        first.split,
        first.metric,
        higher,
        tuple(standings) if refusal else tuple(_ranked(standings)),
        refusal,
        scale.unit,
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
    assert best is not None, "a board is never empty"  # noqa: S101
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
