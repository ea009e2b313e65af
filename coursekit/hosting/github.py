"""GitHub's side: an organisation, with a team of the same name for each repository.

PyGithub authenticates, spaces the requests (a write a second) and retries what
failed on the way; rate limits are waited out, the secondary ones, too.

Reference: https://docs.github.com/rest, "Best practices" and "Rate limits".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

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
    from github import Github
    from github.GithubRetry import GithubRetry

_SECONDARY_WAIT_SECONDS = 60
# Between two changes.
_WRITE_PAUSE_SECONDS = 1.0
# A conclusion of a check run that stops nobody.
_FINE = ("success", "neutral", "skipped")


class GitHub:
    """The organisation's account, as far as a token lets us in.

    Args:
        settings: The organisation, and how its repositories are set up.
        token: May create repositories and teams there.
        on_wait: Told in one sentence when GitHub asks for a pause.
        write_pause_seconds: Between two changes; GitHub asks for one second.

    Raises:
        HostingError: If PyGithub is not installed.
    """

    name = "GitHub"
    login = "x-access-token"

    def __init__(
        self,
        settings: HostingSettings,
        token: str,
        on_wait: Callable[[str], None] = lambda text: None,
        *,
        write_pause_seconds: float | None = None,
        secondary_wait_seconds: float = _SECONDARY_WAIT_SECONDS,
    ) -> None:
        self.settings = settings
        self.token = token
        pause = _WRITE_PAUSE_SECONDS if write_pause_seconds is None else write_pause_seconds
        self._api = _connect(settings.api_url, token, on_wait, pause, secondary_wait_seconds)
        self._organization = f"/orgs/{settings.organization}"
        # A team has the name of its repository.
        self._team = f"{self._organization}/teams"

    def check(self) -> None:
        """Check that the organisation can be reached with the token."""
        if self._get(self._organization) is None:
            raise HostingError(
                f"GitHub has no organisation {self.settings.organization!r}, or the token may not "
                "see it; check organization in course.toml and the token's access"
            )

    def find(self, slug: str) -> Found | None:
        """A repository, or None."""
        found = self._get(self._repository(slug))
        return Found.of(found) if found is not None else None

    def create(self, slug: str, description: str) -> Found:
        """Make an empty repository."""
        body = {
            "name": slug,
            "description": description,
            "private": self.settings.visibility == "private",
            "has_wiki": False,
            "has_projects": False,
            "delete_branch_on_merge": True,
            "auto_init": False,
        }
        return Found.of(self._call("POST", f"{self._organization}/repos", body))

    def set_topics(self, slug: str, topics: Sequence[str]) -> None:
        """Replace the topics."""
        self._call("PUT", f"{self._repository(slug)}/topics", {"names": list(topics)})

    def members(self, slug: str) -> Mapping[str, str]:
        """The members of the repository's team, and whom it has invited."""
        team = f"{self._team}/{slug}"
        try:
            rows = [*self._list(f"{team}/members"), *self._list(f"{team}/invitations")]
        except Refused as error:
            if error.status == 404:
                return {}
            raise
        # Somebody who was invited by an address has no account yet.
        logins = [str(row["login"]).lower() for row in rows if row.get("login")]
        return dict.fromkeys(logins, self.settings.permission)

    def grant(self, slug: str, accounts: Sequence[str]) -> tuple[str, ...]:
        """Make the team, invite its members, and give it the repository."""
        notes = []
        team = f"{self._team}/{slug}"
        if self._get(team) is None:
            self._call("POST", self._team, {"name": slug, "privacy": "closed"})
        for account in accounts:
            membership = f"{team}/memberships/{account}"
            if self._get(membership) is None:
                try:
                    self._call("PUT", membership, {"role": "member"})
                except HostingError as error:
                    notes.append(f"{account!r} was not invited: {error}")
        if self._get(f"{team}{self._repository(slug)}") is None:
            body = {"permission": self.settings.permission}
            self._call("PUT", f"{team}{self._repository(slug)}", body)
        return tuple(notes)

    def withdraw(self, slug: str, account: str) -> None:
        """Take somebody out of the team, or their invitation back."""
        try:
            self._call("DELETE", f"{self._team}/{slug}/memberships/{account}")
        except Refused as error:
            if error.status != 404:
                raise

    def protect(self, slug: str, branch: str) -> None:
        """Forbid that a branch is deleted or its history replaced."""
        protection = f"{self._repository(slug)}/branches/{branch}/protection"
        body = {
            "required_status_checks": None,
            "enforce_admins": None,
            "required_pull_request_reviews": None,
            "restrictions": None,
            "allow_force_pushes": False,
            "allow_deletions": False,
        }
        if self._get(protection) is None:
            self._call("PUT", protection, body)

    def publish_pages(self, slug: str) -> None:
        """Let the repository's workflow publish its site."""
        pages = f"{self._repository(slug)}/pages"
        if self._get(pages) is None:
            self._call("POST", pages, {"build_type": "workflow"})

    def proposals(self, slug: str, branch: str) -> Sequence[Proposal]:
        """The pull requests from a branch."""
        head = f"{self.settings.organization}:{branch}"
        rows = self._list(f"{self._repository(slug)}/pulls", f"state=all&head={head}&")
        return [
            Proposal(
                str((row.get("head") or {}).get("sha")),
                OPEN if row.get("state") == "open" else MERGED if row.get("merged_at") else CLOSED,
            )
            for row in rows
        ]

    def propose(self, slug: str, branch: str, into: str, title: str, body: str) -> None:
        """Open a pull request."""
        request = {"title": title, "head": branch, "base": into, "body": body}
        try:
            self._call("POST", f"{self._repository(slug)}/pulls", request)
        except Refused as error:
            # GitHub says 422 where the same one is open, or there is nothing to merge.
            if error.status != 422:
                raise

    def issues(self, slug: str) -> Sequence[str]:
        """The texts of all issues."""
        rows = self._list(f"{self._repository(slug)}/issues", "state=all&")
        return [str(row.get("body") or "") for row in rows]

    def open_issue(self, slug: str, title: str, body: str) -> None:
        """Open an issue."""
        self._call("POST", f"{self._repository(slug)}/issues", {"title": title, "body": body})

    def checks(self, slug: str, commit: str) -> str:
        """What the check runs of a commit say together."""
        path = f"{self._repository(slug)}/commits/{commit}/check-runs"
        runs = self._call("GET", f"{path}?per_page=100").get("check_runs") or []
        if not runs:
            return ""
        if any(run.get("status") != "completed" for run in runs):
            return RUNNING
        return PASSED if all(run.get("conclusion") in _FINE for run in runs) else BROKEN

    def _repository(self, slug: str) -> str:
        return f"/repos/{self.settings.organization}/{slug}"

    def _get(self, path: str) -> dict[str, Any] | None:
        """What is there, or None."""
        # PyGithub's own class for what is missing covers only some of the messages.
        return or_none(lambda: self._call("GET", path))

    def _list(self, path: str, query: str = "") -> Iterator[dict[str, Any]]:
        """The rows of all pages of a listing."""
        page = 1
        while True:
            headers, rows = self._request("GET", f"{path}?{query}per_page=100&page={page}")
            yield from (row for row in rows or () if isinstance(row, dict))
            if 'rel="next"' not in str(headers.get("link", "")):
                return
            page += 1

    def _call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        _, data = self._request(verb, path, body)
        return data if isinstance(data, dict) else {}

    def _request(
        self, verb: str, path: str, body: dict[str, Any] | None = None
    ) -> tuple[Mapping[str, Any], Any]:
        from github import GithubException
        from requests import RequestException

        try:
            return self._api.requester.requestJsonAndCheck(verb, path, input=body)
        except GithubException as error:
            raise explain(self.name, "GITHUB_TOKEN", error.status, error.message) from error
        except RequestException as error:
            raise unreachable(self.settings.api_url, error) from error


