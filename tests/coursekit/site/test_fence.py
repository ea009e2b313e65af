"""What one team's repository costs or breaks stays its own."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from site_teams import commit, good_team

from coursekit.errors import LockedError
from coursekit.fence import Broken, Limits, run_fenced
from coursekit.lock import hold
from coursekit.site import build

SHORT = Limits(cpu_seconds=1, seconds=4, memory=300_000_000)


def misbehave(job: str) -> str:
    """What a hostile repository could make a library do."""
    if job == "busy":
        while True:
            pass
    if job == "asleep":
        time.sleep(600)
    if job == "greedy":
        bytearray(3_000_000_000)
    if job == "crash":
        os._exit(3)
    if job == "error":
        raise KeyError("half an emoji")
    return job.upper()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("busy", "cannot be read within 1 s of CPU time"),
        ("asleep", "cannot be read within"),
        ("greedy", "MemoryError"),
        ("crash", "cannot be read within"),
        ("error", "KeyError: 'half an emoji'"),
    ],
)
def test_a_worker_that_ends_costs_only_its_own_job(bad, reason):
    """The jobs before, beside and after it are done."""
    jobs = ["a", "b", bad, "c", "d", "e"]
    done = list(run_fenced(misbehave, jobs, SHORT))
    broken = [one for one in done if isinstance(one, Broken)]
    assert [one.job for one in broken] == [bad]
    assert reason in broken[0].reason
    assert sorted(one for one in done if isinstance(one, str)) == ["A", "B", "C", "D", "E"]


def lag(folder: str) -> str:
    """Say who one is, and take long."""
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(0.3)
    return folder


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
def test_no_worker_outlives_a_program_that_is_killed(tmp_path):
    """It cannot end them any more, and nobody else knows of them."""
    program = os.fork()
    if program == 0:
        for _ in run_fenced(lag, [str(tmp_path)] * 1_000, SHORT, workers=2):
            pass
        os._exit(0)
    until = time.monotonic() + 30
    while len(workers := [int(path.name) for path in tmp_path.iterdir()]) < 2:
        assert time.monotonic() < until
        time.sleep(0.02)
    os.kill(program, signal.SIGKILL)
    os.waitpid(program, 0)
    while any(map(is_running, workers)):
        assert time.monotonic() < until, workers
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return not Path("/proc").exists()
    return state != "Z"


def test_two_builds_into_one_folder_are_both_fine(tmp_path):
    """The second one waits; neither sees half of the other's files."""
    commit(tmp_path / "teams" / "news.git", good_team())
    failures = []

    def once():
        try:
            build(tmp_path / "teams", tmp_path / "site")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert (tmp_path / "site" / "teams" / "news.html").is_file()


def test_whoever_has_to_wait_too_long_is_told_for_whom(tmp_path, monkeypatch):
    """A build that hangs must not make all others hang."""
    commit(tmp_path / "teams" / "news.git", good_team())
    monkeypatch.setattr(sys.modules["coursekit.site.build"], "PATIENCE_SECONDS", 0)
    out = tmp_path / "site"
    with (
        hold(out.with_name(".site-lock"), "site", what=out),
        pytest.raises(LockedError, match=rf"{out}: \S+ on \S+ \(process {os.getpid()}\)"),
    ):
        build(tmp_path / "teams", out)


def test_a_pack_that_hangs_the_quick_way_costs_no_team_its_page(tmp_path, monkeypatch):
    """The second try asks git, which is ended over each object by itself."""
    from coursekit.git import reader

    class Hanging:
        def __init__(self, objects: str) -> None:
            self.objects = objects

        def read_header(self, oid: str) -> tuple[int, int]:
            while True:
                pass

    pytest.importorskip("pygit2")
    monkeypatch.setattr("pygit2.Odb", Hanging)
    commit(tmp_path / "teams" / "news.git", good_team())
    report = build(tmp_path / "teams", tmp_path / "site", limits=SHORT)
    assert report.read == ("news",)
    assert not report.unreadable
    assert "Names in the News" in (tmp_path / "site" / "teams" / "news.html").read_text("utf-8")
    assert SHORT.cpu_seconds < reader.ANSWER_SECONDS
