"""What came of running a claim again: each figure's tier, and the reason in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coursekit.team.results import Result
from coursekit.team.tiers import DIFFERS, MEASURED, REPRODUCED
from coursekit.verify.claims import Claim, number
from coursekit.verify.units import Answer
from coursekit.verify.verdict import judge


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a claim after it was run again; see `coursekit.team.checks.Check`."""

    result: Result
    tier: str
    figure: float | None = None
    seeds: tuple[float, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a claim.

    Attributes:
        figures: For each of its rows; empty where nothing was tried.
        code: Whose code was run: `course` or `team`; empty for none.
        skipped: Why nothing was tried.
        cpu_seconds: What it took.
        machine: Where it ran.
        versions: What it was run with.
    """

    figures: tuple[Figure, ...] = ()
    code: str = ""
    skipped: str = ""
    cpu_seconds: float = 0.0
    machine: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rerun:
    """What one repetition gave: figures by split and metric, or why there are none.

    Attributes:
        failed: Why it gave nothing; empty if it gave something.
        results: The figures, by split and metric.
        data: The fingerprint of its data.
        versions: What it was run with.
        other_data: Why its data are not the claim's, where that is known already.
    """

    failed: str
    results: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    other_data: str | None = None

    def value(self, row: Result) -> float | None:
        """The figure of a row; None where it did not come out."""
        part = self.results.get(row.split)
        value = part.get(row.metric) if isinstance(part, dict) else None
        return float(value) if isinstance(value, int | float) else None


def read_rerun(answer: Answer) -> Rerun:
    """Read a record that code of somebody else may have written."""
    runs = answer.found.get("runs")
    last = runs[-1] if isinstance(runs, list) and runs else None
    if answer.failed or not isinstance(last, dict):
        return Rerun(answer.failed or "it left no record")
    results, environment = last.get("results"), last.get("environment")
    return Rerun(
        "",
        results if isinstance(results, dict) else {},
        str(last.get("data") or "")[:40],
        {str(k)[:40]: str(v)[:40] for k, v in environment.items()}
        if isinstance(environment, dict)
        else {},
    )


def tampered(claim: Claim, row: Result) -> Figure | None:
    """A figure that the run itself does not have."""
    own = claim.recorded(row)
    if own is not None and abs(own - row.value) <= 1e-6 + 1e-6 * abs(own):
        return None
    says = "has no such figure" if own is None else f"says {own:.6g}"
    reason = f"results.json says {row.value:.6g}, but runs/{row.run}/run.json {says}"
    return Figure(row, DIFFERS, own, reason=reason)


def figures(claim: Claim, reruns: Sequence[Rerun], remark: str = "") -> tuple[Figure, ...]:
    """Judge each figure of a claim.

    Args:
        claim: The claim.
        reruns: What its own seed gave, and then what new seeds gave.
        remark: How they were run, where that matters.
    """
    first = reruns[0]
    other = first.other_data or other_data(claim, first.data)
    if "was made for other texts" in first.failed:
        other = f"the data are others than those of the run: {first.failed}"
    return tuple(_figure(claim, row, reruns, other, remark) for row in claim.shown.results)


def other_data(claim: Claim, fingerprint: object) -> str | None:
    """What to say where the data are not those of the run."""
    own = claim.record.get("data")
    if not own or not fingerprint or own == fingerprint:
        return None
    return (
        f"the data are others than those of the run: their fingerprint is {fingerprint}, and "
        f"the run says {str(own)[:40]}"
    )


def is_exact(claim: Claim) -> bool:
    """Whether nothing of a run is left to chance."""
    return claim.record.get("family") == "count-based"


def _figure(
    claim: Claim, row: Result, reruns: Sequence[Rerun], other: str | None, remark: str
) -> Figure:
    if other:
        return Figure(row, DIFFERS, reruns[0].value(row), reason=other)
    failed = next((rerun.failed for rerun in reruns if rerun.failed), "")
    values = [rerun.value(row) for rerun in reruns]
    known = [value for value in values if value is not None]
    if failed or len(known) < len(values):
        return Figure(row, MEASURED, reason=f"cannot be run again: {failed or 'no figure'}")
    examples = claim.record.get("examples")
    count = examples.get(row.split) if isinstance(examples, dict) else 0
    same, words = judge(
        row.value,
        known[0],
        tuple(known[1:]),
        higher_is_better=row.higher_is_better,
        count=int(number(count)),
        interval=row.interval,
        exact=is_exact(claim),
    )
    if same:
        return Figure(row, REPRODUCED, known[0], tuple(known[1:]), remark)
    why = [words, remark, *_reasons(claim, reruns[0]), *claim.notes]
    return Figure(row, DIFFERS, known[0], tuple(known[1:]), "; ".join(filter(None, why)))


def _reasons(claim: Claim, rerun: Rerun) -> list[str]:
    """What may be why a figure differs."""
    before = claim.record.get("environment")
    before = before if isinstance(before, dict) else {}
    changed = [
        f"{name} {str(before[name])[:20]} (now {now})"
        for name, now in rerun.versions.items()
        if name in before and str(before[name]) != now
    ]
    return [f"it was trained with {', '.join(changed)}"] if changed else []
