"""Plots of a field as SVG, in light and in dark: lines over years, and bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 60, 190, 46, 44
MAX_LINES = 8
MAX_BARS = 15
# Colours that people with colour blindness tell apart (Okabe and Ito), for each ground.
_LINES = {
    "light": "#0072b2 #d55e00 #009e73 #cc79a7 #7a6200 #56b4e9 #000000 #8a4b9c",
    "dark": "#56b4e9 #ff9e4a #2fd6a3 #f0a3cf #f0e442 #8fc7ff #ffffff #c9a0dc",
}
_INK = {"light": ("#ffffff", "#1b1b1b", "#c9c9c9"), "dark": ("#14171c", "#f0f0f0", "#4a4f57")}
_DASHES = ("", "6 3", "2 3", "8 3 2 3")


@dataclass(frozen=True)
class Line:
    """A named series over years."""

    name: str
    values: Sequence[float]


def charts(field: dict[str, Any], title: str) -> dict[str, str]:
    """All plots of a field by file name.

    Args:
        field: What `Tally.to_json` gives.
        title: The query, as it is shown.
    """
    years = sorted(int(year) for year in field["years"] if year != "0")
    drawn: dict[str, str] = {}
    for scheme in ("light", "dark"):
        if len(years) > 1:
            span = list(range(years[0], years[-1] + 1))
            lines = [
                Line(model["name"], [_share(model, field, str(year)) for year in span])
                for model in field["models"][:MAX_LINES]
            ]
            heading = f"Models named in abstracts on “{title}”, % of each year"
            drawn[f"models-{scheme}.svg"] = line_chart(span, lines, heading, scheme)
        bars = [(item["name"], float(item["abstracts"])) for item in field["data"][:MAX_BARS]]
        if bars:
            heading = f"Data sets named in abstracts on “{title}”"
            drawn[f"data-{scheme}.svg"] = bar_chart(bars, heading, scheme)
        bars = [(f"{item['unit']} (n={item['abstracts']})", item["median"])
                for item in field["sizes"][:MAX_BARS]]  # fmt: skip
        if bars:
            heading = f"Median amount of data in abstracts on “{title}”"
            drawn[f"sizes-{scheme}.svg"] = bar_chart(bars, heading, scheme)
    return drawn


def _share(model: dict[str, Any], field: dict[str, Any], year: str) -> float:
    """How many of a year's abstracts name a model, in percent."""
    named, read = model["years"].get(year, 0), field["years"].get(year, 0)
    return 100.0 * int(named) / max(int(read), 1)


def line_chart(years: Sequence[int], lines: Sequence[Line], heading: str, scheme: str) -> str:
    """Lines over years with their names at the right."""
    ground, ink, faint = _INK[scheme]
    top = max((value for line in lines for value in line.values), default=1.0) or 1.0
    inner = WIDTH - LEFT - RIGHT

    def x(place: int) -> float:
        return round(LEFT + inner * place / max(len(years) - 1, 1), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top, 1)

    parts = [_head(heading, WIDTH, HEIGHT, ground, ink)]
    for step in range(5):
        value = top * step / 4
        parts.append(f'<path d="M{LEFT} {y(value)}H{WIDTH - RIGHT}" stroke="{faint}"/>')
        parts.append(_label(LEFT - 8, y(value) + 4, "end", f"{value:.3g}"))
    every = max(1, len(years) // 8)
    for place, year in enumerate(years):
        if place % every == 0:
            parts.append(
                f'<text x="{x(place)}" y="{HEIGHT - 18}" text-anchor="middle">{year}</text>'
            )
    for number, line in enumerate(lines):
        colours = _LINES[scheme].split()
        colour = colours[number % len(colours)]
        dash = _DASHES[number % len(_DASHES)]
        path = "L".join(f"{x(place)} {y(value)}" for place, value in enumerate(line.values))
        label = TOP + 14 + 22 * number
        parts.append(
            f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"'
            f' stroke-dasharray="{dash}"><title>{escape(line.name)}</title></path>'
            f'<path d="M{WIDTH - RIGHT + 10} {label - 4}h24" stroke="{colour}" stroke-width="2"'
            f' stroke-dasharray="{dash}"/>'
            f'<text x="{WIDTH - RIGHT + 40}" y="{label}">{escape(_short(line.name))}</text>'
        )
    return "".join([*parts, "</svg>\n"])


def bar_chart(bars: Sequence[tuple[str, float]], heading: str, scheme: str) -> str:
    """Bars below each other, each with its name and value."""
    ground, ink, _ = _INK[scheme]
    height = TOP + 26 * len(bars) + 16
    most = max((value for _, value in bars), default=1.0) or 1.0
    parts = [_head(heading, WIDTH, height, ground, ink)]
    for number, (name, value) in enumerate(bars):
        y = TOP + 26 * number
        width = round((WIDTH - 330) * value / most, 1)
        parts.append(
            f'<text x="200" y="{y + 14}" text-anchor="end">{escape(_short(name))}</text>'
            f'<rect x="210" y="{y}" width="{max(width, 1)}" height="19"'
            f' fill="{_LINES[scheme][:7]}"/>'
            f'<text x="{218 + max(width, 1)}" y="{y + 14}">{value:,.0f}</text>'
        )
    return "".join([*parts, "</svg>\n"])


def _head(heading: str, width: int, height: int, ground: str, ink: str) -> str:
    words = escape(heading if len(heading) < 95 else heading[:94] + "…")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'font-family="system-ui,sans-serif" font-size="13" fill="{ink}"><title>{words}</title>'
        f'<rect width="{width}" height="{height}" fill="{ground}"/>'
        f'<text x="16" y="26" font-size="15" font-weight="600">{words}</text>'
    )


def _label(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>'


def _short(name: str) -> str:
    return name if len(name) <= 24 else name[:23] + "…"
