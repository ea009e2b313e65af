"""A forge on this machine for tests: its interface, and Git, over HTTP.

Every request must fit the forge's own description (path, parameters, body) and carry the
token. Repositories are real ones, served by `git http-backend`.
"""

from __future__ import annotations

import base64
import json
import math
import os
import re
import subprocess
import threading
import time
from abc import abstractmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import jsonschema


class FakeForge:
    """The server, what every forge holds, and what went wrong with requests to it."""

    token = "S3cr3tS3cr3tS3cr3tS3cr3tS3cr3tS3cr3t"
    login = "any"
    git_prefix = ""

    def __init__(self, folder: Path, organization: str) -> None:
        self.folder = folder
        self.organization = organization
        # What the team has done with a proposal: repository, branch, commit, time of the merge.
        self.closed: list[tuple[str, str, str, str | None]] = []
        self.pulls: list[tuple[str, str, str]] = []
        self.issues: dict[str, list[tuple[str, str]]] = {}
        self.checks: dict[str, str] = {}
        self.requests: list[str] = []
        self.violations: list[str] = []
        self.processes: list[str] = []
        # Answers that are given instead of the real ones: (status, headers, body), in order.
        # A reset of "+5" lies five seconds after the answer, however long the test took before.
        self.interruptions: list[tuple[int, dict[str, str], Any]] = []
        # The same for one request alone: "POST /orgs/my-course/repos" and what is answered.
        self.faults: dict[str, tuple[int, Any]] = {}
        handler = type("Handler", (_Handler,), {"forge": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def writes(self) -> list[str]:
        """The requests that change something."""
        return [one for one in self.requests if not one.startswith("GET")]

    def bare(self, name: str) -> Path:
        return self.folder / self.organization / f"{name}.git"

    def init(self, name: str) -> Path:
        """A repository as a forge makes it: empty."""
        path = self.bare(name)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
        subprocess.run(["git", "-C", str(path), "config", "http.receivepack", "true"], check=True)
        return path

    @abstractmethod
    def answer(
        self, verb: str, path: str, query: dict[str, str], body: Any
    ) -> tuple[int, Any, dict[str, str]]:
        """Do what the forge does."""

    @abstractmethod
    def is_let_in(self, headers: Any) -> bool:
        """Whether a request carries the token."""

    def page(
        self, path: str, query: dict[str, str], rows: list[Any], size: str, standard: int
    ) -> tuple[int, list[Any], dict[str, str]]:
        """One page of rows, with the header that leads to the next."""
        count, number = int(query.get(size, standard)), int(query.get("page", 1))
        part = rows[(number - 1) * count : number * count]
        headers = {}
        if number * count < len(rows):
            rest = "&".join(f"{key}={value}" for key, value in query.items() if key != "page")
            address = f"{self.url}{path}?page={number + 1}&{rest}"
            headers["Link"] = f'<{address}>; rel="next"'
        return 200, part, headers


_FORMATS = jsonschema.FormatChecker(formats=())


@_FORMATS.checks("int32")
def _fits(value: object) -> bool:
    return not isinstance(value, int) or -(2**31) <= value < 2**31


class Swagger:
    """A description in Swagger 2.0: does a request fit it?"""

    def __init__(self, path: Path) -> None:
        self.document = json.loads(path.read_text(encoding="utf-8"))
        self.base = self.document.get("basePath") or ""
        self.routes = [
            (
                verb.upper(),
                template,
                re.compile(re.sub(r"\\\{[^}]+\\\}", "([^/]+)", re.escape(template))),
            )
            for template, verbs in self.document["paths"].items()
            for verb in verbs
            if verb != "parameters"
        ]

    def match(
        self, verb: str, path: str, query: dict[str, str], body: Any
    ) -> tuple[str, list[str], list[str]]:
        """The route, the values of its path, and what is wrong with the request."""
        path = path.removeprefix(self.base)
        for method, template, pattern in self.routes:
            found = pattern.fullmatch(path)
            if method != verb or not found:
                continue
            operation = self.document["paths"][template][verb.lower()]
            wrong = self._wrong(operation, query, body)
            values = [unquote(part) for part in found.groups()]
            named = zip(re.findall(r"\{([^}]+)\}", template), values, strict=True)
            wrong += self._wrong_places(operation, dict(named))
            return f"{verb} {template}", values, [f"{verb} {template}: {one}" for one in wrong]
        return "", [], [f"{verb} {path} is in no description"]

    def _wrong(self, operation: dict[str, Any], query: dict[str, str], body: Any) -> list[str]:
        parameters = {(one["in"], one["name"]): one for one in operation.get("parameters", [])}
        wrong = []
        for name, value in query.items():
            about = parameters.get(("query", name))
            if about is None:
                wrong.append(f"has no parameter {name!r}")
            elif value not in about.get("enum", [value]):
                wrong.append(f"{name} is {value!r}")
            elif about.get("type") == "integer" and not value.isdigit():
                wrong.append(f"{name} is {value!r}, no number")
        described = [one for (place, _), one in parameters.items() if place == "body"]
        if body is None:
            wrong += ["needs a body" for one in described if one.get("required")]
            return wrong
        if not described:
            return [*wrong, f"takes no body, but got {body}"]
        schema = self._resolved(described[0]["schema"])
        check = jsonschema.Draft4Validator(schema, format_checker=_FORMATS)
        wrong += [error.message for error in check.iter_errors(body)]
        unknown = set(body) - set(schema.get("properties", {}))
        return [*wrong, *(f"unknown {name!r}" for name in sorted(unknown))]

    def _wrong_places(self, operation: dict[str, Any], values: dict[str, str]) -> list[str]:
        """What is wrong with the parts of a path."""
        found = []
        for one in operation.get("parameters", []):
            value = values.get(one["name"]) if one["in"] == "path" else None
            if value is None or one.get("type") != "integer":
                continue
            if not value.isdigit() or (not _fits(int(value)) and one.get("format") == "int32"):
                found.append(f"{one['name']} is {value!r}, no {one.get('format', 'number')}")
        return found

    def _resolved(self, schema: Any, depth: int = 0) -> Any:
        if isinstance(schema, list):
            return [self._resolved(one, depth) for one in schema]
        if not isinstance(schema, dict) or depth > 12:
            return schema
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._resolved(self.document["definitions"][name], depth + 1)
        return {
            key: self._resolved(value, depth + 1)
            for key, value in schema.items()
            if key != "example"
        }


class _Handler(BaseHTTPRequestHandler):
    forge: FakeForge
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_PUT(self) -> None:
        self._handle("PUT")

    def do_DELETE(self) -> None:
        self._handle("DELETE")

    def do_PATCH(self) -> None:
        self._handle("PATCH")

    def log_message(self, *arguments: Any) -> None:
        """Keep the test's output clean."""

    def _handle(self, verb: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        data = self.rfile.read(length)
        if self.headers.get("Transfer-Encoding") == "chunked":
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        if ".git/" in self.path:
            self._git(verb, data)
        else:
            self._api(verb, data)

    def _api(self, verb: str, data: bytes) -> None:
        forge = self.forge
        path, _, query = self.path.partition("?")
        forge.requests.append(f"{verb} {self.path}")
        if not forge.is_let_in(self.headers):
            self._send(401, {"message": "Bad credentials"})
            return
        if forge.interruptions:
            status, headers, body = forge.interruptions.pop(0)
            for name in ("X-RateLimit-Reset", "RateLimit-Reset"):
                if headers.get(name, "").startswith("+"):
                    moment = math.ceil(time.time() + float(headers[name]))
                    headers = headers | {name: str(moment)}
            self._send(status, body, headers)
            return
        if f"{verb} {path}" in forge.faults:
            self._send(*forge.faults[f"{verb} {path}"])
            return
        body = json.loads(data) if data else None
        values = {key: found[0] for key, found in parse_qs(query).items()}
        status, answer, headers = forge.answer(verb, path, values, body)
        if verb == "DELETE" and status == 204:
            answer = None
        self._send(status, answer, headers)

    def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        if isinstance(body, str):
            data = body.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _git(self, verb: str, data: bytes) -> None:
        forge = self.forge
        forge.requests.append(f"GIT {self.path}")
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                forge.processes.append(
                    path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                )
            except OSError:
                continue
        login = base64.b64encode(f"{forge.login}:{forge.token}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {login}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.removeprefix(forge.git_prefix).partition("?")
        env = os.environ | {
            "GIT_PROJECT_ROOT": str(forge.folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": verb, "REMOTE_USER": "x", "REMOTE_ADDR": "::1",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(data)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }  # fmt: skip
        result = subprocess.run(["git", "http-backend"], input=data, env=env, capture_output=True)
        head, _, body = result.stdout.partition(b"\r\n\r\n")
        status = 200
        headers = []
        for line in head.decode().splitlines():
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            else:
                headers.append((name, value))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
