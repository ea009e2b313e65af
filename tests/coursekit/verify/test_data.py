"""Data that lie elsewhere are fetched once, and only if they are what `data.lock` says."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from verified_course import (
    by_team,
    changed,
    closed_box,
    commit_as_the_runs,
    mails,
    make_course,
    options,
)

from coursekit.verify.cohort import verify_course
from coursekit.verify.data import read_lock
from coursekit.verify.packs import Store
from coursekit.verify.queue import Here
from litreview.errors import UserError
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap needs Linux")

DATA = mails().encode()
DIGEST = hashlib.sha256(DATA).hexdigest()


class Server:
    """A place that data lie at, on this machine."""

    def __init__(self) -> None:
        self.body = DATA
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Length", str(len(server.body)))
                self.end_headers()
                self.wfile.write(server.body)

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}/mails.csv"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def elsewhere(address: str, size: int = len(DATA), digest: str = DIGEST):
    """The team keeps its data outside of the repository, and says where."""

    def change(team: Path) -> None:
        (team / "data" / "mails.csv").unlink()
        lock = f'["data/mails.csv"]\naddress = "{address}"\nbytes = {size}\nsha256 = "{digest}"\n'
        (team / "data.lock").write_text(lock, encoding="utf-8")
        commit_as_the_runs(team)

    return change


def verified(course, folder: Path, *, offline: bool = False):
    store = Store(course.state / "verify" / "packs")
    settings = Settings(cache_folder=folder / "cache", private_addresses=True)
    with Fetcher(settings) as fetcher:
        return by_team(
            verify_course(
                course,
                Here(closed_box(), store.path, 1),
                store,
                options(),
                fetcher=None if offline else fetcher,
            )
        )


def test_data_are_fetched_once_for_all_teams(honest, server, tmp_path):
    teams = {
        name: changed(honest, tmp_path / name, elsewhere(server.address))
        for name in ("mice", "owls")
    }
    course = make_course(tmp_path / "course", teams)
    lines = verified(course, tmp_path)
    assert {line.state for line in lines.values()} == {"reproduced"}
    assert server.asked == ["/mails.csv"]
    assert (course.state / "verify" / "data" / DIGEST).read_bytes() == DATA


def test_another_file_at_that_address_is_not_taken(honest, server, tmp_path):
    server.body = DATA.replace(b"fine", b"cold")
    team = changed(honest, tmp_path / "mice", elsewhere(server.address))
    course = make_course(tmp_path / "course", {"mice": team})
    line = verified(course, tmp_path)["mice"]
    assert line.state == "left out"
    assert "holds another file now" in line.reason
    assert f"than data.lock says ({len(DATA)} bytes, {DIGEST[:12]}" in line.reason
    assert not (course.state / "verify" / "data").exists()


def test_a_larger_file_than_was_said_is_not_read(honest, server, tmp_path):
    team = changed(honest, tmp_path / "mice", elsewhere(server.address, size=100))
    course = make_course(tmp_path / "course", {"mice": team})
    line = verified(course, tmp_path)["mice"]
    assert line.state == "left out"
    assert line.reason.startswith("the place of data/mails.csv sent more than")
    assert line.reason.endswith("compare it with the team's data.lock")


def test_offline_nothing_is_fetched(honest, server, tmp_path):
    team = changed(honest, tmp_path / "mice", elsewhere(server.address))
    course = make_course(tmp_path / "course", {"mice": team})
    line = verified(course, tmp_path, offline=True)["mice"]
    assert line.state == "left out"
    assert line.reason == "data/mails.csv lies elsewhere, and nothing is fetched offline"
    assert server.asked == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[", "data.lock: is not valid TOML"),
        ('[a]\naddress = "file:///etc/passwd"\nbytes = 1\nsha256 = "0"', "give one with https://"),
        ('[a]\naddress = "https://e.org"\nbytes = 9999999999\nsha256 = "0"', "at most 200 MB"),
        ('[a]\naddress = "https://e.org"\nbytes = true\nsha256 = "0"', "bytes is True"),
        ('[a]\naddress = "https://e.org"\nbytes = 1\nsha256 = "../../x"', "give 64 digits"),
        ("a = 3", "address is None"),
    ],
)
def test_a_damaged_lock_is_named(text, sentence):
    with pytest.raises(UserError, match=sentence):
        read_lock(text)
