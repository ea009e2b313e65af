"""The gate: how long a request may take, where it may lead, and whose credentials it carries."""

from __future__ import annotations

import base64
import socket
import time

import pytest
from raw_server import RawServer
from replay_server import Reply

from litreview.web import fetch, gate
from litreview.web.address import is_public
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.fixture
def raw():
    servers = []

    def start(behave) -> RawServer:
        servers.append(RawServer(behave))
        return servers[-1]

    yield start
    for server in servers:
        server.socket.close()


def drip(connection, piece, seconds=0.05):
    while True:
        connection.sendall(piece)
        time.sleep(seconds)


def slow_head(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    drip(connection, b"x")


def slow_body(connection):
    connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    drip(connection, b"x")


def slow_chunks(connection):
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    drip(connection, b"1\r\nx\r\n")


def no_length(connection):
    connection.sendall(HEAD + b"\r\n")
    drip(connection, b"x")


def interim(connection):
    drip(connection, b"HTTP/1.1 100 Continue\r\n\r\n", 0)


def busy_for_ever(connection):
    connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 100000\r\n\r\n")
    drip(connection, b"x")


@pytest.mark.slow
@pytest.mark.parametrize(
    "behave", [slow_head, slow_body, slow_chunks, no_length, interim, busy_for_ever]
)
def test_a_request_ends_whatever_the_server_does(raw, fetcher, monkeypatch, behave):
    """A time-out between two bytes never comes to an end where one byte a second does."""
    monkeypatch.setattr(fetch, "MAX_REQUEST_SECONDS", 1.0)
    server = raw(behave)

    start = time.monotonic()
    with pytest.raises(gate.SlowError, match="was not done after 1 s"):
        fetcher.get(f"{server.url}/x", service="test", max_bytes=10_000_000)
    assert 0.9 < time.monotonic() - start < 60  # the server would go on for more than an hour
    assert len(server.requests) == 1


@pytest.mark.slow
def test_redirects_share_the_time(raw, fetcher, monkeypatch):
    """Five hops must not take five times as long."""
    monkeypatch.setattr(fetch, "MAX_REQUEST_SECONDS", 1.0)

    def hop(connection):
        time.sleep(0.6)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n")

    server = raw(hop)
    with pytest.raises(gate.SlowError):
        fetcher.get(f"{server.url}/x", service="test", max_bytes=1000)
    assert len(server.requests) <= 2


@pytest.mark.slow
def test_a_slow_body_that_is_complete_is_kept(raw, fetcher, monkeypatch):
    """What has come to its end in time is an answer, even if the clock has nearly run out."""
    monkeypatch.setattr(fetch, "MAX_REQUEST_SECONDS", 2.0)

    def behave(connection):
        connection.sendall(HEAD + b"Content-Length: 20\r\n\r\n")
        for _ in range(20):
            connection.sendall(b"y")
            time.sleep(0.05)
        time.sleep(5)  # the server keeps the connection open

    answer = fetcher.get(f"{raw(behave).url}/x", service="test", max_bytes=1000)
    assert answer.body == b"y" * 20


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.1.1", False),
        ("240.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("ff0e::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:192.168.1.1", False),
        ("::7f00:1", False),
        ("::ffff:0:7f00:1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::a00:1", False),
        ("2002:7f00:1::", False),
        ("2002:c0a8:101::1", False),
        ("2001:0:7f00:1::", False),
    ],
)
def test_an_address_is_judged_by_where_it_leads(address, public):
    """IPv6 has many dresses for an IPv4 address, and a gateway undresses them."""
    assert is_public(address) is public


