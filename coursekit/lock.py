"""One member of staff at a time changes a course; the others are told who it is."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from coursekit.errors import LockedError
from litreview.errors import UserError


@contextlib.contextmanager
def hold(state: Path, action: str, *, what: Path | None = None) -> Iterator[None]:
    """Hold the course's lock while a block runs.

    The lock belongs to the process: it ends with it, also when it is killed.

    Args:
        state: The course's folder for state.
        action: What is being done, for the sentence that others see.
        what: What is changed, for that sentence; the folder of `state` by default.

    Raises:
        LockedError: If somebody else holds it; says who, since when, and where.
        UserError: If the folder cannot be written to.
    """
    from filelock import FileLock, Timeout

    note = state / "lock.json"
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = FileLock(state / "lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise LockedError(
            f"{what or state.parent}: {_holder(note)}; wait until that has finished, then try again"
        ) from error
    except OSError as error:
        raise UserError(
            f"{state}: cannot be written ({error.strerror}); check permissions and disk space"
        ) from error
    try:
        with contextlib.suppress(OSError):
            note.write_text(json.dumps(_myself(action)), encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _myself(action: str) -> dict[str, str]:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = "somebody"
    return {
        "user": user,
        "host": socket.gethostname(),
        "process": str(os.getpid()),
        "action": action,
        "since": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def _holder(note: Path) -> str:
    try:
        who = json.loads(note.read_text(encoding="utf-8"))
        return (
            f"{who['user']} on {who['host']} (process {who['process']}) is running "
            f"`coursekit {who['action']}` since {who['since']}"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "somebody else is working on it"
