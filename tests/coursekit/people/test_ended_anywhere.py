"""A command that is killed at any moment leaves what a second run finishes.

Each command runs in a child process that is killed, by SIGKILL, just before its n-th change:
a file opened for writing, renamed or removed, a folder made, a program started, a server
asked. Then the
command runs again, and everything is as if it had never been killed. More moments than a
test run needs: `COURSEKIT_KILLS=all pytest …`.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner
from github_server import TOKEN, FakeGitHub
from update_course import UpdateCourse

from coursekit.cli import group
from coursekit.course.course import Course, load_course
from coursekit.people import results
from coursekit.people.results import PersonResult

KILLS = os.environ.get("COURSEKIT_KILLS", "2")
ROSTER = (
    "team,slug,members,emails\nOwls,owls,Ada Lovelace; Max Born,ada@x.org; max@x.org\n"
    "Larks,larks,Kurt Gödel; Wei Li,kurt@x.org; wei@x.org\n"
    "Terns,terns,Emmy Noether,emmy@x.org\n"
)
CHANGES = {
    "socket.connect",
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.truncate",
    "subprocess.Popen",
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
# What write_atomic leaves beside a file where it is killed.
TEMPORARY = re.compile(r"\..{1,40}\.[a-z0-9_]{8}")
CACHES = {"lock", "lock.json", "status.json", "anonymize.key", "certificate.key"}
MOODLE = "First name,Last name,Email address\nAda,Lovelace,ada@x.org\nKurt,Gödel,kurt@x.org\n"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with three teams, in the middle of a round of reviews."""
    folder = tmp_path_factory.mktemp("start") / "world"
    world = UpdateCourse(folder, roster=ROSTER)
    world.files["README.md"] = "# {{ cookiecutter.project_name }}\n\n{{ cookiecutter.members }}\n"
    world.start()
    course = folder / "course"
    settings = course / "course.toml"
    text = world.settings.replace("2026-11-20", "2020-11-20").replace("TBD", "Model")
    settings.write_text(f'{text}folder = "3_Model"\n', encoding="utf-8")
    world.team({"3_Model/README.md": "By Ada Lovelace.\n"}, date="2020-11-19T12:00:00+0000")
    (folder / "moodle.csv").write_text(MOODLE, encoding="utf-8")
    return folder


def run(*arguments: str) -> None:
    result = CliRunner().invoke(group, list(arguments))
    # 1 says that somebody has to look at something.
    assert result.exit_code in (0, 1), result.output
    assert result.exit_code == 0 or isinstance(result.exception, SystemExit), result.exception


def assigned(folder: Path) -> None:
    run("peer-review", "assign", f"{folder}/course", "Round", "--each", "1")


def answered(folder: Path) -> None:
    assigned(folder)
    for path in (folder / "course" / "reviews").rglob("*.md"):
        path.write_text(path.read_text().replace("*(your answer)*", "Good."))


def moved(folder: Path) -> None:
    """One team is renamed, one person moves, and one team is new."""
    run("sync", f"{folder}/course")
    roster = folder / "course" / "roster.csv"
    roster.write_text(
        "team,slug,members,emails\nGrey Owls,owls,Ada Lovelace,ada@x.org\n"
        "Larks,larks,Kurt Gödel; Wei Li; Max Born,kurt@x.org; wei@x.org; max@x.org\n"
        "Terns,terns,Emmy Noether,emmy@x.org\nHawks,hawks,New Person,new@x.org\n",
        encoding="utf-8",
    )


def orphaned(folder: Path) -> None:
    """The repositories know nothing of a template, which is in a repository itself."""
    for path in (folder / "course" / "repositories").glob("*.git"):
        for name in ("refs/heads/template", "refs/coursekit/received"):
            subprocess.run(["git", f"--git-dir={path}", "update-ref", "-d", name], check=True)
    git = ["git", "-c", "user.name=Staff", "-c", "user.email=staff@x.org"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Template"]):
        subprocess.run([*git, *arguments], cwd=folder / "template", check=True)


def without_repositories(folder: Path) -> None:
    shutil.rmtree(folder / "course" / "repositories")


def nothing(folder: Path) -> None:
    del folder


COMMANDS: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "sync": (moved, ("sync", "{course}", "--apply")),
    "deadlines": (nothing, ("deadlines", "{course}")),
    "assign": (nothing, ("peer-review", "assign", "{course}", "Round", "--each", "2")),
    "ask": (assigned, ("peer-review", "ask", "{course}", "Round", "--out", "{out}")),
    "hand over": (answered, ("peer-review", "hand-over", "{course}", "Round", "--commit")),
    "messages": (answered, ("peer-review", "hand-over", "{course}", "Round", "--out", "{out}")),
    "certificate": (nothing, ("certificate", "give", "{course}", "--out", "{out}")),
    "marks": (nothing, ("marks", "{course}", "--like", "{moodle}", "--out", "{out}/marks.csv")),
    "anonymize": (nothing, ("anonymize", "{course}", "--out", "{out}")),
    "forget": (nothing, ("forget", "{course}", "ada@x.org", "--apply")),
    "extend": (nothing, ("extend", "{course}", "owls", "Model", "2020-12-01")),
    "update": (nothing, ("update", "{course}", "--apply")),
    "adopt": (orphaned, ("adopt", "{course}", "--from", "{template}", "--yes")),
    "generate": (without_repositories, ("generate", "{course}")),
    "init": (nothing, ("init", "{out}/course", "--from-csv", "{moodle}")),
    "programme": (nothing, ("programme", "{course}", "--seed", "3")),
    "slides": (nothing, ("slides", "{course}", "--out", "{out}/decks.html", "--no-pdf")),
    "status": (
        nothing,
        ("status", "{course}", "--at", "2026-12-01T12:00", "--csv", "{out}/status.csv", "--html",
         "{out}/status.html", "--messages", "{out}/messages"),
    ),
}  # fmt: skip


