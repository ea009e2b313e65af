"""A small GitHub on this machine: its API, checked against its own description, and Git.

Every request must fit GitHub's OpenAPI description (path, parameters, body) and
carry the token; answers have the recorded shapes of its examples. Repositories
are real ones, served by `git http-backend`.
"""

from __future__ import annotations

import base64
import copy
import json
import math
import os
import re
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jsonschema

DESCRIPTION = json.loads(
    (Path(__file__).parent / "data" / "github_operations.json").read_text(encoding="utf-8")
)["operations"]
TOKEN = "ghp_" + "S3cr3tS3cr3tS3cr3tS3cr3tS3cr3tS3cr3t"


class FakeGitHub:
    """The server, what it holds, and what went wrong with requests to it."""

    def __init__(self, folder: Path, organization: str) -> None:
        self.folder = folder
        self.organization = organization
        self.repositories: dict[str, dict[str, Any]] = {}
        self.teams: dict[str, set[str]] = {}
        self.access: dict[tuple[str, str], str] = {}
        self.protected: set[str] = set()
        self.pages: set[str] = set()
        self.pulls: list[tuple[str, str, str]] = []
        # What the team has done with a pull request: repository, branch, commit, time of the merge.
        self.closed: list[tuple[str, str, str, str | None]] = []
        self.requests: list[str] = []
        self.violations: list[str] = []
        self.processes: list[str] = []
        # Answers that are given instead of the real ones: (status, headers, body), in order.
        # A reset of "+5" lies five seconds after the answer, however long the test took before.
        self.interruptions: list[tuple[int, dict[str, str], Any]] = []
        self.refuse: dict[str, int] = {}
        handler = type("Handler", (_Handler,), {"github": self})
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

    # The API -----------------------------------------------------------------

    def answer(self, verb: str, path: str, body: Any) -> tuple[int, Any]:
        """Do what GitHub does; the names follow its description."""
        name, values = self._operation(verb, path, body)
        if name is None:
            return 404, {"message": "Not Found"}
        if name in self.refuse:
            return self.refuse[name], {"message": "Upgrade to GitHub Pro to enable this feature."}
        status, answer = getattr(self, _method(name))(values, body or {})
        if str(status) not in DESCRIPTION[name]["answers"]:
            self.violations.append(f"{name} never answers {status}")
        return status, answer

    def _operation(self, verb: str, path: str, body: Any) -> tuple[str | None, dict[str, str]]:
        for name, about in DESCRIPTION.items():
            method, template = name.split(" ")
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
            match = re.fullmatch(pattern, path)
            if method != verb or not match:
                continue
            values = match.groupdict()
            for parameter in about["parameters"]:
                if parameter["in"] == "path":
                    self._validate(name, values[parameter["name"]], parameter["schema"])
            if about["body"] is not None and (body is not None or about["body_required"]):
                self._validate(name, body, about["body"])
            elif body is not None:
                self.violations.append(f"{name} takes no body, but got {body}")
            return name, values
        self.violations.append(f"{verb} {path} is in no description")
        return None, {}

    def _validate(self, name: str, value: Any, schema: dict[str, Any]) -> None:
        try:
            jsonschema.validate(value, schema)
        except jsonschema.ValidationError as error:
            self.violations.append(f"{name}: {error.message}")
        unknown = (
            set(value) - set(schema.get("properties", value)) if isinstance(value, dict) else ()
        )
        if unknown:
            self.violations.append(f"{name}: unknown {sorted(unknown)}")

    def _example(self, name: str, status: int) -> Any:
        return copy.deepcopy(DESCRIPTION[name]["answers"][str(status)])

    def get_orgs_org(self, values: dict[str, str], body: Any) -> tuple[int, Any]:
        if values["org"] != self.organization:
            return 404, {"message": "Not Found"}
        return 200, self._example("GET /orgs/{org}", 200) | {"login": self.organization}

    def post_orgs_org_repos(self, values: dict[str, str], body: Any) -> tuple[int, Any]:
        name = body["name"]
        if name in self.repositories:
            return 422, {"message": "Repository creation failed.", "errors": [
                {"resource": "Repository", "code": "custom", "field": "name",
                 "message": "name already exists on this account"}]}  # fmt: skip
        self.make_repository(name)
        self.repositories[name] |= {
            "private": body.get("private", False), "description": body.get("description"),
        }  # fmt: skip
        return 201, self.repositories[name]

    def make_repository(self, name: str) -> Path:
        """A repository as GitHub makes it: empty."""
        path = self.folder / self.organization / f"{name}.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
        subprocess.run(["git", "-C", str(path), "config", "http.receivepack", "true"], check=True)
        self.repositories[name] = self._example("POST /orgs/{org}/repos", 201) | {
            "name": name, "full_name": f"{self.organization}/{name}", "topics": [],
            "default_branch": "main",
        }  # fmt: skip
        return path

    def get_repos_owner_repo(self, values: dict[str, str], body: Any) -> tuple[int, Any]:
        found = self.repositories.get(values["repo"])
        return (200, found) if found else (404, {"message": "Not Found"})

    def put_repos_owner_repo_topics(self, values: dict[str, str], body: Any) -> tuple[int, Any]:
        self.repositories[values["repo"]]["topics"] = body["names"]
        return 200, {"names": body["names"]}

    def get_orgs_org_teams_team_slug(self, values: dict[str, str], body: Any) -> tuple[int, Any]:
        if values["team_slug"] not in self.teams:
            return 404, {"message": "Not Found"}
        return 200, self._example("GET /orgs/{org}/teams/{team_slug}", 200)

    def post_orgs_org_teams(self, values: dict[str, str], body: Any) -> tuple[int, Any]:
        self.teams[body["name"]] = set()
        return 201, self._example("POST /orgs/{org}/teams", 201) | {"slug": body["name"]}

    def get_orgs_org_teams_team_slug_memberships_username(
        self, values: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        if values["username"] not in self.teams.get(values["team_slug"], ()):
            return 404, {"message": "Not Found"}
        return 200, {"url": "", "role": "member", "state": "pending"}

    def put_orgs_org_teams_team_slug_memberships_username(
        self, values: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        if values["username"].startswith("nobody"):
            return 422, {"message": "No such user"}
        self.teams[values["team_slug"]].add(values["username"])
        return 200, {"url": "", "role": "member", "state": "pending"}

    def get_orgs_org_teams_team_slug_repos_owner_repo(
        self, values: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        known = (values["team_slug"], values["repo"]) in self.access
        return (204, None) if known else (404, {"message": "Not Found"})

    def put_orgs_org_teams_team_slug_repos_owner_repo(
        self, values: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        self.access[values["team_slug"], values["repo"]] = body["permission"]
        return 204, None

    def get_repos_owner_repo_branches_branch_protection(
        self, values: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        if values["repo"] not in self.protected:
            return 404, {"message": "Branch not protected"}
        return 200, {"allow_force_pushes": {"enabled": False}}

    def put_repos_owner_repo_branches_branch_protection(
        self, values: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        branch = self.folder / self.organization / f"{values['repo']}.git" / "refs" / "heads"
        if not (branch / values["branch"]).exists():
            return 404, {"message": "Branch not found"}
        self.protected.add(values["repo"])
        return 200, {"allow_force_pushes": {"enabled": False}}

    def get_repos_owner_repo_pages(self, values: dict[str, str], body: Any) -> tuple[int, Any]:
        if values["repo"] not in self.pages:
            return 404, {"message": "Not Found"}
        return 200, self._example("GET /repos/{owner}/{repo}/pages", 200)

    def post_repos_owner_repo_pages(self, values: dict[str, str], body: Any) -> tuple[int, Any]:
        self.pages.add(values["repo"])
        return 201, self._example("POST /repos/{owner}/{repo}/pages", 201)

    def get_repos_owner_repo_pulls(self, values: dict[str, str], body: Any) -> tuple[int, Any]:
        (example,) = self._example("GET /repos/{owner}/{repo}/pulls", 200)
        return 200, [
            example | {"state": "closed", "merged_at": merged, "head": {"ref": branch, "sha": oid}}
            for name, branch, oid, merged in self.closed
            if name == values["repo"]
        ]

    def post_repos_owner_repo_pulls(self, values: dict[str, str], body: Any) -> tuple[int, Any]:
        pull = (values["repo"], body["head"], body["base"])
        if pull in self.pulls:
            return 422, {"message": "Validation Failed", "errors": [
                {"resource": "PullRequest", "code": "custom",
                 "message": "A pull request already exists."}]}  # fmt: skip
        self.pulls.append(pull)
        return 201, self._example("POST /repos/{owner}/{repo}/pulls", 201)


def _method(name: str) -> str:
    verb, path = name.split(" ")
    return verb.lower() + re.sub(r"[^a-z_]+", "_", path.replace("{", "").replace("}", "")).rstrip(
        "_"
    )


class _Handler(BaseHTTPRequestHandler):
    github: FakeGitHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_PUT(self) -> None:
        self._handle("PUT")

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
        if self.path.startswith("/git/"):
            self._git(verb, data)
        else:
            self._api(verb, data)

    def _api(self, verb: str, data: bytes) -> None:
        github = self.github
        github.requests.append(f"{verb} {self.path}")
        if self.headers.get("Authorization") not in (f"token {TOKEN}", f"Bearer {TOKEN}"):
            self._send(401, {"message": "Bad credentials"})
            return
        if github.interruptions:
            status, headers, body = github.interruptions.pop(0)
            reset = headers.get("X-RateLimit-Reset", "")
            if reset.startswith("+"):
                moment = math.ceil(time.time() + float(reset))
                headers = headers | {"X-RateLimit-Reset": str(moment)}
            self._send(status, body, headers)
            return
        body = json.loads(data) if data else None
        self._send(*github.answer(verb, self.path.split("?")[0], body))

    def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _git(self, verb: str, data: bytes) -> None:
        github = self.github
        github.requests.append(f"GIT {self.path}")
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                github.processes.append(
                    path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                )
            except OSError:
                continue
        login = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {login}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.removeprefix("/git").partition("?")
        env = os.environ | {
            "GIT_PROJECT_ROOT": str(github.folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
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
