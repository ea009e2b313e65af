"""Quizzes as data: what a file may hold, and what the course's own ones promise."""

from __future__ import annotations

import pytest

from coursekit.errors import CourseError
from coursekit.lessons.ask import Verdict, judge, read_letters
from coursekit.lessons.quiz import (
    Choice,
    pick_lessons,
    quiz_languages,
    read_quiz,
    read_quizzes,
)
from litreview.errors import UserError

GOOD = """\
[quiz]
goal = 2
en = "Words"
de = "Wörter"

[[question]]
id = "near"
en = "What is near?"
de = "Was ist nah?"
[[question.choice]]
en = ["a", "no"]
de = ["A", "nein"]
[[question.choice]]
right = true
en = ["b", "yes"]
de = ["B", "ja"]
"""


def write(tmp_path, text):
    path = tmp_path / "2_words.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_question_and_its_translation_share_their_solution(tmp_path):
    """The mark stands once; only the words differ."""
    path = write(tmp_path, GOOD)
    english, german = read_quiz(path, "en"), read_quiz(path, "de")
    assert (english.name, english.goal, english.title) == ("2_words", 2, "Words")
    assert german.title == "Wörter"
    assert german.questions[0].text == "Was ist nah?"
    assert german.questions[0].choices[1] == Choice("B", "ja", True)
    assert english.questions[0].right == german.questions[0].right == {1}
    assert not english.questions[0].several
    assert quiz_languages(path) == ("en", "de")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("right = true", "right = 1"), "line 6: right is 1 in 'near'; use true or false"),
        (("right = true\n", ""), "line 6: no choice of 'near' is right; write right = true"),
        (('["b", "yes"]', '["b"]'), "line 6: a choice of 'near' has no en = [text, reason]"),
        (('["b", "yes"]', '["a", "yes"]'), "line 6: two choices of 'near' say the same"),
        (('id = "near"', 'id = "Near!"'), "line 7: id is 'Near!'; use lowercase letters"),
        (('en = "What is near?"', ""), "line 6: the question in 'en' is missing"),
        (('en = "Words"', ""), "line 1: [quiz] has no title in 'en'; it has de, so add"),
        (("goal = 2", 'goal = "two"'), "line 2: goal is 'two'; use a whole number from 1 to 99"),
        (('"What is near?"', '"x\\u0007"'), "longer than 1000 characters or holds control"),
        (("[quiz]", "[quizz]"), "there is no section 'quizz'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, change, said):
    """Whoever writes questions sees all mistakes at once, and where they stand."""
    with pytest.raises(CourseError) as caught:
        read_quiz(write(tmp_path, GOOD.replace(*change)), "en")
    assert said in str(caught.value)


def test_an_id_stands_once(tmp_path):
    """Results are counted by id; two of one name would be added up."""
    question = GOOD[GOOD.index("[[question]]") :]
    with pytest.raises(CourseError, match="line 19: the id 'near' stands twice"):
        read_quiz(write(tmp_path, GOOD + "\n" + question), "en")


def test_a_folder_without_quizzes_is_named(tmp_path):
    """A wrong path must not look like an empty quiz."""
    with pytest.raises(UserError, match="holds no quiz"):
        read_quizzes(tmp_path, "en")


def test_the_course_has_five_lessons_with_at_least_eight_questions_in_both_languages():
    """Every question has four choices, a reason for each, and the same solution in German."""
    english, german = read_quizzes(None, "en"), read_quizzes(None, "de")
    assert [quiz.goal for quiz in english] == [1, 2, 3, 4, 5]
    for quiz, other in zip(english, german, strict=True):
        assert len(quiz.questions) >= 8
        for one, two in zip(quiz.questions, other.questions, strict=True):
            assert one.id == two.id
            assert one.right == two.right
            assert one.text != two.text
            for question in (one, two):
                assert len(question.choices) == 4
                assert all(len(choice.why) > 12 for choice in question.choices)
                # The first column of a spreadsheet must not calculate.
                assert not question.text.startswith(("=", "+", "-", "@"))


def test_the_place_of_the_right_choice_tells_nothing():
    """Whoever always picks the same letter must not get far."""
    for quiz in read_quizzes(None, "en"):
        single = [min(q.right) for q in quiz.questions if not q.several]
        for place in range(4):
            assert single.count(place) <= len(single) / 2, (quiz.name, place)


def test_lessons_are_picked_in_the_order_of_the_course():
    """An unknown one is an error, not an empty quiz."""
    quizzes = read_quizzes(None, "en")
    assert [quiz.goal for quiz in pick_lessons(quizzes, (4, 2))] == [2, 4]
    assert pick_lessons(quizzes, ()) == quizzes
    with pytest.raises(UserError, match="lesson 7 has no quiz; there are 1, 2, 3, 4, 5"):
        pick_lessons(quizzes, (2, 7))


def test_only_exactly_the_right_choices_are_right():
    """Half of a solution is not the solution, and too much is not either."""
    several = next(q for q in read_quizzes(None, "en")[0].questions if q.id == "recall")
    assert several.several
    assert judge(several, [2, 1, 1]) == Verdict(True, (), ())
    assert judge(several, [1]) == Verdict(False, (), (2,))
    assert judge(several, [0, 1, 2]) == Verdict(False, (0,), ())
    assert judge(several, []) == Verdict(False, (), (1, 2))


@pytest.mark.parametrize(
    ("typed", "single", "several"),
    [("b", {1}, {1}), (" C ", {2}, {2}), ("a, c", None, {0, 2}), ("ca", None, {0, 2}),
     ("aa", {0}, {0}), ("e", None, None), ("1", None, None), ("?", None, None), ("", None, None)],
)  # fmt: skip
def test_letters_are_read_as_people_type_them(typed, single, several):
    """Capitals, commas and blanks; a letter that is no choice is asked for again."""
    questions = read_quizzes(None, "en")[0].questions
    by_id = {question.id: question for question in questions}
    assert read_letters(typed, by_id["bits"]) == single
    assert read_letters(typed, by_id["recall"]) == several
