"""The results of the whole course: one table over all projects, and ranks where they mean a thing.

A project has a row for each data set, with its figure on the test part. Only where at least two
projects share task, data and metric is there a leaderboard.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coursekit.site.figures.results import ResultViews, sign_of
from coursekit.site.labels import FAMILIES
from coursekit.site.team import Team
from coursekit.team.ranking import Board, Score, Standing
from coursekit.team.tiers import REPORTED, TIERS

# What stands in the table where a test figure lacks, and never among the leaderboards.
_NONE = ("", "–", None)
# Columns that only runs can fill; where no project has any, they are left out.
_OF_RUNS = ("dataset", "baseline", "gain", "seeds", "openings")
_COLUMNS = (
    ("team", False), ("task", False), ("dataset", False), ("metric", False), ("baseline", True),
    ("best", True), ("gain", True), ("tier", False), ("seeds", True), ("openings", True),
)  # fmt: skip
_REASONS = {
    "scale": 'names no unit and is above 1, among shares (0 to 1); write "unit": "percent", or '
    "correct it",
    "unit": "is in a unit that cannot be converted to the other teams'; correct its unit",
    "direction": "points the other way than the other teams'; correct higher_is_better",
}


def set_aside(boards: Sequence[Board]) -> dict[str, list[str]]:
    """For each team, which of its results are not ranked among the others, and why."""
    found: dict[str, list[str]] = {}
    for board in boards:
        for one in board.aside:
            row = one.result
            found.setdefault(one.team, []).append(
                f"results.json: {row.metric} {row.value:g} of {row.run} {_REASONS[one.reason]}"
            )
    return found


@dataclass(frozen=True, slots=True)
class Overview:
    """Says a course's results in one language.

    Attributes:
        views: How figures are said.
    """

    views: ResultViews

    def page(self, teams: Sequence[Team], boards: Sequence[Board]) -> str:
        """The page about all results.

        Args:
            teams: All teams.
            boards: What `leaderboard` made of their results.
        """
        label = self.views.label
        titles = {team.slug: team.title for team in teams}
        groups: dict[str, dict[str, Any]] = {}
        for board in boards:
            if len(board.standings) < 2:
                continue
            heading = label.task(board.task)
            group = groups.setdefault(
                heading,
                {"heading": heading, "id": f"task-{len(groups) + 1}", "boards": [], "other": []},
            )
            group["boards" if board.is_test else "other"].append(self._board(board, titles))
        rows = [*self._rows(boards, titles), *self._reported(teams, boards)]
        empty = {name for name in _OF_RUNS if all(row[name] in _NONE for row in rows)}
        shown = [(name, right) for name, right in _COLUMNS if name not in empty]
        return self.views.render(
            "leaderboard.html",
            rows=rows,
            shown={name for name, _ in shown},
            columns=[{"name": label(name), "right": right} for name, right in shown],
            groups=list(groups.values()),
            tiers=TIERS,
        )

    def _rows(self, boards: Sequence[Board], titles: Mapping[str, str]) -> list[dict[str, Any]]:
        """A row for each project and data set."""
        best: dict[tuple[str, ...], tuple[tuple[Any, ...], Board, Standing]] = {}
        for place, board in enumerate(boards):
            for standing in board.standings:
                key = (standing.team, board.task, board.dataset, board.data)
                # Test first; then the metric that most projects have; then as the boards stand.
                order = (not board.is_test, bool(board.refusal), -len(board.standings), place)
                if key not in best or order < best[key][0]:
                    best[key] = (order, board, standing)
        found = list(best.values())
        found.sort(key=lambda one: (one[0][0], one[0][3], one[2].rank or 0, one[2].team))
        return [self._row(board, standing, titles) for _, board, standing in found]

    def _row(self, board: Board, standing: Standing, titles: Mapping[str, str]) -> dict[str, Any]:
        views, label, best = self.views, self.views.label, standing.best
        only_baseline = best is standing.baseline
        gain = None if board.refusal == "direction" else standing.gain
        return {
            "team": standing.team,
            "title": titles.get(standing.team, standing.team),
            "task": label.task(board.task),
            "dataset": board.dataset,
            "split": "" if board.is_test else board.split,
            "metric": board.metric,
            "higher": board.higher_is_better,
            "model": "" if only_baseline else best.name,
            "family": best.family if best.family in FAMILIES else "",
            "value": "" if only_baseline else views.score(best, board.unit),
            "sort": "" if only_baseline else repr(best.value),
            "interval": "" if only_baseline else views.interval(best.interval),
            "baseline": views.score(standing.baseline, board.unit),
            "baseline_model": standing.baseline.name if standing.baseline else "",
            "baseline_sort": repr(standing.baseline.value) if standing.baseline else "",
            "gain": "" if gain is None else views.signed(gain),
            "gain_sort": "" if gain is None else repr(gain),
            "gain_sign": sign_of(gain),
            "gain_interval": views.interval(standing.gain_interval) if gain is not None else "",
            "seeds": best.seeds,
            "openings": "–" if best.openings is None else best.openings,
            **self._checked(best),
        }

    def _checked(self, score: Score) -> dict[str, Any]:
        return {
            "tier": score.tier,
            "tier_sort": TIERS.index(score.tier),
            "checked": self.views.day(score.checked),
            **self.views.origin(score),
        }

    def _reported(self, teams: Sequence[Team], boards: Sequence[Board]) -> list[dict[str, Any]]:
        """The projects whose README says what no run stands behind."""
        measured = {standing.team for board in boards for standing in board.standings}
        rows = []
        for team in teams:
            told = team.summary
            if team.slug in measured or told is None or not (told.value or told.best_model):
                continue
            rows.append(
                {
                    "team": team.slug, "title": team.title,
                    "task": self.views.label.task(team.task) if team.task else team.task_text,
                    "dataset": "", "split": "", "higher": None,
                    # Some write the whole sentence for both.
                    "metric": told.metric if told.metric and told.metric != told.value else "",
                    "model": told.best_model or "", "family": "", "value": told.value or "",
                    "sort": "", "interval": "", "baseline": told.baseline or "–",
                    "baseline_model": "", "baseline_sort": "", "gain": "", "gain_sort": "",
                    "gain_sign": "none", "gain_interval": "", "seeds": "", "openings": "–",
                    "tier": REPORTED, "tier_sort": TIERS.index(REPORTED), "checked": "",
                    "date": "", "iso": "", "commit": "", "run": "",
                }
            )  # fmt: skip
        return rows

    def _board(self, board: Board, titles: Mapping[str, str]) -> dict[str, Any]:
        label = self.views.label
        named = [("rank", True)] if board.is_ranked else []
        named += [("team", False), ("best", False), ("value", True), ("baseline", True)]
        named += [("gain", True), ("tier", False), ("seeds", True), ("run", False)]
        rows = []
        for standing in board.standings:
            row = self._row(board, standing, titles)
            note = label("baseline_only" if standing.best is standing.baseline else "no_baseline")
            row |= {
                "rank": standing.rank,
                "model": standing.best.name,
                "value": self.views.score(standing.best, board.unit),
                "sort": repr(standing.best.value),
                "gain_note": "" if board.refusal == "direction" else note,
            }
            rows.append(row)
        return {
            "name": f"{board.metric}, {board.dataset}, {board.split}",
            "metric": board.metric,
            "dataset": board.dataset,
            "split": board.split,
            "unit": label.unit(board.unit),
            "higher": board.higher_is_better,
            "note": label(f"refused_{board.refusal}") if board.refusal else "",
            "ranked": board.is_ranked,
            "columns": [{"name": label(name), "right": right} for name, right in named],
            "rows": rows,
        }


def as_json(title: str, boards: Sequence[Board]) -> str:
    """Every figure of the page, for other programs.

    Args:
        title: What the course is called.
        boards: What `leaderboard` made of all results.
    """
    rows = [
        {
            "team": standing.team, "task": board.task, "dataset": board.dataset,
            "data": board.data, "split": board.split, "metric": board.metric,
            "unit": board.unit, "higher_is_better": board.higher_is_better,
            "rank": standing.rank if board.is_ranked else None,
            "best": _score_as_json(standing.best),
            "baseline": _score_as_json(standing.baseline) if standing.baseline else None,
            "gain": standing.gain, "gain_interval": standing.gain_interval,
        }
        for board in boards
        for standing in board.standings
    ]  # fmt: skip
    return json.dumps({"title": title, "results": rows}, ensure_ascii=False, indent=1) + "\n"


def _score_as_json(score: Score) -> dict[str, Any]:
    return {
        "name": score.name, "model": score.model, "family": score.family, "value": score.value,
        "interval": score.interval, "deviation": score.spread, "seeds": score.seeds,
        "runs": score.runs, "openings": score.openings, "commit": score.commit,
        "date": score.date.isoformat() if score.date else None,
        "tier": score.tier, "checked": score.checked,
    }  # fmt: skip
