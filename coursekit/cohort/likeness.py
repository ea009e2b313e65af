"""Find the version of a template that a repository began with.

A fork says it by its commits. Any other repository says it by its contents: the
version whose files its history holds, wherever in the history and in whichever
folder they came, line endings aside. Files that every repository has say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from coursekit.git.history import History

SURE = "sure"
LIKELY = "likely"
# Below this share of the template's files, a likeness is chance.
_LEAST_SHARE = 0.5
_SURE_SHARE = 0.6
_SURE_FILES = 3
_MAX_PREFIXES = 3
_LEAST_BYTES = 40
_EVERYWHERE = (
    "license", "licence", "copying", ".gitignore", ".gitattributes", ".gitkeep", ".editorconfig",
    "code_of_conduct", "contributing", "__init__.py", ".python-version",
)  # fmt: skip
# The name of an empty content.
_EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

Spellings = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version of the template and how well a repository matches it.

    Attributes:
        commit: The template's commit.
        tree: The name of what it holds; equal for equal versions.
        matching: How many of its files the repository has had.
        files: How many files it has; both without those that say nothing.
        folder: The folder of the repository that the template lies in; empty for the top.
        missing: Some files of it that the repository never had.
    """

    commit: str
    tree: str
    matching: int
    files: int
    folder: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """The answer: how certain it is, and the versions, the best first."""

    certainty: str
    candidates: tuple[Candidate, ...]


def fork_point(commits: Iterable[str], known: Mapping[str, str]) -> str | None:
    """The newest commit of a repository that is one of the template's.

    Args:
        commits: The repository's commits, newest first.
        known: The template's commits.
    """
    return next((commit for commit in commits if commit in known), None)


def compare(
    versions: Sequence[tuple[str, str, Spellings]],
    history: History,
    sizes: Callable[[str], int],
) -> Likeness:
    """Compare a repository's history with the versions of a template.

    Args:
        versions: Commit, tree and the contents by path, each by all names that it
            has with other line endings; newest first.
        history: What the repository has had.
        sizes: How many bytes a content of the template has.

    Returns:
        No certainty and the best candidate where it cannot be told.
    """
    found = _ranked(versions, history, sizes, "")
    if not found:
        return Likeness("", ())
    for folder in _folders(versions, history) if not _is_like(found[0]) else ():
        other = _ranked(versions, history, sizes, folder)
        found = other if other[0].matching > found[0].matching else found
    best = found[0]
    # Any version that was received in full is as good; the newest of them is the one.
    full = [one for one in found if one.matching == one.files and one.matching == best.matching]
    best = full[0] if full else best
    if not _is_like(best):
        return Likeness("", (best,))
    others = [one for one in found if one.tree != best.tree]
    tied = [one for one in others if one.matching == best.matching] if not full else []
    enough = best.matching >= _SURE_FILES or best.matching == best.files > 1
    sure = not tied and enough and best.matching >= _SURE_SHARE * best.files
    return Likeness(SURE if sure else LIKELY, (best, *others[:1]))


def _ranked(
    versions: Sequence[tuple[str, str, Spellings]],
    history: History,
    sizes: Callable[[str], int],
    folder: str,
) -> list[Candidate]:
    """The versions, the most alike first, and the newest first among equals."""
    known: dict[tuple[str, frozenset[str]], bool] = {}
    found = []
    for commit, tree, spellings in versions:
        files, missing = 0, []
        for pair in spellings.items():
            if not _tells(*pair):
                continue
            files += 1
            if pair not in known:
                known[pair] = _was_there(*pair, history, sizes, folder)
            if not known[pair]:
                missing.append(pair[0])
        found.append(
            Candidate(commit, tree, files - len(missing), files, folder, tuple(missing[:5]))
        )
    return sorted(found, key=lambda one: (-one.matching, one.files))


def _was_there(
    path: str, names: frozenset[str], history: History, sizes: Callable[[str], int], folder: str
) -> bool:
    place = f"{folder}/{path}" if folder else path
    if any(history.has(place, name) for name in names):
        return True
    # A folder that was renamed before the first commit; short texts are alike by chance.
    return sizes(path) >= _LEAST_BYTES and any(name in history.order for name in names)


def _is_like(candidate: Candidate) -> bool:
    return 0 < candidate.matching >= _LEAST_SHARE * candidate.files


def _tells(path: str, names: frozenset[str]) -> bool:
    name = path.rpartition("/")[2].casefold()
    return not name.startswith(_EVERYWHERE) and _EMPTY not in names


def _folders(versions: Sequence[tuple[str, str, Spellings]], history: History) -> list[str]:
    """Folders below which a repository has paths of the template."""
    if not versions:
        return []
    by_name: dict[str, list[str]] = {}
    for place in history.places:
        by_name.setdefault(place.rpartition("/")[2], []).append(place)
    votes: Counter[str] = Counter()
    for path, names in versions[0][2].items():
        if not _tells(path, names):
            continue
        for place in by_name.get(path.rpartition("/")[2], ())[:20]:
            if place.endswith(f"/{path}"):
                votes[place.removesuffix(f"/{path}")] += 1
    return [folder for folder, count in votes.most_common(_MAX_PREFIXES) if count > 1]
