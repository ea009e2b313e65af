"""The roster changes in the middle of the term, and everything follows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from github_server import TOKEN, FakeGitHub
from update_course import UpdateCourse

from coursekit.cli import group
from coursekit.course.attendance import read_attendance
from coursekit.course.course import load_course
from coursekit.course.membership import left_over, read_membership
from coursekit.git.repository import open_repository
from coursekit.people import sync as syncing
from litreview.errors import UserError

HEADER = "team,slug,members,emails,github,note\n"
START = (
    HEADER
    + "Owls,,Ada; Alan; Grace,,ada-l; alan-t; grace-h,likes tea\n"
    + "Larks,,Kurt; Emmy,,kurt-g; emmy-n,\n"
)
README = "# {{ cookiecutter.project_name }}\n\nTeam: {{ cookiecutter.members }}\n\nText\n"


class Term:
    """A course in which people come and go."""

    def __init__(self, folder: Path, hosting: str = "") -> None:
        self.world = UpdateCourse(folder, roster=START)
        self.world.files["README.md"] = README
        self.folder = folder / "course"
        self.world.settings += hosting
        (folder / "course").mkdir(parents=True)
        (self.folder / "course.toml").write_text(self.world.settings, encoding="utf-8")
        self.roster(START)
        self.world.template({})
        self.run("generate")

    def roster(self, text: str) -> None:
        (self.folder / "roster.csv").write_text(text, encoding="utf-8")

    def run(self, command: str, *arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(
            group, [command, str(self.folder), *arguments], standalone_mode=False
        )
        wrong = isinstance(result.exception, UserError)
        assert wrong or result.exception is None, result.output
        assert (2 if wrong else result.return_value or 0) == code, result.output
        return result.output + (str(result.exception) if wrong else "")

    def sync(self, *arguments: str, code: int = 0) -> list[list[str]]:
        """The first columns of what is printed."""
        output = self.run("sync", *arguments, code=code)
        rows = [line.split("  ") for line in output.splitlines()]
        return [[cell.strip() for cell in row if cell.strip()] for row in rows]

    def readme(self, slug: str, ref: str = "HEAD") -> str:
        with open_repository(self.folder / "repositories" / f"{slug}.git") as repository:
            return repository.read("README.md", ref=ref).decode()

    def repositories(self) -> set[str]:
        return {path.stem for path in (self.folder / "repositories").glob("*.git")}

    def log(self) -> list[dict]:
        lines = (self.folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture
def term(tmp_path: Path) -> Term:
    return Term(tmp_path)


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    server = FakeGitHub(tmp_path / "hub", "nlp")
    yield server
    server.close()
    assert server.violations == [], "GitHub would not understand this"


@pytest.fixture
def hosted(tmp_path: Path, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> Term:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setattr("coursekit.hosting.github._WRITE_PAUSE_SECONDS", 0)
    hosting = (
        f'\n[hosting]\nkind = "github"\norganization = "nlp"\nprotect_main = false\n'
        f'api_url = "{github.url}"\nweb_url = "{github.url}/git"\n'
    )
    return Term(tmp_path, hosting)


def test_the_beginning_is_on_record(term: Term) -> None:
    """Nobody joined late, and there is nothing to do."""
    assert term.run("sync") == "Everything is as the roster has it.\n"
    assert [(row["kind"], row["team"]) for row in term.log()] == [
        ("members", "owls"), ("access", "owls"), ("members", "larks"), ("access", "larks"),
    ]  # fmt: skip
    assert read_membership(load_course(term.folder)).since["name", "ada"] is None


def test_a_trial_run_says_it_all_and_writes_nothing(term: Term) -> None:
    term.roster(START.replace("Kurt; Emmy,,kurt-g; emmy-n", "Kurt; Emmy; Wei,,kurt-g; emmy-n; "))
    before = {path: path.read_bytes() for path in term.folder.rglob("*") if path.is_file()}
    assert term.sync("--dry-run") == [
        ["joined", "larks", "Wei is new"],
        ["would update", "larks", "README.md on template-update"],
    ]
    assert {p: p.read_bytes() for p in term.folder.rglob("*") if p.is_file()} == before


def test_join_leave_and_switch_reach_readmes_and_log(term: Term) -> None:
    """Alan changes the team, Grace leaves, Wei comes."""
    term.roster(
        HEADER + "Owls,,Ada; Wei,,ada-l; wei-w,\nLarks,,Kurt; Emmy; Alan,,kurt-g; emmy-n; alan-t,\n"
    )
    rows = term.sync("--apply", "--day", "2026-11-20")
    assert rows[:3] == [
        ["joined", "owls", "Wei is new"],
        ["switched", "larks", "Alan was in owls"],
        ["left", "owls", "Grace is not in the roster any more"],
    ]
    assert "Team: Ada, Wei\n" in term.readme("owls")
    assert "Team: Kurt, Emmy, Alan\n" in term.readme("larks")
    assert term.log()[-1]["kind"] == "access"
    row = next(row for row in term.log()[4:] if row["team"] == "owls")
    assert row["day"] == "2026-11-20"
    assert [member["name"] for member in row["members"]] == ["Ada", "Wei"]
    assert term.run("sync") == "Everything is as the roster has it.\n"


def test_a_renamed_team_keeps_its_repository_and_the_roster_its_notes(term: Term) -> None:
    """Today's accident: the slug follows the name, and a second repository is made."""
    term.roster(START.replace("Owls,,", '"Night ""Owls""",,'))
    rows = term.sync("--apply")
    assert rows == [["renamed", "owls", 'Owls is Night "Owls" now; it keeps the repository owls'],
                    ["updated", "owls", "README.md on main"]]  # fmt: skip
    assert term.repositories() == {"owls", "larks"}
    text = (term.folder / "roster.csv").read_text(encoding="utf-8")
    assert text == START.replace("Owls,,", '"Night ""Owls""",owls,')
    assert "# Night" in term.readme("owls")
    assert left_over(load_course(term.folder)) == ()


