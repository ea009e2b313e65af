"""What of the template a repository has received: the references that say so, and the base.

`refs/coursekit/received` is a commit whose files are the template as the team's
branch contains it; `generate`, `adopt` and `update` write it, and nobody else. Its
history says so of every commit of the branch that an update has met, so that a
branch that is forced back to one of them has received what it had then.
`refs/coursekit/proposed` is the last merge that waited on a branch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from coursekit.cohort.branches import trailers
from coursekit.errors import RepositoryError
from coursekit.git import git
from coursekit.git.history import History, read_history
from coursekit.git.repository import Entry, Repository
from coursekit.merge.base import Proposal, find_base
from coursekit.template.commits import VERSION, Commit

RECEIVED = "refs/coursekit/received"
PROPOSED = "refs/coursekit/proposed"
# How the version begins that `adopt` records.
ADOPTED_FROM = "adopted from "
# The line of a message that names the commit of the branch, and its folder.
_AT = "Template-At"
_MAX_NOTES = 200
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
        set_back: Whether the branch has lost a commit that was met before.
    """

    files: Mapping[str, Entry]
    commit: str
    exact: bool
    set_back: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """What a branch had received when it stood at a commit.

    Attributes:
        commit: The commit of the team's branch.
        tree: The name of its folder; the same where a commit was only rewritten.
        name: The commit of the record whose files are the template as it was there.
        version: The version of the template that has most of them.
    """

    commit: str
    tree: str
    name: str
    version: str


def received_base(
    repository: Repository,
    tip: str,
    pristine: str,
    ancestor: str | None,
    references: Mapping[str, str],
) -> Base:
    """Find what a branch has received, where its history does not say so by itself.

    Args:
        repository: The team's.
        tip: The tip of its branch.
        pristine: The newest version of the template that was offered.
        ancestor: The newest version that is in the branch's history, empty without one;
            None where it is to be looked for.
        references: The repository's references below `refs/coursekit/`.

    Raises:
        UserError: If git fails, or a content is missing.
    """
    record = references.get(RECEIVED, "")
    notes = read_notes(repository, record)
    for note in notes:
        if note.commit == tip:
            files = repository.files(note.name)
            exact = same_files(files, repository.files(note.version))
            return Base(files, note.version, exact, note.name != record)
    history = read_history(repository, tip)
    commits = _offered(repository, pristine)
    if ancestor is None:
        ancestor = next((c for c in reversed(commits) if c in history.commits), "")
    if ancestor in commits:
        commits = commits[commits.index(ancestor) :]
    versions = [repository.files(commit) for commit in commits]
    ours = repository.files(tip)
    met = bool(ancestor) and _version_of(repository, record) not in commits[1:]
    sure = certain_record(notes, history, record, known=met)
    known = {path: entry for version in versions for path, entry in version.items()}
    missing = any(path not in ours for path in known)
    moved = renames(repository, Base(known, commits[-1], False), tip) if missing else {}
    files = find_base(
        versions,
        ours,
        history,
        partial(_read, repository),
        repository.files(record) if record and record != sure else None,
        _proposal(repository, references.get(PROPOSED, ""), commits, moved),
        moved,
        repository.files(sure) if sure else None,
    )
    likeness = [_likeness(files, version) for version in versions]
    best = max(range(len(commits)), key=lambda k: (likeness[k], k))
    lost = bool(notes) and (sure is None or sure not in (record, notes[0].name))
    return Base(files, commits[best], same_files(files, versions[best]), lost)


def same_files(one: Mapping[str, Entry], other: Mapping[str, Entry]) -> bool:
    """Whether two listings have the same contents at the same places."""
    return one.keys() == other.keys() and all(
        (entry.oid, entry.mode) == (other[path].oid, other[path].mode)
        for path, entry in one.items()
    )


def read_notes(repository: Repository, record: str) -> list[Note]:
    """What the record says of commits of the branch, the newest first."""
    found: list[Note] = []
    while record and len(found) < _MAX_NOTES:
        parents = parents_of(repository, record)
        for line in trailers(repository, record).get(_AT, ()):
            commit, _, tree = line.partition(" ")
            found.append(Note(commit, tree, record, parents[0]))
        record = parents[1] if len(parents) > 1 else ""
    return found


def certain_record(
    notes: Sequence[Note], history: History, record: str, *, known: bool
) -> str | None:
    """The newest commit of the record that is true of a branch for sure, if there is one.

    Args:
        notes: What the record says of commits of the branch, the newest first.
        history: The branch as it is.
        record: The newest commit of the record.
        known: Whether the version that it begins from is in the branch's own history.
    """
    if known and not (notes and notes[0].name == record):
        return record
    trees = set(history.commits.values())
    return next((n.name for n in notes if n.commit in history.commits or n.tree in trees), None)


def recording(base: Base, repository: Repository, record: str | None, tip: str) -> Commit | None:
    """The commit that puts on record what a commit contains, or None where it is already."""
    last = read_notes(repository, record or "")[:1]
    if last and last[0].commit == tip and last[0].name == record:
        return None
    before = repository.files(base.commit)
    changes: dict[str, Entry | None] = {path: None for path in before if path not in base.files}
    for path, entry in base.files.items():
        old = before.get(path)
        if old is None or (old.oid, old.mode) != (entry.oid, entry.mode):
            changes[path] = entry
    parents = (base.commit, record) if record else (base.commit,)
    at = f"{_AT}: {tip} {_tree(repository, tip)}"
    message = f"Record what the branch contains of the template\n\n{at}\n"
    return Commit(RECEIVED, parents, message, changes)


def taken_over(offered: str, record: str) -> Commit:
    """The commit that puts on record that all of a version has been applied."""
    return Commit(RECEIVED, (offered, record), "Record what the branch contains\n", {})


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


def is_adopted(repository: Repository, version: str) -> bool:
    """Whether a version of the template was recorded by `adopt`, beside the branch's history."""
    return trailers(repository, version).get(VERSION, [""])[0].startswith(ADOPTED_FROM)


def is_proposed(repository: Repository, proposal: str, pristine: str) -> bool:
    """Whether the last proposal brought this version of the template."""
    return bool(proposal) and pristine in parents_of(repository, proposal)[1:]


def _version_of(repository: Repository, record: str) -> str:
    """The version of the template that the record begins from."""
    if not record or VERSION in trailers(repository, record):
        return record
    return next(iter(parents_of(repository, record)), "")


def _tree(repository: Repository, commit: str) -> str:
    """The name of a commit's folder."""
    return repository.read_object(commit).partition(b"\n")[0].decode("ascii").split()[-1]


def _oldest(repository: Repository, commit: str) -> str:
    """The first version of the template that a version goes back to."""
    return _offered(repository, commit)[0]


def _offered(repository: Repository, pristine: str) -> list[str]:
    """The versions of the template, the oldest first."""
    commits = [pristine]
    while len(commits) < _MAX_VERSIONS and (before := parents_of(repository, commits[-1])):
        commits.append(before[0])
    return commits[::-1]


def _proposal(
    repository: Repository, proposal: str, commits: Sequence[str], moved: Mapping[str, str]
) -> Proposal:
    """What the last proposal would have made of the team's files."""
    parents = parents_of(repository, proposal) if proposal else []
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


def parents_of(repository: Repository, commit: str) -> list[str]:
    """What a commit follows; nothing where there is no such commit."""
    if not commit:
        return []
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
