"""List what a commit holds by reading its trees, without starting a program for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from coursekit.git.recent import Recent

# What is larger or deeper is of unusual shape, and left to git's own listing and its limits.
MAX_ENTRIES, MAX_TREES, MAX_DEPTH = 10_000, 400, 12
_MAX_COMMIT_BYTES, _MAX_TREE_BYTES = 1_000_000, 2_000_000
# The entries of a tree, which is the same in most repositories of a cohort.
_TREES: Recent[tuple[tuple[str, str, str], ...]] = Recent()


def walk_trees(
    commit: str,
    read: Callable[[str, int], bytes],
    skip: frozenset[str] = frozenset(),
) -> dict[str, tuple[str, str]] | None:
    """The paths of a commit, in order, each with its mode and its object's name.

    Args:
        commit: The commit's full name.
        read: Reads an object of at most so many bytes.
        skip: Folders at the top that are left out.

    Returns:
        The paths; None where the trees are of unusual shape, or damaged.
    """
    found: dict[str, tuple[str, str]] = {}
    top = read(commit, _MAX_COMMIT_BYTES)[5:].split(b"\n", 1)[0]
    waiting = [("", top.decode("ascii", "replace"), 0)]
    trees = 0
    while waiting:
        prefix, oid, depth = waiting.pop()
        trees += 1
        if trees > MAX_TREES or depth > MAX_DEPTH or len(found) > MAX_ENTRIES:
            return None
        try:
            entries = _entries(oid, read)
        except ValueError:
            return None
        for mode, name, child in entries:
            if mode == "40000":
                if depth or name not in skip:
                    waiting.append((f"{prefix}{name}/", child, depth + 1))
            else:
                found[prefix + name] = (mode, child)
    return dict(sorted(found.items()))


def _entries(oid: str, read: Callable[[str, int], bytes]) -> tuple[tuple[str, str, str], ...]:
    return _TREES.get(
        oid, lambda: read(oid, _MAX_TREE_BYTES), lambda data: tuple(_tree(data, len(oid) // 2))
    )


def _tree(data: bytes, width: int) -> Iterator[tuple[str, str, str]]:
    """The entries of a tree object: mode, name and the object's name.

    Raises:
        ValueError: If it is damaged.
    """
    position = 0
    while position < len(data):
        space = data.index(b" ", position)
        end = data.index(b"\0", space)
        name = data[space + 1 : end].decode("utf-8", "surrogateescape")
        child = data[end + 1 : end + 1 + width]
        if len(child) != width or not name or "/" in name or name in (".", ".."):
            raise ValueError("damaged tree")
        yield data[position:space].decode("ascii"), name, child.hex()
        position = end + 1 + width
