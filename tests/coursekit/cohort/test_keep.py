"""Where a team stood at a deadline is kept, and no push and no date moves it."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from pathlib import Path

import pytest
from update_course import UpdateCourse

from coursekit.cohort.keep import keep
from coursekit.cohort.status import read_status
from coursekit.course.course import load_course
from coursekit.course.record import extend

AFTER = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
MILESTONE = 'title = "Model"\nfolder = "3_Model"'
OPEN = "# Our model\n\n- Why: [Why?]\n- Result: [Which?]\n"
DONE = (
    "# Our model\n\nWe chose a small encoder because we have few sentences, and trained it.\n"
    "On the test part it reached an F1 of 0.91; the names of streets are the hardest for it.\n"
)


@pytest.fixture
def world(tmp_path: Path) -> UpdateCourse:
    found = UpdateCourse(tmp_path)
    found.settings = found.settings.replace('title = "TBD"', MILESTONE)
    found.start()
    return found


def course(world: UpdateCourse):
    return load_course(world.folder / "course")


def verdict(world: UpdateCourse) -> tuple[str, str]:
    (deadline,) = read_status(course(world), at=AFTER).teams[0].deadlines
    return deadline.verdict, deadline.commit


def test_a_backdated_push_after_the_deadline_changes_nothing(world: UpdateCourse) -> None:
    """Without the record, the date that a commit claims would be believed."""
    world.team({"notes.md": "x"}, date="2026-11-19T10:00:00+01:00")
    tip = world.tips()["main"]
    (kept,) = keep(course(world), now=AFTER)
    assert (kept.state, kept.milestone, kept.date, kept.commit) == (
        "kept", "Model", "2026-11-20", tip,
    )  # fmt: skip
    world.team({"3_Model/README.md": DONE}, date="2026-11-20T10:00:00+01:00")
    assert verdict(world) == ("late", tip)
    (again,) = keep(course(world), now=AFTER + dt.timedelta(days=1))
    assert (again.state, again.commit) == ("kept before", tip)


def test_a_forced_push_does_not_take_the_work_away(world: UpdateCourse) -> None:
    """What was there in time stays there, also after git has thrown away what nobody names."""
    world.team({"3_Model/README.md": DONE}, date="2026-11-19T10:00:00+01:00")
    tip = world.tips()["main"]
    keep(course(world), now=AFTER)
    world.git("reset", "-q", "--hard", "HEAD~1")
    subprocess.run(["git", "config", "receive.denyNonFastForwards", "false"], cwd=world.bare)
    world.git("push", "-qf", "origin", "HEAD")
    subprocess.run(
        ["git", "-c", "gc.reflogExpire=now", "gc", "-q", "--prune=now"], cwd=world.bare, check=True
    )
    assert world.tips()["main"] != tip
    assert verdict(world) == ("in time", tip)


def test_the_team_can_neither_see_nor_push_the_reference(world: UpdateCourse) -> None:
    world.team({"notes.md": "x"}, date="2026-11-19T10:00:00+01:00")
    keep(course(world), now=AFTER)
    name = "refs/coursekit/deadlines/2026-11-20-model"
    before = subprocess.run(
        ["git", "rev-parse", name], cwd=world.bare, capture_output=True, text=True, check=True
    ).stdout
    world.team({"notes.md": "y"}, date="2026-11-22T10:00:00+01:00")
    for spec in (f"HEAD:{name}", f"+HEAD:{name}", f":{name}"):
        pushed = subprocess.run(
            ["git", "push", "-q", "origin", spec], cwd=world.clone, capture_output=True, text=True
        )
        assert pushed.returncode != 0, spec
    after = subprocess.run(
        ["git", "rev-parse", name], cwd=world.bare, capture_output=True, text=True, check=True
    ).stdout
    assert after == before


def test_a_trial_run_writes_nothing_and_a_deadline_ahead_is_not_kept(world: UpdateCourse) -> None:
    world.team({"notes.md": "x"}, date="2026-11-19T10:00:00+01:00")
    before = (world.folder / "course" / "log.jsonl").read_bytes()
    assert keep(course(world), now=AFTER - dt.timedelta(days=2)) == ()
    (would,) = keep(course(world), now=AFTER, dry_run=True)
    assert would.state == "would keep"
    assert (world.folder / "course" / "log.jsonl").read_bytes() == before


def test_an_extension_has_a_deadline_of_its_own(world: UpdateCourse) -> None:
    """Kept at the first one, the team gets more time: the later one counts."""
    world.team({"3_Model/README.md": OPEN + "\nMore\n"}, date="2026-11-19T10:00:00+01:00")
    keep(course(world), now=AFTER)
    extend(course(world), "owls", "Model", dt.date(2026, 11, 27))
    world.team({"3_Model/README.md": DONE}, date="2026-11-26T10:00:00+01:00")
    assert keep(course(world), now=AFTER) == ()
    later = AFTER + dt.timedelta(days=7)
    (kept,) = keep(course(world), now=later)
    assert (kept.date, kept.state) == ("2026-11-27", "kept")
    (deadline,) = read_status(course(world), at=later).teams[0].deadlines
    assert (deadline.verdict, deadline.extended) == ("in time", True)


def test_a_team_without_a_repository_stops_nobody(world: UpdateCourse) -> None:
    roster = world.folder / "course" / "roster.csv"
    roster.write_text("team,slug,members\nLarks,larks,Kurt\nOwls,owls,Ada\n", encoding="utf-8")
    found = keep(course(world), now=AFTER)
    assert [(one.team, one.state) for one in found] == [("larks", "failed"), ("owls", "kept")]
    assert "coursekit generate" in found[0].problem
    rows = (world.folder / "course" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(rows[-1])["kind"] == "deadline"
