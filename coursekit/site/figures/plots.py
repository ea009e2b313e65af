"""Learning curves, drawn by us from a run's log, and the figures that the run saved.

Our drawings are inline SVG that takes its colours from the page, so they are as
readable in the dark as in the light. A team's own SVG is cleaned and shown as a
picture on a light ground.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from coursekit.site.labels import Labels
from coursekit.site.media import Media
from coursekit.team.files import TeamFiles
from coursekit.team.results import Result

MAX_LOG_BYTES = 2_000_000
MAX_POINTS = 120
MAX_FIGURES = 6
MAX_SERIES = 3
_WIDTH, _HEIGHT = 640, 306
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 16, 46


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a curve: a name and its points."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of a run.

    Attributes:
        kind: `curve` or `picture`.
        name: The file it comes from, without its suffix.
        media: The published file of a picture.
        series: The lines of a curve.
    """

    run: str
    model: str
    kind: str
    name: str
    media: str = ""
    series: tuple[Series, ...] = ()


def read_figures(files: TeamFiles, media: Media, results: Sequence[Result]) -> tuple[Figure, ...]:
    """The figures of each model's newest run, newest first."""
    # Seeds of one model look alike: its newest run stands for them.
    newest = {row.model: row.run for row in sorted(results, key=_age)}
    found: list[Figure] = []
    for model, run in reversed(newest.items()):
        log = files.text(f"runs/{run}/metrics.jsonl", max_bytes=MAX_LOG_BYTES)
        series = read_log(log)
        if series:
            found.append(Figure(run, model, "curve", "learning_curve", series=series))
        for path in files.inside(f"runs/{run}", ".svg"):
            name = path.rpartition("/")[2].removesuffix(".svg")
            if name == "learning_curve" and series:
                continue
            if published := media.publish(files, path, 1200):
                found.append(Figure(run, model, "picture", name, media=published))
        if len(found) >= MAX_FIGURES:
            break
    return tuple(found[:MAX_FIGURES])


def read_log(text: str) -> tuple[Series, ...]:
    """The losses in a `metrics.jsonl`, thinned to what a screen can show."""
    # A resumed run may log a step again: the later line counts.
    lines: dict[str, dict[float, float]] = {}
    for line in text.splitlines()[:100_000]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(row, dict) or not _is_number(row.get("step")):
            continue
        for name, value in row.items():
            if isinstance(name, str) and "loss" in name.lower() and _is_number(value):
                lines.setdefault(name[:40], {})[float(row["step"])] = float(value)
    series = [
        Series(name.replace("_", " "), _thin(sorted(points.items())))
        for name, points in lines.items()
        if len(points) > 1
    ]
    return tuple(series[:MAX_SERIES])


def draw_curve(figure: Figure, title: str, label: Labels) -> str:
    """A learning curve as inline SVG.

    Args:
        figure: A figure of kind `curve`.
        title: What a screen reader says first.
        label: The words and numbers of the page's language.
    """
    points = [point for series in figure.series for point in series.points]
    x0, x1 = min(x for x, _ in points), max(x for x, _ in points)
    y0, y1 = min(y for _, y in points), max(y for _, y in points)
    margin = (y1 - y0) * 0.06 or max(abs(y1), 1.0) * 0.05
    y0, y1 = y0 - margin, y1 + margin
    x1 = x1 if x1 > x0 else x0 + 1

    def position(x: float, y: float) -> str:
        across = _LEFT + (x - x0) / (x1 - x0) * (_WIDTH - _LEFT - _RIGHT)
        down = _TOP + (y1 - y) / (y1 - y0) * (_HEIGHT - _TOP - _BOTTOM)
        return f"{across:.1f},{down:.1f}"

    parts = [
        f'<svg class="ck-plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">'
    ]
    for tick in _ticks(y0, y1):
        start, end = position(x0, tick), position(x1, tick)
        (ax, ay), (bx, by) = start.split(","), end.split(",")
        parts.append(f'<line class="ck-plot-grid" x1="{ax}" y1="{ay}" x2="{bx}" y2="{by}"/>')
        parts.append(
            f'<text class="ck-plot-tick" x="{_LEFT - 8}" y="{float(ay) + 4:.1f}" '
            f'text-anchor="end">{label.tick(tick)}</text>'
        )
    for tick in _ticks(x0, x1):
        across = position(tick, y0).split(",")[0]
        parts.append(
            f'<text class="ck-plot-tick" x="{across}" y="{_HEIGHT - _BOTTOM + 20}" '
            f'text-anchor="middle">{label.tick(tick)}</text>'
        )
    parts.append(
        f'<text class="ck-plot-tick" x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 4}" '
        f'text-anchor="end">{escape(label("step"))}</text>'
    )
    for number, series in enumerate(figure.series):
        path = " ".join(position(x, y) for x, y in series.points)
        parts.append(f'<polyline class="ck-plot-line ck-plot-line-{number}" points="{path}"/>')
    parts.append("</svg>")
    return "".join(parts)


def _age(result: Result) -> tuple[str, str]:
    return (result.date.isoformat() if result.date else "", result.run)


def _thin(points: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    if len(points) <= MAX_POINTS:
        return tuple(points)
    pace = (len(points) - 1) / (MAX_POINTS - 1)
    return tuple(points[round(i * pace)] for i in range(MAX_POINTS))


def _ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    rough = span / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    pace = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough * 0.999)
    first = math.ceil(low / pace)
    return [n * pace for n in range(first, first + 12) if n * pace <= high + pace * 1e-9]


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e12  # also false for nan
