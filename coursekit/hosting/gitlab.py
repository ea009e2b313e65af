"""GitLab's side: a group, with the team as each project's members.

python-gitlab authenticates, follows pages, and waits where GitLab asks for it.

Reference: https://docs.gitlab.com/api/rest/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from coursekit.course.course import HostingSettings
from coursekit.errors import HostingError
from coursekit.hosting.forge import (
    BROKEN,
    CLOSED,
    MERGED,
    OPEN,
    PASSED,
    RETRIES,
    RUNNING,
    TIMEOUT_SECONDS,
    Found,
    Proposal,
    Refused,
    explain,
    or_none,
    tell_pause,
    unreachable,
)

if TYPE_CHECKING:
    from gitlab import Gitlab as Client
    from requests import Response, Session

_DEVELOPER = 30
_ROLES = {"pull": 20, "triage": 20, "push": _DEVELOPER, "maintain": 40, "admin": 50}
_NAMES = {20: "reporter", 30: "developer", 40: "maintainer", 50: "owner"}
_STATES = {"opened": OPEN, "locked": OPEN, "merged": MERGED}
_CHECKS = {"success": PASSED, "skipped": PASSED, "failed": BROKEN, "canceled": BROKEN}


class GitLab:
    """A group's account, as far as a token lets us in.

    Args:
        settings: The group (its full path), and how its projects are set up.
        token: May create projects there (scopes `api` and `write_repository`).
        on_wait: Told in one sentence when GitLab asks for a pause.

    Raises:
        HostingError: If python-gitlab is not installed.
    """

    name = "GitLab"
    login = "oauth2"

    def __init__(
        self,
        settings: HostingSettings,
        token: str,
        on_wait: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.settings = settings
        self.token = token
        self._api = _connect(settings.api_url, token, on_wait)

    def check(self) -> None:
        """Check that the group can be reached with the token."""
        if self._get(self._group()) is None:
            raise HostingError(
                f"{self.settings.web_url} has no group {self.settings.organization!r}, or the "
                "token may not see it; check organization in course.toml and the token's access"
            )

    def find(self, slug: str) -> Found | None:
        """A project, or None."""
        found = self._get(self._project(slug))
        return Found.of(found) if found is not None else None

    def create(self, slug: str, description: str) -> Found:
        """Make an empty project."""
        group = self._call("get", self._group())
        body = {
            "name": slug,
            "path": slug,
            "namespace_id": group["id"],
            "description": description,
            "visibility": self.settings.visibility,
            "topics": list(self.settings.topics),
            "remove_source_branch_after_merge": True,
        }
        return Found.of(self._call("post", "/projects", body))

    def set_topics(self, slug: str, topics: Sequence[str]) -> None:
        """Replace the topics."""
        self._call("put", self._project(slug), {"topics": list(topics)})

    def members(self, slug: str) -> Mapping[str, str]:
        """The project's own members; those of the group are not the team's."""
        return {
            account: _NAMES.get(level, str(level))
            for account, (_, level) in self._members(slug).items()
        }

    def grant(self, slug: str, accounts: Sequence[str]) -> tuple[str, ...]:
        """Make accounts members who are not, or with another role."""
        notes = []
        there = self._members(slug)
        role = _ROLES[self.settings.permission]
        members = f"{self._project(slug)}/members"
        for account in accounts:
            identity, level = there.get(account.lower(), (0, 0))
            if level == role:
                continue
            if identity:
                self._call("put", f"{members}/{identity}", {"access_level": role})
                continue
            rows = list(self._list("/users", {"username": account}))
            if not rows:
                notes.append(f"{account!r} was not given access: GitLab has no such account")
                continue
            body = {"user_id": rows[0]["id"], "access_level": role}
            try:
                self._call("post", members, body)
            except Refused as error:
                # Inherited from the group; then there is nothing to add.
                if error.status != 409:
                    raise
        return tuple(notes)

    def withdraw(self, slug: str, account: str) -> None:
        """Take a member out of the project."""
        identity, _ = self._members(slug).get(account.lower(), (0, 0))
        if not identity:
            return
        try:
            self._call("delete", f"{self._project(slug)}/members/{identity}")
        except Refused as error:
            if error.status != 404:
                raise

    def protect(self, slug: str, branch: str) -> None:
        """Protect a branch so that developers may push to it.

        GitLab protects the first branch of a project by itself, for maintainers alone.
        """
        branches = f"{self._project(slug)}/protected_branches"
        name = quote(branch, safe="")
        found = self._get(f"{branches}/{name}")
        if found is not None:
            levels = [row.get("access_level") or 0 for row in found.get("push_access_levels") or ()]
            open_to_all = any(0 < level <= _DEVELOPER for level in levels)
            if open_to_all and not found.get("allow_force_push"):
                return
            self._call("delete", f"{branches}/{name}")
        body = {
            "name": branch,
            "push_access_level": _DEVELOPER,
            "merge_access_level": _DEVELOPER,
            "allow_force_push": False,
        }
        try:
            self._call("post", branches, body)
        except Refused as error:
            if error.status != 409:
                raise

    def publish_pages(self, slug: str) -> None:
        """Say what it takes."""
        raise HostingError(
            "GitLab publishes a site by a job of the repository's own .gitlab-ci.yml; set "
            "pages = false in course.toml"
        )

    def proposals(self, slug: str, branch: str) -> Sequence[Proposal]:
        """The merge requests from a branch."""
        query = {"source_branch": branch, "state": "all"}
        return [
            Proposal(str(row.get("sha")), _STATES.get(str(row.get("state")), CLOSED))
            for row in self._list(f"{self._project(slug)}/merge_requests", query)
        ]

    def propose(self, slug: str, branch: str, into: str, title: str, body: str) -> None:
        """Open a merge request."""
        request = {
            "source_branch": branch, "target_branch": into, "title": title, "description": body,
        }  # fmt: skip
        try:
            self._call("post", f"{self._project(slug)}/merge_requests", request)
        except Refused as error:
            # The same one is open.
            if error.status != 409:
                raise

    def issues(self, slug: str) -> Sequence[str]:
        """The texts of all issues."""
        rows = self._list(f"{self._project(slug)}/issues", {})
        return [str(row.get("description") or "") for row in rows]

    def open_issue(self, slug: str, title: str, body: str) -> None:
        """Open an issue."""
        self._call("post", f"{self._project(slug)}/issues", {"title": title, "description": body})

    def checks(self, slug: str, commit: str) -> str:
        """What the newest pipeline of a commit says."""
        rows = self._list(f"{self._project(slug)}/pipelines", {"sha": commit})
        newest = max(rows, key=lambda row: int(row.get("id") or 0), default=None)
        return _CHECKS.get(str(newest.get("status")), RUNNING) if newest else ""

    def _members(self, slug: str) -> dict[str, tuple[int, int]]:
        """From account to its number and level."""
        return {
            str(row["username"]).lower(): (int(row["id"]), int(row["access_level"]))
            for row in self._list(f"{self._project(slug)}/members", {})
        }

    def _group(self) -> str:
        return f"/groups/{quote(self.settings.organization, safe='')}"

    def _project(self, slug: str) -> str:
        return f"/projects/{quote(f'{self.settings.organization}/{slug}', safe='')}"

    def _get(self, path: str) -> dict[str, Any] | None:
        return or_none(lambda: self._call("get", path))

    def _call(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        with _explained(self.settings.api_url):
            # A change that was answered by an error may be done: whoever asked looks first.
            answer: Response = self._api.http_request(
                verb, path, post_data=dict(body) if body else None, max_retries=RETRIES,
                retry_transient_errors=verb != "post",
            )  # fmt: skip
            data = answer.json() if answer.content.strip() else {}
        return data if isinstance(data, dict) else {}

    def _list(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        with _explained(self.settings.api_url):
            rows = self._api.http_list(
                path, query_data={"per_page": 100, **query}, iterator=True, max_retries=RETRIES,
                retry_transient_errors=True,
            )  # fmt: skip
            yield from (row for row in rows if isinstance(row, dict))


class _explained:  # read as a word: with _explained(…)
    """Turn the client's errors into ours."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from gitlab.exceptions import GitlabError
        from requests import RequestException

        if isinstance(error, GitlabError) and error.response_code:
            status = error.response_code
            raise explain("GitLab", "GITLAB_TOKEN", status, error.error_message) from error
        if isinstance(error, GitlabError | ValueError):
            raise HostingError(
                f"{self.url} answers with something that is not GitLab's; check api_url in "
                "course.toml"
            ) from error
        if isinstance(error, RequestException):
            raise unreachable(self.url, error) from error


def _connect(url: str, token: str, on_wait: Callable[[str], None]) -> Client:
    try:
        from gitlab import Gitlab as Client
    except ImportError as error:
        raise HostingError(
            "GitLab needs one more package; install it: pip install 'coursekit[gitlab]'"
        ) from error
    return Client(
        url,
        private_token=token,
        timeout=TIMEOUT_SECONDS,
        user_agent="coursekit",
        per_page=100,
        session=_session(on_wait),
    )


def _session(on_wait: Callable[[str], None]) -> Session:
    """A session that tells of pauses, and whom nobody's ~/.netrc tells anything."""
    from requests import Session

    def tell(answer: Response, *arguments: Any, **settings: Any) -> None:
        said = answer.headers.get("Retry-After", "")
        if answer.status_code == 429 and said.isdigit():
            tell_pause("GitLab", float(said), on_wait)

    session = Session()
    session.trust_env = False
    session.hooks["response"].append(tell)
    return session
