"""What a host of repositories does beyond the folder that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from coursekit.course.course import HostingSettings
from coursekit.course.roster import Team

# Where each team stood when a deadline ended: the staff's alone, never pushed or fetched.
DEADLINES = "refs/coursekit/deadlines/"


@dataclass(frozen=True, slots=True)
class Published:
    """A repository on a host: its address, whether it was made just now, and remarks."""

    address: str
    created: bool
    notes: tuple[str, ...] = ()


class Host(Protocol):
    """A place beyond the folder where repositories are published."""

    def check(self) -> None:
        """Check once that the host can be reached and lets us in.

        Raises:
            HostingError: If not; then no repository can be published.
        """
        ...

    def publish(self, team: Team, repository: Path, description: str) -> Published:
        """Make the repository if it is missing, with its settings and access, and push to it.

        Safe to repeat: what is there is left alone, what is missing is added.

        Raises:
            HostingError: If the host refuses or cannot be reached.
        """
        ...

    def members(self, slug: str) -> Mapping[str, str]:
        """From account, in lower case, to role: who has access to a repository, or an invitation.

        Raises:
            HostingError: If the host refuses or cannot be reached.
        """
        ...

    def grant(self, team: Team) -> tuple[str, ...]:
        """Give a team's members access to its repository; returns remarks.

        Raises:
            HostingError: If the host refuses or cannot be reached.
        """
        ...

    def withdraw(self, slug: str, account: str) -> None:
        """Take an account's access to a repository away.

        Raises:
            HostingError: If the host refuses or cannot be reached.
        """
        ...

    def announce(self, slug: str, mark: str, title: str, body: str) -> bool:
        """Open an issue, once for each occasion.

        Args:
            slug: The repository's name.
            mark: Names the occasion.
            title: The issue's title.
            body: The text, in Markdown.

        Returns:
            Whether it was opened; no where there is one for this occasion.

        Raises:
            HostingError: If the host refuses or cannot be reached.
        """
        ...

    def checks(self, slug: str, commit: str) -> str:
        """What the host's checks say of a commit: `passed`, `failed`, `running` or nothing.

        Raises:
            HostingError: If the host refuses or cannot be reached.
        """
        ...

    def fetch(self, team: Team, repository: Path) -> None:
        """Bring what the team has pushed into the folder's copy of its repository.

        The branch `template` and the record stay the folder's, unless the host has
        newer ones from another member of staff.

        Raises:
            HostingError: If the host refuses or cannot be reached.
        """
        ...

    def share_record(self, repository: Path, slug: str) -> None:
        """Push the template's branch and the record of what was received.

        Raises:
            HostingError: If the host refuses or cannot be reached.
        """
        ...

    def deliver(self, repository: Path, slug: str, branch: str, title: str, body: str) -> bool:
        """Push the template's branch and one other, and propose the other where it waits.

        Safe to repeat: what is there already is not pushed or proposed again.

        Args:
            repository: The folder's copy.
            slug: The repository's name.
            branch: The team's branch, or the one that waits to be merged into it.
            title: The proposal's title.
            body: The proposal's text, in Markdown.

        Returns:
            Whether it was taken; no where the team has closed the same proposal.

        Raises:
            HostingError: If the host refuses or cannot be reached.
        """
        ...


def addresses(settings: HostingSettings, slug: str) -> tuple[str, str]:
    """The addresses of a team's repository and of its site; empty where there is none.

    The path of a folder on this machine is no address: it means nothing to a team.
    """
    if settings.kind != "folder":
        site = ""
        public = settings.web_url == HostingSettings().web_url
        if settings.kind == "github" and settings.pages and public:
            site = f"https://{settings.organization.lower()}.github.io/{slug}/"
        return f"{settings.web_url}/{settings.organization}/{slug}", site
    return (f"{settings.address}/{slug}.git" if settings.address else ""), ""
