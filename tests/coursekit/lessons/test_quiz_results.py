"""What forms export of a quiz, and what it says about a class."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from click.testing import CliRunner

from coursekit.cli import group
from coursekit.errors import CourseError
from coursekit.lessons.quiz import read_quizzes
from coursekit.lessons.results import read_results

ENGLISH, GERMAN = read_quizzes(None, "en"), read_quizzes(None, "de")
BOTH = (*ENGLISH, *GERMAN)
ATTENTION = {question.id: question for question in ENGLISH[2].questions}
AUF_DEUTSCH = {question.id: question for question in GERMAN[2].questions}


def google(tmp_path, head, rows):
    """As Google Forms writes it: every cell in quotation marks, choices joined by ", "."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([head, *rows])
    path = tmp_path / "answers.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def microsoft(tmp_path, head, rows):
    """As Microsoft Forms writes it: a workbook, choices each ended by ";"."""
    openpyxl = pytest.importorskip("openpyxl", reason="Microsoft Forms exports workbooks")
    book = openpyxl.Workbook()
    for row in (head, *rows):
        book.active.append(row)
    path = tmp_path / "Quiz(1-3).xlsx"
    book.save(path)
    return path


def chosen(question, *places, between=", ", end=""):
    return between.join(question.choices[place].text for place in places) + end


def test_google_answers_are_counted_by_their_words(tmp_path):
    """A score column and an address do not disturb; an empty cell is no wrong answer."""
    scale, several = ATTENTION["scale"], ATTENTION["explanation"]
    head = ["Timestamp", "Email Address", "Score", scale.text, several.text]
    path = google(
        tmp_path,
        head,
        [
            [
                "2026/11/20 9:00:00 AM MEZ",
                "a@x.example",
                "2 / 2",
                chosen(scale, 1),
                chosen(several, 1, 2),
            ],
            [
                "2026/11/20 9:01:00 AM MEZ",
                "b@x.example",
                "0 / 2",
                chosen(scale, 0),
                chosen(several, 2),
            ],
            ["2026/11/20 9:02:00 AM MEZ", "c@x.example", "0 / 2", chosen(scale, 0), ""],
        ],
    )
    found = read_results(path, BOTH)
    assert (found.people, found.repeated, found.unknown) == (3, 0, ())
    first, second = found.questions
    assert (first.question.id, first.answers, first.right) == ("scale", 3, 1)
    assert first.chosen == (2, 1, 0, 0)
    assert first.misled == (scale.choices[0], 2)
    assert (second.answers, second.right, second.chosen) == (2, 1, (0, 1, 2, 0))
    (goal,) = found.goals
    assert (goal.goal, goal.title, goal.answers, goal.right) == (3, ENGLISH[2].title, 5, 2)
    assert goal.share == pytest.approx(0.4)
    assert [one.question.id for one in found.not_understood()] == ["scale", "explanation"]


def test_microsoft_answers_in_german_with_points_and_feedback(tmp_path):
    """The columns that a quiz adds beside each question are not taken for it."""
    mask, several = AUF_DEUTSCH["mask"], AUF_DEUTSCH["explanation"]
    head = [
        "ID",
        "Startzeit",
        "Fertigstellungszeit",
        "E-Mail",
        "Name",
        "Gesamtpunktzahl",
        mask.text,
        f"Punkte – {mask.text}",
        f"Feedback – {mask.text}",
        several.text,
    ]
    path = microsoft(
        tmp_path,
        head,
        [
            [
                1,
                "",
                "",
                "anonymous",
                "",
                2,
                chosen(mask, 3),
                1,
                "",
                chosen(several, 2, 1, between=";", end=";"),
            ],
            [
                2,
                "",
                "",
                "anonymous",
                "",
                0,
                chosen(mask, 0),
                0,
                "",
                chosen(several, 0, between=";", end=";"),
            ],
        ],
    )
    found = read_results(path, BOTH)
    assert (found.people, found.repeated) == (2, 0)
    by_id = {one.question.id: one for one in found.questions}
    assert by_id["mask"].chosen == (1, 0, 0, 1)
    assert (by_id["explanation"].right, by_id["explanation"].chosen) == (1, (1, 1, 1, 0))
    assert by_id["mask"].question.text == ATTENTION["mask"].text  # the report is in one language


