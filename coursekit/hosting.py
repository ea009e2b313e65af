"""Where repositories live: a folder of bare repositories, or GitHub.

The folder needs nothing else: teams reach it over a shared drive, SSH or any
Git server. With GitHub, the same folder is the staff's own copy, and each
repository is published from it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from coursekit.course import Course, HostingSettings
from coursekit.errors import HostingError
from coursekit.roster import Team

TOKEN_VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN")


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

    def fetch(self, team: Team, repository: Path) -> None:
        """Bring what the team has pushed into the folder's copy of its repository.

        The branch `template` stays the folder's: nobody else writes to it.

        Raises:
            HostingError: If the host refuses or cannot be reached.
        """
        ...

    def deliver(self, repository: Path, slug: str, branch: str, title: str, body: str) -> None:
        """Push the template's branch and one other, and propose the other where it waits.

        Safe to repeat: what is there already is not pushed or proposed again.

        Args:
            repository: The folder's copy.
            slug: The repository's name.
            branch: `main`, or the branch that waits to be merged into it.
            title: The proposal's title.
            body: The proposal's text, in Markdown.

        Raises:
            HostingError: If the host refuses or cannot be reached.
        """
        ...


def addresses(settings: HostingSettings, slug: str) -> tuple[str, str]:
    """The addresses of a team's repository and of its site; empty where there is none.

    The path of a folder on this machine is no address: it means nothing to a team.
    """
    if settings.kind == "github":
        site = ""
        if settings.pages and settings.web_url == HostingSettings().web_url:
            site = f"https://{settings.organization.lower()}.github.io/{slug}/"
        return f"{settings.web_url}/{settings.organization}/{slug}", site
    return (f"{settings.address}/{slug}.git" if settings.address else ""), ""


def open_host(course: Course, on_wait: Callable[[str], None] = lambda text: None) -> Host | None:
    """The host of a course, or None where its folder is all there is.

    Args:
        course: The course.
        on_wait: Told in one sentence when the host asks for a pause.

    Raises:
        HostingError: If there is no token in the environment.
    """
    if course.hosting.kind != "github":
        return None
    from coursekit.github import GitHub

    token = next((os.environ[name] for name in TOKEN_VARIABLES if os.environ.get(name)), "")
    if not token:
        raise HostingError(
            "there is no GitHub token; put one with access to the organisation's repositories "
            f"into the environment variable {TOKEN_VARIABLES[0]}"
        )
    return GitHub(course.hosting, token.strip(), on_wait)
