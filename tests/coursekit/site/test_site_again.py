"""A later build of the showcase gives the very site that a first one would."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from site_teams import commit, git, good_team, picture, readme

from coursekit.course.course import DaySettings, SiteSettings
from coursekit.course.schedule import Milestone
from coursekit.site import build, cache, publish, render

COVER = "CoverImage/cover.png"


def course(*slugs: str, **changes: object) -> SimpleNamespace:
    """As much of a course as the showcase reads."""
    team = [
        SimpleNamespace(slug=slug, title=slug, project=slug.title(), task="ner", family="")
        for slug in slugs
    ]
    facts = {
        "title": "Language Models",
        "cohort": "2026-winter",
        "language": "en",
        "milestones": (Milestone("Review", dt.date(2026, 11, 6), "Sources", "0_LiteratureReview"),),
        "teams": tuple(team),
        "day": DaySettings(),
        "site": SiteSettings(members="readme"),
        "verify_sources": False,
        "folder": Path("/nowhere"),
        "commit": SimpleNamespace(email="staff@example.org"),
        "minimum_sources": 2,
    }
    return SimpleNamespace(**facts | changes)


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> Path:
    """Three teams, and a site that was built from them."""
    folder = tmp_path_factory.mktemp("first")
    for name, color in (("one", 10), ("two", 90)):
        cover = picture((color, 90, 60))
        commit(folder / "teams" / f"{name}.git", {**good_team(name.title()), COVER: cover})
    commit(folder / "teams" / "three.git", {"README.md": readme("Three")})
    build(folder / "teams", folder / "site", course=course("one", "two", "three"), slides=True)
    return folder


@pytest.fixture
def place(first: Path, tmp_path: Path) -> Path:
    shutil.copytree(first, tmp_path, dirs_exist_ok=True)
    return tmp_path


def content(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def assert_as_new(place: Path, now: SimpleNamespace) -> None:
    """The site in `place` is byte for byte the one that a first build makes."""
    build(place / "teams", place / "new", course=now, slides=True)
    again, new = content(place / "site"), content(place / "new")
    assert sorted(again) == sorted(new)
    assert [name for name in new if again[name] != new[name]] == []


def change_a_team(place: Path) -> SimpleNamespace:
    commit(place / "teams" / "two.git", good_team("Two Again", 0.93), day=22)
    return course("one", "two", "three")


def push_a_branch_of_the_template(place: Path) -> SimpleNamespace:
    """The template decides which words are a team's own."""
    words = good_team()["1_DatasetCharacteristics/README.md"]
    path = place / "template.git"
    commit(path, {"1_DatasetCharacteristics/README.md": words})
    two = str(place / "teams" / "two.git")
    git("--git-dir", str(path), "push", "--quiet", two, "main:refs/heads/template")
    return course("one", "two", "three")


def remove_a_repository(place: Path) -> SimpleNamespace:
    shutil.rmtree(place / "teams" / "two.git")
    return course("one", "two", "three")


def empty_a_repository(place: Path) -> SimpleNamespace:
    git("--git-dir", str(place / "teams" / "two.git"), "update-ref", "-d", "refs/heads/main")
    return course("one", "two", "three")


def damage_a_repository(place: Path) -> SimpleNamespace:
    shutil.rmtree(place / "teams" / "two.git" / "objects")
    (place / "teams" / "two.git" / "objects").mkdir()
    commit_name = "0" * 39 + "1"
    (place / "teams" / "two.git" / "refs" / "heads" / "main").write_text(f"{commit_name}\n")
    return course("one", "two", "three")


def rename_a_team(place: Path) -> SimpleNamespace:
    (place / "teams" / "two.git").rename(place / "teams" / "deux.git")
    return course("one", "deux", "three")


def rename_a_project_without_a_title(place: Path) -> SimpleNamespace:
    commit(place / "teams" / "three.git", {"README.md": "Nothing yet.\n"}, day=22)
    before = course("one", "two", "three")
    build(place / "teams", place / "site", course=before, slides=True)
    now = course("one", "two", "three")
    now.teams[2].project = "The Roster's New Title"
    return now


def let_an_absent_team_choose_a_task(place: Path) -> SimpleNamespace:
    build(place / "teams", place / "site", course=course("one", "four"), slides=True)
    now = course("one", "four")
    now.teams[1].task = "translation"
    return now