def test_the_address_that_was_checked_is_the_one_connected_to(server, environment, monkeypatch):
    """A name that is public when asked first and 127.0.0.1 when asked again reads nothing."""
    server.answer = lambda path: Reply(b"secret", content_type="text/html")
    real, asked = socket.getaddrinfo, []

    def turning(host, *args, **options):
        if host == "rebind.example":
            asked.append(host)
            host = "203.0.114.1" if len(asked) == 1 else "127.0.0.1"
        return real(host, *args, **options)

    def connect(self, address):
        reached.append(address[0])
        raise ConnectionRefusedError

    reached: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", turning)
    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.delenv("LITREVIEW_PRIVATE_ADDRESSES")
    address = f"http://rebind.example:{server.server.server_port}/ok"
    with Fetcher(Settings.from_environment()) as fetcher, pytest.raises(gate.NoNetworkError):
        fetcher.get(address, service="test", max_bytes=1000)

    assert reached == ["203.0.114.1"]
    assert not server.requests


def headers_of(server) -> list[dict[str, str]]:
    seen: list[dict[str, str]] = []
    send = server.send

    def remember(handler, reply):
        seen.append({name.lower(): value for name, value in handler.headers.items()})
        send(handler, reply)

    server.send = remember
    return seen


def test_credentials_come_from_the_caller_alone(server, fetcher, tmp_path, monkeypatch):
    """The default entry of ~/.netrc would go to any server that a student names."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login ada password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    seen = headers_of(server)
    server.script = [Reply(b"", 302, headers={"Location": "/next"})]
    server.answer = lambda path: Reply(b"ok", content_type="text/plain")

    fetcher.get(f"{server.url}/x", service="test", max_bytes=100)

    assert len(seen) == 2
    assert not any("authorization" in headers for headers in seen)


def test_a_key_stays_with_its_service(server, fetcher):
    """A redirect to another host must not take the key along, and the cache must not keep it."""
    seen = headers_of(server)
    other = server.url.replace("127.0.0.1", "localhost")
    server.script = [Reply(b"", 302, headers={"Location": f"{other}/next"})]
    server.answer = lambda path: Reply(b"ok", content_type="text/plain")

    key = {"x-api-key": "very-secret"}
    fetcher.get(f"{server.url}/x", service="test", max_bytes=100, secrets=key)
    fetcher.get(f"{server.url}/y", service="test", max_bytes=100, secrets=key)
    fetcher.close()

    assert [headers.get("x-api-key") for headers in seen] == ["very-secret", None, "very-secret"]
    assert b"very-secret" not in (fetcher.settings.cache_folder / "answers.sqlite").read_bytes()


def test_an_address_with_a_password_sends_it(server, fetcher):
    """Who writes `https://name:word@host` means it."""
    seen = headers_of(server)
    server.answer = lambda path: Reply(b"ok", content_type="text/plain")
    address = server.url.replace("//", "//ada:word@")

    fetcher.get(f"{address}/x", service="test", max_bytes=100)

    assert seen[0]["authorization"] == "Basic " + base64.b64encode(b"ada:word").decode()


def test_the_proxy_of_the_environment_is_used(server, environment, monkeypatch):
    """Campus networks let nothing out but through their proxy, which may be at home there."""
    monkeypatch.delenv("LITREVIEW_PRIVATE_ADDRESSES")
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.answer = lambda path: Reply(b"by proxy", content_type="text/plain")

    with Fetcher(Settings.from_environment()) as fetcher:
        answer = fetcher.get("http://nowhere.invalid/page", service="test", max_bytes=100)
        with pytest.raises(gate.RefusedError, match="local network"):
            fetcher.get("http://10.0.0.1/router", service="test", max_bytes=100)

    assert answer.body == b"by proxy"
    assert server.requests == ["http://nowhere.invalid/page"]


def test_no_proxy_is_kept(server, fetcher, monkeypatch):
    """`NO_PROXY` names what is reached without it."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.answer = lambda path: Reply(b"direct", content_type="text/plain")

    assert fetcher.get(f"{server.url}/x", service="test", max_bytes=100).body == b"direct"


def test_certificates_of_the_environment_are_used(fetcher, tmp_path, monkeypatch):
    """A network that opens TLS has its own authority; a wrong path must be noticed, not skipped."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))

    with pytest.raises(gate.FetchError, match="REQUESTS_CA_BUNDLE"):
        fetcher.get("https://127.0.0.1:1/x", service="test", max_bytes=100)
