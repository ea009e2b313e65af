"""Requests keep their distance, also those of other processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import pairwise

import pytest

from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings
from litreview.web.limiter import BusyError, Limiter

ASK = """
import sys
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings
with Fetcher(Settings.from_environment()) as fetcher:
    fetcher.get(sys.argv[1], service="test", max_bytes=100)
"""


@pytest.mark.slow
def test_processes_queue_for_one_host(server, environment, monkeypatch):
    """Three students on one machine are one client for arXiv; each library only sees itself."""
    from replay_server import Reply

    monkeypatch.setenv("LITREVIEW_REQUEST_INTERVAL", "0.4")
    server.answer = lambda path: Reply(b"ok", content_type="text/plain")
    running = [
        subprocess.Popen([sys.executable, "-c", ASK, f"{server.url}/{number}"])
        for number in range(3)
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]

    times = sorted(server.times)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == 3
    assert min(gaps) >= 0.35


@pytest.mark.slow
def test_only_one_request_is_under_way(server, environment, monkeypatch):
    """A single connection is asked for: a slow answer keeps the next request waiting."""
    from replay_server import Reply

    monkeypatch.setenv("LITREVIEW_REQUEST_INTERVAL", "0.01")
    server.answer = lambda path: Reply(b"ok", content_type="text/plain", delay_seconds=0.5)
    running = [
        subprocess.Popen([sys.executable, "-c", ASK, f"{server.url}/{number}"])
        for number in range(2)
    ]
    assert [process.wait(60) for process in running] == [0, 0]

    assert abs(server.times[1] - server.times[0]) >= 0.45


def test_cached_answers_do_not_wait(server, environment, monkeypatch):
    """What costs arXiv nothing must cost the user nothing."""
    from replay_server import Reply

    monkeypatch.setenv("LITREVIEW_REQUEST_INTERVAL", "100")
    server.answer = lambda path: Reply(b"ok", content_type="text/plain")
    with Fetcher(Settings.from_environment()) as fetcher:
        fetcher.get(f"{server.url}/page", service="test", max_bytes=100)
        start = time.monotonic()
        for _ in range(3):
            assert fetcher.get(f"{server.url}/page", service="test", max_bytes=100).from_cache
    assert time.monotonic() - start < 60
    assert len(server.requests) == 1


def test_a_clock_that_was_set_back_does_not_block_for_ever(tmp_path):
    """A stamp far in the future is a clock's mistake."""
    limiter = Limiter(tmp_path)
    limiter.postpone("host", 10_000_000)

    start = time.monotonic()
    with limiter.slot("host", 0.1):
        pass
    assert time.monotonic() - start < 60


def test_a_pause_that_the_server_asked_for_holds_for_all(tmp_path):
    """Nobody waits for minutes without a word: the command ends with a sentence."""
    Limiter(tmp_path).postpone("host", 900)

    with pytest.raises(BusyError, match="15 minutes"), Limiter(tmp_path).slot("host", 3):
        pass


def test_a_damaged_stamp_is_no_obstacle(tmp_path):
    """The file is only a hint."""
    (tmp_path / "host.queue").write_text("not a number")

    with Limiter(tmp_path).slot("host", 0.01):
        pass


def test_arxiv_keeps_its_interval_whatever_the_environment_says(environment, monkeypatch):
    """The terms are not ours to shorten: a variable only affects other hosts."""
    from litreview.actions.find import find
    from litreview.providers import arxiv

    asked = []

    class Stop(Exception):
        pass

    def slot(self, host, interval_seconds, *, shared):
        asked.append((host, interval_seconds, shared))
        raise Stop

    monkeypatch.delenv("LITREVIEW_ARXIV_URL")
    monkeypatch.setattr(Limiter, "slot", slot)
    with pytest.raises(Stop):
        find("anything", "arxiv", 5)
    assert asked == [("export.arxiv.org", arxiv.INTERVAL_SECONDS, True)]


@pytest.mark.slow
def test_users_with_homes_of_their_own_queue_together(server, environment, tmp_path, monkeypatch):
    """A lab machine has many users and one address: arXiv sees one client."""
    from replay_server import Reply

    ask = ASK.replace("max_bytes=100)", "max_bytes=100, trusted=True)")
    monkeypatch.setenv("LITREVIEW_REQUEST_INTERVAL", "0.6")
    server.answer = lambda path: Reply(b"ok", content_type="text/plain")
    running = []
    for name in ("ada", "bob"):
        own = {"HOME": str(tmp_path / name), "LITREVIEW_CACHE_DIR": str(tmp_path / name / "cache")}
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", ask, f"{server.url}/{name}"], env={**os.environ, **own}
            )
        )
    assert [process.wait(60) for process in running] == [0, 0]

    assert abs(server.times[1] - server.times[0]) >= 0.55


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind are POSIX's")
def test_the_common_queue_is_for_everybody_and_the_users_own_is_not(tmp_path):
    """The next user must be able to wait in the queue that the first one made."""
    old = os.umask(0o077)
    try:
        limiter = Limiter(tmp_path / "own", shared=tmp_path / "all")
        with limiter.slot("a.org", 0.01, shared=True), limiter.slot("b.org", 0.01):
            pass
    finally:
        os.umask(old)

    assert (tmp_path / "all").stat().st_mode & 0o7777 == 0o1777
    assert (tmp_path / "all" / "a.org.queue").stat().st_mode & 0o777 == 0o666
    assert (tmp_path / "own" / "b.org.queue").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of this kind are POSIX's")
@pytest.mark.parametrize("trap", ["symlink", "hardlink", "pipe", "folder"])
def test_a_trap_in_the_common_queue_is_not_touched(tmp_path, trap):
    """In a folder of all users, a neighbour must not get to overwrite one's files."""
    precious = tmp_path / "thesis.tex"
    precious.write_text("years of work")
    shared = tmp_path / "all"
    if trap == "folder":
        (tmp_path / "elsewhere").mkdir()
        shared.symlink_to(tmp_path / "elsewhere")
    else:
        shared.mkdir()
        place = shared / "host.queue"
        make = {"symlink": lambda: place.symlink_to(precious), "pipe": lambda: os.mkfifo(place),
                "hardlink": lambda: place.hardlink_to(precious)}[trap]  # fmt: skip
        make()

    with Limiter(tmp_path / "own", shared=shared).slot("host", 0.01, shared=True):
        pass

    assert precious.read_text() == "years of work"
    assert (tmp_path / "own" / "host.queue").is_file()
    assert not list((tmp_path).glob("elsewhere/*"))
