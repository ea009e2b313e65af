"""What every task is described by: its kind of output, its metrics, its families."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A metric's name as results show it, and which direction is better."""

    name: str
    higher_is_better: bool = True


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        name: As in `[project] task`.
        kind: What a model returns: "label", "tags", "span" (part of the text), "language"
            (how likely a text is), "text", or "plain" (how likely the hidden parts of a text
            are).
        metrics: The first one decides which checkpoint is the best.
        families: The families that can do it.
    """

    name: str
    kind: str
    metrics: tuple[Metric, ...]
    families: tuple[str, ...]