def in_a_child(
    arguments: list[str],
    *,
    kill_at: int = 0,
    is_second: bool = False,
    begun: Callable[[int], object] = lambda pid: None,
) -> int:
    """Run a command in a child; returns its changes, or -1 where it was killed.

    A second run may say that there is nothing left to do.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        counter = itertools.count(1)
        last = [0]

        def watch(event: str, details: tuple[Any, ...]) -> None:
            writes = event == "open" and isinstance(details[2], int) and details[2] & WRITES
            if (writes or event in CHANGES) and os.getpid() == child_pid:
                last[0] = next(counter)
                if last[0] == kill_at:
                    os.kill(child_pid, signal.SIGKILL)

        child_pid = os.getpid()
        sys.addaudithook(watch)
        try:
            run(*arguments)
            os.write(writing, str(last[0]).encode())
        finally:
            os._exit(0)
    begun(child)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        told = stream.read()
    _, status = os.waitpid(child, 0)
    assert told or kill_at or is_second or os.WIFSIGNALED(status), f"{arguments}: failed"
    return int(told) if told else -1


def state(folder: Path) -> dict[str, Any]:
    """All that a command leaves, without moments, names of temporary files and caches."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        inside = any(part.endswith((".git", ".git.partial")) for part in Path(name).parts)
        if path.suffix == ".git" and path.is_dir():
            found[name] = references(path)
        if not path.is_file() or inside or path.name in CACHES or TEMPORARY.fullmatch(path.name):
            continue
        if path.name == "log.jsonl":
            lines = [json.loads(line) for line in path.read_text().splitlines() if line]
            rows = (json.dumps({k: v for k, v in r.items() if k != "at"}) for r in lines)
            found[name] = sorted(set(rows))
        else:
            found[name] = path.read_bytes()
    return found


def references(path: Path) -> dict[str, list[str]]:
    def git(*arguments: str) -> list[str]:
        return subprocess.run(
            ["git", f"--git-dir={path}", *arguments], check=True, capture_output=True, text=True
        ).stdout.splitlines()

    names = git("for-each-ref", "--format=%(refname)")
    return {name: git("log", "--format=%T %an <%ae> %s", name) for name in names}


