"""People and groups come out of an export as they are in it, and nobody is made up or lost."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from coursekit.course.course import load_course
from coursekit.course.exports import read_export, to_teams
from coursekit.course.start import start_course
from litreview.errors import UserError

DATA = Path(os.environ.get("COURSEKIT_DATA", "../shared/data")) / "lms"
GROUPED = [
    "brightspace-grades.csv", "canvas-groups.csv", "canvas-groups-old.csv", "ilias-members-de.csv",
    "moodle-group-overview-de.csv", "moodle-group-overview-en.csv", "moodle-participants-en.csv",
    "studip-teilnehmende-gruppen.csv", "excel-teilnehmerliste-cp1252.csv", "openolat-groups.xls",
    "moodle-participants-de.ods", "repobee-students.yml", "repobee-students-2.yml",
    "ms-forms-github-konten-de.xlsx",
]  # fmt: skip
FLAT = [
    "canvas-gradebook-en.csv", "moodle-grades-en.csv", "studip-teilnehmende.csv",
    "gc_ML-2026_column_2026-10-20.xls",
]  # fmt: skip


def one(text: object) -> str:
    return " ".join(unicodedata.normalize("NFC", str(text or "")).replace(",", " ").split())


@pytest.mark.parametrize("name", [*GROUPED, *FLAT])
def test_export_of_a_platform_is_read(name: str) -> None:
    """Every person, with address, name and groups; no staff, no test account, no total."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    wanted = json.loads(path.with_name(f"{name}.expected.json").read_text(encoding="utf-8"))
    export = read_export(path)
    found = {(p.email or p.account or one(p.name)).casefold(): p for p in export.people}
    lossy = "cp1252" in wanted["encoding"]
    for person in wanted["people"]:
        names = one(f"{person.get('given', '')} {person.get('family', '')}")
        names = names or one(person.get("display"))
        known = found.get(person["key"].casefold()) or found.get(names.casefold())
        assert known is not None, person
        # Quotation marks inside a cell that the platform does not escape are not compared.
        if "given" in person and not lossy and '"' not in names:
            assert one(known.name) == names
        if "github" in person and "display" in person:
            assert known.github == (person["github"] or "")
        if "teams" in person:
            assert sorted(known.groups) == sorted(map(one_group, person["teams"])), person
    assert len(found) == len(wanted["people"])
    assert export.has_groups == (name in GROUPED)


def one_group(text: Any) -> str:
    return unicodedata.normalize("NFC", text)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_groups_become_teams_and_nobody_is_placed_at_random(tmp_path: Path) -> None:
    """`Last, First` is one person; a lone one stays out and is named."""
    people = write(
        tmp_path / "people.csv",
        'Student,Group\n"Lovelace, Ada",Rot\n"Hopper, Grace",Rot\n'
        '"Turing, Alan",Blau\n"Wei, Li",\n',
    )
    report = start_course(tmp_path / "c", students=people)
    teams = load_course(tmp_path / "c").teams
    assert {team.title: [m.name for m in team.members] for team in teams} == {
        "Rot": ["Ada Lovelace", "Grace Hopper"], "Blau": ["Alan Turing"],
    }  # fmt: skip
    assert report.notes == (
        "read name from 'Student', groups from 'Group'",
        "line 5: Li Wei is in no group, so in no team",
    )


def test_teams_keep_their_natural_order_and_the_first_of_two_groups(tmp_path: Path) -> None:
    people = write(
        tmp_path / "p.csv",
        "Vorname;Name;E-Mail;Gruppen\nAda;A;a@x.org;Team 10\nBob;B;b@x.org;Team 2\n"
        'Cy;C;c@x.org;"Team 2, Team 10"\n;;;Leer\n',
    )
    teams, remarks = to_teams(read_export(people))
    assert [(team.title, team.slug) for team in teams] == [
        ("Team 2", "team-2"), ("Team 10", "team-10"),
    ]  # fmt: skip
    assert [member.name for member in teams[0].members] == ["Bob B", "Cy C"]
    assert remarks == (
        "line 4: Cy C is also in 'Team 10'; taken for 'Team 2', since a person is in one team",
        "group 'Leer' is empty, so no team",
    )


def test_group_that_is_larger_than_the_rules_allow_is_said(tmp_path: Path) -> None:
    """A new course takes the size over; a given size is not overruled."""
    rows = "".join(f"P{n} X,Big\n" for n in range(6))
    people = write(tmp_path / "p.csv", f"name,group\n{rows}")
    with pytest.raises(UserError, match="a group has 6 members, but a team has at most 4"):
        start_course(tmp_path / "c", students=people, team_size=4)
    report = start_course(tmp_path / "c", students=people)
    assert load_course(tmp_path / "c").max_team_size == 6
    assert "max_size is 6" in report.notes[-1]


def test_list_without_groups_still_forms_teams(tmp_path: Path) -> None:
    people = write(tmp_path / "p.csv", 'name\n"Lovelace, Ada"\nAlan Turing\n')
    start_course(tmp_path / "c", students=people)
    (team,) = load_course(tmp_path / "c").teams
    assert sorted(member.name for member in team.members) == ["Ada Lovelace", "Alan Turing"]


def test_accounts_on_lines_are_teams(tmp_path: Path) -> None:
    """As RepoBee keeps them."""
    teams, _ = to_teams(read_export(write(tmp_path / "s.txt", "ada-l alan-t\nkurt\n")))
    assert [[member.github for member in team.members] for team in teams] == [
        ["ada-l", "alan-t"], ["kurt"],
    ]  # fmt: skip


def test_rows_that_are_nobody_are_listed(tmp_path: Path) -> None:
    people = write(
        tmp_path / "g.csv",
        'Student,ID,Rolle,Gruppe\n"    Points Possible",,,\n"Lovelace, Ada",1,Mitglied,Rot\n'
        '"Student, Test",2,,\n"Lehrerin, Petra",3,Dozentin,Rot\n',
    )
    export = read_export(people)
    assert [person.name for person in export.people] == ["Ada Lovelace"]
    assert export.left_out == (
        "line 2: 'Points Possible' is no person", "line 4: 'Student, Test' is no person",
        "line 5: Lehrerin, Petra is Dozentin, no student",
    )  # fmt: skip
