"""What pages say about one team's results: the best one, its table, its highlight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from typing import Any

from coursekit.site.figures.plots import draw_curve
from coursekit.site.labels import Labels
from coursekit.site.team import Team
from coursekit.team.ranking import Board, Score, boards_of
from coursekit.team.tiers import REPORTED

# A team's page shows so many experiments of a metric and split.
MAX_SCORES = 12


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
        for board in boards_of(team.slug, team.results):
            standing = board.standings[0]
            if board.is_test and not board.refusal:
                gain = standing.gain
                return {
                    "tier": standing.best.tier,
                    "checked": self.day(standing.best.checked),
                    "interval": self.interval(standing.best.interval),
                    "gain_interval": self.interval(standing.gain_interval),
                    "metric": f"{board.metric} ({board.dataset})",
                    "value": self.score(standing.best, board.unit),
                    "model": standing.best.name,
                    "baseline": self.score(standing.baseline, board.unit)
                    if standing.baseline and standing.baseline is not standing.best
                    else "",
                    "gain": self.signed(gain) if gain is not None else "",
                    "sign": sign_of(gain),
                }
        if team.summary is None:
            return None
        value, metric = team.summary.value or "", team.summary.metric or ""
        return {
            "tier": REPORTED,
            "checked": "",
            "interval": "",
            "gain_interval": "",
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
        for board in boards_of(team.slug, team.results):
            standing = board.standings[0]
            rows += [
                self._result_row(board, score.role, score) for score in standing.scores[:MAX_SCORES]
            ]
            if standing.gain is not None and board.refusal == "":
                gains.append(
                    {
                        "name": f"{board.metric} ({board.split})",
                        "before": self.score(standing.baseline, board.unit),
                        "after": self.score(standing.best, board.unit),
                        "change": self.signed(standing.gain),
                        "sign": sign_of(standing.gain),
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
            "value": self.score(score, board.unit),
            "sort": repr(score.value),
            "model": score.name,
            "interval": self.interval(score.interval),
            "tier": score.tier,
            "checked": self.day(score.checked),
            "openings": score.openings,
            "test": board.is_test,
            "role": self.label(f"role_{role}"),
            "split": board.split,
            "dataset": board.dataset,
            "seeds": score.seeds,
            **self.origin(score),
        }

    def origin(self, score: Score) -> dict[str, str]:
        """Where a figure comes from: its run, commit and date."""
        return {
            "date": self.label.day(score.date) if score.date else "–",
            "iso": score.date.isoformat() if score.date else "",
            "commit": score.commit[:7],
            "run": ", ".join(score.runs),
        }

    def highlight(self, team: Team) -> str:
        """A team's best figure in a few words, for its card."""
        for board in boards_of(team.slug, team.results):
            standing = board.standings[0]
            if board.is_test and not board.refusal:
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

    def score(self, score: Score | None, unit: str) -> str:
        """A figure with its deviation over seeds."""
        if score is None:
            return "–"
        text = self.label.measure(score.value, unit)
        return text if score.spread is None else f"{text} ± {self.label.decimal(score.spread)}"

    def interval(self, ends: tuple[float, float] | None) -> str:
        """The ends of an interval, or nothing."""
        if ends is None:
            return ""
        low, high = map(self.label.decimal, ends)
        return self.label("interval", low=low, high=high)

    def day(self, moment: str) -> str:
        """The day of a moment of the log, or nothing where it is none."""
        try:
            return self.label.day(datetime.fromisoformat(moment))
        except ValueError:
            return ""

    def signed(self, value: float) -> str:
        """A difference with its sign."""
        text = self.label.decimal(value)
        return text if text.startswith("−") or value == 0 else f"+{text}"


def markup(html: str) -> Any:
    """HTML that this package wrote, as Jinja must not escape it."""
    from markupsafe import Markup

    return Markup(html)  # noqa: S704  # only for HTML that this package wrote


def sign_of(value: float | None) -> str:
    """`up`, `down` or `none`, for a style."""
    if value is None or value == 0:
        return "none"
    return "up" if value > 0 else "down"
