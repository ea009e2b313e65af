"""A small GitLab on this machine: its interface, checked against its description."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forge_server import FakeForge, Swagger

_FIRST_NUMBER = 1000
_ACCOUNTS: list[str] = []
_ROLES = {20: "reporter", 30: "developer", 40: "maintainer"}


class FakeGitLab(FakeForge):
    """GitLab as `coursekit.hosting.gitlab` needs it."""

    login = "oauth2"

    def __init__(self, folder: Path, organization: str, description: Path) -> None:
        self.description = Swagger(description)
        self.projects: dict[str, dict[str, Any]] = {}
        self.levels: dict[str, dict[str, int]] = {}
        # From project to who may push to main: GitLab begins with maintainers alone.
        self.pushers: dict[str, int] = {}
        super().__init__(folder, organization)

    @property
    def protected(self) -> set[str]:
        return {name for name, level in self.pushers.items() if level == 30}

    def is_let_in(self, headers: Any) -> bool:
        return bool(headers.get("PRIVATE-TOKEN") == self.token)

    def roles(self, name: str) -> dict[str, str]:
        return {account: _ROLES[level] for account, level in self.levels.get(name, {}).items()}

    def make_repository(self, name: str) -> Path:
        self.projects[name] = {"id": 7, "path": name, "default_branch": "main", "topics": []}
        self.pushers[name] = 40
        return self.init(name)

    def answer(
        self, verb: str, path: str, query: dict[str, str], body: Any
    ) -> tuple[int, Any, dict[str, str]]:
        route, values, wrong = self.description.match(verb, path, query, body)
        self.violations += wrong
        if not route or wrong:
            return 400, {"error": "; ".join(wrong)}, {}
        route = route.replace("/api/v4", "")
        if "/projects/{id}" in route:
            group, _, name = values[0].rpartition("/")
            if group != self.organization or name not in self.projects:
                return 404, {"message": "404 Project Not Found"}, {}
            status, answer = self._project(route, name, values, query, body or {})
        else:
            status, answer = self._other(route, values, query, body or {})
        if isinstance(answer, list):
            return self.page(path, query, answer, "per_page", 20)
        return status, answer, {}

    def _other(
        self, route: str, values: list[str], query: dict[str, str], body: dict[str, Any]
    ) -> tuple[int, Any]:
        if route == "GET /groups/{id}":
            known = values[0] == self.organization
            return (200, {"id": 3}) if known else (404, {"message": "404 Group Not Found"})
        if route == "GET /users":
            name = query["username"]
            found = [] if name.startswith("nobody") else [{"id": number(name), "username": name}]
            return 200, found
        assert route == "POST /projects", route
        if body["path"] in self.projects:
            taken = ["has already been taken"]
            return 400, {"message": {"name": taken, "path": taken}}
        assert body["namespace_id"] == 3
        self.make_repository(body["path"])
        self.projects[body["path"]] |= {"topics": body["topics"], "visibility": body["visibility"]}
        return 201, self.projects[body["path"]]

    def _project(
        self,
        route: str,
        name: str,
        values: list[str],
        query: dict[str, str],
        body: dict[str, Any],
    ) -> tuple[int, Any]:
        project = self.projects[name]
        if route == "GET /projects/{id}":
            return 200, project
        if route == "PUT /projects/{id}":
            project["topics"] = body["topics"]
            return 200, project
        if "/members" in route:
            return self._member(route, name, values, body)
        if "/protected_branches" in route:
            return self._protection(route, name, body)
        if route.endswith("/pipelines"):
            state = {"passed": "success", "failed": "failed", "running": "running"}
            found = self.checks.get(query["sha"], "")
            if not found:
                return 200, []
            return 200, [{"id": 1, "status": "failed"}, {"id": 2, "status": state[found]}]
        if route == "GET /projects/{id}/issues":
            found = self.issues.get(name, [])
            return 200, [{"title": title, "description": text} for title, text in found]
        if route == "POST /projects/{id}/issues":
            self.issues.setdefault(name, []).append((body["title"], body["description"]))
            return 201, {"iid": 1}
        if route == "GET /projects/{id}/merge_requests":
            return 200, [
                {"state": "merged" if merged else "closed", "sha": oid}
                for repository, branch, oid, merged in self.closed
                if (repository, branch) == (name, query["source_branch"])
            ]
        assert route == "POST /projects/{id}/merge_requests", route
        pull = (name, body["source_branch"], body["target_branch"])
        if pull in self.pulls:
            return 409, {"message": ["Another open merge request already exists: !38"]}
        self.pulls.append(pull)
        return 201, {"iid": 1}

    def _member(
        self, route: str, name: str, values: list[str], body: dict[str, Any]
    ) -> tuple[int, Any]:
        there = self.levels.setdefault(name, {})
        if route.startswith("GET"):
            return 200, [
                {"id": number(account), "username": account, "access_level": level}
                for account, level in sorted(there.items())
            ]
        if route.startswith("POST"):
            account = spelled(body["user_id"])
            if account in there:
                return 409, {"message": "Member already exists"}
            there[account] = body["access_level"]
            return 201, {"id": body["user_id"]}
        account = spelled(int(values[1]))
        if account not in there:
            return 404, {"message": "404 Not found"}
        if route.startswith("PUT"):
            there[account] = body["access_level"]
            return 200, {}
        del there[account]
        return 204, None

    def _protection(self, route: str, name: str, body: dict[str, Any]) -> tuple[int, Any]:
        if route.startswith("POST"):
            if name in self.pushers:
                return 409, {"message": "Protected branch 'main' already exists"}
            self.pushers[name] = body["push_access_level"]
            return 201, {"name": "main"}
        if name not in self.pushers:
            return 404, {"message": "404 Not found"}
        if route.startswith("DELETE"):
            del self.pushers[name]
            return 204, None
        level = {"access_level": self.pushers[name]}
        return 200, {"name": "main", "push_access_levels": [level], "allow_force_push": False}


def number(account: str) -> int:
    """The forge's own number of an account."""
    if account not in _ACCOUNTS:
        _ACCOUNTS.append(account)
    return _FIRST_NUMBER + _ACCOUNTS.index(account)


def spelled(identity: int) -> str:
    return _ACCOUNTS[identity - _FIRST_NUMBER]
