"""Requests keep their distance, also those of other processes."""

from __future__ import annotations

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

    monkeypatch.setenv("LITREVIEW_REQUEST_INTERVAL", "30")
    server.answer = lambda path: Reply(b"ok", content_type="text/plain")
    with Fetcher(Settings.from_environment()) as fetcher:
        fetcher.get(f"{server.url}/page", service="test", max_bytes=100)
        start = time.monotonic()
        for _ in range(3):
            assert fetcher.get(f"{server.url}/page", service="test", max_bytes=100).from_cache
    assert time.monotonic() - start < 10
    assert len(server.requests) == 1


def test_a_clock_that_was_set_back_does_not_block_for_ever(tmp_path):
    """A stamp far in the future is a clock's mistake."""
    limiter = Limiter(tmp_path)
    limiter.postpone("host", 10_000_000)

    start = time.monotonic()
    with limiter.slot("host", 0.1):
        pass
    assert time.monotonic() - start < 5


def test_a_pause_that_the_server_asked_for_holds_for_all(tmp_path):
    """Nobody waits for minutes without a word: the command ends with a sentence."""
    Limiter(tmp_path).postpone("host", 900)

    with pytest.raises(BusyError, match="15 minutes"), Limiter(tmp_path).slot("host", 3):
        pass


def test_a_damaged_stamp_is_no_obstacle(tmp_path):
    """The file is only a hint."""
    (tmp_path / "host.next").write_text("not a number")

    with Limiter(tmp_path).slot("host", 0.01):
        pass


def test_arxiv_keeps_its_interval_whatever_the_environment_says(environment, monkeypatch):
    """The terms are not ours to shorten: a variable only affects other hosts."""
    from litreview.actions.find import find
    from litreview.providers import arxiv

    asked = []

    class Stop(Exception):
        pass

    def slot(self, host, interval_seconds):
        asked.append((host, interval_seconds))
        raise Stop

    monkeypatch.delenv("LITREVIEW_ARXIV_URL")
    monkeypatch.setattr(Limiter, "slot", slot)
    with pytest.raises(Stop):
        find("anything", "arxiv", 5)
    assert asked == [("export.arxiv.org", arxiv.INTERVAL_SECONDS)]
