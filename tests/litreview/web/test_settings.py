"""How requests are made, as the environment says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from litreview import __version__
from litreview.errors import UserError
from litreview.web.gate import Settings, user_agent

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
