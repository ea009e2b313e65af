"""Ask a forge's JSON interface patiently: limits waited out, pages followed, answers bounded."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from coursekit.errors import HostingError
from coursekit.hosting.forge import (
    RETRIES,
    TIMEOUT_SECONDS,
    explain,
    tell_pause,
    unreachable,
)

if TYPE_CHECKING:
    from requests import Response

_MAX_BYTES = 20_000_000
_MAX_PAGES = 1_000
_MAX_WAIT_SECONDS = 3_600.0
_BACKOFF_SECONDS = 0.5
# Answers that say: not done, ask again.
_LIMITED = (429, 503)


class Rest:
    """A JSON interface behind one address.

    Args:
        forge: What people call it, for messages.
        variable: The environment variable with the token, for messages.
        origin: The forge's address, for messages.
        prefix: What the interface's paths begin with.
        headers: Sent with each request; they hold the token.
        on_wait: Told in one sentence when a pause is asked for.
        backoff_seconds: The first pause after a failure; it doubles.
    """

    def __init__(
        self,
        forge: str,
        variable: str,
        origin: str,
        prefix: str,
        headers: Mapping[str, str],
        on_wait: Callable[[str], None],
        *,
        backoff_seconds: float = _BACKOFF_SECONDS,
    ) -> None:
        import requests

        self.forge = forge
        self.variable = variable
        self.origin = origin
        self.base = f"{origin}{prefix}"
        self._on_wait = on_wait
        self._backoff = backoff_seconds
        self._session = requests.Session()
        # Nobody's ~/.netrc has a say about the credentials.
        self._session.trust_env = False
        self._session.headers.update({"User-Agent": "coursekit", "Accept": "application/json"})
        self._session.headers.update(headers)

    def call(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The decoded answer of one request; None without content.

        Raises:
            Refused: If the answer is an error that no pause helps.
            HostingError: If there is none.
        """
        return self._decode(self._ask(verb, path, body))

    def find(self, path: str) -> dict[str, Any] | None:
        """What is at a path, or None."""
        answer = self._ask("GET", path, None, missing=True)
        if answer.status_code == 404:
            return None
        found = self._decode(answer)
        return found if isinstance(found, dict) else {}

    def rows(self, path: str) -> Iterator[dict[str, Any]]:
        """The rows of all pages of a listing, as the `Link` header leads from one to the next."""
        for _ in range(_MAX_PAGES):
            answer = self._ask("GET", path, None)
            found = self._decode(answer)
            yield from (row for row in found or () if isinstance(row, dict))
            following = answer.links.get("next", {}).get("url", "")
            if not following:
                return
            # Behind a proxy the address may be another one; the path and the page are right.
            _, _, query = following.partition("?")
            path = f"{path.partition('?')[0]}?{query}"

    def _ask(
        self, verb: str, path: str, body: Mapping[str, Any] | None, *, missing: bool = False
    ) -> Response:
        import requests

        for attempt in range(RETRIES + 1):
            pause = self._backoff * 2**attempt
            try:
                answer = self._session.request(
                    verb, f"{self.base}{path}", json=body, timeout=TIMEOUT_SECONDS,
                    allow_redirects=False, stream=True,
                )  # fmt: skip
            except requests.RequestException as error:
                if attempt < RETRIES and verb == "GET":
                    time.sleep(pause)
                    continue
                raise unreachable(self.origin, error) from error
            status = answer.status_code
            if status < 300 or (missing and status == 404):
                return answer
            # A change that was answered by an error may be done: whoever asked looks first.
            again = status in _LIMITED or (status >= 500 and verb != "POST")
            if not again or attempt == RETRIES:
                raise explain(self.forge, self.variable, status, self._said(answer))
            self._wait(answer, pause)
        raise HostingError(f"{self.origin}: did not answer")  # pragma: no cover

    def _wait(self, answer: Response, pause: float) -> None:
        said = answer.headers.get("Retry-After", "")
        reset = answer.headers.get("RateLimit-Reset", "")
        answer.close()
        if said.isdigit():
            pause = float(said)
        elif reset.isdigit():
            pause = float(reset) - time.time()
        pause = min(max(pause, 0.0), _MAX_WAIT_SECONDS)
        tell_pause(self.forge, pause, self._on_wait)
        time.sleep(pause)

    def _decode(self, answer: Response) -> Any:
        data = self._read(answer)
        if not data.strip():
            return None
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            problem = f"{self.origin} answers with something that is no JSON"
            raise HostingError(f"{problem}; check api_url in course.toml") from error

    def _read(self, answer: Response) -> bytes:
        import requests

        data = b""
        try:
            for part in answer.iter_content(1 << 16):
                data += part
                if len(data) > _MAX_BYTES:
                    break
        except requests.RequestException as error:
            raise HostingError(
                f"{self.origin}: the answer broke off; run the command again"
            ) from error
        finally:
            answer.close()
        if len(data) > _MAX_BYTES:
            raise HostingError(f"{self.origin}: an answer is larger than {_MAX_BYTES // 10**6} MB")
        return data

    def _said(self, answer: Response) -> Any:
        try:
            found = json.loads(self._read(answer))
        except (ValueError, RecursionError, HostingError):
            return answer.reason
        return found.get("message") or found.get("error") if isinstance(found, dict) else ""
