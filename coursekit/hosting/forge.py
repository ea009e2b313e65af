"""What a forge (GitHub, GitLab, Forgejo) has to answer, so that one host serves them all.

A forge knows its own API and nothing of courses, of git or of what comes first; that
is `remote.Remote`'s. Everything may be asked again: what exists is found, not made twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from coursekit.course.course import HostingSettings
from coursekit.errors import HostingError
from coursekit.git import git

_T = TypeVar("_T")

# What became of a proposal.
OPEN = "open"
MERGED = "merged"
CLOSED = "closed"
# What a forge's checks say of a commit; an empty text where there are none.
PASSED = "passed"
BROKEN = "failed"
RUNNING = "running"

RETRIES = 8
TIMEOUT_SECONDS = 30
# Shorter pauses are nobody's concern.
_TOLD_SECONDS = 3


class Refused(HostingError):
    """The forge has answered, and the answer is no.

    Attributes:
        status: The HTTP status.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Found:
    """A repository as the forge has it."""

    default_branch: str
    topics: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Found:
        """From what a forge says of a repository."""
        return cls(str(row.get("default_branch") or "main"), tuple(row.get("topics") or ()))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pull or merge request: the commit that it ends with, and `open`, `merged` or `closed`."""

    commit: str
    state: str


class Forge(Protocol):
    """One kind of forge, with the account that a token lets us use.

    Attributes:
        name: What people call it.
        settings: The organisation or group, and how its repositories are set up.
        login: The name that git signs in with; the token is the password.
    """

    name: str
    settings: HostingSettings
    login: str
    token: str

    def check(self) -> None:
        """Check that the organisation can be reached with the token.

        Raises:
            HostingError: If not; so do all other methods.
        """
        ...

    def find(self, slug: str) -> Found | None:
        """A repository, or None."""
        ...

    def create(self, slug: str, description: str) -> Found:
        """Make an empty repository."""
        ...

    def set_topics(self, slug: str, topics: Sequence[str]) -> None:
        """Replace the topics."""
        ...

    def members(self, slug: str) -> Mapping[str, str]:
        """From account, in lower case, to role: who has been given access, also invited only."""
        ...

    def grant(self, slug: str, accounts: Sequence[str]) -> tuple[str, ...]:
        """Give access to those who lack it; returns remarks about those who cannot have it."""
        ...

    def withdraw(self, slug: str, account: str) -> None:
        """Take access, or an invitation, away; nothing happens where there is none."""
        ...

    def protect(self, slug: str, branch: str) -> None:
        """Forbid that a branch is deleted or its history replaced; the team may push to it."""
        ...

    def publish_pages(self, slug: str) -> None:
        """Let the repository's site be published."""
        ...

    def proposals(self, slug: str, branch: str) -> Sequence[Proposal]:
        """The proposals from a branch, whatever became of them."""
        ...

    def propose(self, slug: str, branch: str, into: str, title: str, body: str) -> None:
        """Propose to merge a branch; nothing happens where that is proposed, or merged, already."""
        ...

    def issues(self, slug: str) -> Sequence[str]:
        """The texts of all issues."""
        ...

    def open_issue(self, slug: str, title: str, body: str) -> None:
        """Open an issue."""
        ...

    def checks(self, slug: str, commit: str) -> str:
        """What the checks say of a commit: `passed`, `failed`, `running` or an empty text."""
        ...


def or_none(ask: Callable[[], _T]) -> _T | None:
    """What is there, or None where the forge says that nothing is."""
    try:
        return ask()
    except Refused as error:
        if error.status == 404:
            return None
        raise


def tell_pause(forge: str, seconds: float, on_wait: Callable[[str], None]) -> None:
    """Say in one sentence that a forge asks for a pause, if it is one that somebody would notice.

    Args:
        forge: What people call it.
        seconds: How long it is.
        on_wait: Told the sentence.
    """
    if seconds >= _TOLD_SECONDS:
        on_wait(f"{forge} asks for a pause of {math.ceil(seconds)} s; going on after it")


def unreachable(address: str, error: Exception) -> HostingError:
    """The error for a forge that gives no answer, as one sentence."""
    return HostingError(
        f"{address} cannot be reached ({type(error).__name__}); check the network, then run the "
        "same command again to go on"
    )


def explain(forge: str, variable: str, status: int, message: object) -> Refused:
    """The error for an answer of a forge, as one sentence without credentials.

    Args:
        forge: What people call it.
        variable: The environment variable with the token.
        status: The HTTP status.
        message: What the forge said: a text, or lists and objects of texts.
    """
    said = git.scrub(" ".join(_text(message).split()))[:300] or "no reason given"
    if status == 401:
        text = (
            f"{forge} does not accept the token; make a new one and put it into the environment "
            f"variable {variable}"
        )
    elif status == 403:
        text = (
            f"{forge} does not permit this ({said}); check the token's access to the organisation"
        )
    elif status == 429 or status >= 500:
        text = (
            f"{forge} answered {status} ({said}), also after some pauses; run the same command "
            "again later to go on"
        )
    else:
        text = f"{forge} answered {status} ({said})"
    return Refused(status, text)


def _text(message: object) -> str:
    if isinstance(message, Mapping):
        return "; ".join(f"{key}: {_text(value)}" for key, value in message.items())
    if isinstance(message, list | tuple):
        return "; ".join(map(_text, message))
    return "" if message is None else str(message)
