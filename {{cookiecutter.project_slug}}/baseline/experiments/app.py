"""A small page that shows a model live: `python -m baseline app`, then open the address it prints.

It answers this computer only, loads nothing from elsewhere, and needs no further package.
"""

import json
import threading
from collections.abc import Callable
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Any

from baseline.errors import BaselineError
from baseline.experiments import inference
from baseline.experiments.inference import Opened

_LARGEST = 100_000  # bytes of a question to the page
_SECONDS = 20  # that a browser may take to send it
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)


def make_server(root: Path, name: str, port: int, title: str = "") -> ThreadingHTTPServer:
    """A server for a run on 127.0.0.1; `serve_forever` answers until it is shut down."""
    model = inference.open_run(root, name)
    if model.task.kind == "plain" and model.write is None:
        raise BaselineError(f"{model.run} was pre-trained and has learned no task yet")
    page = page_of(model, title or root.resolve().name).encode()
    lock = threading.Lock()  # one answer at a time: a model is no server

    def answer(asked: dict[str, Any]) -> dict[str, object]:
        text, question = str(asked.get("text", "")), str(asked.get("question", ""))
        with lock:
            return inference.answer(model, text, question)

    class Handler(_Handler):
        content, ask = page, staticmethod(answer)

    try:
        return ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        raise BaselineError(
            f"port {port} cannot be used ({error.strerror}); choose another one: --port 0"
        ) from error


class _Handler(BaseHTTPRequestHandler):
    content: bytes
    ask: Callable[[dict[str, Any]], dict[str, object]]
    timeout = _SECONDS
    server_version, sys_version = "baseline", ""

    def do_GET(self) -> None:
        """Send the page."""
        if self._is_ours():
            found = self.path == "/"
            self._send(200 if found else 404, self.content if found else b"", "text/html")

    def do_POST(self) -> None:
        """Answer a text."""
        if not self._is_ours():
            return
        try:
            size = int(self.headers.get("Content-Length", "-1"))
            if not 0 <= size <= _LARGEST:
                raise ValueError(f"the text is longer than {_LARGEST:,} bytes")
            asked = json.loads(self.rfile.read(size))
            status, found = 200, self.ask(dict(asked))
        except (BaselineError, ValueError, TypeError) as error:
            status, found = 400, {"error": str(error)}
        self._send(status, json.dumps(found).encode(), "application/json")

    def _is_ours(self) -> bool:
        """Whether the browser means this computer; a page elsewhere could have its name resolved
        to 127.0.0.1, and would ask in the name of that page."""
        host = str(self.headers.get("Host", "")).rpartition(":")[0]
        origin = str(self.headers.get("Origin") or f"http://{self.headers.get('Host')}")
        ours = host in ("127.0.0.1", "localhost") and origin == f"http://{self.headers['Host']}"
        if not ours:
            self._send(403, b"", "text/plain")
        return ours

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: what is asked is nobody else's business."""


def page_of(model: Opened, title: str) -> str:
    """The page for a model."""
    template = resources.files("baseline.experiments").joinpath("app.html").read_text("utf-8")
    about = f"{model.config.project.task} · {model.run}"
    values = {"TITLE": title, "ABOUT": about, "ASKS": "" if model.task.asks else "hidden"}
    for name, value in values.items():
        template = template.replace(f"@{name}@", escape(value))
    return template
