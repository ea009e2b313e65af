"""One line at a time: which label asks for what, and what counts as its value."""

from __future__ import annotations

import pytest

from coursekit.team.summary import MAX_LINE, MAX_VALUE, read_summary


def read(text: str) -> tuple[str, str, tuple[str | None, ...], str | None, int]:
    found = read_summary(text)
    three = (found.best_model, found.metric, found.value)
    return found.state, found.variant, three, found.baseline, found.line


def below(text: str) -> tuple[str | None, ...]:
    """Model, metric and value under a heading."""
    return read(f"## Results\n{text}")[2]


@pytest.mark.parametrize(
    ("text", "three"),
    [
        # German, and labels with their colon inside, outside or wide.
        ("- **Modell:** A\n- **Metrik:** B\n- **Ergebnis:** 0,9", ("A", "B", "0,9")),
        ("* Model：A", ("A", None, None)),
        ("• Model : A", ("A", None, None)),
        ("1. Model: A\n2) __Final score__: 3", ("A", None, "3")),
        ("- **Model: A**", ("A", None, None)),
        ("- [**Best Model**](): A", ("A", None, None)),
        ("•\tBest  model\t\t: a   b", ("a b", None, None)),
        # One label that asks for two.
        ("- Model and result: a\n- Metric & Ergebnis: b", ("a", "b", "a")),
        ("- Model / result: a", ("a", None, "a")),
        ("- Metric und Result: a", (None, "a", "a")),
        ("- Accuracy: 0.9 F1", (None, "F1", "0.9 F1")),
        ("- Performance: 4 of 5", (None, "of", "4 of 5")),
        ("- The final overall test score: 4", (None, None, "4")),
        ("- Best main results: 4", (None, None, "4")),
        ("- Our final test performance: 4", (None, None, "4")),
        ("- Model performance: 4", (None, None, None)),
        ("- Measure: a", (None, "a", None)),
        ("- Evaluation: a", (None, "a", None)),
        ("- Model: [A](a.md) and [B](b.md)", ("A and [B](b.md)", None, None)),
        ("- Model: see [A](a.md)", ("see [A](a.md)", None, None)),
        # On the lines below a label, to the next one.
        ("- Model:\n  - A\n- Metric: B", ("A", "B", None)),
        ("- Model:\n- Metric: B\n  C", (None, "B", None)),
        ("- Model:\n\n  - A\n\n  - B", ("A", None, None)),
        ("- Model:\n  - *A*  \n## More\n  - B", ("A", None, None)),
        # Labels of other things.
        ("- Factor of model: a\n- Feature metric: a\n- Insight result: a", (None, None, None)),
        ("- Strength of model: a\n- Limitation of model: a", (None, None, None)),
        ("- Improvement result: a\n- Alternative model: a", (None, None, None)),
        ("- Remodelling: a\n- Results of others (their score): 3", (None, None, "3")),
        # The first one counts.
        ("- Model: A\n- Model: B", ("A", None, None)),
        ("- Model: [Which?]\n- Model: B", ("B", None, None)),
        # The metric that a value names.
        (
            "- Result: 93 % on the big test set",
            (None, "on the big test", "93 % on the big test set"),
        ),
        ("- Result: 93.5 %", (None, None, "93.5 %")),
        ("- Result: a", (None, None, "a")),
        ("- Result: F1 (macro) = 0.9", (None, "F1 macro", "F1 (macro) = 0.9")),
        ("- Result: ±", (None, None, None)),
        # What is around a value, and what is none.
        ("- Model: *BERT_base* `x`\n- Metric: __F1__ of my_", ("BERT_base x", "F1 of my", None)),
        ("- Model: [A](a.md) large\n- Metric: [F1].", ("A large", "F1", None)),
        ("- Model: [a](a.png)\n- Metric: ![a](b.jpeg)", (None, None, None)),
        ("- Model: [a](a.ipynb)\n- Metric: [a](b.pdf)", (None, None, None)),
        ("- Model: [a](a.svg)\n- Metric: [a](b.gif)", (None, None, None)),
        ("- Model: [a](a.jpg) b\n- Metric: [a](b.html)", ("a b", "a", None)),
        ("- Model: [e.g. A]\n- Metric: [Primary metric of all]", (None, None, None)),
        ("- Model: [eg: A]\n- Result: [Best score achieved so far]", (None, None, None)),
        ("- Model: [Name of it]\n- Result: [quantitative improvement]", (None, None, None)),
        ("- Model: [name and type of it]\n- Metric: [ Which? ]", (None, None, None)),
        ("- Model: [A, e.g. B]\n- Metric: [Which?] F1", ("A, e.g. B", "[Which?] F1", None)),
        (
            "- Result: [88, best score achieved]",
            (None, "best score achieved", "88, best score achieved"),
        ),
        # On the lines below.
        ("- Model:\n  - A\n  2. B\n\n  C", ("A; B", None, None)),
        ("- Model:\n\n  A\n  `B`", ("A; B", None, None)),
        ("- Model:\nA\nB", ("A", None, None)),
        ("- Model:\n* A", (None, None, None)),
        ("- Model:\nMetric: F1", (None, "F1", None)),
        ("- Model:\nSize: 3", ("Size: 3", None, None)),
        ("- Model:\n  Metric: F1", ("Metric: F1", "F1", None)),
        ("- Model:\n  ![c](a.png)\n  A", ("A", None, None)),
        ("- Model:\n### A", (None, None, None)),
        ("- Model:" + 9 * "\n" + "  A", ("A", None, None)),
        ("- Model:" + 10 * "\n" + "  A", (None, None, None)),
    ],
)
def test_labels_and_values_are_read(text, three):
    assert below(text) == three


