"""What a request may do: its settings, its limits, and the errors in which it ends."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from litreview import __version__
from litreview.errors import UserError
from litreview.web.deadline import Deadline

ONE_DAY = timedelta(days=1)
# What one request may take in all: looking up the host, connecting, head, body, redirects.
MAX_REQUEST_SECONDS = 60.0


class FetchError(UserError):
    """Something could not be fetched."""


class NoNetworkError(FetchError):
    """The host cannot be reached at all."""


class NotCachedError(FetchError):
    """Only the cache may be used, and it does not hold the answer."""


class RateLimitedError(FetchError):
    """The server sends fewer answers than were asked for (429, 503)."""


class ServerError(FetchError):
    """The server failed (other 5xx)."""


class RefusedError(FetchError):
    """The server does not give out the page, or it is not there (4xx)."""


class CutConnectionError(FetchError):
    """The answer broke off."""


class SlowError(FetchError):
    """No answer came within the time that is waited."""


class TooLargeError(FetchError):
    """The answer is larger than what is accepted."""


class GlitchError(FetchError):
    """An answer that is known to come right when asked for again."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer.

    Attributes:
        url: Where it came from after redirects.
        status: HTTP status.
        content_type: As the server says, or empty.
        body: Decompressed.
        from_cache: Whether no request was made.
        received: When it was first received, in UTC.
    """

    url: str
    status: int
    content_type: str
    body: bytes
    from_cache: bool
    received: datetime

    @property
    def sha256(self) -> str:
        """Hash of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class Settings:
    """How requests are made.

    Attributes:
        cache_folder: Where answers are kept, and the queues for pages of the web.
        queue_folder: Where all users of the machine queue for the services that the
            program asks; None to queue with oneself only.
        offline: Use the cache only, however old its answers are.
        refresh: Ask again even if the cache holds an answer.
        interval_seconds: Replaces the interval that a provider keeps between
            requests, except for arXiv itself.
        timeout_seconds: To connect, and between two packets.
        private_addresses: Whether hosts of the local network may be asked.
        notify: Called with a sentence whenever the user has to wait.
    """

    cache_folder: Path
    offline: bool = False
    refresh: bool = False
    interval_seconds: float | None = None
    timeout_seconds: float = 30.0
    private_addresses: bool = False
    notify: Callable[[str], None] | None = field(default=None, compare=False)
    queue_folder: Path | None = None

    @classmethod
    def from_environment(
        cls,
        *,
        offline: bool = False,
        refresh: bool = False,
        notify: Callable[[str], None] | None = None,
    ) -> Settings:
        """Settings from `LITREVIEW_…` variables, which the documentation lists.

        Raises:
            UserError: If a variable does not hold a number.
        """
        import platformdirs

        folder = os.environ.get("LITREVIEW_CACHE_DIR") or platformdirs.user_cache_dir("litreview")
        return cls(
            cache_folder=_writable(Path(folder)),
            offline=offline,
            refresh=refresh,
            interval_seconds=_number("LITREVIEW_REQUEST_INTERVAL"),
            timeout_seconds=_number("LITREVIEW_TIMEOUT") or 30.0,
            private_addresses=os.environ.get("LITREVIEW_PRIVATE_ADDRESSES", "") not in ("", "0"),
            notify=notify,
            queue_folder=_queue_folder(),
        )


@dataclass(frozen=True)
class Job:
    """What the transport has to know about the request under way."""

    service: str
    advice: str
    host: str
    max_bytes: int
    interval_seconds: float
    trusted: bool
    deadline: Deadline
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def _number(name: str) -> float | None:
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise UserError(f"{name} is {text!r}; set it to a number of seconds") from error
    if not 0 <= value < 3600:
        raise UserError(f"{name} is {text!r}; set it to a number of seconds below 3600")
    return value


def _queue_folder() -> Path | None:
    """The folder that all users of this machine share, where there is such a place."""
    named = os.environ.get("LITREVIEW_QUEUE_DIR", "").strip()
    if named:
        return Path(named)
    # Not `tempfile.gettempdir()`: TMPDIR is each user's own on many machines.
    return Path("/tmp/litreview-queue") if os.name == "posix" else None  # noqa: S108


def _writable(folder: Path) -> Path:
    """The folder if files can be made in it, else one in the system's place for such things."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    user = os.environ.get("USER") or os.environ.get("USERNAME") or "user"
    substitute = Path(tempfile.gettempdir()) / f"litreview-{''.join(filter(str.isalnum, user))}"
    substitute.mkdir(parents=True, exist_ok=True, mode=0o700)
    return substitute


def user_agent() -> str:
    """How requests introduce themselves, with a contact if the user set one."""
    contact = os.environ.get("LITREVIEW_MAILTO", "").strip()
    return f"litreview/{__version__}" + (f" (mailto:{contact})" if contact else "")
