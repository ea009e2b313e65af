"""Forming teams is the first milestone: fair, repeatable, and the wishes are kept."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.course.roster import Member, read_roster
from coursekit.course.start import start_course
from coursekit.course.teams import Student, form_teams, read_students, to_roster
from coursekit.errors import RosterError


def students(count: int, **wishes: dict[str, str]) -> list[Student]:
    """S0, S1, … with wishes such as `together={"S0": "S1"}`."""
    together, apart = wishes.get("together", {}), wishes.get("apart", {})
    return [
        Student(
            Member(f"S{n}"),
            tuple(together.get(f"S{n}", "").split()),
            tuple(apart.get(f"S{n}", "").split()),
        )
        for n in range(count)
    ]


def names(teams: list[list[Student]]) -> list[set[str]]:
    return [{student.member.name for student in team} for team in teams]


@given(st.integers(1, 90), st.integers(1, 6), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_teams_are_as_few_and_as_even_as_possible(count, size, seed):
    """Five and one is no fair division of six."""
    teams = form_teams(students(count), size, seed)
    sizes = [len(team) for team in teams]
    assert len(sizes) == -(-count // size)
    assert max(sizes) <= size
    assert max(sizes) - min(sizes) <= 1
    assert sorted(name for team in names(teams) for name in team) == sorted(
        f"S{n}" for n in range(count)
    )


def test_a_seed_gives_the_same_teams_whatever_the_order_of_the_list():
    """The list comes from a registration form: its order is nobody's decision."""
    people = students(23)
    shuffled = random.Random(1).sample(people, len(people))
    assert names(form_teams(people, 4, 7)) == names(form_teams(shuffled, 4, 7))
    assert names(form_teams(people, 4, 7)) != names(form_teams(people, 4, 8))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_wishes_are_kept(data):
    """Wishes are made from a division that exists, so another one must be found."""
    count = data.draw(st.integers(2, 24))
    size = data.draw(st.integers(2, 4))
    hidden = names(form_teams(students(count), size, data.draw(st.integers(0, 99))))
    home = {name: number for number, team in enumerate(hidden) for name in team}
    pairs = st.tuples(st.sampled_from(sorted(home)), st.sampled_from(sorted(home)))
    wishes: dict[str, dict[str, str]] = {"together": {}, "apart": {}}
    for one, other in data.draw(st.lists(pairs, max_size=12)):
        if one != other:
            kind = "together" if home[one] == home[other] else "apart"
            wishes[kind][one] = f"{wishes[kind].get(one, '')} {other}"
    found = names(form_teams(students(count, **wishes), size, 0))
    placed = {name: number for number, team in enumerate(found) for name in team}
    for kind, listed in wishes.items():
        for one, others in listed.items():
            for other in others.split():
                assert (placed[one] == placed[other]) == (kind == "together")


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({"together": {"S0": "S1 S2", "S2": "S3"}}, r"4 people are to be together \(S0, S1, S2"),
        ({"together": {"S0": "S1"}, "apart": {"S1": "S0"}}, "both together and apart"),
        ({"apart": {"S0": "S1 S2 S3 S4 S5"}}, "no division into 2 teams of at most 3"),
    ],
)
def test_wishes_that_cannot_be_kept_are_refused_with_a_reason(wishes, expected):
    with pytest.raises(RosterError, match=expected):
        form_teams(students(6, **wishes), 3, 0)


def test_a_large_course_is_divided_at_once():
    """Two thousand students, every tenth with an objection."""
    apart = {f"S{n}": f"S{n + 1}" for n in range(0, 1999, 10)}
    assert len(form_teams(students(2000, apart=apart), 4, 0)) == 500


def test_a_list_from_a_spreadsheet_becomes_a_course(tmp_path):
    """As a German Excel writes it."""
    path = tmp_path / "list.csv"
    text = "Vorname;Nachname;E-Mail;zusammen mit\r\n" + "".join(
        f"P{n};Ä{n};p{n}@x.org;{'P1 Ä1' if n == 4 else ''}\r\n" for n in range(9)
    )
    path.write_bytes(text.encode("cp1252"))
    report = start_course(tmp_path / "course", students=path, team_size=4, seed=3)
    teams = read_roster(tmp_path / "course" / "roster.csv", max_size=4)
    assert [team.members for team in teams] == [team.members for team in report.teams]
    assert [team.slug for team in teams] == ["team-01", "team-02", "team-03"]
    assert sorted(len(team.members) for team in teams) == [3, 3, 3]
    assert sum(member.email.endswith("@x.org") for team in teams for member in team.members) == 9
    together = [{m.name for m in team.members} for team in teams]
    assert any({"P1 Ä1", "P4 Ä4"} <= team for team in together)


def test_json_may_hold_names_or_objects(tmp_path):
    path = tmp_path / "list.json"
    path.write_text(
        json.dumps(["Ada", {"name": "Alan", "github": "@alan", "apart": ["Ada"]}, {"name": "Kurt"}])
    )
    people = read_students(path)
    assert people[1] == Student(Member("Alan", github="alan"), apart=("Ada",), line=2)
    assert [len(team.members) for team in to_roster(form_teams(people, 2, 0))] == [2, 1]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("l.csv", "who\nAda\n", "line 1: there is no column 'name'"),
        ("l.csv", "name\nAda\nada \n", "line 3: 'ada' is already in line 2"),
        ("l.csv", "name,apart\nAda,Alam\nAlan,\n", "line 2: 'Alam' is not in the list; did you"),
        ("l.csv", "name,email\n,a@x\n", "line 2: there is no name"),
        ("l.csv", "name\n", "nobody in the list"),
        ("l.json", "{", "is not valid JSON"),
        ("l.json", "3", "must hold a list"),
        ("l.json", '[{"nam": "Ada"}]', "line 1: entry .* has no name"),
        ("l.json", '[{"name": "Ada", "apart": [1]}]', "line 1: apart is"),
    ],
)
def test_a_mistake_in_the_list_is_named(tmp_path: Path, name, text, expected):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(RosterError, match=expected):
        read_students(path)


def test_formed_teams_never_replace_a_roster(tmp_path):
    start_course(tmp_path)
    path = tmp_path / "list.csv"
    path.write_text("name\nAda\n")
    with pytest.raises(RosterError, match="exists, and is not replaced"):
        start_course(tmp_path, students=path)
