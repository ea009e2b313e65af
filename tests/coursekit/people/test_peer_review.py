"""Teams review each other: fairly, repeatably, and without a name where that was promised."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from coursekit.cli import group
from coursekit.cohort.generate import generate
from coursekit.course.course import Course, load_course
from coursekit.course.start import start_course
from coursekit.git.objects import Author, File
from coursekit.git.repository import open_repository
from coursekit.people.hand_over import HandedOver, hand_over_in_repositories
from coursekit.people.peer_review import assign, hand_over, open_reviews, pair
from coursekit.template.commits import Commit, add_commits
from litreview.errors import UserError


@pytest.mark.parametrize("count", [2, 3, 4, 5, 8, 31])
@pytest.mark.parametrize("each", [1, 2, 3])
def test_each_gives_and_gets_as_many_and_mutual_pairs_only_where_there_is_no_other_way(count, each):
    slugs = [f"t{k}" for k in range(count)]
    if each >= count:
        with pytest.raises(UserError, match=f"{count} teams cannot give {each} reviews each"):
            pair(slugs, each, 0)
        return
    pairs = pair(slugs, each, 7)
    assert len(set(pairs)) == count * each
    assert all(by != of for by, of in pairs)
    assert set(Counter(by for by, _ in pairs).values()) == {each}
    assert set(Counter(of for _, of in pairs).values()) == {each}
    mutual = sum((of, by) in pairs for by, of in pairs)
    assert (mutual == 0) == (2 * each < count)
    assert pair(list(reversed(slugs)), each, 7) == pairs, "the same again, in any order"


def test_another_seed_gives_other_pairs():
    slugs = [f"t{k}" for k in range(8)]
    assert pair(slugs, 2, 0) != pair(slugs, 2, 1)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    start_course(tmp_path)
    (tmp_path / "roster.csv").write_text("team,members\nOwls,Ada\nLarks,Kurt\nTerns,Wei\n")
    return load_course(tmp_path)


def answer(course: Course, by: str, of: str, text: str) -> None:
    path = course.folder / "reviews" / "review-i" / by / f"{of}.md"
    path.write_text(path.read_text().replace("*(your answer)*", text))


def test_forms_are_kept_progress_is_seen_and_a_round_stays_as_it_is(course: Course) -> None:
    reviews, _ = assign(course, "Review I", 1)
    assert sorted({review.state for review in reviews}) == ["open"]
    first = reviews[0]
    answer(course, first.by, first.of, "Good.")
    second = reviews[1]
    path = course.folder / "reviews" / "review-i" / second.by / f"{second.of}.md"
    path.write_text(path.read_text().replace("*(your answer)*", "Half.", 1))
    again, _ = assign(course, "Review I", 1, seed=99)
    assert [(r.by, r.of) for r in again] == [(r.by, r.of) for r in reviews]
    assert [review.state for review in again] == ["done", "started", "open"]
    assert open_reviews(course) == [
        f"{second.by}: the review of {second.of} is started (Review I)",
        f"{reviews[2].by}: the review of {reviews[2].of} is open (Review I)",
    ]


def test_what_was_said_is_handed_over_without_a_name_where_that_was_promised(course, tmp_path):
    reviews, _ = assign(course, "Review I", 2)
    for review in reviews:
        answer(course, review.by, review.of, "It is <b>good</b>.")
    assert hand_over(course, "Review I", tmp_path / "named", anonymous=False) == 3
    assert hand_over(course, "Review I", tmp_path / "secret", anonymous=True) == 3
    named = (tmp_path / "named" / "owls.md").read_text()
    assert "## Larks\n" in named
    assert "## Terns\n" in named
    secret = (tmp_path / "secret" / "owls.md").read_text()
    assert "Larks" not in secret
    assert "Terns" not in secret
    assert secret.count("It is <b>good</b>.") == 8
    assert "## Review 1\n" in secret


def test_a_team_that_came_later_is_named(course: Course) -> None:
    assign(course, "Review I", 1)
    roster = course.folder / "roster.csv"
    roster.write_text("team,members\nOwls,Ada\nTerns,Wei\nHawks,Emmy\n")
    _, remarks = assign(load_course(course.folder), "Review I", 1)
    assert remarks == ("hawks: came after 'Review I' was assigned", "larks: is no team any more")


def test_the_command(course: Course, tmp_path: Path) -> None:
    def run(verb: str, *arguments: str) -> str:
        result = CliRunner().invoke(group, ["peer-review", verb, str(course.folder), *arguments])
        assert result.exception is None, result.output
        return result.output

    assert run("assign", "Review I", "--each", "1", "--dry-run").count("reviews") == 3
    assert not (course.folder / "reviews").exists()
    run("assign", "Review I", "--each", "1")
    assert "3 messages" in run("ask", "Review I", "--out", str(tmp_path / "ask"))
    assert "over: 0 messages" in run("hand-over", "Review I", "--out", str(tmp_path / "over"))
    text = (tmp_path / "ask" / "owls.md").read_text()
    assert text.startswith("Hello Owls,\n\nplease review another team's project for Review I.")
    assert "### What is convincing, and why?" in text


def in_repository(course: Course, slug: str, place: str = "reviews/review-i.md") -> str | None:
    with open_repository(course.repositories / f"{slug}.git") as repository:
        if place not in repository.files("main"):
            return None
        return repository.read(place, ref="main").decode()


def team_commits(course: Course, slug: str, changes: dict[str, File | None]) -> None:
    path = course.repositories / f"{slug}.git"
    with open_repository(path) as repository:
        tip = repository.tip("main")
    assert tip
    ada = Author("Ada", "ada@example.org", 1_790_000_000)
    add_commits(path, [Commit("main", (tip,), "Work", changes)], ada)


def states(found: list[HandedOver]) -> list[tuple[str, str]]:
    return [(one.team, one.state) for one in found]


def test_reviews_come_into_the_repository_once_and_grow_with_those_that_come_later(course):
    generate(course)
    reviews, _ = assign(course, "Review I", 2)
    first, second = (review for review in reviews if review.of == "owls")
    answer(course, first.by, "owls", "Show the baseline.")

    def run(*, dry_run: bool = False) -> list[tuple[str, str]]:
        return states(
            hand_over_in_repositories(course, "Review I", anonymous=True, dry_run=dry_run)
        )

    assert run(dry_run=True) == [("owls", "would write")]
    assert in_repository(course, "owls") is None
    assert run() == [("owls", "written")]
    text = in_repository(course, "owls")
    assert text.startswith("# What other teams say: Review I\n\n## Review 1\n")
    assert text.count("Show the baseline.") == 4
    assert not any(name in text for name in ("Larks", "Terns", "Kurt", "Wei"))
    assert in_repository(course, "larks") is None
    assert run() == [("owls", "there already")]
    answer(course, second.by, "owls", "And the split.")
    assert run() == [("owls", "written")]
    assert in_repository(course, "owls").count("And the split.") == 4
    # Nobody is named by the commit either.
    log = subprocess.run(
        ["git", "--git-dir", course.repositories / "owls.git", "log", "--format=%an %s", "main"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert log.splitlines()[0] == f"{course.commit.author} Hand over what other teams say: Review I"


def test_what_the_team_did_with_its_reviews_stays(course):
    generate(course)
    for review in assign(course, "Review I", 1)[0]:
        answer(course, review.by, review.of, "Good.")
    assert {state for _, state in states(
        hand_over_in_repositories(course, "Review I", anonymous=False)
    )} == {"written"}  # fmt: skip
    team_commits(course, "owls", {"reviews/review-i.md": None})
    team_commits(course, "larks", {"reviews/review-i.md": File(b"Our answer.\n")})
    team_commits(course, "terns", {"reviews/review-i.md": None, "reviews": File(b"A list.\n")})
    found = hand_over_in_repositories(course, "Review I", anonymous=True)
    assert [(one.team, one.state, one.note) for one in found] == [
        ("owls", "left", "reviews/review-i.md: the team has removed it"),
        ("larks", "left", "reviews/review-i.md: the team has changed it"),
        ("terns", "left", "the team has a file 'reviews'"),
    ]
    assert in_repository(course, "larks") == "Our answer.\n"
    assert in_repository(course, "terns", "reviews") == "A list.\n"


def test_the_command_says_where_it_goes_to(course):
    generate(course)
    for review in assign(course, "Review I", 1)[0]:
        answer(course, review.by, review.of, "Good.")
    arguments = ["peer-review", "hand-over", str(course.folder), "Review I"]
    nowhere = CliRunner().invoke(group, arguments)
    assert nowhere.exit_code == 2
    assert "--out FOLDER for messages, --commit for repositories" in nowhere.output
    done = CliRunner().invoke(group, [*arguments, "--commit"])
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"written        {slug:<24}  reviews/review-i.md on main"
        for slug in ("owls", "larks", "terns")
    ]
