"""A small GitHub on this machine: its API, checked against its own description, and Git.

Every request must fit GitHub's OpenAPI description (path, parameters, body) and
carry the token; answers have the recorded shapes of its examples. Repositories
are real ones, served by `git http-backend`.
"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
from forge_server import FakeForge

DESCRIPTION = json.loads(
    (Path(__file__).parent / "data" / "github_operations.json").read_text(encoding="utf-8")
)["operations"]
TOKEN = "ghp_" + "S3cr3tS3cr3tS3cr3tS3cr3tS3cr3tS3cr3t"


class FakeGitHub(FakeForge):
    """GitHub as `coursekit.hosting.github` needs it."""

    token = TOKEN
    login = "x-access-token"
    git_prefix = "/git"

    def __init__(self, folder: Path, organization: str) -> None:
        super().__init__(folder, organization)
        self.repositories: dict[str, dict[str, Any]] = {}
        self.teams: dict[str, set[str]] = {}
        # Who has accepted; all others are invited.
        self.accepted: set[str] = set()
        self.access: dict[tuple[str, str], str] = {}
        self.protected: set[str] = set()
        self.pages: set[str] = set()
        self.refuse: dict[str, int] = {}

    def is_let_in(self, headers: Any) -> bool:
        return headers.get("Authorization") in (f"token {TOKEN}", f"Bearer {TOKEN}")

    def roles(self, name: str) -> dict[str, str]:
        """Who may do what with a repository."""
        role = self.access.get((name, name), "")
        return dict.fromkeys(self.teams.get(name, ()), role) if role else {}

    # The API -----------------------------------------------------------------

    def answer(
        self, verb: str, path: str, query: dict[str, str], body: Any
    ) -> tuple[int, Any, dict[str, str]]:
        """Do what GitHub does; the names follow its description."""
        name, values = self._operation(verb, path, body)
        if name is None:
            return 404, {"message": "Not Found"}, {}
        self._check_query(name, query)
        if name in self.refuse:
            return self.refuse[name], {"message": "Upgrade to GitHub Pro to enable this."}, {}
        status, answer = getattr(self, _method(name))(values, body or {})
        if str(status) not in DESCRIPTION[name]["answers"]:
            self.violations.append(f"{name} never answers {status}")
        if isinstance(answer, list):
            return self.page(path, query, answer, "per_page", 30)
        return status, answer, {}

    def _check_query(self, name: str, query: dict[str, str]) -> None:
        known = {one["name"]: one for one in DESCRIPTION[name]["parameters"]}
        for key, value in query.items():
            if key not in known:
                self.violations.append(f"{name} has no parameter {key!r}")
            elif value not in known[key]["schema"].get("enum", [value]):
                self.violations.append(f"{name}: {key} is {value!r}")

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
        path = self.init(name)
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

    def delete_orgs_org_teams_team_slug_memberships_username(
        self, values: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        members = self.teams.get(values["team_slug"], set())
        if values["username"] not in members:
            # GitHub's description names no 404, but its answers do.
            return 403, {"message": "not a member"}
        members.discard(values["username"])
        return 204, None

    def get_orgs_org_teams_team_slug_members(
        self, values: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        (example,) = self._example("GET /orgs/{org}/teams/{team_slug}/members", 200)
        found = sorted(self.teams.get(values["team_slug"], set()) & self.accepted)
        return 200, [example | {"login": account} for account in found]

    def get_orgs_org_teams_team_slug_invitations(
        self, values: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        (example,) = self._example("GET /orgs/{org}/teams/{team_slug}/invitations", 200)
        found = sorted(self.teams.get(values["team_slug"], set()) - self.accepted)
        return 200, [example | {"login": account} for account in found]

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

    def get_repos_owner_repo_issues(self, values: dict[str, str], body: Any) -> tuple[int, Any]:
        (example,) = self._example("GET /repos/{owner}/{repo}/issues", 200)
        return 200, [
            example | {"title": title, "body": text}
            for title, text in self.issues.get(values["repo"], [])
        ]

    def post_repos_owner_repo_issues(self, values: dict[str, str], body: Any) -> tuple[int, Any]:
        self.issues.setdefault(values["repo"], []).append((body["title"], body["body"]))
        return 201, self._example("POST /repos/{owner}/{repo}/issues", 201)

    def get_repos_owner_repo_commits_ref_check_runs(
        self, values: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        state = self.checks.get(values["ref"], "")
        if not state:
            return 200, {"total_count": 0, "check_runs": []}
        run = {"status": "in_progress", "conclusion": None}
        if state != "running":
            run = {
                "status": "completed",
                "conclusion": {"passed": "success", "failed": "failure"}[state],
            }
        return 200, {"total_count": 1, "check_runs": [run]}


def _method(name: str) -> str:
    verb, path = name.split(" ")
    return verb.lower() + re.sub(r"[^a-z_]+", "_", path.replace("{", "").replace("}", "")).rstrip(
        "_"
    )
