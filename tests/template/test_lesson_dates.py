"""A lesson that stands in the schedule says when, and the schedule leads to it."""

from __future__ import annotations

import pytest

ROWS = [
    {"date": "2026-10-30", "milestone": "Start", "deliverable": "a name", "folder": ""},
    {"date": "2026-11-20", "milestone": "Attention", "deliverable": "Quiz 3",
     "folder": "lessons/3_attention"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "| When | 2026-11-20, [the schedule](../../MILESTONES.md) |"),
        ("de", "| Wann | 2026-11-20, [der Zeitplan](../../MILESTONES.md) |"),
    ],
)
def test_the_ways_lead_in_both_directions(generate, language, line):
    """Without a day there is the way to the schedule alone."""
    made = generate(language=language, _schedule={"milestones": ROWS})
    table = (made / "MILESTONES.md").read_text(encoding="utf-8").splitlines()
    assert (
        "| 2026-11-20 | Attention | Quiz 3 | [lessons/3_attention](lessons/3_attention/README.md) |"
        in table
    )
    lessons = [made / "lessons" / name / "README.md" for name in ("3_attention", "5_choose")]
    attention, choose = (path.read_text(encoding="utf-8").splitlines() for path in lessons)
    assert line in attention
    assert line.replace("2026-11-20, ", "") in choose
