"""Which week is which lesson: one number in course.toml, and ways in both directions."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from coursekit.cohort.generate import answers
from coursekit.course.course import load_course
from coursekit.course.start import start_course
from coursekit.errors import CourseError
from coursekit.site.labels import Labels
from coursekit.site.lessons.quiz import lesson_days, lesson_kind, lesson_of, showcase_quiz
from coursekit.site.pages import Pages, Site

ROW = """
[[milestones]]
date = 2026-11-20
title = "Attention"
deliverable = "Quiz 3"
lesson = 3
"""


@pytest.fixture
def course(tmp_path):
    """A course whose third session is lesson 3."""
    start_course(tmp_path / "course")
    path = tmp_path / "course" / "course.toml"
    text = path.read_text(encoding="utf-8")
    rows = re.split(r"(?m)^(?=\[\[milestones\]\])", text)
    place = next(n for n, row in enumerate(rows) if "2026-11-20" in row)
    after = rows[place].partition("\n\n")[2]
    rows[place] = ROW.lstrip() + "\n" + after
    path.write_text("".join(rows), encoding="utf-8")
    return path


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_row_of_the_schedule_is_a_lesson(course):
    """The number is enough; the teams' table leads to the lesson's folder."""
    loaded = load_course(course.parent)
    (row,) = [row for row in loaded.milestones if row.lesson]
    assert (row.title, row.date, row.lesson) == ("Attention", dt.date(2026, 11, 20), 3)
    told = answers(loaded, loaded.teams[0])["_schedule"]["milestones"]
    assert [one["folder"] for one in told if one["milestone"] == "Attention"] == [
        "lessons/3_attention"
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("lesson = 6", "lesson is 6; use a whole number from 1 to 5"),
        ("lesson = 0", "lesson is 0; use a whole number from 1 to 5"),
        ('lesson = "3"', "lesson is '3'; use a whole number from 1 to 5"),
        ('lesson = 3\nfolder = "3_Model"', "has a lesson and the folder '3_Model'"),
    ],
)
def test_a_lesson_that_is_none_is_named(course, wrong, said):
    """With the line, as everything in course.toml."""
    edit(course, "lesson = 3", wrong)
    with pytest.raises(CourseError, match=rf"course\.toml, line \d+: {re.escape(said)}"):
        load_course(course.parent)


def test_the_first_day_of_a_lesson_counts():
    """A lesson that is held twice is met at its first date."""
    rows = (
        ("Start", dt.date(2026, 10, 30), "", ""),
        ("Attention", dt.date(2026, 11, 20), "", lesson_kind(3)),
        ("Attention again", dt.date(2026, 11, 27), "", lesson_kind(3)),
        ("BERT", None, "", lesson_kind(4)),
        ("Talks", dt.date(2027, 1, 8), "", "presentation"),
    )
    assert lesson_days(rows) == {3: dt.date(2026, 11, 20)}
    assert [lesson_of(row[3]) for row in rows] == [0, 3, 3, 4, 0]


def test_the_timeline_leads_to_the_quiz_of_a_lesson():
    """Only in the row of that lesson."""
    schedule = (
        ("Start", dt.date(2026, 10, 30), "", ""),
        ("Attention", dt.date(2026, 11, 20), "Quiz 3", lesson_kind(3)),
    )
    pages = Pages(Site("Course", "2026", "en", schedule, quiz=True)).of((), ())
    timeline = next(page for page in pages if page.name == "timeline")
    rows = timeline.parts["body"].split("<li ")
    link = '<a href="quiz.html#quiz-3">The quiz of this lesson</a>'
    assert [link in row for row in rows[1:]] == [False, True]


def test_the_quiz_says_when_and_leads_to_the_timeline():
    """Beneath the heading of that lesson alone."""
    page = showcase_quiz(Labels("de"), {3: dt.date(2026, 11, 20)})
    (found,) = re.findall(r'<h2 id="quiz-(\d)">[^\n]*\n<p[^>]*><a href="([^"]+)">(.*?)</a>', page)
    assert found[:2] == ("3", "timeline.html")
    assert re.sub(r"<[^>]+>", "", found[2]) == Labels("de").day(dt.date(2026, 11, 20))
    assert 'datetime="2026-11-20"' in found[2]
