"""Rosters and lists that were never saved as CSV are read, also hostile ones, within bounds."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from coursekit.course.attendance import read_attendance
from coursekit.course.course import load_course
from coursekit.course.exports import read_export
from coursekit.course.roster import read_roster
from coursekit.course.roster_file import set_slugs
from coursekit.course.start import start_course
from coursekit.course.tables import read_table
from litreview.errors import UserError


def sheet(path: Path, *rows: list[object]) -> Path:
    book = Workbook()
    book.active.title = "Empty"
    second = book.create_sheet("List")
    for row in rows:
        second.append(row)
    book.save(path)
    return path


def test_a_roster_in_a_spreadsheet_is_read(tmp_path: Path) -> None:
    """From the first sheet that has anything, with the line for messages."""
    path = sheet(
        tmp_path / "roster.xlsx",
        ["Gruppe", "Mitglieder", "slug"], [None], ["Eulen", "Ada; Max\xa0Müller", "owls"],
        ["Team 2", "Kurt", None],
    )  # fmt: skip
    teams = read_roster(path, max_size=4)
    assert [(team.title, team.slug, team.line) for team in teams] == [
        ("Eulen", "owls", 3), ("Team 2", "team-2", 4),
    ]  # fmt: skip
    assert [member.name for member in teams[0].members] == ["Ada", "Max Müller"]
    with pytest.raises(UserError, match=r"save it as CSV, name that in course\.toml"):
        set_slugs(path, {3: "x"})


def test_numbers_and_days_are_read_as_people_see_them(tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.xlsx", ["name", dt.date(2026, 10, 30), "id"], ["Ada", 1, 4.5])
    table = read_table(path)
    assert table.columns == ("name", "2026-10-30", "id")
    assert table.rows[0].cells == {"name": "Ada", "2026-10-30": "1", "id": "4.5"}


def test_a_course_can_be_kept_in_spreadsheets(tmp_path: Path) -> None:
    start_course(tmp_path)
    sheet(tmp_path / "roster.xlsx", ["team", "members"], ["Owls", "Ada"])
    toml = tmp_path / "course.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace("[teams]", '[teams]\nroster = "roster.xlsx"'), encoding="utf-8")
    assert [team.slug for team in load_course(tmp_path).teams] == ["owls"]
    assert read_attendance(load_course(tmp_path)) == ()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.xlsx", b"PK\x03\x04 damaged", "is damaged"),
        ("a.xls", b"\xd0\xcf\x11\xe0 damaged", "cannot be read as a spreadsheet"),
        ("a.yml", b"a: &x [b]\nc: *x\n", r"repeats parts by anchors \(&, \*\)"),
        ("a.yml", b"a: [b\n", "line 2: is not valid YAML"),
        ("a.yml", b"- a\n", "must hold teams"),
        ("a.yml", b"a: !!python/object/apply:os.system [ls]\n", "line 1: is not valid YAML"),
        ("a.yml", b"[" * 100_000, "is not valid YAML"),
        ("a.yml", b"- " * 50_000 + b"a", "is not valid YAML"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=expected):
        read_export(tmp_path / name)


@pytest.mark.slow
def test_a_packed_file_that_unpacks_to_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"\0" * 200_000_000)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(UserError, match="holds 200 MB; save the list alone"):
        read_export(path)