def test_a_roster_without_a_column_for_slugs_gets_one(term: Term) -> None:
    """Also one that Excel has written."""
    text = "sep=;\r\nGruppe;Mitglieder\r\nEulen;Ada, Alan, Grace\r\nLarks;Kurt, Emmy\r\n"
    (term.folder / "roster.csv").write_bytes(text.encode("cp1252"))
    term.sync("--apply")
    assert (term.folder / "roster.csv").read_bytes().decode() == (
        "sep=;\r\nGruppe;Mitglieder;slug\r\nEulen;Ada, Alan, Grace;owls\r\nLarks;Kurt, Emmy;\r\n"
    )
    assert term.repositories() == {"owls", "larks"}


def test_a_team_that_divides_is_asked_about_and_a_large_part_goes_on(term: Term) -> None:
    """Two of three are most of the team; half of two is not."""
    term.roster(
        HEADER + "Day Owls,,Ada; Alan,,,\nNight Owls,,Grace,,,\nEmmy,,Emmy,,,\nKurt,,Kurt,,,\n"
    )
    rows = term.sync(code=1)
    assert rows[0] == ["renamed", "owls", "Owls is Day Owls now; it keeps the repository owls"]
    assert rows[1] == ["new team", "night-owls",
                       "Night Owls is a new team, with the repository night-owls"]  # fmt: skip
    assert [row[:2] for row in rows[2:4]] == [["question", "emmy"], ["question", "kurt"]]
    assert "'larks': write the name into the column 'slug'" in rows[2][2]
    assert "--new emmy" in rows[2][2]
    assert term.repositories() == {"owls", "larks", "night-owls"}
    term.roster((term.folder / "roster.csv").read_text().replace("Emmy,,Emmy", "Emmy,larks,Emmy"))
    rows = term.sync()
    assert ["new team", "kurt", "Kurt is a new team, with the repository kurt"] in rows
    assert ["switched", "kurt", "Kurt was in larks"] in rows
    assert term.repositories() == {"owls", "larks", "night-owls", "kurt"}


