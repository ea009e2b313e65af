"""`coursekit init` as it is typed, and what strangers' files may do to the readers."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coursekit.cohort.generate import generate
from coursekit.course.course import load_course
from coursekit.course.roster import format_roster, read_roster
from coursekit.course.start import example, start_course
from coursekit.course.teams import read_students
from coursekit.git.repository import open_repository
from litreview.errors import UserError


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "coursekit", *map(str, arguments)], capture_output=True, text=True
    )


def test_init_says_what_it_wrote_and_what_comes_next(tmp_path):
    result = command("init", tmp_path / "c")
    assert result.returncode == 0
    assert result.stdout.splitlines()[-1] == (
        f"Next: edit these files, then run: coursekit generate {tmp_path / 'c'}"
    )
    again = json.loads(command("init", tmp_path / "c", "--json").stdout)
    assert again["written"] == []
    assert len(again["kept"]) == 2


def test_init_forms_teams_and_shows_them_before_it_writes(tmp_path):
    """Staff look at the division, and choose another seed if they must."""
    people = tmp_path / "people.csv"
    people.write_text("name\n" + "".join(f"P{n}\n" for n in range(6)))
    planned = command("init", tmp_path / "c", "--from-csv", people, "--team-size", "3", "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert planned.stdout.count("Team 0") == 2
    assert not (tmp_path / "c").exists()
    made = command("init", tmp_path / "c", "--from-csv", people, "--team-size", "3")
    assert [line for line in made.stdout.splitlines() if line.startswith("Team")] == [
        line for line in planned.stdout.splitlines() if line.startswith("Team")
    ]
    assert load_course(tmp_path / "c").max_team_size == 3


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["init", "{c}", "--from-csv", "{c}/none.csv"], "none.csv: does not exist"),
        (["init", "{c}", "--from-csv", "a", "--from-json", "b"], "either --from-csv or"),
        (["init", "{c}/file"], "is a file; give the name of a folder"),
        (["init", "/proc/nothing/here"], "cannot be written"),
        (["generate", "{c}"], "start one with `coursekit init"),
    ],
)
def test_a_users_mistake_is_one_sentence_and_code_2(tmp_path, arguments, expected):
    (tmp_path / "file").write_text("x")
    result = command(*(part.replace("{c}", str(tmp_path)) for part in arguments))
    assert result.returncode == 2, result.stdout
    assert expected in result.stderr
    assert "Traceback" not in result.stderr


def test_the_address_of_a_served_folder_reaches_the_teams(tmp_path):
    start_course(tmp_path)
    path = tmp_path / "course.toml"
    path.write_text(path.read_text().replace("# address =", "address ="))
    report = generate(load_course(tmp_path))
    with open_repository(Path(report.outcomes[0].repository)) as repository:
        readme = repository.read("README.md").decode()
    assert "ssh://git@git.example.org/llm/bright-encoders.git" in readme


SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PIECES = st.sampled_from(
    [b"team", b"slug", b"members", b"name", b",", b";", b"\t", b'"', b"\n", b"\r\n", b"=cmd", b"\0",
     b"\xef\xbb\xbf", b"\xff\xfe", b"\xfc", b"sep=;", b"{{ 7*7 }}", b"\xe2\x80\xae", b"x", b"A B"]
)  # fmt: skip


@given(data=st.lists(PIECES, max_size=30).map(b"".join))
@SETTINGS
def test_no_table_crashes_the_readers(tmp_path, data):
    """Whatever a file holds, the answer is a value or one sentence."""
    path = tmp_path / "fuzz.csv"
    path.write_bytes(data)
    for read in (lambda: read_roster(path, max_size=4), lambda: read_students(path)):
        with contextlib.suppress(UserError):
            assert read()


@pytest.mark.slow
@given(st.data())
@SETTINGS
def test_no_change_to_the_example_crashes_the_course_reader(tmp_path, data):
    """A stray character anywhere in course.toml is an everyday slip."""
    text = example("course.toml")
    (tmp_path / "roster.csv").write_text(example("roster.csv"), encoding="utf-8")
    place = data.draw(st.integers(0, len(text)))
    stray = data.draw(st.sampled_from(['"', "=", "[", "]", "\n", "#", "x", "-1", "é", "\0", "{"]))
    cut = data.draw(st.integers(0, 3))
    (tmp_path / "course.toml").write_text(
        text[:place] + stray + text[place + cut :], encoding="utf-8"
    )
    with contextlib.suppress(UserError):
        assert load_course(tmp_path).teams


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co", "Cf", "Zl", "Zp")),
    min_size=1, max_size=20,
).map(lambda text: " ".join(text.split())).filter(lambda text: text.strip("',;|\n\t "))  # fmt: skip


@pytest.mark.slow
@given(st.lists(NAMES, min_size=1, max_size=6))
@SETTINGS
def test_a_roster_that_is_written_reads_back_the_same(tmp_path, names):
    """Whatever people are called, in every script, with quotes and formulas."""
    path = tmp_path / "roster.csv"
    rows = "".join(
        'T{0},t-{0},"{1}"\n'.format(n, name.replace('"', '""')) for n, name in enumerate(names)
    )
    path.write_text("team,slug,members\n" + rows, encoding="utf-8")
    try:
        teams = read_roster(path, max_size=4)
    except UserError:
        return
    path.write_text(format_roster(teams), encoding="utf-8")
    assert read_roster(path, max_size=4) == teams
