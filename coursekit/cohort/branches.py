"""Questions about a repository's branches and commits that `update` and `adopt` ask."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Mapping

from coursekit.course.course import Course
from coursekit.errors import RepositoryError
from coursekit.git import git
from coursekit.git.objects import Author
from coursekit.git.repository import Repository

_TRAILER = re.compile(r"^(Template-[A-Za-z]+): (.+)$", re.MULTILINE)


def author_now(course: Course) -> Author:
    """The course's author, at this moment."""
    seconds = int(dt.datetime.now(dt.UTC).timestamp())
    return Author(course.commit.author, course.commit.email, seconds)


def current_branch(repository: Repository, tips: Mapping[str, str] | None = None) -> str:
    """The branch that the team works on: HEAD's, in a bare repository the default one.

    A copy whose HEAD names a branch that is not there takes `main`, or `master`.
    """
    name = _head(repository)
    if not name.startswith("refs/heads/"):
        raise RepositoryError(
            f"{repository.path}: its HEAD is not on a branch; set it with `git symbolic-ref HEAD "
            "refs/heads/main`"
        )
    name = name.removeprefix("refs/heads/")
    tips = repository.branches() if tips is None else tips
    if name not in tips:
        return next((usual for usual in ("main", "master") if usual in tips), name)
    return name


def _head(repository: Repository) -> str:
    """The reference that HEAD names; read from its file, where that is of the usual form."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        text = (repository.git_dir / "HEAD").read_bytes()[:1000].decode("utf-8").strip()
        # Newer formats of references keep this name there, which stands for another place.
        if text.startswith("ref: refs/heads/") and text != "ref: refs/heads/.invalid":
            return text.removeprefix("ref: ")
    result = git.attempt("symbolic-ref", "--quiet", "HEAD", git_dir=repository.git_dir)
    return result.stdout.decode("utf-8", "surrogateescape").strip()


def merge_base(repository: Repository, main: str, pristine: str) -> str:
    """Where the histories meet; empty where they do not (any more)."""
    result = git.attempt("merge-base", main, pristine, git_dir=repository.git_dir)
    return result.stdout.decode("ascii", "replace").strip() if result.returncode == 0 else ""


def contains(repository: Repository, tip: str, commit: str) -> bool:
    """Whether a commit is in the history of another."""
    result = git.attempt("merge-base", "--is-ancestor", commit, tip, git_dir=repository.git_dir)
    return result.returncode == 0


def trailers(repository: Repository, commit: str) -> dict[str, list[str]]:
    """The lines `Template-…: value` of a message."""
    _, _, body = repository.read_object(commit).partition(b"\n\n")
    found: dict[str, list[str]] = {}
    for key, value in _TRAILER.findall(body.decode("utf-8", "surrogateescape")):
        found.setdefault(key, []).append(value)
    return found


def refuse_worktree(repository: Repository, branch: str, remedy: str) -> None:
    """Refuse to move a branch whose files somebody has on disk.

    Args:
        repository: The repository.
        branch: The branch.
        remedy: What to do instead.

    Raises:
        RepositoryError: If the branch may be checked out.
    """
    if (
        repository.git_dir == repository.path.absolute()
        and not (repository.git_dir / "index").exists()
    ):
        return  # The folder is the repository itself, and nothing was ever checked out of it.
    bare = git.run("rev-parse", "--is-bare-repository", git_dir=repository.git_dir).strip()
    if bare != b"true":
        raise RepositoryError(
            f"{repository.path}: the branch {branch!r} is checked out there; {remedy}"
        )
