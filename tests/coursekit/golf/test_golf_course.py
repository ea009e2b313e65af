"""The game of a whole course: it is opened, played, and gone on with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from golf_entries import ABOUT, EVEN, PROSE, THREE_QUARTERS
from verified_course import closed_box, commit, git, make_course

from coursekit.golf.entry import read_entry
from coursekit.golf.game import Options, find_entries, rank
from coursekit.golf.opening import BRANCH, open_game
from coursekit.golf.play import Rules
from coursekit.verify.packs import Store
from coursekit.verify.queue import Here

RULES = Rules(cpu_seconds=4.0, scoring_seconds=3.0, artefact_bytes=1000, seeds=(1, 2))


def team(folder: Path, source: str = "") -> Path:
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "README.md").write_text("# Team\n", encoding="utf-8")
    if source:
        (folder / "golf").mkdir()
        (folder / "golf" / "entry.py").write_text(source, encoding="utf-8")
    commit(folder)
    return folder


@pytest.fixture
def course(tmp_path):
    """Two teams that play, one whose file is wrong, and one that does not play."""
    tmp_path.chmod(0o755)
    teams = {"even": EVEN, "better": THREE_QUARTERS, "broken": ABOUT, "idle": ""}
    return make_course(
        tmp_path / "course",
        {slug: team(tmp_path / slug, source) for slug, source in teams.items()},
    )


def play(course, **changes):
    store = Store(course.state / "golf" / "packs")
    here = Here(closed_box(), store.path, 1)
    usual = {"rules": RULES, "no_box": "", "versions": {"python": "3"}, "references": False}
    played: list[tuple[str, int]] = []
    rows = rank(
        course, here, store, PROSE, Options(**(usual | changes)),
        on_played=lambda entry, one: played.append((entry.name, one.seed)),
    )  # fmt: skip
    return rows, played


def test_opening_gives_a_branch_and_touches_no_other(course):
    """Who plays already is left alone, and a second call finds nothing to do."""
    before = git(course.repositories / "idle.git", "rev-parse", "main")
    assert {one.team: one.state for one in open_game(course, dry_run=True)} == {
        "even": "plays", "better": "plays", "broken": "plays", "idle": "would open",
    }  # fmt: skip
    assert git(course.repositories / "idle.git", "branch", "--list", BRANCH) == ""
    states = {one.team: one.state for one in open_game(course)}
    assert states["idle"] == "opened"
    assert {one.team: one.state for one in open_game(course)}["idle"] == "open"
    idle = course.repositories / "idle.git"
    assert git(idle, "rev-parse", "main") == before
    assert git(idle, "diff", "--name-status", "main", BRANCH).split() == [
        "A", "golf/README.md", "A", "golf/entry.py",
    ]  # fmt: skip
    source = git(idle, "show", f"{BRANCH}:golf/entry.py")
    assert read_entry(source.encode(), "entry.py").name == "our first entry"


def test_a_course_is_ranked_and_gone_on_with(course):
    rows, played = play(course)
    assert [(row.rank, row.team, row.tier) for row in rows] == [
        (1, "even", "reproduced"), (2, "better", "reproduced"), (0, "broken", "measured"),
    ]  # fmt: skip
    assert sorted(played) == [
        ("even", 1),
        ("even", 2),
        ("three quarters", 1),
        ("three quarters", 2),
    ]
    again, played = play(course)
    assert (again, played) == (rows, [])
    # A kill after the first seed of the last entry: only what lacks is played.
    log = course.folder / "golf.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines()
    log.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    lost = json.loads(lines[-1])
    again, played = play(course)
    assert played == [(lost["name"], lost["seed"])]
    assert [row.bits for row in again] == [row.bits for row in rows]


def test_a_dry_run_writes_nothing(course):
    rows, played = play(course, dry_run=True)
    assert played == []
    assert not (course.folder / "golf.jsonl").exists()
    assert {row.reason for row in rows if row.team == "even"} == {"0 of 2 seeds were played"}


def test_without_a_box_nothing_of_a_team_is_run(course):
    rows, played = play(course, no_box="bubblewrap is missing")
    assert played == []
    assert {row.reason for row in rows if row.team == "even"} == {
        "there is no box: bubblewrap is missing"
    }


def test_a_link_is_not_followed(course, tmp_path):
    """A link to a file of the staff would be read as the team's entry."""
    folder = tmp_path / "linked"
    folder.mkdir()
    git(folder, "clone", "--quiet", str(course.repositories / "idle.git"), "work")
    (folder / "work" / "golf").mkdir()
    (folder / "work" / "golf" / "entry.py").symlink_to("/etc/passwd")
    commit(folder / "work")
    git(folder / "work", "push", "--quiet", "origin", "main")
    entries, refused = find_entries(course, ["idle"], None)
    assert entries == []
    assert refused == {"idle": "golf/entry.py: is no ordinary file, and is not followed"}
