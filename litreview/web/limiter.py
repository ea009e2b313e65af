"""Keep requests apart in time, across all processes and users of a machine.

arXiv asks for one request per 3 s over a single connection. A library can only
count its own requests; here a lock file makes commands queue, and a stamp in
it says when the next one may start. Answers from the cache do not come here.

The queue for services lies in a folder of all users, and there nobody is trusted:
a file that is not a plain one with a single name is not touched, what it says is
believed for an hour at most, and whoever cannot use the folder queues alone.

Reference: https://info.arxiv.org/help/api/tou.html
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
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
        folder: Where the user's own queues lie.
        notify: Called with a sentence when somebody has to wait noticeably.
        shared: Where the queues of all users of the machine lie, if there is such a folder.
    """

    def __init__(
        self,
        folder: Path,
        notify: Callable[[str], None] | None = None,
        *,
        shared: Path | None = None,
    ) -> None:
        self.folder = folder
        self.shared = shared
        self.notify = notify or (lambda message: None)

    @contextlib.contextmanager
    def slot(self, host: str, interval_seconds: float, *, shared: bool = False) -> Iterator[None]:
        """Wait until the host may be asked, and hold it for the time of one request.

        Args:
            host: Host name, with the port if there is one.
            interval_seconds: Least time between the end of a request and the next one.
            shared: Whether all users of the machine queue for this host.

        Raises:
            BusyError: If the wait would be unreasonable.
        """
        if interval_seconds <= 0:
            yield
            return
        with self._file(host, shared) as queue:
            self._take_turn(queue, host)
            self._wait(queue, host)
            queue.write(time.time() + interval_seconds)  # in case this process is killed
            try:
                yield
            finally:
                if queue.read() <= time.time() + interval_seconds:
                    queue.write(time.time() + interval_seconds)

    def postpone(self, host: str, seconds: float, *, shared: bool = False) -> None:
        """Let nobody ask the host for some time from now on."""
        with self._file(host, shared) as queue:
            queue.write(time.time() + seconds)

    def _take_turn(self, queue: QueueFile, host: str) -> None:
        if queue.lock(1.0):
            return
        self.notify(f"Another command is using {host}; waiting for its turn to end …")
        if not queue.lock(QUEUE_SECONDS):
            raise BusyError(
                f"other commands on this machine have used {host} for "
                f"{QUEUE_SECONDS / 60:.0f} minutes; wait until they are done"
            )

    def _wait(self, queue: QueueFile, host: str) -> None:
        remaining = queue.read() - time.time()
        if remaining > MAX_WAIT_SECONDS:
            raise BusyError(
                f"{host} asked for a pause that ends in {remaining / 60:.0f} minutes; "
                "try again then, or use --provider reading-list"
            )
        if remaining > 5:
            self.notify(f"{host} asked for a pause; going on in {remaining:.0f} s …")
        if remaining > 0:
            time.sleep(remaining)

    def _file(self, host: str, shared: bool) -> QueueFile:
        name = f"{re.sub(r'[^A-Za-z0-9.-]', '_', host)}.queue"
        if shared and self.shared is not None:
            with contextlib.suppress(OSError):
                _open_to_all(self.shared)
                return QueueFile(self.shared / name, mode=0o666)
        self.folder.mkdir(parents=True, exist_ok=True)
        return QueueFile(self.folder / name, mode=0o600)


def _open_to_all(folder: Path) -> None:
    """Make the folder in which every user may make files and nobody remove another's."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        folder.chmod(0o1777)
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise NotADirectoryError(folder)


class QueueFile:
    """One host's lock, and in it the time at which the next request may start.

    Args:
        path: The file; it is made if it is not there.
        mode: Who may use it.

    Raises:
        OSError: If it cannot be opened, or is no plain file of its own.
    """

    def __init__(self, path: Path, mode: int) -> None:
        plain = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        plain |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        try:
            self._handle = os.open(path, plain)
        except FileNotFoundError:
            with contextlib.suppress(FileExistsError):
                made = os.open(path, plain | os.O_CREAT | os.O_EXCL, mode)
                if os.name == "posix":
                    os.fchmod(made, mode)  # whatever the user's umask
                os.close(made)
            # Opened without O_CREAT: systems forbid that for another user's file.
            self._handle = os.open(path, plain)
        state = os.fstat(self._handle)
        if not stat.S_ISREG(state.st_mode) or state.st_nlink != 1:
            os.close(self._handle)
            raise OSError(f"{path} is no plain file")

    def __enter__(self) -> QueueFile:
        return self

    def __exit__(self, *exception: object) -> None:
        os.close(self._handle)  # which also gives the lock back

    def lock(self, seconds: float) -> bool:
        """Hold the file alone; False if others hold it all the time that is waited."""
        end = time.monotonic() + seconds
        while not _try_lock(self._handle):
            if time.monotonic() >= end:
                return False
            time.sleep(0.02)
        return True

    def read(self) -> float:
        """The time at which the next request may start, in seconds since the epoch."""
        try:
            stamp = float(self._start())
        except (OSError, ValueError):
            return 0.0
        # A clock that was set back, or a hostile neighbour, must not block the host for ever.
        return stamp if stamp - time.time() < 3600 else 0.0

    def write(self, stamp: float) -> None:
        """Set that time."""
        with contextlib.suppress(OSError):
            os.lseek(self._handle, 0, os.SEEK_SET)
            os.write(self._handle, f"{stamp:<39.3f}\n".encode("ascii"))

    def _start(self) -> bytes:
        os.lseek(self._handle, 0, os.SEEK_SET)
        return os.read(self._handle, 40)


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, 100, os.SEEK_SET)  # behind the stamp, which others may read
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
