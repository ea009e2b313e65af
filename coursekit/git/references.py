"""Read references, from git's own files where these are of the usual form."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from coursekit.git import git

# What is no such name is left to git: it knows which names there can be.
_NAME = re.compile(r"refs(?:/[\w#+@=-][\w.#+@=-]*)+", re.ASCII)
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_MAX_PACKED_BYTES = 20_000_000


def read_references(git_dir: Path, *prefixes: str) -> dict[str, str]:
    """References by full name, in order, and what they stand for.

    Args:
        git_dir: The repository's git folder.
        prefixes: Such as `refs/heads/`; all references by default.

    Raises:
        GitError: If git fails.
    """
    found = _kept(git_dir, prefixes or ("refs/",))
    if found is not None:
        return found
    form = "--format=%(objectname) %(refname)"
    return parse(git.run("for-each-ref", form, *prefixes, git_dir=git_dir))


def parse(listing: bytes) -> dict[str, str]:
    """From reference to commit, out of lines with the commit first."""
    lines = listing.decode("utf-8", "surrogateescape").splitlines()
    pairs = (row.split(maxsplit=1) for row in lines)
    return {name: oid for oid, name in pairs}


def _kept(git_dir: Path, prefixes: Sequence[str]) -> dict[str, str] | None:
    """What the files say; None where references are kept otherwise, or one is unusual."""
    other = ("reftable", "commondir")
    if not (git_dir / "refs" / "heads").is_dir() or any((git_dir / o).exists() for o in other):
        return None
    found: dict[str, str] = {}
    try:
        for prefix in prefixes:
            for folder, _, files in os.walk(git_dir / prefix):
                below = Path(folder).relative_to(git_dir).as_posix()
                for file in files:
                    if not file.endswith(".lock"):
                        content = (Path(folder) / file).read_bytes()[:100]
                        found[f"{below}/{file}"] = content.decode("ascii").strip()
        # After the files: a reference goes from a file of its own into this one.
        packed = git_dir / "packed-refs"
        if packed.exists():
            if packed.stat().st_size > _MAX_PACKED_BYTES:
                return None
            for line in packed.read_text(encoding="ascii").splitlines():
                oid, _, name = line.partition(" ")
                if name.startswith(tuple(prefixes)):
                    found.setdefault(name, oid)
    except (OSError, ValueError):
        return None
    usual = all(
        _NAME.fullmatch(name) and ".." not in name and _OID.fullmatch(oid) and set(oid) != {"0"}
        for name, oid in found.items()
    )
    return dict(sorted(found.items())) if usual else None
