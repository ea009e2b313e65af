"""The HTTP session and its cache on disk.

Kept apart from `fetch`, because it imports requests and requests-cache.
"""

from __future__ import annotations

import contextlib
import http.cookiejar
import logging
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import requests_cache

from litreview.web.gate import ONE_DAY, Settings, user_agent
from litreview.web.limiter import Limiter
from litreview.web.transport import Adapter

# Old answers serve `--offline` and `replay`; beyond this size only the last months are kept.
MAX_CACHE_BYTES = 200_000_000
KEPT = timedelta(days=120)
# Never stored with an answer.
SECRETS = ("Authorization", "api_key", "mailto")


def open_session(settings: Settings, limiter: Limiter) -> requests_cache.CachedSession:
    """A session with a day's cache on disk; in memory where the disk does not allow it."""
    for name in ("requests_cache", "urllib3"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    options: dict[str, Any] = {
        "serializer": "json",  # never pickle: a cache file must not be able to run code
        "expire_after": ONE_DAY,
        "allowable_codes": (200, 404),  # the fetcher decides for each request which to keep
        "allowable_methods": ("GET",),
        "cache_control": False,
        "ignored_parameters": SECRETS,
        # Without a network an old answer is better than none.
        "stale_if_error": settings.offline,
    }
    path = settings.cache_folder / "answers.sqlite"
    try:
        _discard_if_damaged(path)
        session = _Session(str(path), backend="sqlite", **options)
        session.cache.contains(url="https://arxiv.org")
        if path.exists() and path.stat().st_size > MAX_CACHE_BYTES:
            session.cache.delete(older_than=KEPT)
    except (OSError, sqlite3.Error):
        session = _Session(backend="memory", **options)
    session.headers["User-Agent"] = user_agent()
    session.max_redirects = 5
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    session.auth = _only_from_the_address
    adapter = Adapter(settings, limiter)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _Session(requests_cache.CachedSession):
    """A session whose credentials come from the caller alone, never from a file of the user."""

    def rebuild_auth(self, prepared_request: Any, response: Any) -> None:
        """Leave credentials with their owner when a server sends us elsewhere."""
        if urlsplit(response.request.url)[:2] != urlsplit(prepared_request.url)[:2]:
            prepared_request.headers.pop("Authorization", None)


def _only_from_the_address(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stands where requests would otherwise look into `~/.netrc` for any host at all."""
    name, password = requests.utils.get_auth_from_url(request.url or "")
    if name or password:
        requests.auth.HTTPBasicAuth(name, password)(request)
    return request


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
