"""Rank the results of all teams, where they can be compared."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from coursekit.team.results import Result
from coursekit.team.tiers import MEASURED, tier_of_mean
from coursekit.team.units import Aside, common_direction, common_scale


@dataclass(frozen=True, slots=True)
class Score:
    """One experiment's value on one board: the mean over its seeds.

    Attributes:
        spread: Sample standard deviation over the seeds; None for a single one.
        commit: Of the newest run.
        name: What the team's experiment is called; the model's name where nobody named it.
        interval: The 95 % interval, over the draw of the examples: with several seeds the
            mean of theirs, which is rather too wide than too narrow. None where one lacks.
        openings: How often the test part had been opened; None where nobody counted.
        tier: One of `tiers.TIERS`.
        checked: When the newest of its results was checked, as ISO 8601, or empty.
        role: `baseline` or `model`.
    """

    model: str
    family: str
    value: float
    spread: float | None
    seeds: int
    runs: tuple[str, ...]
    commit: str
    date: datetime | None
    name: str = ""
    interval: tuple[float, float] | None = None
    openings: int | None = None
    tier: str = MEASURED
    checked: str = ""
    role: str = "model"


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
        gain_interval: Its 95 % interval, as if the two had been tested on different
            examples; None where one has no interval. The same examples make it narrower.
        scores: All its experiments, the best first.
    """

    team: str
    rank: int | None
    best: Score
    baseline: Score | None
    gain: float | None
    gain_interval: tuple[float, float] | None = None
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """Results that share a task, a data set, a split and a metric.

    Attributes:
        refusal: Why these must not be ranked: "" (they can be), "direction" (as many
            teams say that higher is better as that lower is) or "unit" (as many have one
            unit as another that it cannot be converted to).
        unit: What all values of the board count; empty where nobody says.
        data: Fingerprint of the examples and their parts; empty where nobody says.
        aside: Results that are not in it although they have its names.
    """

    task: str
    dataset: str
    split: str
    metric: str
    higher_is_better: bool
    standings: tuple[Standing, ...]
    refusal: str = ""
    unit: str = ""
    data: str = ""
    aside: tuple[Aside, ...] = ()

    @property
    def is_test(self) -> bool:
        """Whether it is about examples that nothing was chosen by."""
        return _key(self.split) == "test"

    @property
    def is_ranked(self) -> bool:
        """Whether it compares teams."""
        return not self.refusal and len(self.standings) > 1


def leaderboard(results: Mapping[str, Iterable[Result]]) -> list[Board]:
    """Rank the teams, one board for each task, data set with its parts, split and metric.

    Nothing is compared across boards. Names are matched without regard to case
    and spacing. Runs of one experiment are averaged over their seeds; of two runs
    with the same seed the newer counts.

    Args:
        results: Each team's results, by its slug.

    Returns:
        Boards by task; within a task test data first, then those that compare
        most teams.
    """
    comparable: dict[tuple[str, ...], dict[str, list[Result]]] = {}
    for team, rows in results.items():
        for row in rows:
            names = (row.task, row.dataset, row.metric, row.split)
            key = (*map(_key, names), row.data)
            comparable.setdefault(key, {}).setdefault(team, []).append(row)
    boards = [_board(by_team) for by_team in comparable.values()]
    return sorted(
        boards,
        key=lambda b: (
            _key(b.task),
            not b.is_test,
            -len(b.standings),
            _key(b.dataset),
            b.metric,
            b.split,
            b.data,
        ),
    )


@lru_cache(maxsize=8)
def boards_of(team: str, results: tuple[Result, ...]) -> tuple[Board, ...]:
    """What `leaderboard` makes of one team's results; a page and a deck ask for it often."""
    return tuple(leaderboard({team: results}))


def _board(by_team: Mapping[str, list[Result]]) -> Board:
    first = next(row for team in by_team.values() for row in team)
    higher, pointing, turned, undecided = common_direction(by_team)
    scale = common_scale(pointing)
    refusal = "direction" if undecided else scale.refusal
    standings = [_standing(team, rows, higher) for team, rows in scale.by_team.items()]
    standings.sort(key=lambda s: (-s.best.value if higher else s.best.value, s.team))
    return Board(
        first.task,
        first.dataset,
        first.split,
        first.metric,
        higher,
        tuple(standings) if refusal else tuple(_ranked(standings)),
        refusal,
        scale.unit,
        first.data,
        (*turned, *scale.aside),
    )


def _ranked(standings: list[Standing]) -> Iterable[Standing]:
    rank = 0
    previous: float | None = None
    for place, standing in enumerate(standings, start=1):
        value = standing.best.value
        if previous is None or not math.isclose(value, previous, rel_tol=1e-9, abs_tol=1e-12):
            rank, previous = place, value
        yield replace(standing, rank=rank)


def _standing(team: str, rows: list[Result], higher: bool) -> Standing:
    models = _scores(row for row in rows if row.role == "model")
    baselines = _scores(row for row in rows if row.role == "baseline")
    pick = max if higher else min
    model = pick(models, key=lambda s: s.value) if models else None
    baseline = pick(baselines, key=lambda s: s.value) if baselines else None
    gain, ends = None, None
    if model is not None and baseline is not None:
        gain = (model.value - baseline.value) * (1 if higher else -1)
        ends = _of_difference(model, baseline) if higher else _of_difference(baseline, model)
    best = model or baseline
    assert best is not None, "a board is never empty"  # noqa: S101
    scores = sorted([*models, *baselines], key=lambda s: -s.value if higher else s.value)
    return Standing(team, None, best, baseline, gain, ends, tuple(scores))


def _of_difference(one: Score, other: Score) -> tuple[float, float] | None:
    """The interval of a difference, from those of two figures that know nothing of each other.

    Reference:
        Zou and Donner (2008), Construction of confidence limits about effect measures: a
        general approach. Statistics in Medicine 27, 1693-1702.
    """
    if one.interval is None or other.interval is None:
        return None
    (low, high), (other_low, other_high) = one.interval, other.interval
    middle = one.value - other.value
    return (
        middle - math.hypot(one.value - low, other_high - other.value),
        middle + math.hypot(high - one.value, other.value - other_low),
    )


def _scores(rows: Iterable[Result]) -> list[Score]:
    by_experiment: dict[str, list[Result]] = defaultdict(list)
    for row in rows:
        by_experiment[row.identity or _key(row.model)].append(row)
    return [_score(group) for group in by_experiment.values()]


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
        name=newest.name or newest.model,
        interval=_mean_interval([row.interval for row in kept]),
        openings=max((row.openings for row in kept if row.openings is not None), default=None),
        tier=tier_of_mean(row.tier for row in kept),
        checked=max(row.checked for row in kept),
        role=newest.role,
    )


def _mean_interval(found: Sequence[tuple[float, float] | None]) -> tuple[float, float] | None:
    known = [ends for ends in found if ends is not None]
    if len(known) < len(found):
        return None
    return _mean([low for low, _ in known]), _mean([high for _, high in known])


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _deviation(values: Sequence[float]) -> float:
    """The standard deviation of a sample; `statistics` computes it with fractions."""
    mean = _mean(values)
    return math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1))


@lru_cache(maxsize=4096)
def _key(text: str) -> str:
    return " ".join(re.sub(r"[\s_-]+", " ", text.casefold()).split())
