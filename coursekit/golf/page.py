"""The board as a page, with the frontier drawn: bits a character against CPU-seconds."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from coursekit.golf.board import DIGITS, Row
from coursekit.team.tiers import REPRODUCED
from litreview.files import write_atomic

_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 24, 52
# Text, lines, points of teams, points of the course; each at least 4.5 : 1 on its ground.
_LIGHT = {"text": "#24292f", "grid": "#d0d7de", "team": "#0550ae", "course": "#6e5494"}
_DARK = {"text": "#e6edf3", "grid": "#3d444d", "team": "#79c0ff", "course": "#d2a8ff"}
_STYLE = """\
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid #8886; text-align: left; }
th { vertical-align: bottom; }
.n { text-align: right; }
img { max-width: 100%; height: auto; }
.scroll { overflow-x: auto; }
"""


_WORDS = ("Entry", "Team", "Adapts")  # the columns that hold no number


def write_page(folder: Path, title: str, rows: Sequence[Row]) -> None:
    """Write `index.html`, `frontier-light.svg` and `frontier-dark.svg`.

    Raises:
        UserError: If they cannot be written.
    """
    write_atomic(folder / "frontier-light.svg", plot(rows, _LIGHT))
    write_atomic(folder / "frontier-dark.svg", plot(rows, _DARK))
    write_atomic(folder / "index.html", page(title, rows))


def page(title: str, rows: Sequence[Row]) -> str:
    """The board as HTML."""
    ranked = [row for row in rows if row.tier == REPRODUCED]
    others = [row for row in rows if row.tier != REPRODUCED]
    heads = ("Rank", "Bits a character", "Entry", "Team", "Spread", "Learning, CPU-s",
             "Predicting, CPU-s", "Artefact, kB", "Adapts")  # fmt: skip
    head = "".join(
        f'<th scope="col"{"" if text in _WORDS else " class=n"}>{text}</th>' for text in heads
    )
    body = "\n".join(_line(row) for row in ranked)
    left = "".join(
        f"<li>{escape(row.name)}{f' ({escape(row.team)})' if row.team else ''}: "
        f"{row.tier}; {escape(row.reason)}</li>\n"
        for row in others
    )
    rest = f"<h2>Not ranked</h2>\n<ul>\n{left}</ul>\n" if others else ""
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>CPU golf – {escape(title)}</title>
<style>
{_STYLE}</style>
</head>
<body>
<h1>CPU golf – {escape(title)}</h1>
<p>The fewest bits a character on prose that no entry has seen. Every figure is the mean of seeds
that the course has run itself. An entry that adapts learns from each character after it has
predicted it.</p>
<picture>
<source srcset="frontier-dark.svg" media="(prefers-color-scheme: dark)">
<img src="frontier-light.svg" width="{_WIDTH}" height="{_HEIGHT}" \
alt="Bits a character against CPU-seconds; the table below has the figures.">
</picture>
<div class="scroll" tabindex="0" role="region" aria-label="The board">
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table>
</div>
{rest}</body>
</html>
"""


def _line(row: Row) -> str:
    name = f"<strong>{escape(row.name)}</strong>" if row.frontier else escape(row.name)
    team = escape(row.team) or "the course"
    first = (str(row.rank), f"{row.bits:.{DIGITS}f}")
    others = (
        f"{row.spread:.{DIGITS}f}",
        f"{row.learning:.1f}",
        f"{row.scoring:.1f}",
        f"{row.artefact_bytes / 1000:.0f}",
    )
    left, right = ("".join(f"<td class=n>{n}</td>" for n in part) for part in (first, others))
    adapts = "yes" if row.adapts else "no"
    return f"<tr>{left}<td>{name}</td><td>{team}</td>{right}<td>{adapts}</td></tr>"


def plot(rows: Sequence[Row], colours: dict[str, str]) -> str:
    """The ranked entries as points, and the frontier as a line, as SVG."""
    ranked = [row for row in rows if row.tier == REPRODUCED]
    most = 20 * (1 + int(max((row.cpu_seconds for row in ranked), default=100) // 20))
    low = int(10 * min((row.bits for row in ranked), default=1.5)) / 10
    high = (int(10 * max((row.bits for row in ranked), default=2.0)) + 1) / 10

    def x(seconds: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * seconds / most

    def y(bits: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - bits) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="system-ui, sans-serif" font-size="13">',
        "<title>Bits a character against CPU-seconds</title>",
    ]
    text, grid = colours["text"], colours["grid"]
    for step in range(round((high - low) * 10) + 1):
        bits = low + step / 10
        parts.append(
            f'<path d="M{_LEFT} {y(bits):.1f}H{_WIDTH - _RIGHT}" stroke="{grid}"/>'
            f'<text x="{_LEFT - 8}" y="{y(bits) + 4:.1f}" text-anchor="end" fill="{text}">'
            f"{bits:.1f}</text>"
        )
    for seconds in range(0, most + 1, 20):
        parts.append(
            f'<text x="{x(seconds):.1f}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle" '
            f'fill="{text}">{seconds}</text>'
        )
    parts.append(
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2:.0f}" y="{_HEIGHT - 10}" text-anchor="middle" '
        f'fill="{text}">CPU-seconds of learning and predicting</text>'
    )
    frontier = sorted((row for row in ranked if row.frontier), key=lambda row: row.cpu_seconds)
    if frontier:
        path = f"M{x(frontier[0].cpu_seconds):.1f} {y(frontier[0].bits):.1f}"
        path += "".join(f"H{x(r.cpu_seconds):.1f}V{y(r.bits):.1f}" for r in frontier[1:])
        path += f"H{_WIDTH - _RIGHT}"
        parts.append(
            f'<path d="{path}" fill="none" stroke="{text}" stroke-width="1.5" '
            'stroke-dasharray="5 4"/>'
        )
    for row in ranked:
        colour = colours["team" if row.team else "course"]
        right = row.cpu_seconds > 0.7 * most
        anchor, shift = ("end", -9) if right else ("start", 9)
        parts.append(
            f'<circle cx="{x(row.cpu_seconds):.1f}" cy="{y(row.bits):.1f}" r="5" fill="{colour}"/>'
            f'<text x="{x(row.cpu_seconds) + shift:.1f}" y="{y(row.bits) - 7:.1f}" '
            f'text-anchor="{anchor}" fill="{text}">{escape(row.name)} {row.bits:.{DIGITS}f}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])
