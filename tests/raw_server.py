"""A server on this machine that speaks as badly as a test says, and counts who reaches it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable


def hang_up(connection: socket.socket) -> None:
    """Say nothing."""


class RawServer:
    """Speaks HTTP byte by byte.

    Args:
        behave: Answers a connection whose request was read.

    Attributes:
        reached: How many connections were made.
        requests: What was sent on each.
    """

    def __init__(self, behave: Callable[[socket.socket], object] = hang_up) -> None:
        self.behave = behave
        self.reached = 0
        self.requests: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.reached += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.requests.append(connection.recv(65_536))
                self.behave(connection)
            except OSError:
                pass
