"""What a root README says about its results, read line by line: a table of texts and readings."""

from __future__ import annotations

import pytest

from coursekit.team.summary import ResultsSummary, read_summary

CASES = {
    "the section ends with the file": (
        "# Owls\n\n## Results Summary\n- **Best Model:** BERT\n- **Evaluation Metric:** F1\n"
        "- **Result:** 0.91",
        ResultsSummary("filled", "2023", "BERT", "F1", "0.91", 3),
    ),
    "the section ends at the next heading of its level": (
        "## Results Summary\n- **Best Model:** BERT\n## Method\n- **Result:** 0.3",
        ResultsSummary("partial", "2023", "BERT", None, None, 1),
    ),
    "a short heading counts as a whole only": (
        "## Results of others\n- **Best Model:** theirs\n## 3. Our Results\n- **Best Model:** ours",
        ResultsSummary("partial", "2023", "ours", None, None, 3),
    ),
    "a summary goes before a heading that is only like one": (
        "## Results\n- **Best Model:** first\n## Summary of the results\n- **Best Model:** second",
        ResultsSummary("partial", "2023", "second", None, None, 3),
    ),
    "bullets without their heading": (
        "# Owls\n\nText.\n- **Best Model:** LSTM\n- **Metric and Result:** 88 % accuracy",
        ResultsSummary("filled", "2023", "LSTM", "88 % accuracy", "88 % accuracy", 4),
    ),
    "a metric anywhere in its label": (
        "## Results\n- **Main metric:** chrF",
        ResultsSummary("partial", "2023", None, "chrF", None, 1),
    ),
    "an image is no value": (
        "## Results\n- **Result:** ![curve](curve.png)\n- **Best Model:** GPT",
        ResultsSummary("partial", "2023", "GPT", None, None, 1),
    ),
    "a question of the template, with space in its brackets": (
        "## Results\n- **Best Model:** [ Which one is it?  ]",
        ResultsSummary("placeholder", "2023", None, None, None, 1),
    ),
    "brackets kept around a value": (
        "## Results\n- **Best Model:** [BERT].\n- **Result:** [88% accuracy](runs/1.txt)",
        ResultsSummary("filled", "2023", "BERT", "accuracy", "88% accuracy", 1),
    ),
    "nothing of the form": ("# Owls\nText.\n", ResultsSummary("removed", "other")),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_a_summary_is_read(text, expected):
    """The order of the conditions is the specification."""
    assert read_summary(text) == expected
