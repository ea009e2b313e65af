"""The programme: an order that people rearrange, and times that follow from it."""

from __future__ import annotations

import datetime as dt

import pytest

from coursekit.course.course import load_course
from coursekit.course.programme import (
    format_programme,
    order_by_lot,
    presentation_date,
    read_programme,
)
from coursekit.course.start import start_course
from coursekit.errors import CourseError


@pytest.fixture
def folder(tmp_path):
    start_course(tmp_path / "course")
    return tmp_path / "course"


def programme(folder, text):
    (folder / "programme.csv").write_text(text, encoding="utf-8")
    return read_programme(load_course(folder))


def times(found):
    return [(slot.team or slot.title, slot.start, slot.end) for slot in found.slots]


def test_times_follow_from_the_order_the_minutes_and_the_start(folder):
    """15 minutes and 5 for questions; a break has no questions; a row can begin later."""
    found = programme(
        folder,
        "team,title,minutes,start,room\nnext-word,,,,\n,Coffee,10,,\nbright-encoders,,12,15:00,B\n",
    )
    assert times(found) == [
        ("next-word", "14:00", "14:20"), ("Coffee", "14:20", "14:30"),
        ("bright-encoders", "15:00", "15:17"),
    ]  # fmt: skip
    assert [slot.room for slot in found.slots] == ["", "", "B"]
    assert [slot.questions for slot in found.slots] == [5, 0, 5]
    assert found.left_out == ("short-and-sweet",)
    assert found.date == dt.date(2027, 1, 8)


def test_the_course_says_when_the_day_begins_and_where(folder):
    settings = folder / "course.toml"
    text = settings.read_text(encoding="utf-8")
    text = text.replace('# start = "14:00"', 'start = "09:30"').replace(
        "# questions = 5", "questions = 0"
    )
    settings.write_text(text.replace('# room = "L', 'room = "L'), encoding="utf-8")
    found = programme(folder, "team\nnext-word\nbright-encoders\n")
    assert times(found) == [
        ("next-word", "09:30", "09:45"), ("bright-encoders", "09:45", "10:00"),
    ]  # fmt: skip
    assert {slot.room for slot in found.slots} == {"Lecture hall 2"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("nobody,,,,", r"line 2: no team of the roster has the slug 'nobody'"),
        ("next-word,,0,,", r"line 2: minutes is '0'; use a whole number from 1 to 600"),
        ("next-word,,15.5,,", r"line 2: minutes is '15.5'"),
        ("next-word,,,2 pm,", r"line 2: start is '2 pm'; write a time such as 14:00"),
        (",,10,,", r"line 2: has neither a team nor the title of a break"),
        ("next-word,,,,\nnext-word,,,,", r"line 3: 'next-word' talks twice"),
        ("next-word,,,14:00,\nbright-encoders,,,14:10,", r"line 3: begins at 14:10, before"),
        ("next-word,,600,20:00,", r"line 2: ends after midnight"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named_with_its_line(folder, row, says):
    with pytest.raises(CourseError, match=says):
        programme(folder, f"team,title,minutes,start,room\n{row}\n")


def test_a_table_of_something_else_is_refused(folder):
    with pytest.raises(CourseError, match="there is no column 'team'"):
        programme(folder, "name,when\nnext-word,14:00\n")
    with pytest.raises(CourseError, match="nobody reads the column 'when'; remove it"):
        programme(folder, "team,when\nnext-word,14:00\n")


def test_a_lot_is_drawn_again_with_its_seed_whatever_the_order_of_the_roster():
    """Whoever doubts the order can draw it again."""
    slugs = [f"team-{number}" for number in range(9)]
    drawn = order_by_lot(slugs, 20270108)
    assert sorted(drawn) == slugs
    assert drawn == order_by_lot(slugs[::-1], 20270108)
    assert drawn != order_by_lot(slugs, 20270109)


def test_a_programme_that_was_written_reads_back_with_its_breaks(folder):
    slugs = ["short-and-sweet", "next-word", "bright-encoders"]
    found = programme(folder, format_programme(slugs, break_after=2))
    assert [slot.team or slot.title for slot in found.slots] == [*slugs[:2], "Break", slugs[2]]
    assert found.left_out == ()


def test_without_a_file_there_is_no_programme(folder):
    course = load_course(folder)
    assert read_programme(course) is None
    assert presentation_date(course) == dt.date(2027, 1, 8)
