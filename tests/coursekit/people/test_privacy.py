"""Nobody is found in an anonymous copy, and whoever is forgotten is gone but for Git's history."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from github_server import TOKEN, FakeGitHub
from update_course import UpdateCourse, notebook

from coursekit.cli import group
from coursekit.cohort.status import read_status
from coursekit.course.attendance import read_attendance
from coursekit.course.course import load_course
from coursekit.course.roster import Member
from coursekit.people.identity import known, pseudonyms
from litreview.errors import UserError

ROSTER = (
    "team,slug,members,emails,github,description,note\n"
    "Max & Ada,owls,Max Müller; Lovelace Ada; Wei Li,max@x.org; ada@x.org; wei@x.org,"
    "mmueller; ada-l; wei-li,\"What Max found, with Ada Lovelace\",my note\n"
    "Larks,,Karen Spärck Jones; Wei Li,karen@x.org; wei2@x.org,ksj; wei-2,,\n"
)  # fmt: skip
# Everything that must not be found, in any case (names) or as it is (a part of one).
ANY_CASE = [
    "Max Müller", "Max Mueller", "Müller, Max", "maxmuller", "mmueller", "Ada Lovelace", "ada-l",
    "Lovelace", "Spärck", "Sparck", "karen@", "max@", "ada@", "wei@", "ksj", "wei-li", "Wei Li",
    "private@home.example", "Stranger", "12345+ada-l",
]  # fmt: skip
AS_WRITTEN = [r"\bMax\b", r"\bAda\b", r"\bKaren\b", r"\bWei\b", r"\bJones\b"]


@pytest.fixture
def world(tmp_path: Path) -> UpdateCourse:
    found = UpdateCourse(tmp_path, roster=ROSTER)
    found.files["README.md"] = "# {{ cookiecutter.project_name }}\n\n{{ cookiecutter.members }}\n"
    found.start()
    (found.folder / "course" / "course.toml").write_text(
        found.settings.replace("[template]", "[attendance]\nsessions = 3\n\n[template]"),
        encoding="utf-8",
    )
    return found


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(group, list(arguments), standalone_mode=False)
    if isinstance(result.exception, UserError):
        return 2, str(result.exception)
    assert result.exception is None, result.exception
    return result.return_value or 0, result.output


def work(world: UpdateCourse) -> None:
    """What a term leaves behind."""
    course = world.folder / "course"
    (course / "attendance.csv").write_text(
        "name,30.10.,06.11.,note\nMax Müller,x,x,Max was ill\nAda Lovelace,x,-,\nWei Li,x,x,\n",
        encoding="utf-8",
    )
    (course / "messages").mkdir()
    (course / "messages" / "owls.md").write_text("Hello Max\n", encoding="utf-8")
    world.team({
        "3_Model/README.md": "By Max Müller, ADA LOVELACE and k.spärck-jones; ask ada@x.org.\r\n"
        "max(1, 2) is Max's; @ada-l wrote it, see github.com/mmueller/owls.\n",
        "notes/Max_Müller \"draft\".md": "mine\n",
        "latin.txt": "Von Max Müller für alle".encode("cp1252"),
        "slides.pdf": b"%PDF-1.7\0 by Max M\xc3\xbcller",
        "3_Model/model.ipynb": notebook("author = 'Ada Lovelace'", "b = 2", "c = 3"),
    })  # fmt: skip
    hidden = "user.email=12345+ada-l@users.noreply.github.com"
    message = "Hi\n\nCo-authored-by: Wei Li <wei@x.org>"
    world.git("-c", "user.name=MMueller", "-c", hidden, "commit", "--allow-empty", "-m", message)
    subprocess.run(
        ["git", "-c", "user.name=Nice Stranger", "-c", "user.email=private@home.example", "commit",
         "-q", "--allow-empty", "-m", "Thanks, Karen"], cwd=world.clone, check=True,
    )  # fmt: skip
    world.git("push", "-q", "origin", "HEAD")
    world.git("push", "-q", "origin", "HEAD:refs/heads/ada-lovelace-try")


def everything(folder: Path) -> str:
    """All text below a folder: files, and of repositories each path, file, message and name."""
    found = []
    for path in sorted(folder.rglob("*")):
        inside = any(part.endswith(".git") for part in path.relative_to(folder).parts)
        if path.is_file() and not inside:
            found += [path.name, path.read_bytes().decode("utf-8", "replace")]
        if path.is_dir() and path.name.endswith(".git"):
            stream = subprocess.run(
                ["git", "-c", "core.quotePath=false", "-C", str(path), "fast-export", "--all"],
                capture_output=True, check=True,
            ).stdout  # fmt: skip
            found += [path.name, stream.decode("utf-8", "replace")]
            files = [p for p in path.rglob("*") if p.is_file() and "objects" not in p.parts]
            found += [p.name + p.read_bytes().decode("utf-8", "replace") for p in files]
    return "\n".join(found)


def traces(text: str) -> list[str]:
    low = text.casefold()
    found = [one for one in ANY_CASE if one.casefold() in low]
    return found + [one for one in AS_WRITTEN if re.search(one, text)]


def test_nobody_is_found_in_an_anonymous_copy(world: UpdateCourse) -> None:
    """Roster, list, log, paths, files, notebooks, messages, authors, trailers and branches."""
    work(world)
    course, copy = world.folder / "course", world.folder / "copy"
    assert len(traces(everything(course))) > 15, "the search finds people where they are"
    code, output = run("anonymize", str(course), "--out", str(copy))
    assert code == 0
    assert "copied 2 teams, 6 people" in output
    assert "files that are no text were left out" in output
    assert f"{course / 'messages'}: was not copied" in output
    text = everything(copy)
    assert traces(text) == []
    assert "max(1, 2)" in text, "a word that is also a name stays"
    assert "@@" not in text


def test_nobody_is_found_on_pages_built_from_an_anonymous_copy(world: UpdateCourse) -> None:
    """Each file of the site and each page of a team is searched, and so are their slides."""
    pytest.importorskip("mkdocs")
    work(world)
    course, copy = world.folder / "course", world.folder / "copy"
    roster = course / "roster.csv"
    head, *rest = roster.read_text(encoding="utf-8").splitlines()
    rows = [f"{head},consent", *(f"{row},yes" for row in rest)]
    roster.write_text("\n".join(rows) + "\n", encoding="utf-8")
    _, output = run("site", str(course), "--out", str(world.folder / "named"), "--slides")
    named = pages(world.folder / "named")
    assert {"Max Müller", "Ada Lovelace"} <= set(traces(named)), output
    run("anonymize", str(course), "--out", str(copy))
    run("site", str(copy), "--out", str(world.folder / "site"), "--slides")
    found = pages(world.folder / "site")
    assert load_course(copy).teams[0].members[0].name in found, "under their other names"
    assert traces(found) == []


def pages(folder: Path) -> str:
    """All that a built site holds of the course: names of files, and their text."""
    texts = []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        # What the site's own software brings has names of people in it (`Ada` is a language).
        if path.is_file() and not name.startswith("assets/"):
            data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            texts += [name, data.decode("utf-8", "replace")]
    return "\n".join(texts)


def test_a_copy_is_a_course_with_the_same_people(world: UpdateCourse) -> None:
    """The same person has one name in roster, list, log, README and commits; figures stay."""
    work(world)
    course, copy = world.folder / "course", world.folder / "copy"
    run("anonymize", str(course), "--out", str(copy))
    before, after = load_course(course), load_course(copy)
    assert [len(team.members) for team in after.teams] == [3, 2]
    names = [[member.name for member in team.members] for team in after.teams]
    assert names[0][2] != names[1][1], "two people of one name are two"
    assert after.teams[0].title == f"{names[0][0]} & {names[0][1]}"
    readme = subprocess.run(
        ["git", "-C", str(copy / "repositories" / "owls.git"), "show", "main:3_Model/README.md"],
        capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    assert f"By {names[0][0]}, {names[0][1]} and " in readme
    assert f"@{names[0][1].lower()} wrote it" in readme
    assert readme.count("\r\n") == 1
    assert read_attendance(after)[0].name == names[0][0]
    assert [one.present for one in read_attendance(after)] == [2, 1, 2]
    old, new = read_status(before), read_status(after)
    assert [(t.commits, t.state) for t in new.teams] == [(t.commits, t.state) for t in old.teams]
    first = json.loads((copy / "log.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert [one["name"] for one in first["members"]] == names[0]


def test_the_same_key_gives_the_same_names_and_another_one_others(world: UpdateCourse) -> None:
    course = world.folder / "course"
    copies = [world.folder / name for name in ("one", "two", "three")]
    run("anonymize", str(course), "--out", str(copies[0]))
    run("anonymize", str(course), "--out", str(copies[1]))
    key = world.folder / "other.key"
    key.write_text("k" * 40)
    run("anonymize", str(course), "--out", str(copies[2]), "--key", str(key))
    rosters = [(copy / "roster.csv").read_text() for copy in copies]
    assert rosters[0] == rosters[1] != rosters[2]
    assert (course / ".coursekit" / "anonymize.key").stat().st_mode & 0o77 == 0
    assert not list(copies[0].rglob("*.key")), "with it, people could be tried"


def test_a_copy_that_was_interrupted_is_finished(world: UpdateCourse) -> None:
    course, copy = world.folder / "course", world.folder / "copy"
    run("anonymize", str(course), "--out", str(copy))
    whole = everything(copy)
    (copy / "repositories" / "larks.git").rename(copy / "repositories" / ".larks.git.partial")
    (copy / "attendance.csv").unlink(missing_ok=True)
    run("anonymize", str(course), "--out", str(copy))
    assert everything(copy) == whole


def test_a_trial_run_and_mistakes_write_nothing(world: UpdateCourse) -> None:
    course, copy = world.folder / "course", world.folder / "copy"
    _, output = run("anonymize", str(course), "--out", str(copy), "--dry-run")
    assert "would copy 2 teams" in output
    assert not copy.exists()
    assert "is the course itself" in run("anonymize", str(course), "--out", str(course))[1]
    copy.mkdir()
    (copy / "thesis.txt").write_text("mine")
    assert "is no anonymous copy" in run("anonymize", str(course), "--out", str(copy))[1]
    assert [path.name for path in copy.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("piece", ["Max Müller ", "ada@x.org ", "a.", "Ada ", "@", "m-", "Wei\n"])
def test_long_texts_are_read_in_linear_time(piece: str) -> None:
    people = [Member(f"Person{k} Of{k} House{k}", f"p{k}@x.org", f"acc-{k}") for k in range(2_000)]
    people += [Member("Max Müller", "max@x.org", "mm"), Member("Ada Wei", "ada@x.org", "ada")]
    identities = known(pseudonyms(b"k" * 32), people)
    times = []
    for count in (20_000, 80_000):
        text = piece * (count // len(piece))
        start = time.process_time()
        identities.replace(text)
        times.append(time.process_time() - start)
    assert times[1] < 12 * max(times[0], 0.005)


def test_forgetting_leaves_nothing_but_history(world: UpdateCourse) -> None:
    """Ada wants to be forgotten; the others stay as they were."""
    work(world)
    course = world.folder / "course"
    read_status(load_course(course))
    with (course / "log.jsonl").open("a", encoding="utf-8") as file:
        for person in ("ada@x.org", "Ada Lovelace (owls)", "max@x.org"):
            file.write(f'{{"kind": "certificate", "person": "{person}", "date": "2027-01-15"}}\n')
    preview = run("forget", str(course), "ada@x.org", "--dry-run")[1]
    code, output = run("forget", str(course), "ada@x.org", "--apply")
    assert code == 1, "something remains"
    assert [line for line in preview.splitlines() if line.startswith("would remove")] == [
        line.replace("removed       ", "would remove  ")
        for line in output.splitlines()
        if line.startswith("removed")
    ]
    # What the staff wrote about the team is pointed out, not changed.
    assert f"{course / 'roster.csv'}: names them; change or delete it" in output
    own = ("Max & Ada", "What Max found, with Ada Lovelace")
    left = {path: path.read_bytes().decode() for path in course.glob("*") if path.is_file()}
    for path, text in left.items():
        for words in own:
            text = text.replace(words, "")
        assert not re.search(r"(?i)lovelace|ada@x|ada-l", text), path
    log = (course / "log.jsonl").read_text(encoding="utf-8")
    given = [row for row in map(json.loads, log.splitlines()) if row["kind"] == "certificate"]
    assert [row["person"] for row in given] == ["a former member", "a former member", "max@x.org"]
    roster = (course / "roster.csv").read_text(encoding="utf-8")
    assert "Max Müller; Wei Li,max@x.org; wei@x.org,mmueller; wei-li," in roster
    assert roster.endswith(ROSTER.splitlines()[2] + "\n"), "other lines keep every byte"
    assert "Max Müller,x,x" in (course / "attendance.csv").read_text(encoding="utf-8")
    assert not (course / ".coursekit" / "status.json").exists()
    remains = [line for line in output.splitlines() if line.startswith("remains")]
    assert any("owls: " in line and "commits name them" in line for line in remains)
    assert any("3_Model/README.md" in line and "ask it" in line for line in remains)
    readme = world.read("README.md").decode()
    assert "Lovelace" not in readme
    assert "Max Müller, Wei Li" in readme


def test_forgetting_twice_says_that_nothing_is_left_but_what_remains(world: UpdateCourse) -> None:
    """Whoever is not sure whether it was done does it again, by any of the names."""
    work(world)
    course = world.folder / "course"
    run("forget", str(course), "ada@x.org", "--apply")
    files = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    for person in ("Ada Lovelace", "ada@x.org", "@ada-l"):
        code, output = run("forget", str(course), person, "--apply")
        nothing, *remains = output.splitlines()
        assert nothing == (
            f"nothing left    nobody is called {person!r} in the roster, the log or the attendance "
            "list"
        )
        assert code == 1
        assert any("owls: 3_Model/README.md" in line for line in remains), person
    assert files == {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}


def test_a_name_in_other_files_of_the_course_is_pointed_out(world: UpdateCourse) -> None:
    """An export that was left in the folder, the roster's own note."""
    work(world)
    course = world.folder / "course"
    output = run("forget", str(course), "Max Müller")[1]
    assert f"{course / 'messages' / 'owls.md'}: names them; change or delete it" in output
    assert f"{course / 'roster.csv'}: names them" in output, "the title and the description"


