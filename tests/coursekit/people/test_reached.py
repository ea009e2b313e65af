"""Who has reached what: certificates that can be checked, and marks for the platforms."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from coursekit.cli import group
from coursekit.cli.people.certificate import give
from coursekit.cohort.deadlines import Deadline
from coursekit.cohort.status import CourseStatus, TeamStatus
from coursekit.course.attendance import Attendance
from coursekit.course.course import Course, load_course
from coursekit.course.start import start_course
from coursekit.people import certificates
from coursekit.people.marks import export_marks
from coursekit.people.results import PersonResult, person_results
from coursekit.site.slides.pdf import BROWSERS
from coursekit.team.milestones import MilestoneState
from litreview.errors import UserError

DATA = Path(os.environ.get("COURSEKIT_DATA", "../shared/data")) / "lms"
ROSTER = """\
team,slug,members,emails,project
Owls,owls,Ada Lovelace; Seán O'Brien; Thị Ánh Nguyễn,alovelac@stud.uni-example.de; ; ,<b>A</b> & b
Larks,larks,Zoë Brontë; Nobody Known,,
"""
DAY = dt.date(2027, 1, 8)


def team(slug: str, states: dict[str, str], people: list[Attendance]) -> TeamStatus:
    return TeamStatus(
        slug, slug, "ready",
        milestones=tuple(MilestoneState(k, k, state, (), 0) for k, state in states.items()),
        deadlines=tuple(Deadline(k, "2026-11-13", k, "", "", "in time") for k in states),
        attendance=tuple(people),
    )  # fmt: skip


@pytest.fixture
def course(tmp_path: Path) -> Course:
    start_course(tmp_path / "course")
    (tmp_path / "course" / "roster.csv").write_text(ROSTER, encoding="utf-8")
    return load_course(tmp_path / "course")


@pytest.fixture
def results(course: Course) -> tuple[PersonResult, ...]:
    """Owls have all; Larks' review needs a human."""
    owls = [
        Attendance("Lovelace, Ada", "owls", 8, 1, "safe", 2),
        Attendance("Seán O'Brien", "owls", 5, 4, "lost", 3),
    ]
    larks = [Attendance("Zoë Brontë", "larks", 9, 0, "safe", 4),
             Attendance("Nobody Known", "larks", 9, 0, "safe", 5)]  # fmt: skip
    status = CourseStatus("C", "2027", (
        team("larks", {"review": "needs a human", "presentation": "complete"}, larks),
        team("owls", {"review": "complete", "presentation": "complete"}, owls),
    ))  # fmt: skip
    return person_results(course, status)


def test_who_passed_and_why_not(results):
    assert [(r.member.name, r.passed, r.reasons, r.complete) for r in results] == [
        ("Ada Lovelace", "yes", (), 2),
        ("Seán O'Brien", "no", ("missed 4 sessions of 2",), 2),
        ("Thị Ánh Nguyễn", "look", ("is not in the attendance list",), 2),
        ("Zoë Brontë", "look", ("review: needs a human",), 1),
        ("Nobody Known", "look", ("review: needs a human",), 1),
    ]


def test_a_missing_presentation_is_a_reason(course):
    states = {"review": "complete", "presentation": "placeholder"}
    status = CourseStatus("C", "2027", (team("larks", states, []), team("owls", states, [])))
    found = person_results(course, status)
    assert {(r.passed, r.reasons) for r in found} == {("no", ("presentation: placeholder",))}


def test_a_page_for_each_who_passed_and_a_table_of_all(course, results, tmp_path):
    given = certificates.give(course, results, tmp_path / "out", DAY)
    (page,) = (tmp_path / "out").glob("*.html")
    text = page.read_text(encoding="utf-8")
    assert page.name.startswith("ada-lovelace-")
    assert "<em>&lt;b&gt;A&lt;/b&gt; &amp; b</em>" in text
    assert f"Number {given[0].number}" in text
    assert "2027-01-08" in text
    table = (tmp_path / "out" / "certificates.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["passed"] for row in rows] == ["yes", "no", "look", "look", "look"]
    assert rows[0]["certificate"] == given[0].number
    assert (rows[1]["absent"], rows[1]["milestones complete"]) == ("4", "2 of 2")


def test_a_certificate_is_checked_offline_and_keeps_number_and_date(course, results, tmp_path):
    (first,) = certificates.give(course, results, tmp_path / "out", DAY)
    (again,) = certificates.give(course, results, tmp_path / "out", DAY + dt.timedelta(days=9))
    assert again == first
    (page,) = (tmp_path / "out").glob("*.html")
    assert certificates.check(course, page) == first


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Ada Lovelace", "Eve Lovelace", "does not belong to 'Eve Lovelace'"),
        ("2027-01-08", "2027-01-09", "does not belong to"),
        ("<h1>Ada", "<h1>Eve", "its number was given to Ada Lovelace on 2027-01-08"),
        ('id="certificate"', 'id="x"', "is no certificate of coursekit"),
        ('"name"', '"nome"', "is damaged"),
    ],
)
def test_a_changed_certificate_is_told(course, results, tmp_path, old, new, expected):
    certificates.give(course, results, tmp_path / "out", DAY)
    (page,) = (tmp_path / "out").glob("*.html")
    page.write_text(page.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=expected):
        certificates.check(course, page)