def test_teams_that_join_under_a_new_name_are_asked_about(term: Term) -> None:
    term.roster(HEADER + "Birds,,Ada; Alan; Kurt; Emmy,,,\n")
    rows = term.sync(code=1)
    assert rows[0][0] == "question"
    assert "'owls' or 'larks'" in rows[0][2]
    rows = term.sync("--new", "birds")
    text = "Larks is no team any more, its people are in birds; its repository stays"
    assert ["dissolved", "larks", text] in rows
    assert term.repositories() == {"owls", "larks", "birds"}
    assert left_over(load_course(term.folder)) == (), "it is known why"


def test_a_person_in_two_teams_is_asked_about(term: Term) -> None:
    term.roster(START.replace("Kurt; Emmy,,kurt-g; emmy-n", "Kurt; Emmy; Ada,,kurt-g; emmy-n; "))
    rows = term.sync(code=1)
    text = (
        "Ada stands in line 2 and in line 3; a person is in one team, so take them out of one, or "
        "add the addresses of two people"
    )
    assert ["question", "larks", text] in rows


def test_two_people_of_one_name_are_two(term: Term) -> None:
    both = (
        "Owls,,Wei; Ada,wei1@x.org; ,wei-1; ada-l,\nLarks,,Wei; Kurt,wei2@x.org; ,wei-2; kurt-g,\n"
    )
    term.roster(HEADER + both)
    rows = term.sync()
    assert [row for row in rows if row[0] == "joined"] == [
        ["joined", "owls", "Wei is new"], ["joined", "larks", "Wei is new"],
    ]  # fmt: skip
    assert not [row for row in rows if row[0] == "question"]


def test_without_a_log_a_renamed_team_is_known_by_the_names_in_its_repository(term: Term) -> None:
    """A course that began before there was a log."""
    (term.folder / "log.jsonl").unlink()
    term.roster(START.replace("Owls,,", "Night Owls,,"))
    rows = term.sync("--apply")
    assert rows[0] == ["renamed", "owls", "owls is Night Owls now; it keeps the repository owls"]
    assert term.repositories() == {"owls", "larks"}
    assert read_membership(load_course(term.folder)).since["name", "ada"] is None


def test_late_joiners_count_attendance_from_their_day(term: Term) -> None:
    """Wei missed what was before; Kurt, who only changed the team, did not join late."""
    toml = term.folder / "course.toml"
    toml.write_text(toml.read_text() + "\n[attendance]\nsessions = 6\npermitted_absences = 1\n")
    (term.folder / "attendance.csv").write_text(
        "name,30.10.,06.11.,2026-11-13,20.11.\nAda,x,x,x,x\nWei,,,-,x\nKurt,,,x,x\nEmmy,x,x,x,\n"
    )
    term.roster(
        HEADER + "Owls,,Ada; Alan; Grace; Kurt; Wei,,,\nLarks,,Emmy,,,\n".replace("; Grace", "")
    )
    toml.write_text(toml.read_text().replace("[template]", "[teams]\nmax_size = 5\n\n[template]"))
    term.sync("--day", "2026-11-13")
    found = {one.name: one for one in read_attendance(load_course(term.folder))}
    assert (found["Wei"].absent, found["Wei"].certificate) == (1, "one absence away")
    assert found["Wei"].joined == "2026-11-13"
    assert (found["Kurt"].absent, found["Kurt"].certificate) == (2, "lost")
    assert (found["Emmy"].absent, found["Ada"].absent) == (1, 0)


def test_access_follows_on_the_host(hosted: Term, github: FakeGitHub) -> None:
    """Alan loses the one and gets the other; Ada has another account; Grace is out."""
    assert github.teams["owls"] == {"ada-l", "alan-t", "grace-h"}
    hosted.roster(
        HEADER + "Owls,,Ada,,ada-new,\nLarks,,Kurt; Emmy; Alan,,kurt-g; emmy-n; alan-t,\n"
    )
    preview = hosted.sync("--dry-run")
    assert github.teams["owls"] == {"ada-l", "alan-t", "grace-h"}
    rows = hosted.sync()
    assert ["account", "owls", "Ada has ada-new instead of ada-l"] in rows
    steps = [row for row in rows if row[0].startswith("access")]
    assert steps == [
        ["access withdrawn", "owls", "ada-l"], ["access withdrawn", "owls", "alan-t"],
        ["access withdrawn", "owls", "grace-h"], ["access added", "owls", "ada-new"],
        ["access added", "larks", "alan-t"],
    ]  # fmt: skip
    foreseen = [row[1:] for row in preview if "access" in row[0] or row[0] == "would withdraw"]
    assert foreseen == [row[1:] for row in steps]
    assert github.teams == {"owls": {"ada-new"}, "larks": {"kurt-g", "emmy-n", "alan-t"}}
    assert ("owls", "template-update", "main") in github.pulls


