"""Messages reach each team once for each occasion, through a real mail server."""

from __future__ import annotations

import email
import json
import socket
from collections.abc import Iterator
from email import policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from click.testing import CliRunner
from github_server import TOKEN, FakeGitHub

from coursekit.cli import group
from coursekit.course.course import MailSettings, load_course
from coursekit.course.start import start_course
from coursekit.people import mail
from coursekit.people.mail import Mailer
from coursekit.people.send import send
from litreview.errors import UserError

ROSTER = """\
team,members,emails,github
Owls,Ada; Alan,ada@x.org; alan@x.org,ada-l; alan-t
Larks,Kurt; Emmy,kurt@x.org;,kurt-g;
Terns,Grace,,grace-h
"""


class Post:
    """What the server has taken; an address that begins with `no` is refused."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.break_off = False
        self.port = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("no"):
            return "550 there is nobody of this name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.break_off:
            server.transport.abort()
            return "451 gone"
        found = email.message_from_bytes(envelope.content, policy=policy.default)
        self.messages.append((envelope.rcpt_tos, found))
        return "250 taken"


@pytest.fixture
def post() -> Iterator[Post]:
    handler = Post()

    def authenticate(server, session, envelope, mechanism, data):
        return AuthResult(success=data.password == b"right", handled=False)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        handler.port = probe.getsockname()[1]
    controller = Controller(
        handler, hostname="127.0.0.1", port=handler.port, authenticator=authenticate,
        auth_require_tls=False,
    )  # fmt: skip
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def folder(tmp_path: Path, post: Post, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(mail.PASSWORD_VARIABLE, "right")
    start_course(tmp_path)
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    with (tmp_path / "course.toml").open("a", encoding="utf-8") as file:
        file.write(
            f'\n[mail]\nserver = "127.0.0.1"\nport = {post.port}\nsecurity = "none"\n'
            'user = "llm"\nsender = "llm@uni.de"\nper_minute = 6000\n'
        )
    week = tmp_path / "week-3"
    week.mkdir()
    (week / "owls.md").write_text("Hello Owls,\n\nGrüße – **well done**.\n", encoding="utf-8")
    (week / "larks.md").write_text("Hello Larks\n", encoding="utf-8")
    (week / "terns.md").write_text("Hello Terns\n", encoding="utf-8")
    (week / "hawks.md").write_text("Who?\n", encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    arguments = ("send", str(folder), str(folder / "week-3"), *arguments)
    result = CliRunner().invoke(group, arguments, standalone_mode=False)
    if isinstance(result.exception, UserError):
        return 2, str(result.exception)
    assert result.exception is None, result.exception
    return result.return_value, result.output


def test_each_team_gets_its_message_and_who_has_no_address_is_named(folder, post):
    code, output = run(folder, "--subject", "Week\n3")
    assert code == 1
    assert [to for to, _ in post.messages] == [["ada@x.org", "alan@x.org"], ["kurt@x.org"]]
    message = post.messages[0][1]
    assert message["Subject"] == "Week 3"
    assert message["From"] == "llm@uni.de"
    assert message["To"] == "ada@x.org, alan@x.org"
    assert message.get_content().replace("\r\n", "\n") == "Hello Owls,\n\nGrüße – **well done**.\n"
    assert message["Message-ID"].startswith("<coursekit-")
    assert "sent          larks                     kurt@x.org" in output
    assert "no address of Emmy" in output
    assert "no address    terns" in output
    assert "hawks.md: no team of the roster has this name" in output


def test_on_one_occasion_nobody_is_told_twice(folder, post):
    run(folder)
    _, output = run(folder)
    assert "sent before   owls" in output
    assert len(post.messages) == 2
    run(folder, "--occasion", "week 4", "--team", "owls")
    run(folder, "--again", "--team", "owls")
    assert len(post.messages) == 4


def test_a_trial_run_sends_and_writes_nothing_and_needs_no_password(folder, post, monkeypatch):
    monkeypatch.delenv(mail.PASSWORD_VARIABLE)
    _, output = run(folder, "--dry-run")
    assert "would send    owls                      ada@x.org, alan@x.org" in output
    assert post.messages == []
    assert not (folder / "log.jsonl").exists()


def test_a_run_that_ended_in_the_middle_of_a_message_does_not_send_it_again(folder, post):
    """It may have left; nobody can know."""
    post.break_off = True
    code, text = run(folder)
    assert code == 2
    assert "cannot be used" in text
    post.break_off = False
    code, output = run(folder)
    assert "perhaps sent  owls" in output
    assert "--team and --again" in output
    assert [to for to, _ in post.messages] == [["kurt@x.org"]]
    run(folder, "--team", "owls", "--again")
    assert [to for to, _ in post.messages] == [["kurt@x.org"], ["ada@x.org", "alan@x.org"]]


def test_an_address_that_is_refused_is_named_and_stops_nobody_else(folder, post):
    text = ROSTER.replace("alan@x.org", "nobody@x.org").replace("kurt@x.org", "nope@x.org")
    (folder / "roster.csv").write_text(text, encoding="utf-8")
    code, output = run(folder)
    assert code == 1
    assert "refused for nobody@x.org" in output
    assert "the mail server refuses nope@x.org: there is nobody of this name" in output
    assert [to for to, _ in post.messages] == [["ada@x.org"]]
    text = ROSTER.replace("alan@x.org", "nobody@x.org")
    (folder / "roster.csv").write_text(text, encoding="utf-8")
    run(folder)
    assert [to for to, _ in post.messages] == [["ada@x.org"], ["kurt@x.org"]]


def test_the_pace_is_kept(folder, post):
    """A server that gets a hundred messages at once takes the course for spam."""
    waits: list[float] = []
    settings = MailSettings("127.0.0.1", post.port, "none", "", "llm@uni.de", per_minute=6)
    mailer = Mailer(settings, waits.append)
    send(load_course(folder), folder / "week-3", mailer=mailer)
    mailer.close()
    assert len(waits) == 1
    assert 9 < waits[0] <= 10


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            ("right", "wrong"),
            "does not accept the password of 'llm'; check COURSEKIT_MAIL",
        ),
        (("127.0.0.1", "127.0.0.2"), "127.0.0.2, port "),
        (('server = "127.0.0.1"', 'server = "a b"'), "server is 'a b'; give a name such as"),
        (("llm@uni.de", "llm"), "sender is 'llm'; give an address"),
        (("127.0.0.1", "mail.uni.de"), "security 'none' would show the password"),
        (('security = "none"', 'security = "starttls"'), "cannot be used"),
    ],
)
def test_a_mistake_is_one_sentence(folder, post, monkeypatch, change, expected):
    if change[0] == "right":
        monkeypatch.setenv(mail.PASSWORD_VARIABLE, change[1])
    path = folder / "course.toml"
    path.write_text(path.read_text().replace(*change), encoding="utf-8")
    code, text = run(folder)
    assert code == 2
    assert expected in text
    assert post.messages == []
    assert "wrong" not in text


def test_no_password_and_no_server_are_one_sentence(folder, monkeypatch):
    monkeypatch.delenv(mail.PASSWORD_VARIABLE)
    assert "no password for 'llm'; put it into the environment variable" in run(folder)[1]
    path = folder / "course.toml"
    path.write_text(path.read_text().replace('server = "127.0.0.1"', ""), encoding="utf-8")
    assert "names no mail server; write a section [mail]" in run(folder)[1]
    assert "in a folder, where there are no issues; send mail" in run(folder, "--issue")[1]


def test_messages_become_issues_once(folder, tmp_path, monkeypatch):
    """Also after a run that opened the issue and was killed before it could write that down."""
    server = FakeGitHub(tmp_path / "hub", "nlp")
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setattr("coursekit.hosting.github._WRITE_PAUSE_SECONDS", 0)
    for name in ("owls", "larks", "terns"):
        server.make_repository(name)
    path = folder / "course.toml"
    hosting = (
        f'kind = "github"\norganization = "nlp"\napi_url = "{server.url}"\n'
        f'web_url = "{server.url}/git"\n# '
    )
    path.write_text(path.read_text().replace('kind = "folder"', hosting), encoding="utf-8")
    _, output = run(folder, "--issue", "--subject", "Week 3")
    assert "sent          terns                     terns" in output
    assert [title for title, _ in server.issues["owls"]] == ["Week 3"]
    assert server.issues["owls"][0][1].startswith("Hello Owls,\n")
    (folder / "log.jsonl").unlink()
    run(folder, "--issue", "--subject", "Week 3")
    assert len(server.issues["owls"]) == 1
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert {row["state"] for row in rows} == {"sent"}
    server.close()
    assert server.violations == []