def _connect(
    url: str,
    token: str,
    on_wait: Callable[[str], None],
    pause: float,
    secondary_wait: float,
) -> Github:
    try:
        from github import Auth, Github
    except ImportError as error:
        raise HostingError(
            "GitHub needs one more package; install it: pip install 'coursekit[github]'"
        ) from error
    return Github(
        auth=Auth.Token(token),
        base_url=url,
        timeout=TIMEOUT_SECONDS,
        user_agent="coursekit",
        per_page=100,
        seconds_between_requests=min(0.1, pause),
        seconds_between_writes=pause,
        retry=_retry(on_wait, secondary_wait),
        lazy=True,
    )


def _retry(on_wait: Callable[[str], None], secondary_wait: float) -> GithubRetry:
    from github.GithubRetry import GithubRetry

    class Patient(GithubRetry):
        """Waits as long as GitHub says, and says so."""

        def increment(self, *arguments: Any, **settings: Any) -> Any:
            response = settings.get("response")
            if response is not None and response.status == 429:
                # GitHub uses both codes for its limits; only the other one is looked into.
                response.status = 403
            return super().increment(*arguments, **settings)

        def sleep(self, response: Any = None) -> None:
            seconds = (self.get_retry_after(response) if response else None) or (
                self.get_backoff_time()
            )
            tell_pause("GitHub", seconds, on_wait)
            super().sleep(response)

    return Patient(
        total=RETRIES,
        backoff_factor=0.5,
        secondary_rate_wait=secondary_wait,
        status_forcelist=[429, *range(500, 600)],
        # Every call here may be repeated: what exists is looked up before it is made.
        allowed_methods=frozenset({"GET", "PUT", "POST", "DELETE"}),
    )