@pytest.mark.parametrize(
    ("text", "baseline"),
    [
        ("- Baseline: 0.3\n- Baseline result: 0.4", "0.3"),
        ("- **The baseline model performance:** 0.3", "0.3"),
        ("- Baseline score\n- **Baseline**:\n  - 0.3\n  - F1", "0.3; F1"),
        ("- Baseline: [baseline model performance]", None),
        ("- Baseline for us: 0.3\n- Our baseline: 0.3", None),
        ("- Baseline: " + "x" * (MAX_VALUE + 1), "x" * MAX_VALUE),
        ("- Baseline:\n  " + "x" * (MAX_VALUE + 1), "x" * MAX_VALUE),
    ],
)
def test_a_baseline_is_read_beside_them(text, baseline):
    assert read(f"## Results\n- Model: A\n{text}") == (
        "partial", "2023", ("A", None, None), baseline, 1
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "state", "variant", "line", "model"),
    [
        ("## Results\n- Best alternative: B\n- Model: A", "partial", "2026", 1, "A"),
        ("## Results\n### Best model performance\n- Model: A", "partial", "2026", 1, "A"),
        ("## Results\n## Final Performance\n- Model: A", "partial", "2026", 1, "A"),
        ("# Results\n## Key insights\n# Model comparison\n- Model: A", "partial", "2026", 1, "A"),
        ("# Results\n## More\n- Model: A", "partial", "2023", 1, "A"),
        ("## Results\n# More\n- Model: A", "removed", "other", 1, None),
        ("a\n## 1 Result\n- Model: A", "partial", "2023", 2, "A"),
        ("a\n## 2. Key results:\n- Model: A", "partial", "2023", 2, "A"),
        ("## **Our results**\n- Model: A", "partial", "2023", 1, "A"),
        ("## Main result\n- Model: A", "partial", "2023", 1, "A"),
        ("## Final Results #\n- Model: A", "partial", "2023", 1, "A"),
        ("## Best model\n- Model: A", "partial", "2023", 1, "A"),
        ("## Unsere Ergebnisse\n- Model: A", "partial", "2023", 1, "A"),
        ("## Summary of results\n- Model: A", "partial", "2023", 1, "A"),
        ("## Result summary, 2026\n- Model: A", "partial", "2023", 1, "A"),
        ("## All results\n- Model: A", "removed", "other", 0, None),
        ("   ###### Results\n- Model: A", "partial", "2023", 1, "A"),
        ("    ## Results\n- Model: A", "removed", "other", 0, None),
        ("####### Results\n- Model: A", "removed", "other", 0, None),
        ("## Results\nText only", "removed", "other", 1, None),
        ("## Results\n- Model:", "placeholder", "2023", 1, None),
        ("+ **Best model**: A", "partial", "2023", 1, "A"),
        ("Best model: A", "removed", "other", 0, None),
        ("- Best models: A", "removed", "other", 0, None),
        ("- Best model: A\n" + "a\n" * 6 + "- Metric: B\n- Score: 1", "partial", "2023", 1, "A"),
        ("- Best model: A\n" + "a\n" * 5 + "- Metric: B\n- Score: 1", "filled", "2023", 1, "A"),
    ],
)
def test_where_the_results_are(text, state, variant, line, model):
    found = read_summary(text)
    assert (found.state, found.variant, found.line, found.best_model) == (
        state, variant, line, model
    )  # fmt: skip


def test_what_is_too_long_is_cut():
    """Nobody writes a figure behind a thousand characters."""
    head = "- Model: "
    assert below(head + "x" * (MAX_VALUE + 1))[0] == "x" * MAX_VALUE
    assert below(f"- Model:\n  {'x' * (MAX_VALUE + 1)}")[0] == "x" * MAX_VALUE
    # Gaps are closed before a line is cut.
    assert below(f"- Model:{' ' * (4 * MAX_LINE - 9)}xy")[0] == "x"
    long = f"- Model:\n  {'*' * (MAX_LINE - 3)}xy"
    assert below(long)[0] == "x"
    label = "Model " + "m" * 55
    assert below(f"- {label}: A")[0] == "A"
    assert below(f"- {label}m: A")[0] is None
