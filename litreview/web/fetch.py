"""Ask the web for things: politely, with limits, and at most once a day.

The only module that opens connections. Answers are cached for a day in SQLite,
so a repeated command sends nothing and never waits. Every failure is a
`FetchError` of its own kind with one sentence about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from litreview.errors import UserError
from litreview.text.identifiers import is_web_address
from litreview.web.deadline import Deadline
from litreview.web.gate import (
    MAX_REQUEST_SECONDS,
    Answer,
    CutConnectionError,
    FetchError,
    GlitchError,
    Job,
    NoNetworkError,
    NotCachedError,
    RateLimitedError,
    RefusedError,
    ServerError,
    Settings,
    SlowError,
)
from litreview.web.limiter import Limiter

if TYPE_CHECKING:
    import requests_cache

TRIES = 3


class Fetcher:
    """Makes requests and remembers which answers it used.

    Use it as a context manager, or call `close`.

    Attributes:
        answers: Everything that was fetched with success, in order.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.answers: list[Answer] = []
        self.limiter = Limiter(
            settings.cache_folder / "queue", settings.notify, shared=settings.queue_folder
        )
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
        secrets: Mapping[str, str] | None = None,
        keep_missing: bool = False,
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
            secrets: Headers with credentials, for this host alone; no other are ever sent.
                A name that begins with `?` is that of a parameter of the address.
            keep_missing: Whether "there is no such thing" (404) is an answer to be kept, too.

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
        deadline = Deadline(MAX_REQUEST_SECONDS)
        job = Job(
            service, advice, host, max_bytes, interval_seconds, trusted, deadline, secrets or {}
        )
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._get(url, accept, job, check, keep_missing)
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
        self,
        url: str,
        accept: str,
        job: Job,
        check: Callable[[Answer], None] | None,
        keep_missing: bool,
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
            return not failure and (answer.status == 200 or keep_missing)

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
            if job.deadline.over or (job.deadline.left <= 0):
                from litreview.web.transport import too_slow

                raise too_slow(job) from error
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
            from litreview.web.cache import open_session

            self._session = open_session(self.settings, self.limiter)
        return self._session


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


def _check_status(answer: Answer, job: Job) -> None:
    if answer.status in (429, 503):
        raise RateLimitedError(
            f"{job.service} takes no more requests from this network just now "
            f"(HTTP {answer.status}, also after waiting); {job.advice}"
        )
    if answer.status >= 500:
        raise ServerError(
            f"{job.service} has an error of its own (HTTP {answer.status}); {job.advice}"
        )


def _translated(error: Exception, url: str, job: Job) -> FetchError:
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

    if "certificate bundle" in str(error):
        return NoNetworkError(
            f"{error}; correct the path that REQUESTS_CA_BUNDLE (or CURL_CA_BUNDLE) names"
        )
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
