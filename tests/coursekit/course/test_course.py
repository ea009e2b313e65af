"""`course.toml` is data that people edit: read kindly, and checked as a whole."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from coursekit.course.course import DaySettings, SiteSettings, load_course, load_rules
from coursekit.course.start import example, start_course
from coursekit.errors import CourseError
from litreview.errors import UserError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    start_course(tmp_path / "course")
    return tmp_path / "course"


def edit(folder: Path, old: str, new: str) -> None:
    """Change the example as a member of staff would."""
    path = folder / "course.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text, f"the example has no {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_new_course_has_the_schedule_and_rules_of_the_coming_winter(folder):
    """Staff start from what holds, and change what does not."""
    course = load_course(folder)
    days = [f"{row.date:%d.%m} {row.title}" for row in course.milestones]
    assert days == [
        "30.10 Form groups", "06.11 Literature review I", "13.11 Literature review II",
        "20.11 TBD", "27.11 TBD", "04.12 TBD", "11.12 TBD", "18.12 TBD",
        "08.01 Project presentations",
    ]  # fmt: skip
    assert (course.max_team_size, course.permitted_absences) == (4, 2)
    assert (course.minimum_sources, course.recommended_sources) == (2, 3)
    assert [team.family for team in course.teams] == [
        "encoder-only", "decoder-only", "encoder-decoder",
    ]  # fmt: skip
    assert [row.is_set for row in course.milestones].count(False) == 5


def test_a_deadline_is_the_end_of_the_day_where_the_course_is(folder):
    course = load_course(folder)
    deadline = course.milestones[1].deadline(course.timezone)
    assert deadline.isoformat() == "2026-11-06T23:59:59+01:00"


def test_what_windows_editors_save_is_read(folder):
    """Notepad adds a byte order mark, and every line ends in CRLF."""
    path = folder / "course.toml"
    before = load_course(folder)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_course(folder) == before


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-06", dt.date(2026, 11, 6)),
        ('"2026-11-06"', dt.date(2026, 11, 6)),
        ('"06.11.2026"', dt.date(2026, 11, 6)),
        ('"6.11.26"', dt.date(2026, 11, 6)),
        ('"TBD"', None),
        ('""', None),
    ],
)
def test_days_are_read_as_people_write_them(folder, written, day):
    edit(folder, "date = 2026-11-06", f"date = {written}")
    assert load_course(folder).milestones[1].date == day


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('title = "Language', 'title = Language', r"line 5.*not valid TOML.*quotation marks"),
        ("max_size = 4", 'max_size = "four"', r"line 11: max_size is 'four'; use a whole number"),
        ("max_size = 4", "max_size = 0", r"line 11: max_size is 0; .* from 1 to 50"),
        ("max_size = 4", "maxsize = 4", r"line 11: .*'maxsize' in \[teams\]; did you mean 'max_s"),
        ('language = "en"', 'language = "fr"', r"line 7: language is 'fr'; use one of 'en', 'de'"),
        ('timezone = "Europe/Berlin"', 'timezone = "Berlin"', r"line 8: timezone is 'Berlin'"),
        ("[review]", "[reviews]", r"line 18: there is no section 'reviews'; did you mean 'review'"),
        ("date = 2026-11-13", 'date = "next week"', r"line 50: date is 'next week'; write a day"),
        ("date = 2026-11-13", "date = 2026-11-01", r"line 49: 'Literature review II' on 2026-11-01"
         r" stands after 'Literature review I' on 2026-11-06"),
        ('folder = "0_Lit', 'folder = "../0_Lit', r"line 47: folder is '\.\./0_LiteratureReview'"),
        ('folder = "repositories"', 'folder = "/etc"', r"folder is '/etc'; use a folder inside"),
        ('kind = "folder"', 'kind = "github"', r"organization is ''; give the name"),
        ('kind = "folder"', 'kind = "sourcehut"',
         r"kind is 'sourcehut'; use one of 'folder', 'github', 'gitlab', 'forgejo', 'gitea'"),
        ('# address = "ssh://git@', 'address = "https://me:secret@', r"address holds a password"),
        ('"builtin"', '"https://me:secret@host/t.git"', r"line 82: source holds a password"),
        ("# ref = ", "ref = ", r"ref needs a template of your own"),
        ('# start = "14:00"', 'start = "2 pm"', r"line 26: start is '2 pm'; write a"),
        ('# feedback = "staff@', 'feedback = "http://', r"line 28: feedback is 'http://example"),
        ('# address = "https://example', 'address = "https://me:secret@x', r"31: address holds"),
        ('# address = "https://', 'address = "ftp://', r"31: address is 'ftp://example"),
        ('# members = "consent"', 'members = "all"', r"line 32: members is 'all'; use one of"),
        ("# verify_sources = false", "verify_sources = 1", r"line 21: verify_sources is 1; use"),
        ('author = "Course staff"', 'author = "a <b>"', r"author is 'a <b>'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_remedy(folder, old, new, expected):
    edit(folder, old, new)
    with pytest.raises(CourseError, match=expected) as caught:
        load_course(folder)
    assert str(caught.value).startswith(str(folder / "course.toml"))
    assert "secret" not in str(caught.value)


def test_the_day_and_the_site_have_their_settings(folder):
    """A published address ends with a slash, so that pages can be named below it."""
    edit(folder, '# feedback = "staff@example.org"', 'feedback = "https://example.org/form"')
    edit(folder, '# address = "https://example.org/llm/"', 'address = "https://example.org/llm"')
    edit(folder, "# verify_sources = false", "verify_sources = true")
    course = load_course(folder)
    assert course.day == DaySettings(15, 5, "14:00", "", "https://example.org/form")
    assert course.site == SiteSettings("https://example.org/llm/", "consent")
    assert course.verify_sources is True


def test_all_mistakes_are_named_at_once_in_the_order_of_lines(folder):
    """Nobody wants to run a command six times to find six slips."""
    edit(folder, "max_size = 4", "max_size = 99")
    edit(folder, "minutes = 15", "minutes = true")
    edit(folder, 'language = "en"', "language = 3")
    with pytest.raises(CourseError) as caught:
        load_course(folder)
    lines = [int(number) for number in re.findall(r"line (\d+)", str(caught.value))]
    assert lines == [7, 11, 24]


def test_a_folder_that_is_no_course_says_how_to_start_one(tmp_path):
    with pytest.raises(CourseError, match="coursekit init"):
        load_course(tmp_path)


def test_the_rules_can_be_read_before_there_is_a_roster(folder):
    (folder / "roster.csv").unlink()
    assert load_rules(folder).max_team_size == 4
    with pytest.raises(UserError, match=r"roster\.csv: does not exist"):
        load_course(folder)


def test_init_keeps_what_is_there(folder):
    """A second run must not undo an evening's work."""
    edit(folder, "max_size = 4", "max_size = 3")
    (folder / "roster.csv").unlink()
    report = start_course(folder)
    assert report.written == (folder / "roster.csv",)
    assert report.kept == (folder / "course.toml",)
    assert "max_size = 3" in (folder / "course.toml").read_text(encoding="utf-8")


def test_init_can_be_tried_without_writing(tmp_path):
    report = start_course(tmp_path / "new", dry_run=True)
    assert [path.name for path in report.written] == ["course.toml", "roster.csv"]
    assert not (tmp_path / "new").exists()


def test_the_example_explains_every_section():
    """The file is the manual that staff have in front of them."""
    text = example("course.toml")
    for section in ("course", "teams", "attendance", "review", "template", "hosting", "commit"):
        assert f"[{section}]" in text
    assert text.count("#") > 20
