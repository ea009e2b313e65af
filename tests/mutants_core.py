"""The core modules that `make mutants` changes, and the tests that guard each.

A path that starts with `baseline/` is the template's; its tests run in a generated repository.
"""

from __future__ import annotations

REVIEW = (
    "tests/litreview/review/test_form.py",
    "tests/litreview/review/test_form_cases.py",
    "tests/litreview/review/test_line_rows.py",
    "tests/litreview/review/test_title_rows.py",
    "tests/litreview/review/test_entry_rows.py",
    "tests/litreview/review/test_loose_rows.py",
    "tests/litreview/review/test_where_sources_are.py",
    "tests/litreview/review/test_review_forms.py",
    "tests/litreview/review/test_review_merge.py",
    "tests/litreview/review/test_merge_texts.py",
)
RANKING = ("tests/coursekit/team/test_results.py", "tests/coursekit/team/test_scale.py")
SPLITS = ("tests/data/test_splits.py", "tests/data/test_split_sizes.py")
CORE: dict[str, tuple[str, ...]] = {
    # Merging, and what of the template a repository has.
    "coursekit/merge/lines.py": (
        "tests/coursekit/merge/test_lines.py",
        "tests/coursekit/merge/test_merge_property.py",
    ),
    "coursekit/merge/notebook.py": (
        "tests/coursekit/merge/test_notebooks.py",
        "tests/coursekit/merge/test_notebook_values.py",
    ),
    "coursekit/merge/tree.py": ("tests/coursekit/merge", "tests/coursekit/cohort/test_update.py"),
    "coursekit/merge/base.py": (
        "tests/coursekit/merge/test_base.py",
        "tests/coursekit/cohort/test_received.py",
    ),
    # What a team wrote and measured, ranked and shown.
    "coursekit/team/received.py": (
        "tests/coursekit/team/test_own_words.py",
        "tests/coursekit/team/test_received_template.py",
        "tests/coursekit/cohort/test_status.py",
    ),
    "coursekit/team/results.py": (
        "tests/coursekit/team/test_results.py",
        "tests/coursekit/team/test_results_rows.py",
    ),
    "coursekit/team/ranking.py": RANKING,
    "coursekit/team/units.py": RANKING,
    "coursekit/team/summary.py": (
        "tests/coursekit/team/test_summary_reading.py",
        "tests/coursekit/team/test_summary_rows.py",
        "tests/coursekit/team/test_labelled_repositories.py",
    ),
    "coursekit/site/sanitize.py": (
        "tests/coursekit/site/test_sanitize.py",
        "tests/coursekit/site/test_sanitize_values.py",
    ),
    # Reading, filling and checking a review.
    "litreview/review/reading.py": REVIEW,
    "litreview/review/lines.py": REVIEW,
    "litreview/review/entry.py": REVIEW,
    "litreview/review/loose.py": REVIEW,
    "litreview/review/merge.py": (
        "tests/litreview/review/test_review_merge.py",
        "tests/litreview/review/test_merge_texts.py",
    ),
    "litreview/actions/check.py": (
        "tests/litreview/actions/test_check_findings.py",
        "tests/litreview/actions/test_check_sentences.py",
        "tests/litreview/actions/test_check_gold.py",
    ),
    "litreview/abstracts/summary.py": (
        "tests/litreview/abstracts/test_summary.py",
        "tests/litreview/abstracts/test_choice.py",
    ),
    "litreview/web/gate.py": (
        "tests/litreview/web/test_settings.py",
        "tests/litreview/web/test_gate.py",
        "tests/litreview/web/test_http_manners.py",
    ),
    "litreview/works/dedupe.py": (
        "tests/litreview/works/test_dedupe.py",
        "tests/litreview/works/test_dedupe_values.py",
        "tests/litreview/works/test_source_identity.py",
    ),
    # The template's: splits, metrics, checkpoints, intervals and openings of the test part.
    "baseline/data/splits.py": SPLITS,
    "baseline/data/alike.py": SPLITS,
    "baseline/tasks/metrics.py": (
        "tests/tasks/test_metrics.py",
        "tests/tasks/test_metric_values.py",
    ),
    "baseline/training/checkpoint.py": ("tests/training/test_checkpoint.py",),
    "baseline/experiments/resampling.py": ("tests/experiments/test_resampling.py",),
    "baseline/experiments/final.py": (
        "tests/experiments/test_resampling.py",
        "tests/experiments/test_final.py",
    ),
}
