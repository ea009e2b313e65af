"""The commits of a branch, and which of them the branch itself has stood at.

A commit's date is what its author's computer says, and a branch's history holds
whatever was merged into it. What counts for a deadline is where the branch stood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from coursekit.git.reader import Logged
from coursekit.git.repository import Repository

_MAX_COMMITS = 20_000
# The subject that git gives a merge of the published branch into somebody's copy of it.
_PULL = re.compile(
    r"Merge (?:remote-tracking )?branch '(?:[\w.-]+/)?(?:main|master)'(?: of |$| into )"
)
_COAUTHOR = re.compile(r"^co-authored-by:\s*(.{0,200}?)\s*<([^<>\n]{0,200})>", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of a team.

    Attributes:
        oid: Its name.
        seconds: When, as it says, in seconds since 1970.
        author: The author's name.
        email: The author's address; empty for the staff's own commits.
        parents: What it follows; several for a merge.
        pulled: Whether it is a merge of the published branch into somebody's copy.
        others: Names and addresses of those who are named as authors beside.
    """

    oid: str
    seconds: int
    author: str
    email: str
    parents: tuple[str, ...] = ()
    pulled: bool = False
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Position:
    """A commit that a branch has stood at.

    Attributes:
        commit: The commit.
        seconds: When at the earliest, since nothing comes before what it follows.
    """

    commit: Commit
    seconds: int

    @property
    def is_backdated(self) -> bool:
        """Whether it says an earlier time than what it follows."""
        return self.seconds > self.commit.seconds


def read_commits(repository: Repository, head: str | None, staff: str) -> list[Commit]:
    """A branch's commits, newest first; the staff's have no address.

    Args:
        repository: The repository.
        head: The branch's tip, or None without any.
        staff: The address of the staff's commits.

    Raises:
        GitError: If git fails.
    """
    if head is None:
        return []
    return [_commit(one, staff) for one in repository.log(head, _MAX_COMMITS)]


def _commit(one: Logged, staff: str) -> Commit:
    others = tuple((" ".join(n.split()), e.strip()) for n, e in _COAUTHOR.findall(one.message))
    return Commit(
        one.oid,
        one.seconds,
        " ".join(one.name.split()) or "unknown",
        "" if one.email == staff else one.email or "unknown",
        one.parents,
        len(one.parents) > 1 and _PULL.match(one.message) is not None,
        others,
    )


def positions(commits: Sequence[Commit], now: float) -> list[Position]:
    """Where a branch has stood, newest first.

    A merge of another branch leaves that branch's commits aside. Where somebody
    pulled the published branch into their own copy, the published one counts.

    Args:
        commits: The branch's commits, newest first.
        now: This moment in seconds since 1970: a commit from the future says nothing about
            those that follow it.
    """
    by_name = {commit.oid: commit for commit in commits}
    line: list[Commit] = []
    commit = commits[0] if commits else None
    while commit is not None:
        line.append(commit)
        following = commit.parents[1:2] if commit.pulled else commit.parents[:1]
        commit = next((by_name[oid] for oid in following if oid in by_name), None)
    found = []
    latest = 0
    for commit in reversed(line):
        if commit.seconds <= now:
            latest = max(latest, commit.seconds)
        found.append(Position(commit, max(latest, commit.seconds)))
    return found[::-1]