def test_another_course_confirms_nothing(course, results, tmp_path):
    certificates.give(course, results, tmp_path / "out", DAY)
    (page,) = (tmp_path / "out").glob("*.html")
    key = course.state / certificates.KEY_FILE
    key.write_text("x" * 64)
    with pytest.raises(UserError, match="was not given by this course"):
        certificates.check(course, page)
    key.unlink()
    with pytest.raises(UserError, match="only who has the key"):
        certificates.check(course, page)


def test_a_printed_certificate_is_told_by_its_number(course, results, tmp_path):
    (first,) = certificates.give(course, results, tmp_path / "out", DAY)
    assert certificates.find(course, f" {first.number.lower()} ") == first
    wrong = first.number[:-1] + ("A" if first.number[-1] != "A" else "B")
    with pytest.raises(UserError, match=f"'{wrong}': nobody of the roster was given"):
        certificates.find(course, wrong)
    run = CliRunner().invoke(
        group, ["certificate", "check", str(course.folder), first.number], catch_exceptions=False
    )
    assert run.output == (
        f"{first.number}: is right: Ada Lovelace, with '<b>A</b> & b', {course.title} "
        f"({course.cohort}), 2027-01-08\n"
    )


def test_a_certificate_is_printed_once_and_a_changed_one_again(course, results, tmp_path):
    """The PDF shows the number that `check` confirms."""
    if not any(map(shutil.which, BROWSERS)):
        pytest.skip("Chromium is not installed")
    (first,) = certificates.give(course, results, tmp_path / "out", DAY)
    page = certificates.page_path(tmp_path / "out", first)
    give.print_pages([page])
    pdf = page.with_suffix(".pdf")
    assert pdf.read_bytes().startswith(b"%PDF-")
    pypdfium2 = pytest.importorskip("pypdfium2")
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    text = document[0].get_textpage().get_text_range()
    assert first.number in text
    assert "Ada Lovelace" in text
    assert "<b>A</b> & b" in text
    before = pdf.stat().st_mtime_ns
    certificates.give(course, results, tmp_path / "out", DAY)
    give.print_pages([page])
    assert pdf.stat().st_mtime_ns == before
    page.write_text(page.read_text().replace("Ada", "Eve"))
    give.print_pages([page])
    assert pdf.stat().st_mtime_ns > before


def test_the_course_has_its_own_page(course, results, tmp_path):
    own = course.folder / "certificate.html"
    own.write_text("<p>$name: $project</p>", encoding="utf-8")
    with pytest.raises(UserError, match=r"lacks \$number"):
        certificates.give(course, results, tmp_path / "out", DAY)
    own.write_text("<p>$name</p> $number $facts", encoding="utf-8")
    certificates.give(course, results, tmp_path / "out", DAY)
    (page,) = (tmp_path / "out").glob("*.html")
    assert page.read_text(encoding="utf-8").startswith("<p>Ada Lovelace</p> ")
    certificates.check(course, page)


def test_a_trial_run_writes_nothing(course, results, tmp_path):
    before = sorted(path for path in tmp_path.rglob("*"))
    assert len(certificates.give(course, results, tmp_path / "out", DAY, dry_run=True)) == 1
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_canvas_gets_its_own_rows_back(course, results):
    """Canvas takes a row by its first columns; the others are new marks."""
    path = DATA / "canvas-gradebook-en.csv"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    (course.folder / "marks.csv").write_text("team,Project\nOwls,1.3\nlarks,2.0\n")
    table = export_marks(course, results, path)
    rows = list(csv.reader(io.StringIO(table.text)))
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section",
                       "Sessions attended", "Milestones complete", "project"]  # fmt: skip
    assert rows[1] == ["    Points Possible", "", "", "", "", "9", "2", ""]
    found = {row[0]: row[1:] for row in rows[2:]}
    assert found["Lovelace, Ada"][2:] == ["alovelac", "Section A", "8", "2", "1.3"]
    assert found["Brontë, Zoë"] == ["4211", "1100607", "zbronte", "Section A", "9", "1", "2.0"]
    assert found["O'Brien, Seán"][4:] == ["5", "2", "1.3"]
    assert table.unknown == ("Nobody Known",)
    assert (table.platform, len(found)) == ("Canvas", 4)
    assert table.rest > 10


def test_moodle_gets_addresses_and_marks(course, results):
    path = DATA / "moodle-grades-en.csv"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    table = export_marks(course, results, path)
    rows = list(csv.reader(io.StringIO(table.text)))
    assert rows[0] == ["Email address", "Sessions attended", "Milestones complete"]
    assert ["alovelac@stud.uni-example.de", "8", "2"] in rows
    assert ["tnguyen@stud.uni-example.de", "", "2"] in rows, "no list says where she was"
    assert table.unknown == ("Nobody Known",)
    assert table.platform == "Moodle"


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ("team,Project\nHawks,1.0\n", "line 2: nobody in the roster is 'Hawks'; correct it"),
        ("who,Project\nOwls,1.0\n", "line 1: has no column 'team' or 'name'"),
    ],
)
def test_marks_of_nobody_are_one_sentence(course, results, tmp_path, marks, expected):
    (course.folder / "marks.csv").write_text(marks)
    model = tmp_path / "model.csv"
    model.write_text("First name,Last name,Email address\nAda,Lovelace,a@x.org\n")
    with pytest.raises(UserError, match=expected):
        export_marks(course, results, model)
