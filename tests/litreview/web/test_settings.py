"""How requests are made, as the environment says it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from litreview import __version__
from litreview.errors import UserError
from litreview.web.deadline import Deadline
from litreview.web.gate import Answer, Job, Settings, user_agent

NAMES = ("REQUEST_INTERVAL", "TIMEOUT", "PRIVATE_ADDRESSES", "CACHE_DIR", "QUEUE_DIR", "MAILTO")


@pytest.fixture
def variable(monkeypatch, tmp_path):
    for name in NAMES:
        monkeypatch.delenv(f"LITREVIEW_{name}", raising=False)
    monkeypatch.setenv("LITREVIEW_CACHE_DIR", str(tmp_path / "cache"))
    return lambda name, value: monkeypatch.setenv(f"LITREVIEW_{name}", value)


@pytest.mark.parametrize(
    ("name", "written", "field", "value"),
    [
        ("REQUEST_INTERVAL", "", "interval_seconds", None),
        ("REQUEST_INTERVAL", " 0 ", "interval_seconds", 0.0),
        ("REQUEST_INTERVAL", "0.5", "interval_seconds", 0.5),
        ("REQUEST_INTERVAL", "3599.5", "interval_seconds", 3599.5),
        ("TIMEOUT", "", "timeout_seconds", 30.0),
        ("TIMEOUT", "0", "timeout_seconds", 30.0),
        ("TIMEOUT", "5", "timeout_seconds", 5.0),
        ("PRIVATE_ADDRESSES", "", "private_addresses", False),
        ("PRIVATE_ADDRESSES", "0", "private_addresses", False),
        ("PRIVATE_ADDRESSES", "1", "private_addresses", True),
        ("QUEUE_DIR", " /q ", "queue_folder", Path("/q")),
    ],
)
def test_a_variable_sets_one_field(variable, name, written, field, value):
    variable(name, written)
    assert getattr(Settings.from_environment(), field) == value


@pytest.mark.parametrize(
    ("written", "remedy"),
    [("soon", ""), ("-1", " below 3600"), ("3600", " below 3600"), ("nan", " below 3600")],
)
def test_what_is_no_number_of_seconds_is_refused(variable, written, remedy):
    variable("TIMEOUT", written)
    with pytest.raises(UserError) as error:
        Settings.from_environment()
    expected = f"LITREVIEW_TIMEOUT is {written!r}; set it to a number of seconds{remedy}"
    assert str(error.value) == expected


def test_the_rest_comes_from_the_caller(variable, tmp_path):
    plain, asked = (
        Settings.from_environment(),
        Settings.from_environment(offline=True, refresh=True),
    )
    assert (plain.offline, plain.refresh, asked.offline, asked.refresh) == (
        False,
        False,
        True,
        True,
    )
    assert plain.cache_folder == tmp_path / "cache"
    assert plain.cache_folder.is_dir()


def test_a_cache_that_cannot_be_written_is_replaced(variable, tmp_path, monkeypatch):
    """A home folder that is read-only stops nobody."""
    (tmp_path / "file").write_text("")
    variable("CACHE_DIR", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("USER", "a.b/c")
    assert Settings.from_environment().cache_folder == tmp_path / "litreview-abc"
    assert (tmp_path / "litreview-abc").stat().st_mode & 0o777 == 0o700


def test_requests_name_the_program_and_whom_to_write_to(variable):
    assert user_agent() == f"litreview/{__version__}"
    variable("MAILTO", " a@x.org ")
    assert user_agent() == f"litreview/{__version__} (mailto:a@x.org)"


def test_whoever_says_nothing_gets_a_fresh_answer_from_public_addresses(tmp_path):
    """And waits half a minute for it, in a queue of its own."""
    plain = Settings(tmp_path)
    assert (plain.offline, plain.refresh, plain.private_addresses) == (False, False, False)
    assert (plain.interval_seconds, plain.timeout_seconds) == (None, 30.0)
    assert (plain.notify, plain.queue_folder) == (None, None)
    # Whom to tell of a pause makes no other settings.
    assert replace(plain, notify=print) == plain


def test_an_answer_is_known_by_the_hash_of_its_body():
    answer = Answer("https://x.org", 200, "", b"abc", False, dt.datetime.now(dt.UTC))
    assert answer.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_secret_does_not_stand_in_what_is_printed_of_a_request():
    job = Job("s", "a", "h", 1, 0.0, True, Deadline(1.0), {"Authorization": "Bearer abc"})
    assert "abc" not in repr(job)
    assert Job("s", "a", "h", 1, 0.0, True, Deadline(1.0)).secrets == {}
