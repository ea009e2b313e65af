"""Ask the web for things: politely, with limits, and at most once a day.

The only module that opens connections. Answers are cached for a day in SQLite,
so a repeated command sends nothing and never waits. Every failure is a
`FetchError` of its own kind with one sentence about it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from litreview import __version__
from litreview.errors import UserError
from litreview.limiter import Limiter
from litreview.source import is_web_address

if TYPE_CHECKING:
    import requests_cache

ONE_DAY = timedelta(days=1)
MAX_BODY_SECONDS = 60.0
TRIES = 3


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
        cache_folder: Where answers and the queue's stamps are kept.
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
        )


class Fetcher:
    """Makes requests and remembers which answers it used.

    Use it as a context manager, or call `close`.

    Attributes:
        answers: Everything that was fetched with success, in order.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.answers: list[Answer] = []
        self.limiter = Limiter(settings.cache_folder / "queue", settings.notify)
        self._session: requests_cache.CachedSession | None = None

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections and the cache."""
        if self._session is not None:
            self._session.close()  # type: ignore[no-untyped-call]
            self._session.cache.close()  # type: ignore[no-untyped-call]
            self._session = None

    def get(
        self,
        url: str,
        *,
        service: str,
        max_bytes: int,
        interval_seconds: float = 0.0,
        accept: str = "*/*",
        check: Callable[[Answer], None] | None = None,
        trusted: bool = False,
        advice: str = "try again later",
    ) -> Answer:
        """Fetch an address, from the cache if it was fetched within a day.

        Args:
            url: http or https.
            service: What to call the other side in a sentence.
            max_bytes: Largest body that is accepted, decompressed.
            interval_seconds: Least time between two requests to this host.
            accept: The `Accept` header.
            check: Raises a `FetchError` if the answer is not what was asked for;
                such an answer is not cached. It sees status 200 and 4xx, the latter
                except 429.
            trusted: Whether the address is the program's own, not the user's.
            advice: What the user can do when it fails, the end of a sentence.

        Raises:
            FetchError: In one of its kinds.
        """
        if not is_web_address(url):
            raise RefusedError(f"{url!r} is not a web address; one starts with https://")
        host = urlsplit(url).netloc.rpartition("@")[2].lower()
        if (
            not host.partition(":")[0].endswith("arxiv.org")
            and self.settings.interval_seconds is not None
        ):
            interval_seconds = self.settings.interval_seconds
        job = _Job(service, advice, host, max_bytes, interval_seconds, trusted)
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._get(url, accept, job, check)
            except (CutConnectionError, GlitchError):
                if self.settings.offline or attempt == TRIES:
                    raise
                if self.settings.notify:
                    self.settings.notify(f"{service} did not answer properly; asking again …")
            else:
                self.answers.append(answer)
                return answer
        raise AssertionError("the last try returns or raises")

    def _get(
        self, url: str, accept: str, job: _Job, check: Callable[[Answer], None] | None
    ) -> Answer:
        session = self._open()
        adapter: Any = session.get_adapter(url)
        adapter.job = job
        failure: list[UserError] = []

        def acceptable(response: Any) -> bool:
            failure.clear()
            try:
                answer = _answer(response)
                _check_status(answer, job)
                if check is not None:
                    check(answer)
                elif answer.status != 200:
                    raise RefusedError(
                        f"{job.service} answers HTTP {answer.status} for {url}; check the address"
                    )
            except UserError as error:
                failure.append(error)
            return not failure

        session.settings.filter_fn = acceptable
        try:
            response = session.get(
                url,
                headers={"Accept": accept},
                timeout=self.settings.timeout_seconds,
                only_if_cached=self.settings.offline,
                force_refresh=self.settings.refresh and not self.settings.offline,
            )
        except UserError:
            raise
        except Exception as error:
            raise _translated(error, url, job) from error
        if self.settings.offline and response.status_code == 504:
            raise NotCachedError(
                f"the cache does not hold the answer of {job.service} for {url}; "
                "run the command once without --offline"
            )
        if failure:
            raise failure[0]
        return _answer(response)

    def _open(self) -> requests_cache.CachedSession:
        if self._session is None:
            from litreview.transport import open_session

            self._session = open_session(self.settings, self.limiter)
        return self._session


class GlitchError(FetchError):
    """An answer that is known to come right when asked for again."""


@dataclass(frozen=True)
class _Job:
    """What the transport has to know about the request under way."""

    service: str
    advice: str
    host: str
    max_bytes: int
    interval_seconds: float
    trusted: bool


def read_capped(response: Any, max_bytes: int, job: _Job) -> bytes:
    """Read a body piece by piece, and stop when it is too large or takes too long."""
    pieces = io.BytesIO()
    end = time.monotonic() + MAX_BODY_SECONDS
    for piece in response.raw.stream(65_536, decode_content=True):
        pieces.write(piece)
        if pieces.tell() > max_bytes:
            raise TooLargeError(
                f"{job.service} sent more than {max_bytes / 1e6:g} MB, which is refused; "
                f"{job.advice}"
            )
        if time.monotonic() > end:
            raise SlowError(
                f"{job.service} was still sending after {MAX_BODY_SECONDS:.0f} s; {job.advice}"
            )
    return pieces.getvalue()


def _answer(response: Any) -> Answer:
    created = getattr(response, "created_at", None) or datetime.now(UTC)
    if created.tzinfo is None:
        created = created.replace(tzinfo=UTC)
    return Answer(
        url=response.url,
        status=response.status_code,
        content_type=response.headers.get("Content-Type", ""),
        body=response.content,
        from_cache=bool(getattr(response, "from_cache", False)),
        received=created,
    )


def _check_status(answer: Answer, job: _Job) -> None:
    if answer.status in (429, 503):
        raise RateLimitedError(
            f"{job.service} takes no more requests from this network just now "
            f"(HTTP {answer.status}, also after waiting); {job.advice}"
        )
    if answer.status >= 500:
        raise ServerError(
            f"{job.service} has an error of its own (HTTP {answer.status}); {job.advice}"
        )


def _translated(error: Exception, url: str, job: _Job) -> FetchError:
    import requests
    import urllib3

    causes = [error]
    while causes[-1].__cause__ or causes[-1].__context__:
        causes.append(causes[-1].__cause__ or causes[-1].__context__)  # type: ignore[arg-type]
        if len(causes) > 20:
            break
    found: list[object] = [*causes]
    for cause in causes:
        found += [getattr(cause, "reason", None), *getattr(cause, "args", ())]

    def any_of(*kinds: type) -> bool:
        return any(isinstance(item, kinds) for item in found)

    if any_of(requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        return NoNetworkError(
            f"the certificate of {job.host} cannot be verified, so nothing was read from it; "
            "check the clock and the network"
        )
    if any_of(requests.exceptions.TooManyRedirects):
        return RefusedError(f"{url} redirects without end; check the address")
    if any_of(
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
        UnicodeError,
    ):
        return RefusedError(f"{url} leads to something that is not a web page; check the address")
    if any_of(
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.NameResolutionError,
        urllib3.exceptions.ConnectTimeoutError,
        requests.exceptions.ProxyError,
    ):
        return NoNetworkError(
            f"{job.service} ({job.host}) cannot be reached: there is no network, or the server "
            f"is down; {job.advice}"
        )
    if any_of(requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError, TimeoutError):
        return SlowError(f"{job.service} ({job.host}) did not answer in time; {job.advice}")
    if any_of(requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError):
        return CutConnectionError(
            f"the connection to {job.service} ({job.host}) was cut before the answer was "
            f"complete; {job.advice}"
        )
    raise error


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
