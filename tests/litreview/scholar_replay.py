"""Replays what scholarly services and pages really answered, each at the path that we ask.

Which services there are is read off the providers: a further one needs its answers alone.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from replay_server import Reply

from litreview import providers
from litreview.providers.service import Service

# The parameters that name a work, or say what is looked for, at one service or another.
NAMING = ("query", "query.bibliographic", "filter", "search", "q", "term")


@cache
def services() -> tuple[Service, ...]:
    """Every service that a provider asks."""
    modules = pkgutil.walk_packages(providers.__path__, f"{providers.__name__}.")
    found = (vars(importlib.import_module(module.name)).values() for module in modules)
    return tuple(dict.fromkeys(v for values in found for v in values if isinstance(v, Service)))


def path_of(service: Service) -> str:
    """Where the server on this machine plays a service: `/crossref`, say."""
    name = service.variable.removeprefix("LITREVIEW_").removesuffix("_URL")
    return f"/{name.lower().replace('_', '-')}"


def addresses(server: str) -> dict[str, str]:
    """The variables that lead every service to the server at an address."""
    return {service.variable: f"{server}{path_of(service)}" for service in services()}


class ScholarReplay:
    """Answers by path, whatever fields or rows are asked for; 404 for what was not recorded."""

    def __init__(self, folder: Path) -> None:
        self.answers: dict[str, Reply] = {}
        for path in sorted(folder.glob("*/*.json")):
            record = json.loads(path.read_text(encoding="utf-8"))
            address = str(record.get("url")) if isinstance(record, dict) else ""
            served = (one for one in services() if address.startswith(one.base))
            service = next(served, None)
            if service is None or "body" not in record:
                continue
            usual = "text/html" if record["body"].startswith("<") else "application/json"
            kind = (record.get("headers") or {}).get("content-type", usual)
            reply = Reply(record["body"].encode(), record.get("status_code", 200), kind)
            for key in keys(path_of(service) + address[len(service.base) :]):
                self.answers.setdefault(key, reply)

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
    for name in NAMING:
        if name in values:
            words = "".join(filter(str.isalnum, values[name].lower()))
            yield f"{where}#{words}"
    if not parts.query or where.count("/") > 2:
        yield where
