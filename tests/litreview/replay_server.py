"""A real HTTP server on this machine that replays what arXiv and others really answered."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@dataclass
class Reply:
    """One answer: what the server sends, and how badly it behaves."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/atom+xml; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    claim_bytes: int | None = None  # a Content-Length that is not true: the connection is cut
    delay_seconds: float = 0.0
    endless: bool = False


class ReplayServer:
    """Answers scripted replies first, then by `answer`, and remembers every request."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.times: list[float] = []
        self.script: list[Reply] = []
        self.answer: Callable[[str], Reply] = lambda path: Reply(b"no such page", 404, "text/plain")
        self.stopping = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.times.append(time.time())
                outer.requests.append(self.path)
                reply = outer.script.pop(0) if outer.script else outer.answer(self.path)
                outer.send(self, reply)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        self.stopping.wait(reply.delay_seconds)
        try:
            handler.send_response(reply.status)
            handler.send_header("Content-Type", reply.content_type)
            if not reply.endless:
                handler.send_header("Content-Length", str(reply.claim_bytes or len(reply.body)))
            for name, value in reply.headers.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(reply.body)
            while reply.endless and not self.stopping.is_set():
                handler.wfile.write(b"x" * 65_536)
        except OSError:
            pass

    def stop(self) -> None:
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class ArxivReplay:
    """arXiv's recorded answers, by query and page; other queries get slices of one feed."""

    def __init__(self, folder: Path) -> None:
        self.recorded: dict[tuple[str, str, str, str], Reply] = {}
        for path in sorted(folder.glob("*_s*_m*.json")):
            record = json.loads(path.read_text(encoding="utf-8"))
            key = self._key(urlsplit(record["url"]).query)
            self.recorded[key] = Reply(sent_bytes(record["body"]), record["status_code"])
        self.feed = (folder / "nlp_query_20.xml").read_bytes()

    def __call__(self, path: str) -> Reply:
        parts = urlsplit(path)
        if parts.path != "/api/query":
            return Reply(b"<html>not found</html>", 404, "text/html")
        query, ids, start, size = self._key(parts.query)
        query = query.removeprefix("all:")
        known = self.recorded.get((query, ids, start, size))
        if known is None and ids:
            known = self.recorded.get((query, ids, start, "100"))
        if known is None and query == "testing":
            page = self.recorded[("testing", "", "0", "100")].body
            return Reply(slice_feed(page, int(start), int(size)))
        if known is None and ids:
            return Reply(slice_feed(self.feed, 0, int(size), ids.split(",")))
        return known or Reply(slice_feed(self.feed, int(start), int(size)))

    @staticmethod
    def _key(query: str) -> tuple[str, str, str, str]:
        values = {name: items[0] for name, items in parse_qs(query).items()}
        return (
            values.get("search_query", ""),
            values.get("id_list", ""),
            values.get("start", "0"),
            values.get("max_results", "10"),
        )


def sent_bytes(body: str) -> bytes:
    """What the server sent: some bodies were recorded as if UTF-8 were Latin-1."""
    try:
        return body.encode("latin-1").decode("utf-8").encode("utf-8")
    except UnicodeError:
        return body.encode("utf-8")


def slice_feed(feed: bytes, start: int, size: int, ids: Sequence[str] = ()) -> bytes:
    """The page of a feed that arXiv would send for `start` and `max_results`, or for `id_list`."""
    entries = re.findall(rb"<entry>.*?</entry>", feed, re.DOTALL)
    if ids:
        entries = [entry for entry in entries if any(f"/{name}v".encode() in entry for name in ids)]
    head = feed[: feed.index(b"<entry>")]
    head = re.sub(
        rb"(<opensearch:totalResults[^>]*>)\d+", rb"\g<1>" + str(len(entries)).encode(), head
    )
    return head + b"\n".join(entries[start : start + size]) + b"\n</feed>\n"
