"""Learning curves and confusion matrices as small SVG files that also suit dark pages.

Only text and lines: a few kilobytes, readable differences in git, and no drawing library.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from baseline.files import write_atomic

Points = Sequence[tuple[float, float]]

_COLOURS = 4
_MOST_BARS = 40


def learning_curve(
    curves: Mapping[str, Points], path: Path, *, title: str, x_label: str, y_label: str
) -> None:
    """Draw curves into one picture.

    Args:
        curves: Points (x, y) by the curve's name; values that are not finite are left out.
        title: Above the picture, also read out by screen readers.

    Raises:
        ValueError: If no curve has a point.
    """
    clean = {
        name: [(float(x), float(y)) for x, y in points if math.isfinite(x) and math.isfinite(y)]
        for name, points in curves.items()
    }
    clean = {name: points for name, points in clean.items() if points}
    if not clean:
        raise ValueError("there is no point to draw")
    xs = [x for points in clean.values() for x, _ in points]
    ys = [y for points in clean.values() for _, y in points]
    x_ticks, y_ticks = _ticks(min([0.0, *xs]), max(xs)), _ticks(min(ys), max(ys))
    left, top, width, height = 70, 44, 520, 270

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - x_ticks[0]) / (x_ticks[-1] - x_ticks[0])
        up = (y - y_ticks[0]) / (y_ticks[-1] - y_ticks[0])
        return left + across * width, top + (1 - up) * height

    parts = []
    for value in y_ticks:
        _, y = place(x_ticks[0], value)
        parts.append(
            f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{left + width}" y2="{y:.1f}"/>'
        )
        parts.append(_text(left - 8, y + 4, f"{value:g}", "soft", "end"))
    for value in x_ticks:
        x, _ = place(value, y_ticks[0])
        parts.append(_text(x, top + height + 20, f"{value:g}", "soft", "middle"))
    for number, (name, points) in enumerate(clean.items()):
        colour = f"c{number % _COLOURS}"
        spots = [place(x, y) for x, y in points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        if len(spots) > 1:
            parts.append(f'<polyline class="line {colour}" points="{line}"/>')
        if len(spots) <= 40:
            parts += [
                f'<circle class="{colour}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in spots
            ]
        y = top + height + 62 + 18 * number
        parts.append(f'<rect class="{colour}" x="{left}" y="{y - 9}" width="14" height="4"/>')
        parts.append(_text(left + 22, y - 3, name, "text", "start"))
    parts.append(_text(left + width / 2, top + height + 40, x_label, "soft", "middle"))
    parts.append(_text(left, top - 10, y_label, "soft", "start"))
    total = top + height + 58 + 18 * len(clean)
    write_atomic(path, _svg(left + width + 30, total, title, parts))


def bars(counts: Mapping[str, int], path: Path, *, title: str) -> None:
    """Draw how many there are of each, as bars from the left, in the order given.

    Args:
        counts: At most 40 are drawn.

    Raises:
        ValueError: If there is nothing to draw.
    """
    shown = list(counts.items())[:_MOST_BARS]
    if not shown or max(count for _, count in shown) <= 0:
        raise ValueError("there is nothing to draw")
    margin = 20 + 7 * max(len(_short(name)) for name, _ in shown)
    left, top, width, height = margin + 10, 36, 360, 22
    largest = max(count for _, count in shown)
    parts = []
    for number, (name, count) in enumerate(shown):
        y = top + height * number
        length = width * count / largest
        parts.append(_text(left - 8, y + 14, _short(name), "text", "end"))
        parts.append(
            f'<rect class="cell" x="{left}" y="{y}" width="{length:.1f}" height="{height - 5}"/>'
        )
        parts.append(_text(left + length + 6, y + 14, f"{count:,}", "soft", "start"))
    write_atomic(path, _svg(left + width + 80, top + height * len(shown) + 12, title, parts))


def confusion_matrix(
    gold: Sequence[str], predicted: Sequence[str], path: Path, *, title: str
) -> None:
    """Draw which label was taken for which; rows are the true labels.

    Args:
        path: The SVG file. Beyond 20 labels the rarest are drawn as one.
    """
    common = [name for name, _ in Counter(gold).most_common(20)]
    rest = "(other)"
    labels = sorted(common)
    if (set(gold) | set(predicted)) - set(common):
        labels.append(rest)
    pairs = Counter(
        (g if g in common else rest, p if p in common else rest)
        for g, p in zip(gold, predicted, strict=True)
    )
    rows = {name: sum(pairs[name, other] for other in labels) for name in labels}
    cell = 44 if len(labels) <= 10 else 30
    margin = 20 + 7 * max(len(_short(name)) for name in labels)
    left, top = margin + 10, margin + 40
    parts = [_text(left, top - margin + 6, "columns: predicted, rows: true", "soft", "start")]
    for i, name in enumerate(labels):
        middle = left + cell * (i + 0.5)
        parts.append(
            f'<text class="soft" text-anchor="start" transform="translate({middle + 4:.0f} '
            f'{top - 8}) rotate(-60)">{escape(_short(name))}</text>'
        )
        parts.append(_text(left - 8, top + cell * (i + 0.5) + 4, _short(name), "text", "end"))
        for j, other in enumerate(labels):
            count = pairs[name, other]
            share = count / rows[name] if rows[name] else 0.0
            x, y = left + cell * j, top + cell * i
            parts.append(
                f'<rect class="cell" x="{x}" y="{y}" width="{cell - 2}" height="{cell - 2}" '
                f'fill-opacity="{0.06 + 0.94 * share:.2f}"/>'
            )
            if count:
                tone = "on" if share > 0.5 else "text"
                parts.append(_text(x + cell / 2 - 1, y + cell / 2 + 4, str(count), tone, "middle"))
    size = cell * len(labels)
    width = max(left + size + margin * 0.6, 340)
    write_atomic(path, _svg(width, top + size + 16, title, parts))


def _short(name: str, length: int = 24) -> str:
    return name if len(name) <= length else name[: length - 1] + "…"


def _text(x: float, y: float, text: str, style: str, anchor: str) -> str:
    return (
        f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" '
        f'text-anchor="{anchor}">{escape(_printable(text))}</text>'
    )


def _printable(text: str) -> str:
    """XML forbids control characters even when they are escaped."""
    return "".join(c if c.isprintable() else "�" for c in text)


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    name = escape(_printable(title))
    style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{name}">\n'
        f"<title>{name}</title>\n<style>\n{style}</style>\n"
        '<rect class="back" width="100%" height="100%"/>\n'
        f'<text class="text" x="16" y="20" font-weight="600">{name}</text>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _ticks(low: float, high: float) -> list[float]:
    """Four to eight round values that enclose `low` and `high`."""
    if high <= low:
        high = low + (abs(low) * 0.1 or 1.0)
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(step * i, 10) for i in range(first, last + 1)]