def everybody_passed(course: Course, status: Any) -> tuple[PersonResult, ...]:
    del status
    return tuple(PersonResult(m, t, passed="yes") for t in course.teams for m in t.members)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_second_run_finishes(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whenever the first was killed."""
    monkeypatch.setattr(results, "person_results", everybody_passed)
    prepare, arguments = COMMANDS[name]
    before, here = tmp_path / "before", tmp_path / "world"
    shutil.copytree(start, before)
    shutil.copytree(before, here)
    prepare(here)
    shutil.rmtree(before)
    here.rename(before)
    where = {"course": here / "course", "out": here / "out", "moodle": here / "moodle.csv",
             "template": here / "template"}  # fmt: skip
    command = [part.format(**where) for part in arguments]
    # The same keys in all runs.
    for key in ("anonymize.key", "certificate.key"):
        (before / "course" / ".coursekit").mkdir(exist_ok=True)
        (before / "course" / ".coursekit" / key).write_text("k" * 64)
    if name == "update":
        template = before / "template" / "{{cookiecutter.project_slug}}"
        (template / "cover.png").write_bytes(b"\x89PNG\0newer")
        (template / "new.md").write_text("A new file of the template.\n")
    shutil.copytree(before, here)
    count = in_a_child(command)
    assert count > 0, "a command that changes nothing proves nothing"
    wanted = state(here)
    moments = list(range(1, count + 1))
    if KILLS != "all":
        moments = random.Random(name).sample(moments, min(int(KILLS), count))
    for moment in moments:
        shutil.rmtree(here)
        shutil.copytree(before, here)
        killed = in_a_child(command, kill_at=moment)
        assert killed == -1 or killed < moment, (moment, killed)
        in_a_child(command, is_second=True)
        assert state(here) == wanted, f"killed before change {moment} of {count}"
    assert load_course(here / "course").teams


class Post:
    """A mail server that takes everything, and ends the sender at one step of one message."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.end_at = ("", 0)
        self.port = self.sender = 0
        self.seen = 0

    def _ends(self, name: str) -> bool:
        step, number = self.end_at
        self.seen += name == step
        if name != step or self.seen != number:
            return False
        os.kill(self.sender, signal.SIGKILL)
        return True

    async def handle_RCPT(self, server, session, envelope, address, options):
        self._ends("addressed")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self._ends("before it is taken"):
            return "451 gone"
        self.taken.append(" ".join(envelope.rcpt_tos))
        self._ends("taken")
        return "250 taken"


@pytest.fixture
def post() -> Iterator[Post]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    handler = Post()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    handler.port = port
    yield handler
    controller.stop()


TEAMS = {
    "owls": "ada@x.org max@x.org", "larks": "kurt@x.org wei@x.org", "terns": "emmy@x.org",
}  # fmt: skip


def with_mail(start: Path, here: Path, settings: str) -> list[str]:
    """A course with a message for each team, and the command that sends them."""
    shutil.copytree(start, here)
    with (here / "course" / "course.toml").open("a", encoding="utf-8") as file:
        file.write(settings)
    (here / "week").mkdir()
    for slug in TEAMS:
        (here / "week" / f"{slug}.md").write_text(f"Hello {slug}\n", encoding="utf-8")
    return ["send", str(here / "course"), str(here / "week")]


def told(command: list[str]) -> dict[str, str]:
    """What a run says about each team."""
    rows = json.loads(CliRunner().invoke(group, [*command, "--json"]).stdout)["teams"]
    return {row["team"]: row["state"] for row in rows}


def mail_settings(port: int) -> str:
    return (
        f'\n[mail]\nserver = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
        'sender = "llm@uni.de"\nper_minute = 6000\n'
    )


def test_no_mail_is_sent_twice_wherever_a_run_is_killed(start, tmp_path, post):
    """SMTP cannot say whether a message left; so one may lack, and the next run names it."""
    command = with_mail(start, tmp_path / "world", mail_settings(post.port))
    log = tmp_path / "world" / "course" / "log.jsonl"
    before = log.read_bytes() if log.exists() else b""
    count = in_a_child(command)
    assert sorted(post.taken) == sorted(TEAMS.values())
    steps = ("addressed", "before it is taken", "taken")
    ends = [("change", n) for n in range(1, count + 1)]
    ends += [(step, n) for step in steps for n in (1, 2, 3)]
    if KILLS != "all":
        ends = [*random.Random("send").sample(ends, 2 * int(KILLS)), ("taken", 2)]
    for end in ends:
        log.write_bytes(before)
        post.taken, post.seen, post.end_at = [], 0, end
        at = end[1] if end[0] == "change" else 0
        assert in_a_child(command, kill_at=at, begun=lambda pid: setattr(post, "sender", pid)) < 1
        post.end_at = ("", 0)
        in_a_child(command)
        states = told(command)
        assert len(set(post.taken)) == len(post.taken), (end, post.taken)
        lacks = {slug for slug, to in TEAMS.items() if to not in post.taken}
        unsure = {slug for slug, state in states.items() if state == "perhaps sent"}
        assert lacks <= unsure, (end, states)
        assert len(unsure) <= 1, (end, states)
        assert {states[slug] for slug in set(TEAMS) - unsure} == {"sent before"}, (end, states)


def test_no_issue_is_opened_twice_wherever_a_run_is_killed(start, tmp_path, monkeypatch):
    """The forge can be asked whether it is there, so that none lacks either."""
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setattr("coursekit.hosting.github._WRITE_PAUSE_SECONDS", 0)
    server = FakeGitHub(tmp_path / "hub", "nlp")
    for slug in TEAMS:
        server.make_repository(slug)
    hosting = (
        f'\n[hosting]\nkind = "github"\norganization = "nlp"\napi_url = "{server.url}"\n'
        f'web_url = "{server.url}/git"\n'
    )
    command = [*with_mail(start, tmp_path / "world", hosting), "--issue"]
    log = tmp_path / "world" / "course" / "log.jsonl"
    before = log.read_bytes() if log.exists() else b""
    count = in_a_child(command)
    moments = list(range(1, count + 1))
    if KILLS != "all":
        moments = random.Random("issue").sample(moments, 2 * int(KILLS))
    for moment in moments:
        log.write_bytes(before)
        server.issues.clear()
        assert in_a_child(command, kill_at=moment) < moment
        in_a_child(command)
        found = {slug: len(server.issues[slug]) for slug in TEAMS}
        assert found == dict.fromkeys(TEAMS, 1), moment
        assert set(told(command).values()) == {"sent before"}
    server.close()
    assert server.violations == []