def test_quotation_marks_and_dashes_may_change_on_the_way(tmp_path):
    """Forms make „these“ of "these", and people paste; letters and digits are what counts."""
    question = AUF_DEUTSCH["explanation"]
    head = ["Zeitstempel", question.text.replace("„", '"').replace("“", '"') + " "]
    cell = chosen(question, 1).replace("„", '"').replace("“", '"').upper()
    found = read_results(google(tmp_path, head, [["x", cell]]), BOTH)
    assert found.questions[0].chosen == (0, 1, 0, 0)


def test_the_last_answer_of_a_person_counts(tmp_path):
    """Whoever corrects an answer is not counted twice."""
    scale = ATTENTION["scale"]
    rows = [["1", "A@x.example", chosen(scale, 0)], ["2", "a@x.example", chosen(scale, 1)]]
    found = read_results(google(tmp_path, ["Time", "Username", scale.text], rows), BOTH)
    assert (found.people, found.repeated) == (1, 1)
    assert found.questions[0].chosen == (0, 1, 0, 0)


def test_an_answer_that_is_no_choice_is_shown_and_not_counted(tmp_path):
    """An edited form is noticed instead of counted as wrong."""
    scale = ATTENTION["scale"]
    rows = [["1", "Something else"], ["2", chosen(scale, 1)], ["3", chosen(scale, 1, 1)]]
    found = read_results(google(tmp_path, ["Time", scale.text], rows), BOTH)
    assert (found.questions[0].answers, found.questions[0].right) == (1, 1)
    assert len(found.unknown) == 2
    assert found.unknown[0].startswith("line 2: 'Something else'")


def test_a_file_about_something_else_is_refused(tmp_path):
    """An attendance list has no result."""
    with pytest.raises(CourseError, match="no column asks a question of the quiz"):
        read_results(google(tmp_path, ["Time", "Name"], [["1", "Ada"]]), BOTH)
    packed = tmp_path / "answers.csv.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("answers.csv", "a,b\n")
    with pytest.raises(CourseError, match=r"unpack it and give the \.csv"):
        read_results(packed, BOTH)


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path):
    """A small file must not fill the memory."""
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(CourseError, match="unpacks to 60 MB"):
        read_results(path, BOTH)


def test_a_damaged_workbook_is_named(tmp_path):
    """One sentence instead of what the reader happens to raise."""
    path = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook")
    with pytest.raises(CourseError, match="cannot be read as an Excel workbook"):
        read_results(path, BOTH)


def test_the_command_says_what_was_not_understood_and_no_name(tmp_path):
    """Staff sees the misconception and what to say about it."""
    scale = ATTENTION["scale"]
    head = ["Time", "Name", scale.text]
    rows = [
        ["1", "Ada L.", chosen(scale, 0)],
        ["2", "Bo", chosen(scale, 0)],
        ["3", "C", chosen(scale, 1)],
    ]
    path = google(tmp_path, head, rows)
    shown = CliRunner().invoke(group, ["quiz", "results", str(path)], catch_exceptions=False)
    assert shown.output == (
        "3 people answered.\n\n"
        "Goal 3   33 % right of 3 answers  Attention and transformers\n\n"
        "Not understood (below 60 %):\n\n"
        "  Goal 3, 33 % right: Why are the scores divided by √d?\n"
        "    2 of 3 chose: So that the weights sum to one\n"
        "    To say: The softmax sees to that, whatever it is given.\n"
    )
    data = CliRunner().invoke(group, ["quiz", "results", str(path), "--json"])
    document = json.loads(data.output)
    assert document["goals"] == [
        {
            "goal": 3,
            "title": "Attention and transformers",
            "answers": 3,
            "right": 1,
            "share": 0.3333,
        }
    ]
    assert document["questions"][0]["chosen"] == [2, 1, 0, 0]
    assert "Ada" not in data.output
