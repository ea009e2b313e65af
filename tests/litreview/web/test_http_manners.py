"""The one module that opens connections: caching, limits and what it refuses."""

from __future__ import annotations

import gzip

import pytest
from replay_server import Reply

from litreview.errors import UserError
from litreview.web import gate
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings


def page(body: bytes = b"ok", **more) -> Reply:
    return Reply(body, content_type="text/plain", **more)


def get(fetcher: Fetcher, url: str, **more):
    return fetcher.get(url, service="test", **{"max_bytes": 1000, **more})


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/x", "javascript:alert(1)", "http://", "x"]
)
def test_only_http_is_fetched(fetcher, url):
    """An address in a review must not read files."""
    with pytest.raises(gate.RefusedError, match="not a web address"):
        get(fetcher, url)


def test_local_network_is_not_read_by_default(server, environment, monkeypatch):
    """Whoever checks a team's links must not fetch the router's pages for the team."""
    monkeypatch.delenv("LITREVIEW_PRIVATE_ADDRESSES")
    server.answer = lambda path: page()
    with (
        Fetcher(Settings.from_environment()) as fetcher,
        pytest.raises(gate.RefusedError, match="local network"),
    ):
        get(fetcher, f"{server.url}/admin")
    assert not server.requests


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/x", "http://localhost/", "http://[::1]/"])
def test_redirect_into_the_local_network_is_refused(server, environment, monkeypatch, target):
    """The first hop may be public and the second not."""
    from litreview.web import transport

    refuse = transport.refuse_private
    hops = []

    def only_later_hops(host, found):
        hops.append(host)
        if len(hops) > 1:
            refuse(host, found)

    monkeypatch.delenv("LITREVIEW_PRIVATE_ADDRESSES")
    monkeypatch.setattr(transport, "refuse_private", only_later_hops)
    server.answer = lambda path: page(status=302, headers={"Location": target})
    with (
        Fetcher(Settings.from_environment()) as fetcher,
        pytest.raises(gate.RefusedError, match="local network"),
    ):
        get(fetcher, f"{server.url}/start")


def test_redirect_to_a_file_is_refused(server, fetcher):
    """A server must not be able to change the scheme."""
    server.answer = lambda path: page(status=302, headers={"Location": "file:///etc/passwd"})

    with pytest.raises(gate.RefusedError):
        get(fetcher, f"{server.url}/start")


def test_endless_redirects_end(server, fetcher):
    """A loop is named."""
    server.answer = lambda path: page(status=302, headers={"Location": path + "x"})

    with pytest.raises(gate.RefusedError, match="redirects without end"):
        get(fetcher, f"{server.url}/a")
    assert len(server.requests) < 10


def test_compressed_bomb_is_measured_unpacked(server, fetcher):
    """A hundred kilobytes must not become a hundred megabytes in memory."""
    bomb = gzip.compress(b"0" * 50_000_000)
    server.answer = lambda path: page(bomb, headers={"Content-Encoding": "gzip"})

    with pytest.raises(gate.TooLargeError, match="more than 1 MB"):
        get(fetcher, f"{server.url}/bomb", max_bytes=1_000_000)


def test_compressed_answers_are_cached_unpacked(server, fetcher):
    """What comes from the cache is what came from the server."""
    server.answer = lambda path: page(gzip.compress(b"text"), headers={"Content-Encoding": "gzip"})

    assert get(fetcher, f"{server.url}/z").body == b"text"
    again = get(fetcher, f"{server.url}/z")
    assert again.body == b"text"
    assert again.from_cache


def test_failures_are_not_cached(server, fetcher):
    """A page that is missing today may be there in an hour."""
    server.script = [page(status=404)]
    server.answer = lambda path: page()

    with pytest.raises(gate.RefusedError, match="HTTP 404"):
        get(fetcher, f"{server.url}/late")
    assert get(fetcher, f"{server.url}/late").body == b"ok"


def test_damaged_cache_is_replaced(server, environment):
    """It is only a cache: a full disk or a crash must not end all searching."""
    settings = Settings.from_environment()
    (settings.cache_folder / "answers.sqlite").write_bytes(b"no database" * 100)
    server.answer = lambda path: page()

    with Fetcher(settings) as fetcher:
        assert get(fetcher, f"{server.url}/x").body == b"ok"
        assert get(fetcher, f"{server.url}/x").from_cache


def test_large_cache_drops_its_oldest_answers(server, environment, monkeypatch):
    """A cache that only grows fills a student's home folder over the years."""
    from datetime import timedelta

    from litreview.web import cache as transport

    server.answer = lambda path: page()
    with Fetcher(Settings.from_environment()) as fetcher:
        get(fetcher, f"{server.url}/x")
    monkeypatch.setattr(transport, "MAX_CACHE_BYTES", 0)
    with Fetcher(Settings.from_environment()) as fetcher:
        assert get(fetcher, f"{server.url}/x").from_cache
    monkeypatch.setattr(transport, "KEPT", timedelta(microseconds=1))
    with Fetcher(Settings.from_environment()) as fetcher:
        assert not get(fetcher, f"{server.url}/x").from_cache


def test_cache_holds_no_code(server, fetcher):
    """A pickle in a shared cache folder would run on reading."""
    server.answer = lambda path: page(b"needle")
    get(fetcher, f"{server.url}/x")
    fetcher.close()

    stored = (fetcher.settings.cache_folder / "answers.sqlite").read_bytes()
    assert b'"status_code": 200' in stored
    assert b"cposix" not in stored
    assert b"\x80\x04\x95" not in stored


def test_cookies_are_not_kept(server, fetcher):
    """Nothing follows the user from site to site."""
    server.answer = lambda path: page(headers={"Set-Cookie": "id=1"})
    seen = []
    server.send, send = (
        lambda handler, reply: (seen.append(handler.headers), send(handler, reply)),
        (server.send),
    )
    get(fetcher, f"{server.url}/a")
    get(fetcher, f"{server.url}/b")

    assert all("Cookie" not in headers for headers in seen)
    assert "litreview/" in seen[0]["User-Agent"]


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "1e9"])
def test_wrong_settings_get_a_sentence(environment, monkeypatch, value):
    """An environment variable is typed by hand."""
    monkeypatch.setenv("LITREVIEW_REQUEST_INTERVAL", value)

    with pytest.raises(UserError, match="number of seconds"):
        Settings.from_environment()


def test_unwritable_cache_folder_is_worked_around(environment, monkeypatch, tmp_path):
    """A read-only home (a lab's kiosk) still searches, from the system's temporary folder."""
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("LITREVIEW_CACHE_DIR", str(blocked / "cache"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))

    assert Settings.from_environment().cache_folder.is_relative_to(tmp_path)
