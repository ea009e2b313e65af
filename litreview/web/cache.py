"""The HTTP session: cache, retries, queue, limits, and no way into the local network.

Kept apart from `fetch`, because it imports requests and requests-cache.
"""

from __future__ import annotations

import contextlib
import http.cookiejar
import io
import ipaddress
import logging
import socket
import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import requests_cache
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from litreview.web.gate import (
    ONE_DAY,
    RateLimitedError,
    RefusedError,
    Settings,
    read_capped,
    user_agent,
)
from litreview.web.limiter import MAX_WAIT_SECONDS, Limiter

# Old answers serve `--offline` and `replay`; beyond this size only the last months are kept.
MAX_CACHE_BYTES = 200_000_000
KEPT = timedelta(days=120)
_KEPT_HEADERS = ("Content-Type", "Date", "Location", "Retry-After")


def open_session(settings: Settings, limiter: Limiter) -> requests_cache.CachedSession:
    """A session with a day's cache on disk; in memory where the disk does not allow it."""
    for name in ("requests_cache", "urllib3"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    options: dict[str, Any] = {
        "serializer": "json",  # never pickle: a cache file must not be able to run code
        "expire_after": ONE_DAY,
        "allowable_codes": (200,),
        "allowable_methods": ("GET",),
        "cache_control": False,
        # Without a network an old answer is better than none.
        "stale_if_error": settings.offline,
    }
    path = settings.cache_folder / "answers.sqlite"
    try:
        _discard_if_damaged(path)
        session = requests_cache.CachedSession(str(path), backend="sqlite", **options)
        session.cache.contains(url="https://arxiv.org")
        if path.exists() and path.stat().st_size > MAX_CACHE_BYTES:
            session.cache.delete(older_than=KEPT)
    except (OSError, sqlite3.Error):
        session = requests_cache.CachedSession(backend="memory", **options)
    session.headers["User-Agent"] = user_agent()
    session.max_redirects = 5
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(settings, limiter)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _Adapter(HTTPAdapter):
    """Sends one request at a time: queued, retried with patience, and capped."""

    job: Any = None

    def __init__(self, settings: Settings, limiter: Limiter) -> None:
        self.settings = settings
        self.limiter = limiter
        super().__init__(pool_connections=1, pool_maxsize=1)

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        job = self.job
        if not job.trusted and not self.settings.private_addresses:
            _refuse_private(urlsplit(request.url or "").hostname or "")
        host = urlsplit(request.url or "").netloc.rpartition("@")[2].lower()
        self.max_retries = _patient(self.limiter, self.settings, job)
        with self.limiter.slot(host, job.interval_seconds):
            kwargs["stream"] = True
            response = super().send(request, *args, **kwargs)
            try:
                body = read_capped(response, job.max_bytes, job)
            finally:
                response.raw.close()
                response.close()
        headers = {
            name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers
        }
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


class _Patient(Retry):
    """Waits as long as the server asks, at least the interval, and says so."""

    limiter: Limiter
    settings: Settings
    job: Any

    def new(self, **kwargs: Any) -> _Patient:
        """A copy with fewer tries left, as urllib3 makes one after each failure."""
        copy = super().new(**kwargs)
        copy.limiter, copy.settings, copy.job = self.limiter, self.settings, self.job
        return copy

    def sleep(self, response: Any = None) -> None:
        """Wait before the next try."""
        asked = self.get_retry_after(response) if response is not None else None
        if asked and asked > MAX_WAIT_SECONDS:
            self.limiter.postpone(self.job.host, min(asked, 1800))
            raise RateLimitedError(
                f"{self.job.service} asks to be left alone for {asked:.0f} s; {self.job.advice}"
            )
        pause = max(asked or 0.0, self.job.interval_seconds * 2 ** (len(self.history) - 1))
        if pause >= 1 and self.settings.notify:
            status = f" (HTTP {response.status})" if response is not None else ""
            self.settings.notify(
                f"{self.job.service} is busy{status}; trying again in {pause:.0f} s …"
            )
        self.limiter.postpone(self.job.host, pause + self.job.interval_seconds)
        time.sleep(pause)


def _patient(limiter: Limiter, settings: Settings, job: Any) -> _Patient:
    retry = _Patient(
        total=3,
        connect=0,
        read=1,
        redirect=0,
        other=0,
        status=3,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=("GET",),
        respect_retry_after_header=True,
        raise_on_status=False,
    )
    retry.limiter, retry.settings, retry.job = limiter, settings, job
    return retry


def _refuse_private(host: str) -> None:
    """Keep an address that somebody else wrote from reaching into the local network."""
    try:
        found = {item[4][0] for item in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return  # the request itself will say that there is no such host
    for address in found:
        with contextlib.suppress(ValueError):
            if not ipaddress.ip_address(str(address).partition("%")[0]).is_global:
                raise RefusedError(
                    f"{host} is in the local network, which is not read for safety; "
                    "set LITREVIEW_PRIVATE_ADDRESSES=1 if you mean it"
                )


def _discard_if_damaged(path: Path) -> None:
    """Move a file that is no database any more out of the way: it is only a cache."""
    if not path.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=5)) as connection:
            connection.execute("PRAGMA schema_version").fetchone()
            connection.execute("SELECT name FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.DatabaseError as error:
        if "locked" not in str(error):
            path.replace(path.with_suffix(".damaged"))
