"""The core modules that `make mutants` changes, and the tests that guard each.

A path that starts with `baseline/` is the template's; its tests run in a generated repository.
"""

from __future__ import annotations

CORE: dict[str, tuple[str, ...]] = {
    # Merging, and what of the template a repository has.
    "coursekit/merge/lines.py": ("tests/coursekit/merge", "tests/coursekit/cohort/test_update.py"),
    "coursekit/merge/notebook.py": (
        "tests/coursekit/merge",
        "tests/coursekit/cohort/test_update.py",
    ),
    "coursekit/merge/tree.py": ("tests/coursekit/merge", "tests/coursekit/cohort/test_update.py"),
    "coursekit/team/received.py": (
        "tests/coursekit/cohort/test_update.py",
        "tests/coursekit/cohort/test_adopt.py",
    ),
    # What a team measured, ranked.
    "coursekit/team/results.py": ("tests/coursekit/team",),
    "coursekit/team/ranking.py": ("tests/coursekit/team",),
    "coursekit/team/units.py": ("tests/coursekit/team",),
    "coursekit/team/summary.py": ("tests/coursekit/team",),
    "coursekit/site/sanitize.py": ("tests/coursekit/site/test_sanitize.py",),
    # Reading, filling and checking a review.
    "litreview/review/reading.py": ("tests/litreview/review", "tests/litreview/actions"),
    "litreview/review/lines.py": ("tests/litreview/review", "tests/litreview/actions"),
    "litreview/review/entry.py": ("tests/litreview/review", "tests/litreview/actions"),
    "litreview/review/loose.py": ("tests/litreview/review", "tests/litreview/actions"),
    "litreview/review/merge.py": ("tests/litreview/review",),
    "litreview/actions/check.py": ("tests/litreview/actions",),
    "litreview/abstracts/summary.py": ("tests/litreview/abstracts",),
    "litreview/web/gate.py": ("tests/litreview/web",),
    "litreview/works/dedupe.py": ("tests/litreview/works",),
}
