"""The roster is a spreadsheet of strangers' names: anything can stand in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursekit.course.roster import format_roster, make_slug, read_roster
from coursekit.course.tables import format_table, read_table
from coursekit.errors import RosterError

PLAIN = (
    "team,slug,members,project\n"
    "Bright Encoders,bright,Ada Lovelace; Kurt Gödel,Näher dran\n"
    "Next Word,next,Alan Turing,News\n"
)


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    return tmp_path / "roster.csv"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PLAIN.encode("utf-8-sig"), id="byte order mark"),
        pytest.param(PLAIN.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(
            PLAIN.replace("; ", "|").replace(",", ";").encode("utf-8-sig"), id="semicolon"
        ),
        pytest.param(PLAIN.replace(",", "\t").encode("utf-16"), id="Unicode text"),
        pytest.param(PLAIN.encode("cp1252"), id="Windows-1252"),
        pytest.param(("sep=,\r\n" + PLAIN).encode(), id="sep line"),
        pytest.param((PLAIN + ",,,\r\n,,,\r\n").encode(), id="empty rows below"),
        pytest.param(PLAIN.replace("\n", ",,\n").encode(), id="empty columns beside"),
        pytest.param(PLAIN.replace("team,", "TEAM ,").encode(), id="header in capitals"),
    ],
)
def test_what_excel_saves_reads_like_the_plain_file(roster, tmp_path, text):
    """Staff keep the list in a spreadsheet and should not have to know what CSV is."""
    plain = read_roster(write(tmp_path / "plain.csv", PLAIN), max_size=4)
    roster.write_bytes(text)
    found = read_roster(roster, max_size=4)
    assert [(team.slug, team.title, team.members, team.project) for team in found] == [
        (team.slug, team.title, team.members, team.project) for team in plain
    ]


def test_a_line_number_counts_lines_of_the_file_also_below_a_cell_with_breaks(roster):
    """An editor shows lines, not records."""
    write(roster, 'sep=;\nteam;members\nOne;"Ada\nAlan"\n;Grace\n')
    with pytest.raises(RosterError, match=r"roster\.csv, line 5: the team has no name"):
        read_roster(roster, max_size=4)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("One,../evil,Ada", r"line 2: team 'One' has slug '\.\./evil', which is not made of lower"),
        ("One,Über,Ada", r"line 2: team 'One' has slug 'Über'"),
        ("One,con,Ada", r"line 2: .*'con', which is a name that Windows reserves"),
        ("One,torch,Ada", r"line 2: .*name of a Python package"),
        ("One," + "a" * 61 + ",Ada", r"line 2: .*longer than 60"),
        ("???,,Ada", r"line 2: team '\?\?\?' has slug '', which is empty"),
        ("One,x,Ada\nTwo,x,Alan", r"line 3: team 'Two' has the slug 'x' of the team in line 2"),
        ("Team 1,,Ada\nTeam-1,,Alan", r"line 3: .*slug 'team-1' of the team in line 2"),
        ("One,x,A; B; C; D; E", r"line 2: team 'One' has 5 members; at most 4"),
        ("One,x,Ada; Ada", r"line 2: team 'One' lists 'Ada' twice"),
        ("One,x,Ada,y,z", r"line 2: has 5 cells but the header has 3"),
        ('One,x,"Ada', r"line 2: cannot be read as a table .*quotation mark"),
        ("One,x,A\x07da", r"line 2: .*control character U\+0007"),
        ("One,x,\u202eadA", r"line 2: .*hidden sign that turns the direction"),
        ("O" * 101 + ",x,Ada", r"line 2: the team has 101 characters"),
        ("", r"line 1: there is no team"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_remedy(roster, rows, expected):
    write(roster, f"team,slug,members\n{rows}\n")
    with pytest.raises(RosterError, match=expected):
        read_roster(roster, max_size=4)


def test_an_empty_file_and_a_binary_one_are_told_apart(roster):
    write(roster, "\n\n")
    with pytest.raises(RosterError, match="is empty"):
        read_roster(roster, max_size=4)
    roster.write_bytes(b"PK\x03\x04\x00\x00")
    with pytest.raises(Exception, match="binary file"):
        read_roster(roster, max_size=4)


def test_several_mistakes_are_named_at_once(roster):
    write(roster, "team,slug,members\n,a,Ada\nTwo,B,Alan\nThree,c,A; B; C; D; E\n")
    with pytest.raises(RosterError) as caught:
        read_roster(roster, max_size=4)
    assert [part.split(":")[0] for part in str(caught.value).split("line ")[1:]] == ["2", "3", "4"]


def test_a_column_that_nobody_reads_is_not_dropped_in_silence(roster):
    """A misspelt header would otherwise lose every member."""
    write(roster, "team,memebrs\nOne,Ada\n")
    with pytest.raises(RosterError, match="nobody reads the column 'memebrs'"):
        read_roster(roster, max_size=4)


def test_members_may_stand_in_columns_of_their_own_and_last_name_first(roster):
    write(roster, "Gruppe;Mitglied 1;Mitglied 2;Thema;Notiz\nEins;Lovelace, Ada;Alan Turing;X;\n"
          .replace(";Notiz", ";Note"))  # fmt: skip
    (team,) = read_roster(roster, max_size=4)
    assert [member.name for member in team.members] == ["Ada Lovelace", "Alan Turing"]
    assert (team.slug, team.project) == ("eins", "X")


def test_accounts_and_addresses_belong_to_members_in_order(roster):
    write(roster, "team,members,emails,github\nOne,Ada; Alan; Kurt,a@x.org;;k@x.org,@ada-l; ;kg\n")
    (team,) = read_roster(roster, max_size=4)
    assert [(m.email, m.github) for m in team.members] == [
        ("a@x.org", "ada-l"), ("", ""), ("k@x.org", "kg"),
    ]  # fmt: skip
    write(roster, "team,members,github\nOne,Ada; Alan,ada\n".replace("ada\n", "a; b; c\n"))
    with pytest.raises(RosterError, match="2 members but 3 entries in 'github'"):
        read_roster(roster, max_size=4)
    write(roster, "team,members,github\nOne,Ada,ada\nTwo,Alan,ADA\n")
    with pytest.raises(
        RosterError, match="line 3: the account 'ADA' is also in the team of line 2"
    ):
        read_roster(roster, max_size=4)


@pytest.mark.parametrize("name", ["{{ 7*7 }}", "{% if", "{# x #}", 'O\'Brien "Q" \\n', "$(rm -rf)"])
def test_names_that_look_like_code_are_names(roster, name):
    quoted = name.replace('"', '""')
    write(roster, f'team,slug,members\n"{quoted}",one,"{quoted}"\n')
    (team,) = read_roster(roster, max_size=4)
    assert team.title == name
    assert team.members[0].name == name


def test_formulas_are_text_in_what_is_written_and_come_back_as_they_were(roster, tmp_path):
    """Opening a list must never run a program on the reader's machine."""
    write(roster, "team,slug,members\n\"=cmd|' /C calc'!A0\",one,@SUM(A1); -Ada\n")
    teams = read_roster(roster, max_size=4)
    text = format_roster(teams)
    table = [line.split(",")[0] for line in text.splitlines()]
    assert table[1].startswith("'=cmd")
    again = write(tmp_path / "again.csv", text)
    assert read_roster(again, max_size=4) == teams
    assert format_table(["a"], [["+1"], ["-1"], ["@x"], ["\tx"], ["x=1"]]).split() == [
        "a", "'+1", "'-1", "'@x", "'", "x", "x=1",
    ]  # fmt: skip


