"""Keep requests apart in time, across all processes of a user on a machine.

arXiv asks for one request per 3 s over a single connection. A library can only
count its own requests; here a lock file makes commands queue, and a stamp next
to it says when the next one may start. Answers from the cache do not come here.

Reference: https://info.arxiv.org/help/api/tou.html
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from litreview.errors import UserError

MAX_WAIT_SECONDS = 120.0
QUEUE_SECONDS = 600.0


class BusyError(UserError):
    """Too many commands wait, or the server asked to be left alone for long."""


class Limiter:
    """Hands out the right to send one request to a host.

    Args:
        folder: Where locks and stamps lie; shared by all processes that must queue.
        notify: Called with a sentence when somebody has to wait noticeably.
    """

    def __init__(self, folder: Path, notify: Callable[[str], None] | None = None) -> None:
        self.folder = folder
        self.notify = notify or (lambda message: None)

    @contextlib.contextmanager
    def slot(self, host: str, interval_seconds: float) -> Iterator[None]:
        """Wait until the host may be asked, and hold it for the time of one request.

        Args:
            host: Host name, with the port if there is one.
            interval_seconds: Least time between the end of a request and the next one.

        Raises:
            BusyError: If the wait would be unreasonable.
        """
        if interval_seconds <= 0:
            yield
            return
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._path(host, "lock"))
        try:
            lock.acquire(timeout=1.0)
        except Timeout:
            self.notify(f"Another command is using {host}; waiting for its turn to end …")
            try:
                lock.acquire(timeout=QUEUE_SECONDS)
            except Timeout as error:
                raise BusyError(
                    f"other commands on this machine have used {host} for "
                    f"{QUEUE_SECONDS / 60:.0f} minutes; wait until they are done"
                ) from error
        try:
            self._wait(host)
            self.postpone(host, interval_seconds)  # in case this process is killed
            try:
                yield
            finally:
                if self._next(host) <= time.time() + interval_seconds:
                    self.postpone(host, interval_seconds)
        finally:
            lock.release()

    def postpone(self, host: str, seconds: float) -> None:
        """Let nobody ask the host for some time from now on."""
        with contextlib.suppress(OSError):
            self._path(host, "next").write_text(f"{time.time() + seconds:.3f}", encoding="ascii")

    def _wait(self, host: str) -> None:
        remaining = self._next(host) - time.time()
        if remaining > MAX_WAIT_SECONDS:
            raise BusyError(
                f"{host} asked for a pause that ends in {remaining / 60:.0f} minutes; "
                "try again then, or use --provider reading-list"
            )
        if remaining > 5:
            self.notify(f"{host} asked for a pause; going on in {remaining:.0f} s …")
        if remaining > 0:
            time.sleep(remaining)

    def _next(self, host: str) -> float:
        try:
            stamp = float(self._path(host, "next").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0
        # A clock that was set back must not block the host for ever.
        return stamp if stamp - time.time() < 3600 else 0.0

    def _path(self, host: str, kind: str) -> Path:
        return self.folder / f"{re.sub(r'[^A-Za-z0-9.-]', '_', host)}.{kind}"
