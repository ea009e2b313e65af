"""What a repository's own configuration asks for is not done while the staff's token is at hand."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from github_server import TOKEN, FakeGitHub

from coursekit.course.course import HostingSettings
from coursekit.course.roster import Team
from coursekit.hosting.github import GitHub
from coursekit.hosting.remote import Remote

TEAM = Team(slug="one", title="One", line=1)


class Thief(ThreadingHTTPServer):
    """A server that no request may reach."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(f"{self.path} {self.headers.get('Authorization')}")
                self.send_error(404)

            do_POST = do_CONNECT = do_GET

            def log_message(self, *arguments: object) -> None:
                """Keep the test's output clean."""

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def thief() -> Iterator[Thief]:
    server = Thief()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    server = FakeGitHub(tmp_path / "hub", "my-course")
    yield server
    server.close()


def git(path: Path, *arguments: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@x.org"]
    return subprocess.run(
        ["git", *who, *arguments], cwd=path, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def repository(tmp_path: Path, github: FakeGitHub) -> Path:
    """The folder's copy of a repository on the host, one commit behind it."""
    there = github.make_repository("one")
    git(tmp_path, "clone", "-q", str(there), "work")
    git(tmp_path / "work", "checkout", "-q", "-b", "main")
    git(tmp_path / "work", "commit", "-q", "--allow-empty", "-m", "Start")
    git(tmp_path / "work", "push", "-q", "origin", "main")
    git(tmp_path, "clone", "-q", "--bare", str(there), "one.git")
    git(tmp_path / "work", "commit", "-q", "--allow-empty", "-m", "More")
    git(tmp_path / "work", "push", "-q", "origin", "main")
    return tmp_path / "one.git"


def configurations(thief: str, host: str, folder: Path) -> dict[str, list[tuple[str, str]]]:
    script = folder / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch '{folder / 'proof'}'\n", encoding="utf-8")
    script.chmod(0o755)
    included = folder / "included"
    included.write_text(f'[http]\n\tproxy = "{thief}"\n', encoding="utf-8")
    address = thief.removeprefix("http://")
    return {
        "proxy": [("http.proxy", thief)],
        "proxy of an address": [(f"http.{host}.proxy", thief)],
        "resolve": [("http.curloptResolve", f"{host.removeprefix('http://')}:{address}")],
        "insteadOf": [(f"url.{thief}/.insteadOf", f"{host}/")],
        "pushInsteadOf": [(f"url.{thief}/.pushInsteadOf", f"{host}/")],
        "include": [("include.path", str(included))],
        "cookies": [
            ("http.cookieFile", str(folder / "proof")), ("http.saveCookies", "true"),
        ],
        "header": [(f"http.{host}/git/my-course/.extraHeader", "")],
        "helper": [("credential.helper", f"!{script}")],
        "helper of an address": [(f"credential.{host}.helper", f"!{script}")],
        "ssh": [("core.sshCommand", str(script))],
        "askPass": [("core.askPass", str(script))],
        "remote": [("remote.origin.url", thief), ("remote.origin.uploadpack", str(script))],
        "trace": [("trace2.eventTarget", str(folder / "proof"))],
    }  # fmt: skip


KINDS = [
    "proxy", "proxy of an address", "resolve", "insteadOf", "pushInsteadOf", "include", "cookies",
    "header", "helper", "helper of an address", "ssh", "askPass", "remote", "trace",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_token_reaches_the_host_alone_and_nothing_is_run_or_written(
    kind: str, repository: Path, github: FakeGitHub, thief: Thief, tmp_path: Path
) -> None:
    """Fetching and pushing work all the same."""
    elsewhere = f"http://127.0.0.1:{thief.server_port}"
    for name, value in configurations(elsewhere, github.url, tmp_path)[kind]:
        git(repository, "config", "--add", name, value)
    settings = HostingSettings(
        kind="github", organization="my-course", api_url=github.url, web_url=f"{github.url}/git"
    )
    host = Remote(GitHub(settings, TOKEN, write_pause_seconds=0))
    host.fetch(TEAM, repository)
    git(repository, "update-ref", "refs/coursekit/received", "refs/heads/main")
    host.share_record(repository, "one")
    assert thief.seen == []
    assert not (tmp_path / "proof").exists()
    there = github.folder / "my-course" / "one.git"
    tip = git(there, "rev-parse", "main")
    assert git(repository, "rev-parse", "main") == tip
    assert git(there, "rev-parse", "refs/coursekit/received") == tip
