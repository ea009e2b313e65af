"""What a branch has ever contained: every file of every commit, newest first."""

from __future__ import annotations

from dataclasses import dataclass, field

from coursekit.git import git
from coursekit.git.repository import Repository

_MAX_COMMITS = 5_000


@dataclass(frozen=True, slots=True)
class History:
    """The contents that a branch has had.

    Attributes:
        order: From the name of a content to how recently it came, 0 for the newest.
        places: From path to the names of the contents that it has had.
        commits: From the name of a commit to that of its folder, newest first.
    """

    order: dict[str, int]
    places: dict[str, set[str]]
    commits: dict[str, str] = field(default_factory=dict)

    def has(self, path: str, oid: str, *, anywhere: bool = False) -> bool:
        """Whether a path has had a content; `anywhere`: or any other path."""
        return oid in self.places.get(path, ()) or (anywhere and oid in self.order)


def read_history(repository: Repository, tip: str) -> History:
    """Read the history of a commit, also of one whose older part is missing here.

    Args:
        repository: The repository.
        tip: The newest commit.

    Raises:
        GitError: If git fails.
    """
    listing = git.run(
        "log", f"--max-count={_MAX_COMMITS}", "--format=%H %T", "--raw", "--no-abbrev",
        "--no-renames", "--no-ext-diff", "--diff-merges=first-parent", "-z", tip, "--",
        git_dir=repository.git_dir,
    )  # fmt: skip
    order: dict[str, int] = {}
    places: dict[str, set[str]] = {}
    commits: dict[str, str] = {}
    fields = iter(listing.split(b"\0"))
    for facts in fields:
        words = facts.decode("ascii", "replace").split()
        if len(words) == 2:
            commits[words[0]] = words[1]
            continue
        name = next(fields, b"")
        if len(words) != 5 or words[4] == "D":
            continue
        order.setdefault(words[3], len(order))
        places.setdefault(name.decode("utf-8", "surrogateescape"), set()).add(words[3])
    return History(order, places, commits)
