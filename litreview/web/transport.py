"""Sends one request: queued, to the address that was checked, within a limit of time and size."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.retry import Retry

from litreview.web.address import Info, refuse_private, resolve
from litreview.web.deadline import Deadline
from litreview.web.gate import Job, RateLimitedError, Settings, SlowError, TooLargeError
from litreview.web.limiter import MAX_WAIT_SECONDS, Limiter

_BUSY = (429, 500, 502, 503, 504)
_TRIES = 4
_KEPT_HEADERS = ("Content-Type", "Date", "Location", "Retry-After", "Link")


class Adapter(HTTPAdapter):
    """The transport of a session.

    Attributes:
        job: The request under way; set before each one.
    """

    job: Job

    def __init__(self, settings: Settings, limiter: Limiter) -> None:
        self.settings = settings
        self.limiter = limiter
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=Retry(0, read=False))

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,
        proxies: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> requests.Response:
        """Send a request, and again where the server is busy for the moment."""
        job = self.job
        host = urlsplit(request.url or "").netloc.rpartition("@")[2].lower()
        kwargs |= {"stream": True, "proxies": proxies}
        sent = request
        if job.secrets and host == job.host:
            # Only here: neither the cache nor a redirect to another host gets to see them.
            sent = request.copy()
            for name, value in job.secrets.items():
                if name.startswith("?"):
                    sent.prepare_url(sent.url, {name[1:]: value})
                else:
                    sent.headers[name] = value
        through_proxy = bool(requests.utils.select_proxy(request.url or "", proxies))
        with self.limiter.slot(host, job.interval_seconds, shared=job.trusted):
            for attempt in range(1, _TRIES + 1):
                with job.deadline.running():
                    if through_proxy:
                        self._check_target(urlsplit(request.url or "").hostname or "")
                    response = super().send(sent, *args, **kwargs)
                    try:
                        body = _read(response, job)
                    finally:
                        response.raw.close()
                        response.close()
                if response.status_code not in _BUSY or attempt == _TRIES:
                    break
                self._wait(response, attempt)
        return _replaced(response, body, request)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make connections that ask this adapter where they may lead."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """The same for those that go through a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _pools(self)
        return manager

    def addresses(self, host: str, port: int, *, of_proxy: bool) -> list[Info]:
        """Where a host is, asked for once: what is checked is what is connected to.

        Raises:
            RefusedError: If it is in the local network and the user has not allowed that.
            OSError: If there is no such host.
        """
        found = resolve(host, port, min(self.job.deadline.left, self.settings.timeout_seconds))
        if not (of_proxy or self.job.trusted or self.settings.private_addresses):
            refuse_private(host, found)
        return found

    def _check_target(self, host: str) -> None:
        """A proxy looks hosts up itself; refuse at least what is private as seen from here."""
        try:
            self.addresses(host, 443, of_proxy=False)
        except OSError:
            return  # behind many a proxy only the proxy knows the names of the world

    def _wait(self, response: requests.Response, attempt: int) -> None:
        """Wait as long as the server asks, at least the interval, and say so."""
        job = self.job
        try:
            asked = Retry(respect_retry_after_header=True).parse_retry_after(
                response.headers.get("Retry-After") or "0"
            )
        except urllib3.exceptions.InvalidHeader:
            asked = 0.0
        if asked > MAX_WAIT_SECONDS:
            self.limiter.postpone(job.host, min(asked, 1800), shared=job.trusted)
            raise RateLimitedError(
                f"{job.service} asks to be left alone for {asked:.0f} s; {job.advice}"
            )
        pause = max(asked, job.interval_seconds * 2 ** (attempt - 1))
        if pause >= 1 and self.settings.notify:
            self.settings.notify(
                f"{job.service} is busy (HTTP {response.status_code}); trying again in "
                f"{pause:.0f} s …"
            )
        self.limiter.postpone(job.host, pause + job.interval_seconds, shared=job.trusted)
        time.sleep(pause)


def _read(response: Any, job: Job) -> bytes:
    """Read a body piece by piece, and stop when it is too large or the time is over."""
    pieces = io.BytesIO()
    for piece in response.raw.stream(65_536, decode_content=True):
        pieces.write(piece)
        if pieces.tell() > job.max_bytes:
            raise TooLargeError(
                f"{job.service} sent more than {job.max_bytes / 1e6:g} MB, which is refused; "
                f"{job.advice}"
            )
    if job.deadline.over and response.raw.length_remaining is None and not response.raw.chunked:
        raise too_slow(job)  # nobody said how long it would be, so it may lack its end
    return pieces.getvalue()


def too_slow(job: Job) -> SlowError:
    """The sentence for a request that took all its time."""
    return SlowError(
        f"{job.service} ({job.host}) was not done after {job.deadline.seconds:.0f} s; {job.advice}"
    )


def _replaced(
    response: requests.Response, body: bytes, request: requests.PreparedRequest
) -> requests.Response:
    """The response with its body in memory and the few headers that are needed."""
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    response.request = request
    response.url = request.url or ""
    response.headers = requests.structures.CaseInsensitiveDict(headers)
    response.raw = urllib3.HTTPResponse(
        body=io.BytesIO(body),
        headers=headers,
        status=response.status_code,
        reason=response.reason,
        preload_content=False,
        request_url=request.url,
    )
    return response


def _connect(connection: Any, adapter: Adapter) -> socket.socket:
    """Open the connection, in place of urllib3's own way, which would ask for the address again."""
    deadline: Deadline = adapter.job.deadline
    timeout = connection.timeout if isinstance(connection.timeout, (int, float)) else 30.0
    host = connection._dns_host.strip("[]")
    try:
        found = adapter.addresses(host, connection.port, of_proxy=connection.proxy is not None)
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, str(error)) from error
    except socket.gaierror as error:
        raise NameResolutionError(host, connection, error) from error
    failure: OSError = OSError("no address")
    for family, kind, protocol, _, address in found:
        if deadline.over or deadline.left <= 0:
            raise too_slow(adapter.job)
        opened = socket.socket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                opened.setsockopt(*option)
            opened.settimeout(min(timeout, deadline.left) or 0.01)
            opened.connect(address)
            opened.settimeout(timeout)
            deadline.watch(opened)
            return opened
        except OSError as error:
            opened.close()
            failure = error
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, f"{host} does not answer") from failure
    raise NewConnectionError(connection, f"{host}: {failure}") from failure


def _pools(adapter: Adapter) -> dict[str, Callable[..., Any]]:
    """urllib3's pools, with connections that `_connect` opens."""

    class Plain(urllib3.connection.HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, adapter)

    class Encrypted(urllib3.connection.HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, adapter)

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}
