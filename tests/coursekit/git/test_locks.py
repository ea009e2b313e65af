"""A git that was killed leaves a lock; it does not stop staff for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coursekit.errors import RepositoryError
from coursekit.git.locks import clear_stale


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "r.git")], check=True)
    return tmp_path / "r.git"


def lock(repository: Path, name: str, age_seconds: float) -> Path:
    path = repository / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (time.time() - age_seconds,) * 2)
    return path


@pytest.mark.parametrize("name", ["HEAD.lock", "packed-refs.lock", "refs/heads/main.lock"])
def test_old_lock_without_a_holder_is_removed_with_a_note(repository, name):
    """Also one beside a branch whose name has a folder."""
    path = lock(repository, name, 3 * 3600)
    (note,) = clear_stale(repository)
    assert note == f"removed {name}, left by a git that was killed"
    assert not path.exists()


def test_young_lock_is_left_and_the_wait_is_said(repository):
    """It may belong to another computer that shares the drive."""
    path = lock(repository, "refs/heads/main.lock", 1)
    with pytest.raises(RepositoryError, match=r"main\.lock: was made 1 s ago.*again in \d+ s"):
        clear_stale(repository)
    assert path.exists()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="processes are listed on Linux only")
def test_living_holder_is_named(repository, tmp_path):
    """However old the lock is."""
    path = lock(repository, "refs/heads/main.lock", 3600)
    program = tmp_path / "git"
    program.symlink_to(sys.executable)
    wait = "import sys; print('on', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [str(program), "-c", wait, f"--git-dir={repository}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"on\n"
        with pytest.raises(RepositoryError, match=f"is held by process {process.pid} "):
            clear_stale(repository)
    finally:
        process.communicate()
    assert path.exists()
    assert len(clear_stale(repository)) == 1


def test_repository_without_locks_is_left_as_it_is(repository):
    before = sorted(repository.rglob("*"))
    assert clear_stale(repository) == ()
    assert sorted(repository.rglob("*")) == before
