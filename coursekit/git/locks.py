"""Remove the lock files that a git which was killed has left, and name a living holder.

git makes `NAME.lock` beside what it changes and removes it within moments. One
that stays belongs to a dead process, and every later change is refused because
of it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from coursekit.errors import RepositoryError

# git holds these locks for moments; a computer that shares the drive gets the longer time.
_DEAD_SECONDS = 20.0
_UNSEEN_SECONDS = 600.0
_MAX_LOCKS = 1_000


def clear_stale(git_dir: Path) -> tuple[str, ...]:
    """Remove the locks of dead processes in a repository.

    Args:
        git_dir: Its git folder.

    Returns:
        A sentence about each that was removed.

    Raises:
        RepositoryError: If a lock is held, or too young to be called dead.
    """
    notes = []
    for lock in _locks(git_dir):
        try:
            age = time.time() - lock.stat().st_mtime
        except FileNotFoundError:
            continue  # It was released just now.
        holder = _holder(git_dir)
        if holder:
            raise RepositoryError(
                f"{lock}: is held by process {holder}; wait until that has finished, then run "
                "the command again"
            )
        limit = _DEAD_SECONDS if Path("/proc/self/fd").exists() else _UNSEEN_SECONDS
        if age < limit:
            raise RepositoryError(
                f"{lock}: was made {max(age, 0):.0f} s ago, by a git that is at work or was "
                f"killed; run the command again in {limit - age:.0f} s"
            )
        lock.unlink(missing_ok=True)
        notes.append(f"removed {lock.relative_to(git_dir)}, left by a git that was killed")
    return tuple(notes)


def _locks(git_dir: Path) -> Iterator[Path]:
    count = 0
    with contextlib.suppress(OSError):
        yield from sorted(path for path in git_dir.glob("*.lock") if not path.is_symlink())
    for folder, _, names in os.walk(git_dir / "refs"):
        for name in names:
            count += name.endswith(".lock")
            if count > _MAX_LOCKS:
                return
            if name.endswith(".lock"):
                yield Path(folder) / name


def _holder(git_dir: Path) -> str:
    """A living git of this machine that is at work in the repository: its number and command."""
    place = str(git_dir.resolve())
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            name = Path(words[0].decode("utf-8", "replace")).name
            if not name.startswith("git") or process.name == str(os.getpid()):
                continue
            told = any(word.endswith(os.fsencode(place)) for word in words)
            if told or str((process / "cwd").readlink()) == place:
                return f"{process.name} ({name})"
    return ""
