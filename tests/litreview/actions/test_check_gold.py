"""Real reviews, labelled by hand: what `check` makes of them."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from litreview.actions.check import check

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


Measure = Callable[[Path], tuple[dict[str, float], list[str]]]


@pytest.fixture(scope="module")
def measure(repository_root: Path) -> Measure:
    """The benchmark's measurement."""
    path = repository_root / "benchmarks" / "litreview_check.py"
    spec = importlib.util.spec_from_file_location("litreview_check_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast(Measure, module.measure)


@pytest.fixture(scope="module")
def figures(measure: Measure, data_dir: Path) -> dict[str, float]:
    """What the benchmark measures."""
    return measure(data_dir / "reviews")[0]


@pytest.mark.parametrize("figure", GOALS)
def test_real_reviews_are_read_as_a_fair_instructor_reads_them(
    figures: dict[str, float], figure: str
) -> None:
    """The labels are those of fourteen real repositories."""
    assert figures[figure] >= GOALS[figure]


LABELS = r"(Objectives?|Methods|Outcomes|Relation to the Project)"
HEAD = re.compile(r"^\s*[-*]?\s*\*{0,2}Source (\d+)\*{0,2}\s*:\s*", re.MULTILINE)
# What other teams do to the same text.
HABITS: dict[str, Callable[[str], str]] = {
    "Windows line endings": lambda text: text.replace("\n", "\r\n"),
    "an editor's tabs": lambda text: re.sub(r"^  (?=\S)", "\t", text, flags=re.MULTILINE),
    "headings": lambda text: HEAD.sub(r"## Source \1: ", text),
    "headings without a number": lambda text: HEAD.sub("### ", text),
    "labels as headings": lambda text: re.sub(
        rf"^\s*[-*]\s*\*\*{LABELS}:?\*\*:?[ \t]*", r"### \1\n", text, flags=re.MULTILINE
    ),
    "labels without bold": lambda text: re.sub(rf"\*\*{LABELS}(:?)\*\*", r"\1\2", text),
    "text on the next line": lambda text: re.sub(
        rf"(\*\*{LABELS}(?::\*\*|\*\*:))[ \t]*(?=\S)", r"\1\n    ", text
    ),
    "quotations": lambda text: re.sub("^", "> ", text, flags=re.MULTILINE),
    "no empty lines": lambda text: re.sub(r"\n\s*\n", "\n", text),
}


@pytest.mark.parametrize("habit", HABITS)
def test_real_reviews_survive_the_habits_of_other_teams(
    measure: Measure, data_dir: Path, tmp_path: Path, habit: str
) -> None:
    """The labels do not change when only the marks do; guards against fitting to names."""
    for review in (data_dir / "reviews").glob("*/review.md"):
        folder = tmp_path / review.parent.name
        folder.mkdir()
        changed = HABITS[habit](review.read_text(encoding="utf-8"))
        (folder / "review.md").write_bytes(changed.encode())
    shutil.copy(data_dir / "reviews" / "gold.json", tmp_path)

    found, _ = measure(tmp_path)

    assert found["form and verdict right"] >= 0.92
    assert found["sources right"] >= 0.92
    assert found["field presence F1"] >= 0.97
    assert found["addresses F1"] >= 0.97


def test_a_broken_address_of_a_real_team_is_found(data_dir: Path) -> None:
    """`https://https://…` opens nowhere, although it begins like an address."""
    report = check(data_dir / "reviews" / "MantisAI" / "review.md")

    found = [finding for finding in report.findings if finding.code == "not-an-address"]
    assert [(finding.line, finding.level) for finding in found] == [(90, "warning")]
