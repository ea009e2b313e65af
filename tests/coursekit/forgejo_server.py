"""A small Forgejo, or Gitea, on this machine: its interface, checked against its description."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from forge_server import FakeForge, Swagger


class FakeForgejo(FakeForge):
    """Forgejo and Gitea as `coursekit.hosting.forgejo` needs them."""

    login = "coursekit"

    def __init__(self, folder: Path, organization: str, description: Path) -> None:
        self.description = Swagger(description)
        self.repositories: dict[str, dict[str, Any]] = {}
        self.collaborators: dict[str, dict[str, str]] = {}
        self.protected: set[str] = set()
        super().__init__(folder, organization)

    def is_let_in(self, headers: Any) -> bool:
        return bool(headers.get("Authorization") == f"token {self.token}")

    def roles(self, name: str) -> dict[str, str]:
        return dict(self.collaborators.get(name, {}))

    def make_repository(self, name: str) -> Path:
        self.repositories[name] = {"name": name, "default_branch": "main", "private": False}
        return self.init(name)

    def answer(
        self, verb: str, path: str, query: dict[str, str], body: Any
    ) -> tuple[int, Any, dict[str, str]]:
        route, values, wrong = self.description.match(verb, path, query, body)
        self.violations += wrong
        if not route or wrong:
            return 422, {"message": "; ".join(wrong)}, {}
        missing = "/repos/{owner}/{repo}" in route and values[1] not in self.repositories
        if missing:
            return 404, {"message": "GetUserByName", "errors": []}, {}
        found = self._answer(route, values, body or {})
        status, answer = found
        if isinstance(answer, list):
            return self.page(path, query, answer, "limit", 30)
        return status, answer, {}

    def _answer(self, route: str, values: list[str], body: dict[str, Any]) -> tuple[int, Any]:
        if route == "GET /user":
            return 200, {"login": "teacher"}
        if route == "GET /orgs/{org}":
            known = values[0] == self.organization
            return (200, {"username": values[0]}) if known else (404, {"message": "not found"})
        if route == "POST /orgs/{org}/repos":
            if body["name"] in self.repositories:
                return 409, {"message": "The repository with the same name already exists."}
            self.make_repository(body["name"])
            self.repositories[body["name"]] |= {
                "private": body.get("private", False), "description": body.get("description"),
            }  # fmt: skip
            return 201, self.repositories[body["name"]]
        name = values[1]
        if route == "GET /repos/{owner}/{repo}":
            return 200, self.repositories[name]
        if "/collaborators" in route:
            return self._collaborator(route, name, values, body)
        if "/branch_protections" in route:
            return self._protection(route, name, body)
        if "/pulls" in route or "/issues" in route:
            return self._talk(route, name, body)
        if route.endswith("/commits/{ref}/status"):
            state = {"passed": "success", "failed": "failure", "running": "pending"}
            found = self.checks.get(values[2], "")
            return 200, {"state": state.get(found, ""), "total_count": int(bool(found))}
        raise AssertionError(route)

    def _collaborator(
        self, route: str, name: str, values: list[str], body: dict[str, Any]
    ) -> tuple[int, Any]:
        there = self.collaborators.setdefault(name, {})
        if route.endswith("/collaborators"):
            return 200, [{"login": account} for account in sorted(there)]
        # Accounts are told apart without regard to case.
        account = next((name for name in there if name.lower() == values[2].lower()), values[2])
        if route.startswith("PUT"):
            if account.startswith("nobody"):
                return 422, {"message": f"user does not exist [uid: 0, name: {account}]"}
            there[account] = body["permission"]
            return 204, None
        if account not in there:
            return 404, {"message": "not found"}
        if route.startswith("DELETE"):
            del there[account]
            return 204, None
        return 200, {"permission": there[account], "user": {"login": account}}

    def _protection(self, route: str, name: str, body: dict[str, Any]) -> tuple[int, Any]:
        if route.startswith("POST"):
            if name in self.protected:
                return 403, {"message": "Branch protection already exist"}
            assert body["enable_push"], "nobody could push"
            self.protected.add(name)
            return 201, {"rule_name": "main"}
        known = name in self.protected
        return (200, {"rule_name": "main"}) if known else (404, {"message": "not found"})

    def _talk(self, route: str, name: str, body: dict[str, Any]) -> tuple[int, Any]:
        if route == "POST /repos/{owner}/{repo}/issues":
            self.issues.setdefault(name, []).append((body["title"], body["body"]))
            return 201, {"number": 1}
        if route == "GET /repos/{owner}/{repo}/issues":
            found = self.issues.get(name, [])
            return 200, [{"title": title, "body": text} for title, text in found]
        if route == "GET /repos/{owner}/{repo}/pulls":
            return 200, [
                {"state": "closed", "merged": bool(merged), "head": {"ref": branch, "sha": oid}}
                for repository, branch, oid, merged in self.closed
                if repository == name
            ] + [
                {"state": "open", "merged": False, "head": {"ref": branch, "sha": "0" * 40}}
                for repository, branch, _ in self.pulls
                if repository == name
            ]
        pull = (name, body["head"], body["base"])
        if pull in self.pulls:
            return 409, {"message": "pull request already exists for these targets [id: 1]"}
        tips = [self._tip(name, branch) for branch in pull[1:]]
        if tips[0] == tips[1]:
            return 422, {"message": "There are no changes between the head and the base"}
        self.pulls.append(pull)
        return 201, {"number": 1}

    def _tip(self, name: str, branch: str) -> str:
        return subprocess.run(
            ["git", "-C", self.bare(name), "rev-parse", branch],
            capture_output=True, text=True, check=False,
        ).stdout  # fmt: skip
