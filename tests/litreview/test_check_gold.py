"""Real reviews, labelled by hand: what `check` makes of them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from litreview.check import check

GOALS = {
    "form and verdict right": 0.95,
    "sources right": 0.90,
    "complete right": 0.90,
    "field presence F1": 0.97,
    "addresses F1": 0.97,
    "field text right": 0.97,
    "titles right": 0.95,
    "identifiers right": 0.97,
}


@pytest.fixture(scope="module")
def figures(repository_root: Path, data_dir: Path) -> dict[str, float]:
    """What the benchmark measures."""
    path = repository_root / "benchmarks" / "litreview_check.py"
    spec = importlib.util.spec_from_file_location("litreview_check_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    measured, _ = module.measure(data_dir / "reviews")
    return dict(measured)


@pytest.mark.parametrize("figure", GOALS)
def test_real_reviews_are_read_as_a_fair_instructor_reads_them(
    figures: dict[str, float], figure: str
) -> None:
    """The labels are those of fourteen real repositories."""
    assert figures[figure] >= GOALS[figure]


def test_a_broken_address_of_a_real_team_is_found(data_dir: Path) -> None:
    """`https://https://…` opens nowhere, although it begins like an address."""
    report = check(data_dir / "reviews" / "MantisAI" / "review.md")

    found = [finding for finding in report.findings if finding.code == "not-an-address"]
    assert [(finding.line, finding.level) for finding in found] == [(90, "warning")]