def test_an_account_that_was_only_left_out_keeps_its_access(
    hosted: Term, github: FakeGitHub
) -> None:
    """A roster that was sorted without its last column takes nobody's work away."""
    hosted.roster(START.replace("ada-l; alan-t; grace-h", "; alan-new; grace-h"))
    rows = hosted.sync()
    assert github.teams["owls"] == {"ada-l", "alan-new", "grace-h"}
    assert ["note", "owls: 'ada-l' keeps access; Ada has no account in the roster"] in rows


def test_whoever_the_staff_added_by_hand_stays(hosted: Term, github: FakeGitHub) -> None:
    """A helper is in no roster; sync takes away only what it has given."""
    github.teams["owls"].add("helper")
    hosted.roster(START.replace("; Grace,,ada-l; alan-t; grace-h", ",,ada-l; alan-t"))
    hosted.sync()
    assert github.teams["owls"] == {"ada-l", "alan-t", "helper"}


def test_of_a_team_that_is_no_more_those_who_are_still_here_keep_their_work(
    hosted: Term, github: FakeGitHub
) -> None:
    """Kurt goes on with the Owls and may look things up; Emmy has left the course."""
    hosted.roster(HEADER + "Owls,,Ada; Alan; Kurt,,ada-l; alan-t; kurt-g,\n")
    rows = hosted.sync()
    assert ["access withdrawn", "larks", "emmy-n"] in rows
    assert github.teams["larks"] == {"kurt-g"}
    before = len(github.writes())
    hosted.sync()
    assert github.writes()[before:] == []


@pytest.mark.parametrize("after", range(0, 24, 3))
def test_a_run_that_ends_at_any_request_is_finished_by_the_next(
    hosted: Term, github: FakeGitHub, after: int
) -> None:
    """Nobody's access is forgotten, also where the roster has changed once more meanwhile."""
    roster = (
        "Night Owls,,Ada; Grace; Wei,,ada-new; grace-h; wei-w,\n"
        "Larks,,Kurt; Alan,,kurt-g; alan-t,\nTerns,,Emmy,,emmy-n,\n"
    )
    hosted.roster(HEADER + roster)
    original, count = github.answer, 0

    def ending(*arguments):
        nonlocal count
        count += 1
        return original(*arguments) if count <= after else (418, {"message": "gone"}, {})

    github.answer = ending
    CliRunner().invoke(group, ["sync", str(hosted.folder)])
    github.answer = original
    text = (hosted.folder / "roster.csv").read_text()
    hosted.roster(text.replace("; Wei", "").replace("; wei-w", ""))
    hosted.run("sync")
    assert github.teams == {
        "owls": {"ada-new", "grace-h"}, "larks": {"kurt-g", "alan-t"}, "terns": {"emmy-n"},
    }  # fmt: skip


def test_an_unknown_team_is_one_sentence(term: Term) -> None:
    output = term.run("sync", "--new", "hawks", code=2)
    assert "has no team 'hawks'" in output


def test_a_damaged_line_of_the_log_is_named(term: Term) -> None:
    path = term.folder / "log.jsonl"
    path.write_text(path.read_text() + '{"kind": "members", "team": "owls", "members": 3}\n')
    assert "log.jsonl, line 5: is not about a team's members" in term.run("sync", code=2)


def test_the_report_for_programs(term: Term) -> None:
    term.roster(START.replace("; Emmy", "").replace("; emmy-n", ""))
    found = json.loads(term.run("sync", "--json"))
    assert found["changes"] == [
        {"kind": "left", "team": "larks", "text": "Emmy is not in the roster any more"}
    ]
    assert syncing.README in {step["kind"] for step in found["steps"]}
