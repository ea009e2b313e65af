"""What travels between the folder's copy of a repository and its host, the same for every host.

The team's branches belong to the team: the host's state is taken. The branch
`template` and the record of what was received belong to staff: the host's are
taken only where they go on from ours, as another member of staff has left them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from coursekit.errors import GitError
from coursekit.git import git, network
from coursekit.git.network import Line
from coursekit.git.references import parse, read_references
from coursekit.hosting.base import DEADLINES
from coursekit.template.commits import is_templates

TEMPLATE = "refs/heads/template"
WAITING = "template-update"
_RECORD = "refs/coursekit/"
_RECEIVED = f"{_RECORD}received"
# Where the record lives on a host that takes branches only.
_RECORD_BRANCHES = "refs/heads/coursekit/"
_THERE = "refs/there/"
_PATTERNS = ("refs/heads/*", f"{_RECORD}*")


def fetch(line: Line, repository: Path, address: str) -> None:
    """Take over what the team has pushed, and what other staff have on record.

    Raises:
        GitError: If the host refuses or cannot be reached, or the copy has changed meanwhile.
    """
    specs = [f"+{pattern}:{_named(pattern)}" for pattern in _PATTERNS]
    line.run("fetch", "--quiet", "--no-tags", "--", address, *specs)
    fetched = {
        _unnamed(name): oid for name, oid in line.references().items() if name.startswith(_THERE)
    }
    there = {
        name: oid
        for name, oid in _without_record_branches(fetched).items()
        if not name.startswith(DEADLINES)
    }
    here = read_references(repository)
    targets = {n: oid for n, oid in there.items() if not _is_ours(n)}
    ours = {n: oid for n, oid in there.items() if _is_ours(n)}
    newer = all(_goes_on(repository, here.get(n), ours.get(n)) for n in (TEMPLATE, _RECEIVED))
    # A commit of somebody else on this branch stays on the host.
    if newer and is_templates(repository, ours[TEMPLATE]):
        targets |= ours
    network.move(repository, targets, here)
    _follow_default_branch(line, repository, address, targets)


def push(line: Line, repository: Path, address: str, branch: str = "") -> None:
    """Push the template's branch, the record and perhaps one branch more.

    Raises:
        GitError: If the host refuses or cannot be reached, or somebody has
            pushed to the branch meanwhile.
    """
    there = parse(line.run("ls-remote", "--", address, *_PATTERNS))
    here = read_references(repository, "refs/heads/", _RECORD)
    waiting = f"refs/heads/{branch}"
    names = [n for n in (TEMPLATE, waiting) if n in here and here[n] != there.get(n)]
    if names:
        # Only the waiting branch is ever replaced, and only what was just seen of it.
        replaced = [waiting] if branch == WAITING else []
        if TEMPLATE in there and is_templates(repository, there[TEMPLATE]):
            # Its version was put right here; a commit of somebody else is not replaced.
            replaced.append(TEMPLATE)
        lease = [f"--force-with-lease={n}:{there.get(n, '')}" for n in replaced if n in names]
        line.run("push", "--quiet", *lease, "--", address, *(f"{name}:{name}" for name in names))
    _push_record(line, address, here, there)


def publish(line: Line, repository: Path, address: str, branches: Sequence[str]) -> bool:
    """Push the branches that a new repository begins with, as far as they are missing.

    Returns:
        Whether the repository is ours; nothing is pushed to another.

    Raises:
        GitError: If the host refuses or cannot be reached.
    """
    there = parse(line.run("ls-remote", "--", address, *_PATTERNS))
    here = read_references(repository, "refs/heads/", _RECORD)
    heads = {name: oid for name, oid in there.items() if name.startswith("refs/heads/")}
    ours = TEMPLATE in there or heads.items() <= here.items()
    if not (ours or _began_here(line, repository, address, here, there, branches[0])):
        return False
    for name in branches:
        reference = f"refs/heads/{name}"
        if reference not in there:
            # One after the other: the first branch becomes the default one there.
            line.run("push", "--quiet", "--", address, f"{reference}:{reference}")
    if not any(name.startswith((_RECORD, _RECORD_BRANCHES)) for name in there):
        _push_record(line, address, here, there)
    return True


def _began_here(
    line: Line,
    repository: Path,
    address: str,
    here: Mapping[str, str],
    there: Mapping[str, str],
    branch: str,
) -> bool:
    """Whether a team has gone on from our first commit before all of it was pushed."""
    main = f"refs/heads/{branch}"
    if main not in there or TEMPLATE not in here:
        return False
    line.run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", address, main)
    return _contains(repository, there[main], here[TEMPLATE])


def _push_record(
    line: Line, address: str, here: Mapping[str, str], there: Mapping[str, str]
) -> None:
    def missing(place: str) -> dict[str, str]:
        names = {
            n: f"{place}{n.removeprefix(_RECORD)}"
            for n in here
            if n.startswith(_RECORD) and not n.startswith(DEADLINES)
        }
        return {name: goal for name, goal in names.items() if there.get(goal) != here[name]}

    if not missing(_RECORD) or not missing(_RECORD_BRANCHES):
        return
    try:
        specs = [f"+{name}:{goal}" for name, goal in missing(_RECORD).items()]
        line.run("push", "--quiet", "--", address, *specs)
    except GitError:
        specs = [f"+{name}:{goal}" for name, goal in missing(_RECORD_BRANCHES).items()]
        line.run("push", "--quiet", "--", address, *specs)


def _goes_on(repository: Path, here: str | None, there: str | None) -> bool:
    """Whether the host's is ours, or goes on from ours with the template's own commits."""
    if there is None:
        return False
    if here is None or here == there:
        return True
    return _contains(repository, there, here)


def _contains(repository: Path, tip: str, commit: str) -> bool:
    arguments = ("merge-base", "--is-ancestor", commit, tip)
    return git.attempt(*arguments, git_dir=repository).returncode == 0


def _follow_default_branch(
    line: Line, repository: Path, address: str, there: Mapping[str, str]
) -> None:
    """Let the copy's HEAD name the host's default branch, where a team has renamed theirs."""
    result = git.attempt("symbolic-ref", "--quiet", "HEAD", git_dir=repository)
    present = result.stdout.decode("utf-8", "surrogateescape").strip()
    if not there or present in there:
        return
    answer = line.run("ls-remote", "--symref", "--", address, "HEAD")
    found = re.search(rb"^ref: (refs/heads/[^\t\n]+)\tHEAD$", answer, re.MULTILINE)
    name = found[1].decode("utf-8", "surrogateescape") if found else ""
    if name in there:
        git.run("symbolic-ref", "HEAD", name, git_dir=repository)


def _is_ours(name: str) -> bool:
    return name == TEMPLATE or name.startswith(_RECORD)


def _without_record_branches(found: Mapping[str, str]) -> dict[str, str]:
    """Branches that hold the record become what they stand for."""
    return {
        f"{_RECORD}{name.removeprefix(_RECORD_BRANCHES)}"
        if name.startswith(_RECORD_BRANCHES)
        else name: oid
        for name, oid in found.items()
    }


def _named(pattern: str) -> str:
    return f"{_THERE}{pattern.removeprefix('refs/')}"


def _unnamed(name: str) -> str:
    return f"refs/{name.removeprefix(_THERE)}"
