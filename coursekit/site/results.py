"""What pages say about results: the best one, a team's table, the leaderboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from coursekit.site.labels import FAMILIES, Labels
from coursekit.site.plots import draw_curve
from coursekit.site.team import Team
from coursekit.team.ranking import Board, Score, leaderboard


@dataclass(frozen=True, slots=True)
class ResultViews:
    """Says results in one language.

    Attributes:
        label: The words.
        render: Fills a template.
        over: Whether the presentations have been held.
    """

    label: Labels
    render: Callable[..., str]
    over: bool = False

    def best(self, team: Team) -> dict[str, Any] | None:
        """A team's result: from its runs, else as its README reports it."""
        for board in leaderboard({team.slug: team.results}):
            standing = board.standings[0]
            if board.split.lower() == "test" and not board.refusal:
                gain = standing.gain
                return {
                    "tier": "measured",
                    "metric": f"{board.metric} ({board.dataset})",
                    "value": self._score(standing.best, board.unit),
                    "model": standing.best.model,
                    "baseline": self._score(standing.baseline, board.unit)
                    if standing.baseline and standing.baseline is not standing.best
                    else "",
                    "gain": self._signed(gain) if gain is not None else "",
                    "sign": _sign(gain),
                }
        if team.summary is None:
            return None
        value, metric = team.summary.value or "", team.summary.metric or ""
        return {
            "tier": "reported",
            "metric": metric if metric.casefold() not in value.casefold() else "",
            "value": value,
            "model": team.summary.best_model or "",
            "baseline": team.summary.baseline or "",
            "gain": "",
            "sign": "none",
        }

    def of_team(self, team: Team) -> str:
        """The results part of a team's page."""
        label = self.label
        rows = []
        gains = []
        for board in leaderboard({team.slug: team.results}):
            standing = board.standings[0]
            for role, score in (("model", standing.best), ("baseline", standing.baseline)):
                if score is None or (role == "model" and score is standing.baseline):
                    continue
                rows.append(self._result_row(board, role, score))
            if standing.gain is not None and board.refusal == "":
                gains.append(
                    {
                        "name": f"{board.metric} ({board.split})",
                        "before": self._score(standing.baseline, board.unit),
                        "after": self._score(standing.best, board.unit),
                        "change": self._signed(standing.gain),
                        "sign": _sign(standing.gain),
                    }
                )
        figures = []
        for figure in team.figures:
            name = (
                label("learning_curve") if figure.kind == "curve" else figure.name.replace("_", " ")
            )
            title = f"{name.capitalize()}: {figure.model}"
            figures.append(
                {
                    "title": title,
                    "media": figure.media,
                    "svg": markup(draw_curve(figure, title, label))
                    if figure.kind == "curve"
                    else "",
                    "legend": [series.name for series in figure.series],
                }
            )
        if not rows and not figures and team.summary is None and self.over:
            return '<div class="ck ck-folded ck-folded-results"></div>'
        return self.render(
            "results.html", rows=rows, gains=gains, figures=figures, summary=team.summary
        )

    def _result_row(self, board: Board, role: str, score: Score) -> dict[str, Any]:
        return {
            "metric": board.metric,
            "higher": board.higher_is_better,
            "value": self._score(score, board.unit),
            "sort": repr(score.value),
            "model": score.model,
            "role": self.label(f"role_{role}"),
            "split": board.split,
            "dataset": board.dataset,
            "seeds": score.seeds,
            **self._origin(score),
        }

    def leaderboard(self, teams: Sequence[Team]) -> str:
        """All results, ranked where they can be compared."""
        titles = {team.slug: team.title for team in teams}
        boards = leaderboard({team.slug: team.results for team in teams if team.results})
        groups: dict[str, dict[str, Any]] = {}
        for board in boards:
            heading = self.label.task(board.task)
            group = groups.setdefault(
                heading,
                {"heading": heading, "id": f"task-{len(groups) + 1}", "boards": []},
            )
            group["boards"].append(self._board(board, titles))
        return self.render("leaderboard.html", groups=list(groups.values()))

    def _board(self, board: Board, titles: Mapping[str, str]) -> dict[str, Any]:
        label = self.label
        ranked = not board.refusal and len(board.standings) > 1
        note = ""
        if board.refusal:
            note = label(f"refused_{board.refusal}")
        elif not ranked:
            note = label("alone")
        named = [("rank", True)] if ranked else []
        named += [("team", False), ("best", False), ("value", True), ("baseline", True)]
        named += [("gain", True), ("seeds", True), ("run", False)]
        columns = [{"name": label(name), "right": right} for name, right in named]
        rows = []
        for standing in board.standings:
            only_baseline = standing.best is standing.baseline
            gain = None if board.refusal == "direction" else standing.gain
            rows.append(
                {
                    "rank": standing.rank,
                    "team": standing.team,
                    "title": titles.get(standing.team, standing.team),
                    "model": standing.best.model,
                    "family": standing.best.family if standing.best.family in FAMILIES else "",
                    "value": self._score(standing.best, board.unit),
                    "sort": repr(standing.best.value),
                    "baseline": self._score(standing.baseline, board.unit),
                    "baseline_sort": repr(standing.baseline.value) if standing.baseline else "",
                    "gain": self._signed(gain) if gain is not None else "",
                    "gain_sort": repr(gain) if gain is not None else "",
                    "gain_sign": _sign(gain),
                    "gain_note": ""
                    if board.refusal == "direction"
                    else label("baseline_only" if only_baseline else "no_baseline"),
                    "seeds": standing.best.seeds,
                    **self._origin(standing.best),
                }
            )
        return {
            "name": f"{board.metric}, {board.dataset}, {board.split}",
            "metric": board.metric,
            "dataset": board.dataset,
            "split": board.split,
            "unit": label.unit(board.unit),
            "higher": board.higher_is_better,
            "note": note,
            "refused": bool(board.refusal),
            "ranked": ranked,
            "columns": columns,
            "rows": rows,
        }

    def _origin(self, score: Score) -> dict[str, str]:
        return {
            "date": self.label.day(score.date) if score.date else "–",
            "iso": score.date.isoformat() if score.date else "",
            "commit": score.commit[:7],
            "run": ", ".join(score.runs),
        }

    def highlight(self, team: Team) -> str:
        """A team's best figure in a few words, for its card."""
        for board in leaderboard({team.slug: team.results}):
            standing = board.standings[0]
            if board.split.lower() == "test" and not board.refusal:
                text = f"{board.metric} {self.label.measure(standing.best.value, board.unit)}"
                if standing.gain is not None:
                    # A bare sign would read as the change of the value, not of its worth.
                    word = "better" if standing.gain >= 0 else "worse"
                    text += f" ({self.label(word, by=self.label.decimal(abs(standing.gain)))})"
                return text
        if team.summary and team.summary.value:
            value = shorten(team.summary.value, 70, placeholder=" …")
            return f"{value} ({self.label('reported_short')})"
        return ""

    def _score(self, score: Score | None, unit: str) -> str:
        if score is None:
            return "–"
        text = self.label.measure(score.value, unit)
        return text if score.spread is None else f"{text} ± {self.label.decimal(score.spread)}"

    def _signed(self, value: float) -> str:
        text = self.label.decimal(value)
        return text if text.startswith("−") or value == 0 else f"+{text}"


def markup(html: str) -> Any:
    """HTML that this package wrote, as Jinja must not escape it."""
    from markupsafe import Markup

    return Markup(html)  # noqa: S704  # only for HTML that this package wrote


def _sign(value: float | None) -> str:
    if value is None or value == 0:
        return "none"
    return "up" if value > 0 else "down"
