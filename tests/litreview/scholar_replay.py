"""Replays what scholarly services and pages really answered, each at the path that we ask."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from replay_server import Reply

# The folder of the recorded answers, the start of their addresses, and our path for it.
SERVICES = (
    ("crossref", "https://api.crossref.org/works", "/works"),
    ("openalex", "https://api.openalex.org/works", "/openalex"),
    ("semanticscholar", "https://api.semanticscholar.org/graph/v1", "/s2"),
    ("datacite", "https://api.datacite.org/dois", "/dois"),
    ("doi-org", "https://doi.org", "/doi"),
    ("openreview", "https://api2.openreview.net", "/openreview"),
)


class ScholarReplay:
    """Answers by path, whatever fields or rows are asked for; 404 for what was not recorded."""

    def __init__(self, folder: Path) -> None:
        self.answers: dict[str, Reply] = {}
        for name, start, ours in SERVICES:
            for path in sorted((folder / name).glob("*.json")):
                record = json.loads(path.read_text(encoding="utf-8"))
                if not isinstance(record, dict) or not record.get("url", "").startswith(start):
                    continue
                tail = record["url"][len(start) :]
                kind = (record.get("headers") or {}).get("content-type", "application/json")
                reply = Reply(record["body"].encode(), record["status_code"], kind)
                for key in keys(ours + tail):
                    self.answers.setdefault(key, reply)
        for path in (folder / "web").glob("acl-anthology__*.json"):
            page = json.loads(path.read_text(encoding="utf-8"))
            if "body" in page:
                where = f"/acl{urlsplit(page['url']).path}"
                self.answers[where] = Reply(page["body"].encode(), 200, "text/html")

    def __call__(self, path: str) -> Reply:
        found = next((self.answers[key] for key in keys(path) if key in self.answers), None)
        return found or Reply(b"Resource not found.", 404, "text/plain")


def keys(path: str) -> Iterable[str]:
    """What identifies a request: its path, and of its parameters the one that names a work."""
    parts = urlsplit(path)
    where = unquote(parts.path).lower().replace("/arxiv:", "/doi:10.48550/arxiv.")
    values = {name: found[0] for name, found in parse_qs(parts.query).items()}
    for name in ("forum", "id"):
        if name in values:
            yield f"{where}#{values[name]}"
    for name in ("query", "query.bibliographic", "filter", "search"):
        if name in values:
            words = "".join(filter(str.isalnum, values[name].lower()))
            yield f"{where}#{words}"
    if not parts.query or where.count("/") > 2:
        yield where
