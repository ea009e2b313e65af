"""Repositories on a forge, whichever it is: made, pushed to, opened to their teams.

Safe to repeat, also after a run that was killed. The token travels in headers only: git
receives it through its environment, so it is in no argument list, remote address, log
or error.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from coursekit.course.roster import Team
from coursekit.errors import HostingError
from coursekit.git import network
from coursekit.git.network import Line
from coursekit.git.references import read_references
from coursekit.hosting import exchange
from coursekit.hosting.base import Published, addresses
from coursekit.hosting.forge import CLOSED, Forge, Found, Refused

BRANCHES = ("main", "template")
# Forges take no line breaks in a description, and GitHub 350 characters.
_MAX_DESCRIPTION = 350


class Remote:
    """A `Host` over a forge."""

    def __init__(self, forge: Forge) -> None:
        self.forge = forge
        self.settings = forge.settings

    def check(self) -> None:
        """Check that the organisation can be reached with the token.

        Raises:
            HostingError: If not.
        """
        self.forge.check()

    def publish(self, team: Team, repository: Path, description: str) -> Published:
        """Make what is missing of a team's repository, access and settings, and push to it.

        Raises:
            HostingError: If the forge refuses, cannot be reached, or has another
                repository of this name.
        """
        slug = team.slug
        notes: list[str] = []
        found = self.forge.find(slug)
        created = found is None
        if found is None:
            found = self._create(slug, " ".join(description.split())[:_MAX_DESCRIPTION])
        self._push(repository, slug)
        wanted = set(self.settings.topics)
        if not wanted <= set(found.topics):
            self.forge.set_topics(slug, sorted(wanted | set(found.topics)))
        notes += self.grant(team)
        if self.settings.protect_main:
            try:
                self.forge.protect(slug, BRANCHES[0])
            except Refused as error:
                # Private repositories of a free organisation cannot be protected everywhere.
                notes.append(f"main is not protected: {error}")
        if self.settings.pages:
            try:
                self.forge.publish_pages(slug)
            except HostingError as error:
                notes.append(f"no site: {error}")
        return Published(addresses(self.settings, slug)[0], created, tuple(notes))

    def _create(self, slug: str, description: str) -> Found:
        try:
            return self.forge.create(slug, description)
        except HostingError:
            # A request that was answered by an error may have done its work all the same.
            found = self.forge.find(slug)
            if found is None:
                raise
            return found

    def members(self, slug: str) -> Mapping[str, str]:
        """From account, in lower case, to role: who has access to a repository.

        Raises:
            HostingError: If the forge refuses or cannot be reached.
        """
        return self.forge.members(slug)

    def grant(self, team: Team) -> tuple[str, ...]:
        """Give a team's members access to its repository; returns remarks.

        Raises:
            HostingError: If the forge refuses or cannot be reached.
        """
        accounts = [member.github for member in team.members if member.github]
        notes: tuple[str, ...] = ()
        if len(accounts) < len(team.members):
            notes = (f"not every member has a {self.forge.name} account in the roster",)
        return notes + (self.forge.grant(team.slug, accounts) if accounts else ())

    def withdraw(self, slug: str, account: str) -> None:
        """Take an account's access to a repository away.

        Raises:
            HostingError: If the forge refuses or cannot be reached.
        """
        self.forge.withdraw(slug, account)

    def announce(self, slug: str, mark: str, title: str, body: str) -> bool:
        """Open an issue, once for each occasion.

        Args:
            slug: The repository's name.
            mark: Names the occasion; it stands in the issue where nobody sees it.
            title: The issue's title.
            body: The text, in Markdown.

        Returns:
            Whether it was opened; no where there is one for this occasion.

        Raises:
            HostingError: If the forge refuses or cannot be reached.
        """
        hidden = f"<!-- coursekit: {mark.replace('--', '-')} -->"
        if any(hidden in text for text in self.forge.issues(slug)):
            return False
        self.forge.open_issue(slug, title, f"{body}\n{hidden}\n")
        return True

    def checks(self, slug: str, commit: str) -> str:
        """What the forge's checks say of a commit: `passed`, `failed`, `running` or nothing.

        Raises:
            HostingError: If the forge refuses or cannot be reached.
        """
        return self.forge.checks(slug, commit)

    def fetch(self, team: Team, repository: Path) -> None:
        """Bring what the team has pushed into the folder's copy of its repository.

        Raises:
            HostingError: If the forge refuses or cannot be reached.
        """
        with self._line(repository) as line:
            exchange.fetch(line, repository, self._address(team.slug))

    def share_record(self, repository: Path, slug: str) -> None:
        """Push what the folder has on record about a repository.

        Raises:
            HostingError: If the forge refuses or cannot be reached.
        """
        with self._line(repository) as line:
            exchange.push(line, repository, self._address(slug))

    def deliver(self, repository: Path, slug: str, branch: str, title: str, body: str) -> bool:
        """Push the template's branch and one other, and propose to merge it where it waits.

        Returns:
            Whether it was taken; no where the team has closed the same proposal.

        Raises:
            HostingError: If the forge refuses or cannot be reached, or somebody
                has pushed to the branch meanwhile.
        """
        if branch == exchange.WAITING:
            tip = read_references(repository).get(f"refs/heads/{branch}")
            earlier = self.forge.proposals(slug, branch)
            if any(one.state == CLOSED and one.commit == tip for one in earlier):
                return False
        with self._line(repository) as line:
            exchange.push(line, repository, self._address(slug), branch)
        if branch == exchange.WAITING:
            found = self.forge.find(slug)
            into = found.default_branch if found else BRANCHES[0]
            self.forge.propose(slug, branch, into, title, body)
        return True

    def _address(self, slug: str) -> str:
        return f"{self.settings.web_url}/{self.settings.organization}/{slug}.git"

    def _line(self, repository: Path) -> AbstractContextManager[Line]:
        """A connection with the token in git's environment."""
        login = base64.b64encode(f"{self.forge.login}:{self.forge.token}".encode()).decode()
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
