"""Publish repositories on GitHub: safe to repeat, at the pace that GitHub asks for.

PyGithub authenticates, spaces the requests (a write a second) and retries what
failed on the way; rate limits are waited out, the secondary ones, too. The
token travels in headers only: git receives it through its environment, so it
is in no argument list, remote address, log or error.

Reference: https://docs.github.com/rest, "Best practices" and "Rate limits".
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.course.course import HostingSettings
from coursekit.course.roster import Team
from coursekit.errors import HostingError
from coursekit.git import git, network
from coursekit.git.network import Line
from coursekit.hosting import exchange
from coursekit.hosting.base import Published, addresses

if TYPE_CHECKING:
    from github import Github
    from github.GithubRetry import GithubRetry

BRANCHES = ("main", "template")
_RETRIES = 8
_TIMEOUT_SECONDS = 30
# Shorter pauses are nobody's concern.
_TOLD_SECONDS = 3
_SECONDARY_WAIT_SECONDS = 60


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

    def __init__(
        self,
        settings: HostingSettings,
        token: str,
        on_wait: Callable[[str], None] = lambda text: None,
        *,
        write_pause_seconds: float = 1.0,
        secondary_wait_seconds: float = _SECONDARY_WAIT_SECONDS,
    ) -> None:
        self.settings = settings
        self._token = token
        self._api = _connect(
            settings.api_url, token, on_wait, write_pause_seconds, secondary_wait_seconds
        )

    def check(self) -> None:
        """Check that the organisation can be reached with the token.

        Raises:
            HostingError: If not.
        """
        if self._get(f"/orgs/{self.settings.organization}") is None:
            raise HostingError(
                f"GitHub has no organisation {self.settings.organization!r}, or the token may not "
                "see it; check organization in course.toml and the token's access"
            )

    def publish(self, team: Team, repository: Path, description: str) -> Published:
        """Make what is missing of a team's repository, access and settings, and push to it.

        Raises:
            HostingError: If GitHub refuses, cannot be reached, or has another
                repository of this name.
        """
        owner, slug = self.settings.organization, team.slug
        path = f"/repos/{owner}/{slug}"
        notes: list[str] = []
        found = self._get(path)
        created = found is None
        if found is None:
            found = self._create(slug, description)
        self._push(repository, slug)
        self._set_topics(path, found)
        self._give_access(team, path, notes)
        if self.settings.protect_main:
            self._protect(path, notes)
        if self.settings.pages:
            self._publish_pages(path, notes)
        return Published(addresses(self.settings, slug)[0], created, tuple(notes))

    def _create(self, slug: str, description: str) -> dict[str, Any]:
        owner = self.settings.organization
        body = {
            "name": slug,
            # GitHub takes no line breaks here, and 350 characters.
            "description": description[:350],
            "private": self.settings.visibility == "private",
            "has_wiki": False,
            "has_projects": False,
            "delete_branch_on_merge": True,
            "auto_init": False,
        }
        try:
            return self._call("POST", f"/orgs/{owner}/repos", body)
        except HostingError:
            # A request that was answered by an error may have done its work all the same.
            found = self._get(f"/repos/{owner}/{slug}")
            if found is None:
                raise
            return found

    def fetch(self, team: Team, repository: Path) -> None:
        """Bring what the team has pushed into the folder's copy of its repository.

        Raises:
            HostingError: If GitHub refuses or cannot be reached.
        """
        with self._line(repository) as line:
            exchange.fetch(line, repository, self._address(team.slug))

    def share_record(self, repository: Path, slug: str) -> None:
        """Push what the folder has on record about a repository.

        Raises:
            HostingError: If GitHub refuses or cannot be reached.
        """
        with self._line(repository) as line:
            exchange.push(line, repository, self._address(slug))

    def deliver(self, repository: Path, slug: str, branch: str, title: str, body: str) -> bool:
        """Push the template's branch and one other, and open a pull request where it waits.

        Returns:
            Whether it was taken; no where the team has closed the same proposal.

        Raises:
            HostingError: If GitHub refuses or cannot be reached, or somebody
                has pushed to the branch meanwhile.
        """
        if branch == exchange.WAITING and self._is_closed(repository, slug, branch):
            return False
        with self._line(repository) as line:
            exchange.push(line, repository, self._address(slug), branch)
        if branch == exchange.WAITING:
            self._propose(slug, branch, title, body)
        return True

    def _is_closed(self, repository: Path, slug: str, branch: str) -> bool:
        """Whether the team has closed a proposal of the same commit without merging it."""
        owner = self.settings.organization
        tip = network.read_references(repository).get(f"refs/heads/{branch}")
        query = f"?state=closed&head={owner}:{branch}&per_page=100"
        closed = self._list(f"/repos/{owner}/{slug}/pulls{query}")
        return any(
            pull.get("merged_at") is None and (pull.get("head") or {}).get("sha") == tip
            for pull in closed
        )

    def _propose(self, slug: str, branch: str, title: str, body: str) -> None:
        from github import GithubException

        path = f"/repos/{self.settings.organization}/{slug}"
        into = str((self._get(path) or {}).get("default_branch") or BRANCHES[0])
        request = {"title": title, "head": branch, "base": into, "body": body}
        try:
            self._call("POST", f"{path}/pulls", request)
        except HostingError as error:
            # GitHub says 422 where the same one is open, or there is nothing to merge.
            cause = error.__cause__
            if not (isinstance(cause, GithubException) and cause.status == 422):
                raise

    def _address(self, slug: str) -> str:
        return f"{self.settings.web_url}/{self.settings.organization}/{slug}.git"

    def _line(self, repository: Path) -> AbstractContextManager[Line]:
        """A connection with the token in git's environment."""
        login = base64.b64encode(f"x-access-token:{self._token}".encode()).decode()
        secrets = (
            (f"http.{self.settings.web_url}/.extraHeader", f"Authorization: Basic {login}"),
            ("http.followRedirects", "false"),
        )
        return network.line(repository, "http:https", secrets)

    def _push(self, repository: Path, slug: str) -> None:
        """Push what is missing to a repository; never onto what is there."""
        address = self._address(slug)
        with self._line(repository) as line:
            if not exchange.publish(line, repository, address, BRANCHES):
                raise HostingError(
                    f"{address} exists and was not made from this course; rename or delete it "
                    "there, or give the team another slug"
                )

    def _set_topics(self, path: str, found: dict[str, Any]) -> None:
        wanted, there = set(self.settings.topics), set(found.get("topics") or ())
        if not wanted <= there:
            self._call("PUT", f"{path}/topics", {"names": sorted(wanted | there)})

    def _give_access(self, team: Team, path: str, notes: list[str]) -> None:
        accounts = [member.github for member in team.members if member.github]
        if len(accounts) < len(team.members):
            notes.append("not every member has a GitHub account in the roster")
        if not accounts:
            return
        owner = self.settings.organization
        group = f"/orgs/{owner}/teams/{team.slug}"
        if self._get(group) is None:
            self._call("POST", f"/orgs/{owner}/teams", {"name": team.slug, "privacy": "closed"})
        for account in accounts:
            membership = f"{group}/memberships/{account}"
            if self._get(membership) is None:
                try:
                    self._call("PUT", membership, {"role": "member"})
                except HostingError as error:
                    notes.append(f"{account!r} was not invited: {error}")
        if not self._has(f"{group}{path}"):
            self._call("PUT", f"{group}{path}", {"permission": self.settings.permission})

    def _protect(self, path: str, notes: list[str]) -> None:
        protection = f"{path}/branches/{BRANCHES[0]}/protection"
        body = {
            "required_status_checks": None,
            "enforce_admins": None,
            "required_pull_request_reviews": None,
            "restrictions": None,
            "allow_force_pushes": False,
            "allow_deletions": False,
        }
        try:
            if self._get(protection) is None:
                self._call("PUT", protection, body)
        except HostingError as error:
            # Private repositories of a free organisation cannot be protected.
            notes.append(f"main is not protected: {error}")

    def _publish_pages(self, path: str, notes: list[str]) -> None:
        try:
            if self._get(f"{path}/pages") is None:
                self._call("POST", f"{path}/pages", {"build_type": "workflow"})
        except HostingError as error:
            notes.append(f"no site: {error}")

    def _get(self, path: str) -> dict[str, Any] | None:
        """What is there, or None."""
        from github import GithubException

        try:
            return self._call("GET", path)
        except HostingError as error:
            # PyGithub's own class for this covers only some of the messages.
            if isinstance(error.__cause__, GithubException) and error.__cause__.status == 404:
                return None
            raise

    def _list(self, path: str) -> list[dict[str, Any]]:
        """The rows of a listing's first page."""
        rows = self._request("GET", path)
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def _has(self, path: str) -> bool:
        """Whether something is there that answers without content."""
        return self._get(path) is not None

    def _call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = self._request(verb, path, body)
        return data if isinstance(data, dict) else {}

    def _request(self, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        from github import GithubException
        from requests import RequestException

        try:
            _, data = self._api.requester.requestJsonAndCheck(verb, path, input=body)
        except GithubException as error:
            raise HostingError(_explain(error.status, error.message)) from error
        except RequestException as error:
            raise HostingError(
                f"{self.settings.api_url} cannot be reached ({type(error).__name__}); check the "
                "network, then run the same command again to go on"
            ) from error
        return data


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
        timeout=_TIMEOUT_SECONDS,
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
            if seconds >= _TOLD_SECONDS:
                on_wait(f"GitHub asks for a pause of {math.ceil(seconds)} s; going on after it")
            super().sleep(response)

    return Patient(
        total=_RETRIES,
        backoff_factor=0.5,
        secondary_rate_wait=secondary_wait,
        status_forcelist=[429, *range(500, 600)],
        # Every call here may be repeated: what exists is looked up before it is made.
        allowed_methods=frozenset({"GET", "PUT", "POST"}),
    )


def _explain(status: int, message: str | None) -> str:
    """One sentence for an answer of GitHub."""
    said = git.scrub(" ".join(str(message or "no reason given").split()))[:300]
    if status == 401:
        return (
            "GitHub does not accept the token; make a new one and put it into the environment "
            "variable GITHUB_TOKEN"
        )
    if status == 403:
        return f"GitHub does not permit this ({said}); check the token's access to the organisation"
    return f"GitHub answered {status} ({said})"
