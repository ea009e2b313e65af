"""What of the template a repository has received: the references that say so, and the base.

`refs/coursekit/received` is a commit whose files are the template as the team's
branch contains it; `generate`, `adopt` and `update` write it, and nobody else.
`refs/coursekit/proposed` is the last merge that waited on a branch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from coursekit.errors import RepositoryError
from coursekit.git import git
from coursekit.git.history import read_history
from coursekit.git.repository import Entry, Repository
from coursekit.merge.base import Proposal, find_base
from coursekit.template.commits import Commit

RECEIVED = "refs/coursekit/received"
PROPOSED = "refs/coursekit/proposed"
# Older versions than these are taken for received.
_MAX_VERSIONS = 30
_MAX_BYTES = 5_000_000
_LARGE_LISTING = 4000


@dataclass(frozen=True, slots=True)
class Base:
    """The template as a team's branch contains it.

    Attributes:
        files: From path to entry; every content is in the repository.
        commit: The version of the template that has most of them.
        exact: Whether that version has all of them, and no others.
    """

    files: Mapping[str, Entry]
    commit: str
    exact: bool


def received_base(
    repository: Repository,
    tip: str,
    pristine: str,
    ancestor: str,
    references: Mapping[str, str],
) -> Base:
    """Find what a branch has received, where its history does not say so by itself.

    Args:
        repository: The team's.
        tip: The tip of its branch.
        pristine: The newest version of the template that was offered.
        ancestor: The newest version that is in the branch's history; empty without one.
        references: The repository's references below `refs/coursekit/`.

    Raises:
        UserError: If git fails, or a content is missing.
    """
    commits = _offered(repository, pristine, ancestor)
    versions = [repository.files(commit) for commit in commits]
    record = references.get(RECEIVED)
    ours = repository.files(tip)
    known = {path: entry for version in versions for path, entry in version.items()}
    missing = any(path not in ours for path in known)
    moved = renames(repository, Base(known, commits[-1], False), tip) if missing else {}
    files = find_base(
        versions,
        ours,
        read_history(repository, tip),
        partial(_read, repository),
        repository.files(record) if record else None,
        _proposal(repository, references.get(PROPOSED, ""), commits, moved),
        moved,
    )
    likeness = [_likeness(files, version) for version in versions]
    best = max(range(len(commits)), key=lambda k: (likeness[k], k))
    return Base(files, commits[best], same_files(files, versions[best]))


def same_files(one: Mapping[str, Entry], other: Mapping[str, Entry]) -> bool:
    """Whether two listings have the same contents at the same places."""
    return one.keys() == other.keys() and all(
        (entry.oid, entry.mode) == (other[path].oid, other[path].mode)
        for path, entry in one.items()
    )


def recording(base: Base, repository: Repository, record: str | None) -> Commit | None:
    """The commit that puts a base on record, or None where it is already."""
    if record is not None and same_files(repository.files(record), base.files):
        return None
    before = repository.files(base.commit)
    changes: dict[str, Entry | None] = {path: None for path in before if path not in base.files}
    for path, entry in base.files.items():
        old = before.get(path)
        if old is None or (old.oid, old.mode) != (entry.oid, entry.mode):
            changes[path] = entry
    parents = (base.commit, record) if record else (base.commit,)
    return Commit(RECEIVED, parents, "Record what the branch contains of the template\n", changes)


def renames(repository: Repository, base: Base, tip: str) -> dict[str, str]:
    """Where git finds files of the base that the team has moved or renamed."""
    found: dict[str, str] = {}
    # A file that was moved long ago is more like the version that it was then.
    commits = [base.commit] if base.exact else [base.commit, _oldest(repository, base.commit)]
    for commit in commits:
        listing = git.run(
            "diff-tree", "-r", "-z", "-M50%", f"-l{_LARGE_LISTING}", "--diff-filter=R",
            "--name-status", "--no-ext-diff", commit, tip, git_dir=repository.git_dir,
        )  # fmt: skip
        parts = listing.decode("utf-8", "surrogateescape").split("\0")
        for old, new in zip(parts[1::3], parts[2::3], strict=False):
            if old in base.files and old not in found and new not in found.values():
                found[old] = new
    return found


def is_proposed(repository: Repository, proposal: str, pristine: str) -> bool:
    """Whether the last proposal brought this version of the template."""
    return bool(proposal) and pristine in _parents(repository, proposal)[1:]


def _oldest(repository: Repository, commit: str) -> str:
    """The first version of the template that a version goes back to."""
    listing = git.run(
        "rev-list", "--first-parent", f"--max-count={_MAX_VERSIONS}", commit, "--",
        git_dir=repository.git_dir,
    )  # fmt: skip
    return listing.decode("ascii").split()[-1]


def _offered(repository: Repository, pristine: str, ancestor: str) -> list[str]:
    """The versions of the template from the newest that was certainly received, oldest first."""
    listing = git.run(
        "rev-list", "--first-parent", f"--max-count={_MAX_VERSIONS}", pristine, "--",
        git_dir=repository.git_dir,
    )  # fmt: skip
    commits = listing.decode("ascii").split()
    if ancestor in commits:
        commits = commits[: commits.index(ancestor) + 1]
    return commits[::-1]


def _proposal(
    repository: Repository, proposal: str, commits: Sequence[str], moved: Mapping[str, str]
) -> Proposal:
    """What the last proposal would have made of the team's files."""
    parents = _parents(repository, proposal) if proposal else []
    brought = [commit for commit in parents[1:] if commit in commits]
    if not brought:
        return Proposal()
    version = commits.index(brought[0])
    listing = git.run(
        "diff-tree", "-r", "-z", "--no-renames", "--no-ext-diff", "--diff-filter=AM",
        "--raw", "--no-abbrev", parents[0], proposal, git_dir=repository.git_dir,
    )  # fmt: skip
    fields = listing.decode("utf-8", "surrogateescape").split("\0")
    pairs = zip(fields[::2], fields[1::2], strict=False)
    results = {name: facts.split()[3] for facts, name in pairs}
    path_of = {place: path for path, place in moved.items()}
    return Proposal(version, {path_of.get(path, path): oid for path, oid in results.items()})


def _parents(repository: Repository, commit: str) -> list[str]:
    try:
        head, _, _ = repository.read_object(commit).partition(b"\n\n")
    except RepositoryError:
        return []
    rows = (line.split() for line in head.decode("ascii", "replace").splitlines())
    return [row[1] for row in rows if len(row) == 2 and row[0] == "parent"]


def _read(repository: Repository, entry: Entry) -> bytes:
    try:
        return repository.read_object(entry.oid, max_bytes=_MAX_BYTES)
    except RepositoryError:
        return b""


def _likeness(files: Mapping[str, Entry], version: Mapping[str, Entry]) -> int:
    shared = sum(path in version and version[path].oid == e.oid for path, e in files.items())
    return 2 * shared - len(version)
