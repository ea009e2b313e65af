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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.course.course import HostingSettings
from coursekit.course.roster import Team
from coursekit.errors import HostingError
from coursekit.git import git
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
        self._git(
            repository, "fetch", "--quiet", "--no-tags", "--", self._address(team.slug),
            "+refs/heads/*:refs/heads/*", f"^refs/heads/{BRANCHES[1]}",
        )  # fmt: skip

    def deliver(self, repository: Path, slug: str, branch: str, title: str, body: str) -> None:
        """Push the template's branch and one other, and open a pull request where it waits.

        Raises:
            HostingError: If GitHub refuses or cannot be reached, or somebody
                has pushed to the branch meanwhile.
        """
        address = self._address(slug)
        there = _heads(self._git(repository, "ls-remote", "--heads", "--", address))
        local = _local_heads(repository)
        names = [f"refs/heads/{name}" for name in (BRANCHES[1], branch)]
        changed = [name for name in names if name in local and local[name] != there.get(name)]
        if changed:
            # Only the waiting branch is ever replaced, and only what was just seen of it.
            waiting = f"refs/heads/{branch}"
            lease = []
            if branch not in BRANCHES and waiting in changed:
                lease = [f"--force-with-lease={waiting}:{there.get(waiting, '')}"]
            specs = [f"{name}:{name}" for name in changed]
            self._git(repository, "push", "--quiet", *lease, "--", address, *specs)
        if branch not in BRANCHES:
            self._propose(slug, branch, title, body)

    def _propose(self, slug: str, branch: str, title: str, body: str) -> None:
        from github import GithubException

        path = f"/repos/{self.settings.organization}/{slug}/pulls"
        request = {"title": title, "head": branch, "base": BRANCHES[0], "body": body}
        try:
            self._call("POST", path, request)
        except HostingError as error:
            # GitHub says 422 where the same one is open, or there is nothing to merge.
            cause = error.__cause__
            if not (isinstance(cause, GithubException) and cause.status == 422):
                raise

    def _address(self, slug: str) -> str:
        return f"{self.settings.web_url}/{self.settings.organization}/{slug}.git"

    def _git(self, repository: Path, *arguments: str) -> bytes:
        """Run git with the token in its environment."""
        login = base64.b64encode(f"x-access-token:{self._token}".encode()).decode()
        secrets = (
            (f"http.{self.settings.web_url}/.extraHeader", f"Authorization: Basic {login}"),
            ("http.followRedirects", "false"),
        )
        return git.run(
            *arguments, git_dir=repository, protocols="http:https", personal=True, secrets=secrets
        )

    def _push(self, repository: Path, slug: str) -> None:
        """Push both branches to a repository that has none; never onto what is there."""
        address = self._address(slug)
        there = _heads(self._git(repository, "ls-remote", "--heads", "--", address))
        local = _local_heads(repository)
        ours = f"refs/heads/{BRANCHES[1]}" in there or there.items() <= local.items()
        if not (ours or self._began_here(repository, address, there, local)):
            raise HostingError(
                f"{address} exists and was not made from this course; rename or delete it there, "
                "or give the team another slug"
            )
        for name in BRANCHES:
            reference = f"refs/heads/{name}"
            if reference not in there:
                # One after the other: the first branch becomes the default one on GitHub.
                self._git(repository, "push", "--quiet", "--", address, f"{reference}:{reference}")

    def _began_here(
        self, repository: Path, address: str, there: dict[str, str], local: dict[str, str]
    ) -> bool:
        """Whether a team has gone on from our first commit before all of it was pushed."""
        main, pristine = (f"refs/heads/{name}" for name in BRANCHES)
        if main not in there or pristine not in local:
            return False
        self._git(repository, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--",
                  address, main)  # fmt: skip
        arguments = ("merge-base", "--is-ancestor", local[pristine], there[main])
        return git.attempt(*arguments, git_dir=repository).returncode == 0

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

    def _has(self, path: str) -> bool:
        """Whether something is there that answers without content."""
        return self._get(path) is not None

    def _call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
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
        return data if isinstance(data, dict) else {}


def _local_heads(repository: Path) -> dict[str, str]:
    listing = "--format=%(objectname) %(refname)"
    return _heads(git.run("for-each-ref", listing, "refs/heads/", git_dir=repository))


def _heads(listing: bytes) -> dict[str, str]:
    """From reference to commit, out of lines with the commit first."""
    pairs = (line.split(maxsplit=1) for line in listing.decode("utf-8", "replace").splitlines())
    return {name: oid for oid, name in pairs}


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