def test_who_is_not_there_or_there_twice_is_one_sentence(world: UpdateCourse) -> None:
    course = str(world.folder / "course")
    log = world.folder / "course" / "log.jsonl"
    before = log.read_bytes()
    code, text = run("forget", course, "Grace")
    assert (code, text) == (
        0,
        "nothing left    nobody is called 'Grace' in the roster, the log or the attendance list\n",
    )
    assert log.read_bytes() == before
    code, text = run("forget", course, "Wei Li")
    assert code == 2
    assert "'Wei Li' is in owls and larks; name the person by address or account" in text
    run("forget", course, "wei2@x.org")
    assert "Wei Li" in (world.folder / "course" / "roster.csv").read_text().splitlines()[1]


def test_forgetting_takes_the_access_away(
    world: UpdateCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = FakeGitHub(tmp_path / "hub", "nlp")
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setattr("coursekit.hosting.github._WRITE_PAUSE_SECONDS", 0)
    course = world.folder / "course"
    with (course / "course.toml").open("a") as file:
        file.write(
            f'\n[hosting]\nkind = "github"\norganization = "nlp"\nprotect_main = false\n'
            f'api_url = "{server.url}"\nweb_url = "{server.url}/git"\n'
        )
    run("generate", str(course))
    assert server.teams["owls"] == {"mmueller", "ada-l", "wei-li"}
    run("forget", str(course), "Lovelace Ada", "--dry-run")
    assert server.teams["owls"] == {"mmueller", "ada-l", "wei-li"}
    output = run("forget", str(course), "Lovelace Ada")[1]
    assert "access withdrawn  owls: ada-l" in output
    assert server.teams["owls"] == {"mmueller", "wei-li"}
    assert "ada-l" not in (course / "log.jsonl").read_text()
    server.close()
    assert server.violations == []
