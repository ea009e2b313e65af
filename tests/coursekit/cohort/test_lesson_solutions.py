"""Staff decide whether the teams receive the solutions of the exercises."""

from __future__ import annotations

import pytest
from update_course import COURSE, UpdateCourse

from coursekit.course.course import load_course
from coursekit.errors import CourseError

WITHOUT = COURSE.replace("[template]", '[template]\nlessons = "without solutions"')
LESSONS = {
    "lessons/README.md": "# Lessons\n",
    "lessons/solutions/lesson_3.py": "ANSWERS = {1: sum}\n",
    "lessons/solutions.md": "No folder of that name, only a beginning.\n",
}


def setting(course: UpdateCourse, text: str) -> None:
    (course.folder / "course" / "course.toml").write_text(text, encoding="utf-8")


def test_the_setting_keeps_the_solutions_out_and_an_update_brings_or_takes_them(tmp_path):
    """Solutions can be handed out after the lesson, by changing one line."""
    course = UpdateCourse(tmp_path, settings=WITHOUT)
    course.files |= LESSONS
    course.start()
    assert "lessons/README.md" in course.paths()
    assert "lessons/solutions.md" in course.paths()
    assert "lessons/solutions/lesson_3.py" not in course.paths()
    setting(course, COURSE)
    course.update()
    assert "lessons/solutions/lesson_3.py" in course.paths()
    setting(course, WITHOUT)
    course.update()
    assert "lessons/solutions/lesson_3.py" not in course.paths()


def test_what_a_team_wrote_into_a_solution_stays(tmp_path):
    """An update never removes a team's own words."""
    course = UpdateCourse(tmp_path)
    course.files |= LESSONS
    course.start()
    course.team({"lessons/solutions/lesson_3.py": "ANSWERS = {1: sum}\nOURS = 2\n"})
    setting(course, WITHOUT)
    course.update()
    assert b"OURS = 2" in course.read("lessons/solutions/lesson_3.py")


def test_a_slip_in_the_setting_is_named(tmp_path):
    """A misspelt wish must not hand the solutions out silently."""
    course = UpdateCourse(tmp_path, settings=WITHOUT.replace("without sol", "without any sol"))
    (tmp_path / "course").mkdir()
    setting(course, course.settings)
    (tmp_path / "course" / "roster.csv").write_text("team\nOwls\n", encoding="utf-8")
    with pytest.raises(CourseError, match="lessons is 'without any solutions'; use one of"):
        load_course(tmp_path / "course")