@pytest.mark.parametrize(
    "change",
    [
        lambda place: course("one", "two", "three"),
        change_a_team,
        push_a_branch_of_the_template,
        remove_a_repository,
        empty_a_repository,
        damage_a_repository,
        rename_a_team,
        rename_a_project_without_a_title,
        let_an_absent_team_choose_a_task,
        lambda place: course("three", "one"),
        lambda place: course("one", "two", "three", "four"),
        lambda place: course("one", "two", "three", title="Another Title"),
        lambda place: course("one", "two", "three", language="de"),
        lambda place: course("one", "two", "three", milestones=()),
        lambda place: course("one", "two", "three", minimum_sources=3),
    ],
    ids=[
        "nothing", "commit", "template", "no repository", "no commits", "damaged", "renamed",
        "title of the roster", "task of the roster", "teams removed", "team added", "title",
        "language", "schedule", "minimum",
    ],
)  # fmt: skip
def test_a_later_build_gives_what_a_first_one_would(place, change):
    """Whatever has happened since: nothing of the old site may show in the new one."""
    now = change(place)
    build(place / "teams", place / "site", course=now, slides=True)
    assert_as_new(place, now)


def test_a_picture_that_a_team_withdrew_is_gone(place):
    """Somebody may have had a reason to take it out."""
    published = {name for name in content(place / "site") if name.startswith("media/")}
    commit(place / "teams" / "two.git", good_team("Two"), day=22)
    now = course("one", "two", "three")
    build(place / "teams", place / "site", course=now, slides=True)
    left = {name for name in content(place / "site") if name.startswith("media/")}
    assert len(left) == len(published) - 1
    assert_as_new(place, now)


def test_a_later_build_needs_no_site_builder(place, monkeypatch):
    """MkDocs' start alone would take longer than everything else."""
    monkeypatch.setattr(render, "run_engine", None)
    report = build(place / "teams", place / "site", course=change_a_team(place), slides=True)
    assert (report.read, report.reused) == (("two",), ("one", "three"))


def test_another_version_builds_everything_anew(place, monkeypatch):
    """What older code wrote is not mixed with what newer code writes."""
    monkeypatch.setattr(cache, "_code", lambda: "another")
    report = build(place / "teams", place / "site", course=course("one", "two", "three"))
    assert report.reused == ()


def cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def nonsense(path: Path) -> None:
    path.write_bytes(b"\x00\xff[not json\n" * 3)


def drop(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("harm", [cut, nonsense, drop])
@pytest.mark.parametrize(
    "name",
    [
        ".site-cache/state.json", ".site-cache/teams.jsonl",
        ".site-cache/shells/index.html", "site/showcase.json",
        "site/assets/showcase/showcase.css",
    ],
)  # fmt: skip
def test_a_damaged_folder_is_made_good(place, name, harm):
    """The machine was switched off, the disk was full, or somebody tidied up."""
    harm(place / name)
    if name.endswith("showcase.json") and harm is drop:
        drop(place / "site")
    now = course("one", "two", "three")
    build(place / "teams", place / "site", course=now, slides=True)
    assert_as_new(place, now)


@pytest.mark.parametrize(
    "name", ["site/media", ".site-cache/shells", "site/teams/one.html", "site/slides"]
)
def test_what_was_deleted_is_made_again(place, name):
    """Nothing in these folders has to be kept."""
    drop(place / name)
    now = change_a_team(place)
    build(place / "teams", place / "site", course=now, slides=True)
    assert_as_new(place, now)


def test_an_interrupted_build_leaves_nothing_behind(place, monkeypatch):
    """After Ctrl-C in the middle, and with the commit taken back, no page shows that commit."""
    two = str(place / "teams" / "two.git")
    now = change_a_team(place)

    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(publish, "write_index", interrupt)
        with pytest.raises(KeyboardInterrupt):
            build(place / "teams", place / "site", course=now, slides=True)
    assert b"Two Again" in (place / "site" / "teams" / "two.html").read_bytes()
    git("--git-dir", two, "update-ref", "refs/heads/main", "refs/heads/main^")
    build(place / "teams", place / "site", course=now, slides=True)
    assert_as_new(place, now)


def test_the_site_of_somebody_else_is_not_taken_for_ours(place):
    """Two courses with one output folder: the second build is complete."""
    commit(place / "others" / "far.git", good_team("Far Away"))
    build(place / "others", place / "far")
    shutil.rmtree(place / "site")
    (place / "far").rename(place / "site")
    now = course("one", "two", "three")
    build(place / "teams", place / "site", course=now, slides=True)
    assert_as_new(place, now)


def test_pages_for_another_site_follow_the_teams_too(place):
    """The Markdown pages are kept and renewed in the same way."""
    now = course("one", "two", "three")
    build(place / "teams", place / "docs", course=now, into_docs=True)
    now = rename_a_team(place)
    report = build(place / "teams", place / "docs", course=now, into_docs=True)
    assert report.reused == ("one", "three")
    build(place / "teams", place / "new", course=now, into_docs=True)
    again, new = content(place / "docs"), content(place / "new")
    kept = {name for name in [*again, *new] if name.startswith(".cache/")}
    assert {k: v for k, v in again.items() if k not in kept} == {
        k: v for k, v in new.items() if k not in kept
    }
    assert [page["title"] for page in json.loads(again["search-pages.json"])] == [
        "One", "Two", "Three",
    ]  # fmt: skip
