"""Forgejo's and Gitea's side: an organisation, with the team as each repository's collaborators.

Both answer the same to all that is asked here.

Reference: https://forgejo.org/docs/latest/user/api-usage/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from coursekit.course.course import HostingSettings
from coursekit.errors import HostingError
from coursekit.hosting.forge import (
    BROKEN,
    CLOSED,
    MERGED,
    OPEN,
    PASSED,
    RUNNING,
    Found,
    Proposal,
    Refused,
)
from coursekit.hosting.rest import Rest

_ROLES = {"pull": "read", "triage": "read", "push": "write", "maintain": "write", "admin": "admin"}
_CHECKS = {"success": PASSED, "warning": PASSED, "pending": RUNNING}


class Forgejo:
    """An organisation's account, as far as a token lets us in.

    Args:
        settings: The organisation, and how its repositories are set up.
        token: May create repositories there.
        on_wait: Told in one sentence when a pause is asked for.
        backoff_seconds: The first pause after a failure; it doubles.
    """

    # Any name will do; the token says who it is.
    login = "coursekit"

    def __init__(
        self,
        settings: HostingSettings,
        token: str,
        on_wait: Callable[[str], None] = lambda text: None,
        *,
        backoff_seconds: float = 0.5,
    ) -> None:
        self.name = "Gitea" if settings.kind == "gitea" else "Forgejo"
        self.settings = settings
        self.token = token
        self._rest = Rest(
            self.name, f"{self.name.upper()}_TOKEN", settings.api_url, "/api/v1",
            {"Authorization": f"token {token}"}, on_wait, backoff_seconds=backoff_seconds,
        )  # fmt: skip

    def check(self) -> None:
        """Check that the organisation can be reached with the token."""
        self._rest.call("GET", "/user")
        if self._rest.find(f"/orgs/{self.settings.organization}") is None:
            raise HostingError(
                f"{self.settings.web_url} has no organisation {self.settings.organization!r}, or "
                "the token may not see it; check organization in course.toml and the token's access"
            )

    def find(self, slug: str) -> Found | None:
        """A repository, or None."""
        found = self._rest.find(self._repository(slug))
        return self._found(found) if found is not None else None

    def create(self, slug: str, description: str) -> Found:
        """Make an empty repository."""
        body = {
            "name": slug,
            "description": description,
            "private": self.settings.visibility == "private",
            "auto_init": False,
            "default_branch": "main",
        }
        return self._found(
            self._rest.call("POST", f"/orgs/{self.settings.organization}/repos", body)
        )

    def set_topics(self, slug: str, topics: Sequence[str]) -> None:
        """Nothing: topics here are for finding public projects."""

    def members(self, slug: str) -> Mapping[str, str]:
        """The collaborators and what each may do."""
        path = f"{self._repository(slug)}/collaborators"
        found = {}
        for row in self._rest.rows(f"{path}?limit=50"):
            account = str(row.get("login", "")).lower()
            about = self._rest.find(f"{path}/{quote(account, safe='')}/permission") or {}
            found[account] = str(about.get("permission", ""))
        return found

    def grant(self, slug: str, accounts: Sequence[str]) -> tuple[str, ...]:
        """Make accounts collaborators who lack the role."""
        notes = []
        there = self.members(slug)
        role = _ROLES[self.settings.permission]
        for account in accounts:
            if there.get(account.lower()) == role:
                continue
            path = f"{self._repository(slug)}/collaborators/{quote(account, safe='')}"
            try:
                self._rest.call("PUT", path, {"permission": role})
            except Refused as error:
                if error.status not in (404, 422):
                    raise
                notes.append(f"{account!r} was not given access: {error}")
        return tuple(notes)

    def withdraw(self, slug: str, account: str) -> None:
        """Take a collaborator out."""
        path = f"{self._repository(slug)}/collaborators/{quote(account, safe='')}"
        try:
            self._rest.call("DELETE", path)
        except Refused as error:
            if error.status not in (404, 422):
                raise

    def protect(self, slug: str, branch: str) -> None:
        """Protect a branch: nobody forces or deletes it, who may write pushes to it."""
        path = f"{self._repository(slug)}/branch_protections"
        if self._rest.find(f"{path}/{quote(branch, safe='')}") is not None:
            return
        body = {"rule_name": branch, "enable_push": True, "enable_push_whitelist": False}
        try:
            self._rest.call("POST", path, body)
        except Refused:
            # 403 says that there is one already, or that it is not permitted.
            if self._rest.find(f"{path}/{quote(branch, safe='')}") is None:
                raise

    def publish_pages(self, slug: str) -> None:
        """Say that there is no such thing."""
        raise HostingError(
            f"{self.name} publishes no sites by itself; set pages = false in course.toml"
        )

    def proposals(self, slug: str, branch: str) -> Sequence[Proposal]:
        """The pull requests from a branch."""
        found = []
        for row in self._rest.rows(f"{self._repository(slug)}/pulls?state=all&limit=50"):
            head = row.get("head") or {}
            if branch not in (head.get("ref"), head.get("label")):
                continue
            state = OPEN if row.get("state") == "open" else MERGED if row.get("merged") else CLOSED
            found.append(Proposal(str(head.get("sha")), state))
        return found

    def propose(self, slug: str, branch: str, into: str, title: str, body: str) -> None:
        """Open a pull request."""
        request = {"title": title, "head": branch, "base": into, "body": body}
        try:
            self._rest.call("POST", f"{self._repository(slug)}/pulls", request)
        except Refused as error:
            # 409: the same one is open; 422: there is nothing to merge.
            if error.status not in (409, 422):
                raise

    def issues(self, slug: str) -> Sequence[str]:
        """The texts of all issues."""
        rows = self._rest.rows(f"{self._repository(slug)}/issues?state=all&type=issues&limit=50")
        return [str(row.get("body") or "") for row in rows]

    def open_issue(self, slug: str, title: str, body: str) -> None:
        """Open an issue."""
        self._rest.call("POST", f"{self._repository(slug)}/issues", {"title": title, "body": body})

    def checks(self, slug: str, commit: str) -> str:
        """What all statuses of a commit say together."""
        found = self._rest.find(f"{self._repository(slug)}/commits/{commit}/status") or {}
        if not found.get("total_count"):
            return ""
        return _CHECKS.get(str(found.get("state")), BROKEN)

    def _repository(self, slug: str) -> str:
        return f"/repos/{self.settings.organization}/{slug}"

    @staticmethod
    def _found(row: Mapping[str, Any]) -> Found:
        return Found(str(row.get("default_branch") or "main"))