def test_slugs_are_made_from_names_in_every_script():
    assert make_slug("Team Äpfel & Öl GmbH") == "team-aepfel-oel-gmbh"
    assert make_slug("../Evil//") == "evil"
    assert make_slug("Команда 3") == "komanda-3"
    assert make_slug("x" * 200) == "x" * 60


def test_a_table_without_delimiters_is_one_column(tmp_path):
    table = read_table(write(tmp_path / "t.csv", "name\nAda\nAlan\n"))
    assert [row.get("name") for row in table.rows] == ["Ada", "Alan"]


def test_consent_is_given_for_all_or_for_each_in_their_order(roster):
    """A name on a public page is its owner's decision; nobody is shown for want of an answer."""
    write(
        roster,
        "team;members;consent\nOne;Ada; yes\nTwo;Ada B;no\nThree;A C; \n"
        "Four;Ada D|Kurt D;Ja|nein\nFive;Ada E|Kurt E;yes\n",
    )
    teams = read_roster(roster, max_size=4)
    assert [[member.consent for member in team.members] for team in teams] == [
        [True], [False], [False], [True, False], [True, True],
    ]  # fmt: skip
    again = write(roster.with_name("again.csv"), format_roster(teams))
    assert [t.members for t in read_roster(again, max_size=4)] == [t.members for t in teams]


@pytest.mark.parametrize("answer", ["maybe", "yes|no|yes"])
def test_a_consent_that_cannot_be_read_is_named(roster, answer):
    write(roster, f"team;members;consent\nOne;Ada|Kurt;{answer}\n")
    with pytest.raises(RosterError, match=r"line 2: team 'One' has the consent .*write yes or no"):
        read_roster(roster, max_size=4)
