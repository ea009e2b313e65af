"""The tests say what they cannot test, and depend on nothing that their parent has set."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import machine
import pytest

from coursekit.site.slides import pdf

TESTS = Path(__file__).resolve().parent


def which(*present):
    return lambda name: f"/usr/bin/{name}" if name in present else None


@pytest.fixture
def plain_linux(monkeypatch, tmp_path):
    monkeypatch.setattr(machine.sys, "platform", "linux")
    monkeypatch.setattr(machine, "_may_unshare", lambda: True)
    monkeypatch.setattr(machine, "_is_root", lambda: True)
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path))


@pytest.mark.usefixtures("plain_linux")
def test_what_is_missing_is_named_with_one_command():
    """Whoever sees the skips learns beforehand how to avoid them, all at once."""
    here = which("apt-get", "google-chrome")
    found = machine.gaps(here)
    assert machine.report(found, machine.command(found, here)) == (
        "The tests in a browser will be skipped: Chromium or chromedriver is missing.\n"
        "The tests in a box will be skipped: bubblewrap is missing.\n"
        "To test it too:  apt-get update && "
        "apt-get install -y chromium chromium-driver bubblewrap"
    )


@pytest.mark.usefixtures("plain_linux")
def test_only_what_is_missing_is_installed(monkeypatch):
    """The command is for this machine, with this user's rights."""
    here = which("apt-get", "chromium", "chromedriver")
    monkeypatch.setattr(machine, "_is_root", lambda: False)
    expected = "sudo apt-get update && sudo apt-get install -y bubblewrap"
    assert machine.command(machine.gaps(here), here) == expected
    elsewhere = which("chromium", "chromedriver")
    found = machine.gaps(elsewhere)
    assert machine.command(found, elsewhere) == ""
    assert machine.report(found, "").endswith("install what Debian calls bubblewrap.")


@pytest.mark.usefixtures("plain_linux")
def test_an_able_machine_says_so(monkeypatch, tmp_path):
    """Nothing to install is one sentence; missing data has no command, and says why."""
    here = which("apt-get", "chromium", "chromedriver", "bwrap")
    assert machine.report(machine.gaps(here), "") == "Everything can be tested on this machine."
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "nowhere"))
    (gap,) = machine.gaps(here)
    assert f"{tmp_path / 'nowhere'} is missing" in gap.sentence
    assert machine.command([gap], here) == ""


@pytest.mark.skipif(os.name == "nt", reason="signals are inherited on POSIX only")
def test_nothing_is_inherited_from_the_parent():
    """A background job ignores Ctrl-C, a Git hook sets GIT_DIR: tests begin as in a new shell."""

    def as_a_background_job():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        os.umask(0o077)

    code = (
        "import conftest, os, signal, subprocess, sys\n"
        "print(sorted(n for n in os.environ if n in ('GIT_DIR', 'NO_COLOR', 'COLUMNS')))\n"
        "print(os.environ['no_proxy'], flush=True)\n"
        "subprocess.run([sys.executable, '-c', 'import os, signal; '\n"
        "  'print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, '\n"
        "  'signal.getsignal(signal.SIGHUP) is signal.SIG_DFL, '\n"
        "  'signal.pthread_sigmask(signal.SIG_BLOCK, []), oct(os.umask(0)))'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ
        | {"GIT_DIR": "/nowhere", "NO_COLOR": "1", "COLUMNS": "20", "no_proxy": "a.example"},
        preexec_fn=as_a_background_job,
        capture_output=True,
        text=True,
        check=True,
        cwd=TESTS,
    )
    assert done.stdout == "[]\na.example,127.0.0.1,localhost\nTrue True set() 0o22\n"


@pytest.mark.parametrize(("ci", "outcome"), [("true", "1 failed"), ("", "1 skipped")])
def test_a_skipped_browser_fails_in_ci(tmp_path, ci, outcome):
    """There, a machine without a browser is a mistake that nobody else would see."""
    (tmp_path / "test_page.py").write_text(
        "import pytest\ndef test_page():\n    pytest.skip('needs Chromium and chromedriver')\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "conftest", "-c", os.devnull, "-p",
         "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)],
        env={**os.environ, "CI": ci, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert outcome in done.stdout.splitlines()[-1], done.stdout + done.stderr
    assert ("in CI it must not be skipped" in done.stdout) == bool(ci)


def test_the_browsers_are_those_that_the_product_prints_with():
    """`machine.py` runs before the product is installed, so it cannot import this list."""
    assert machine.BROWSERS == pdf.BROWSERS
