"""Fixtures that every room uses."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from machine import NO_BOX, NO_BROWSER, data_folder

ROOT = Path(__file__).resolve().parent.parent
# Settings that change what a program prints, where git looks, or whom a test talks to.
OTHERS = ("GIT_", "LITREVIEW_", "COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "PYTHONWARNINGS")


def forget_the_parent() -> None:
    """Begin as in a new shell, whatever started the tests: a hook, `nohup`, a CI runner."""
    for name in [name for name in os.environ if name.startswith(OTHERS)]:
        del os.environ[name]
    for name in ("no_proxy", "NO_PROXY"):  # the servers of the tests are on this machine
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))
    if os.name == "nt" or threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            plain = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, plain)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.umask(0o022)


forget_the_parent()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test without its browser or box fails: the machine was to be made able before."""
    report = yield
    in_ci = os.environ.get("CI") == "true" and sys.platform == "linux"
    missing = next((what for what in (NO_BROWSER, NO_BOX) if what in str(report.longrepr)), "")
    if in_ci and report.skipped and missing:
        report.outcome = "failed"
        report.longrepr = f"{missing}; in CI it must not be skipped"
    return report


@pytest.fixture(scope="session")
def repository_root() -> Path:
    """The checkout under test."""
    return ROOT


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Recorded feeds, labelled abstracts and real reviews, which are not in the repository."""
    folder = data_folder()
    if not folder.is_dir():
        pytest.skip(f"test data not found at {folder}; set COURSEKIT_DATA to its folder")
    return folder
