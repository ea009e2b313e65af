"""A limit to the time that one request may take in all.

Time-outs of sockets run anew with every byte, so a server that sends one byte a
second (as the head, as the body, or as an endless row of `100 Continue`) would
hold the program for ever. Here the connection is cut from outside when the time is over.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator


class Deadline:
    """Counts the time that a request spends on the network, and cuts it off at the end.

    Args:
        seconds: How long all its parts may take together: each redirect and each new
            try, not the waiting between them.

    Attributes:
        over: Whether the time ended while the request was under way.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.over = False
        self._left = seconds
        self._since: float | None = None
        self._sockets: list[socket.socket] = []
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    @property
    def left(self) -> float:
        """Seconds that remain, at least 0."""
        spent = time.monotonic() - self._since if self._since is not None else 0.0
        return max(0.0, self._left - spent)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Let the time run while a request is under way."""
        self._since = time.monotonic()
        self._timer = threading.Timer(self._left, self._cut)
        self._timer.daemon = True
        self._timer.start()
        try:
            yield
        finally:
            self._timer.cancel()
            self._left, self._since = self.left, None
            with self._lock:
                for handle in self._sockets:
                    handle.close()
                self._sockets.clear()

    def watch(self, connection: socket.socket) -> None:
        """Cut this connection too when the time is over, also after TLS has taken it."""
        with self._lock:
            # A handle of our own stays valid whatever becomes of the one given.
            self._sockets.append(connection.dup())

    def _cut(self) -> None:
        with self._lock:
            self.over = True
            for handle in self._sockets:
                with contextlib.suppress(OSError):
                    handle.shutdown(socket.SHUT_RDWR)
