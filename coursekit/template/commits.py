"""Add commits to an existing repository, without a worktree, hook or filter.

All commits of a call go through one `git fast-import`, which refuses to move a
branch to a commit that does not contain its present one: what a team pushes in
the meantime is never lost.

Reference: git-fast-import(1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from coursekit.errors import RepositoryError
from coursekit.git import git
from coursekit.git.objects import Author, File
from coursekit.git.repository import Entry

# The line of a message that marks the template's own commits.
VERSION = "Template-Version"
# The folder of the repository that the template lies in, where that is not the top.
FOLDER = "Template-Folder"


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit to add.

    Attributes:
        branch: The branch that it becomes the tip of, or a reference by its full name.
        parents: Names of commits, or `:1`, `:2` … for earlier ones of the call.
        message: What and why.
        changes: From path to new file (or to one that the repository has already),
            or None where it is removed, relative to the first parent (to nothing
            without one).
    """

    branch: str
    parents: tuple[str, ...]
    message: str
    changes: Mapping[str, File | Entry | None]


def add_commits(
    git_dir: Path,
    commits: Sequence[Commit],
    author: Author,
    references: Mapping[str, str] | None = None,
) -> None:
    """Add commits in order.

    Args:
        git_dir: The repository's git folder.
        commits: The commits.
        author: Author and committer of all of them.
        references: Full names of references and the commits that they move to, by
            name or mark; each must contain where the reference stands now.

    Raises:
        RepositoryError: If a branch has moved meanwhile, or git refuses.
    """
    stream = b"feature done\n"
    for number, commit in enumerate(commits, start=1):
        stream += _command(commit, number, author)
    for name, target in (references or {}).items():
        stream += f"reset {name}\nfrom {target}\n\n".encode()
    result = git.attempt(
        "fast-import", "--quiet", "--done", "--date-format=raw", git_dir=git_dir,
        stdin=stream + b"done\n",
    )  # fmt: skip
    if result.returncode != 0:
        raise RepositoryError(
            f"{git_dir}: the new commits were refused ({git.reason(result.stderr)}); perhaps "
            "somebody pushed just now, so run the command again"
        )


def _command(commit: Commit, mark: int, author: Author) -> bytes:
    first, *others = commit.parents or ("",)
    lines = [
        f"commit {full_name(commit.branch)}",
        f"mark :{mark}",
        f"author {author.line()}",
        f"committer {author.line()}",
    ]
    parts = ["\n".join(lines).encode(), b"\n", _data(commit.message.encode())]
    if first:
        parts.append(f"from {first}\n".encode())
    parts += [f"merge {other}\n".encode() for other in others]
    for path, file in commit.changes.items():
        if file is None:
            parts += [b"D ", quote(path), b"\n"]
        elif isinstance(file, Entry):
            parts += [f"M {file.mode} {file.oid} ".encode(), quote(path), b"\n"]
        else:
            mode = b"100755" if file.executable else b"100644"
            parts += [b"M ", mode, b" inline ", quote(path), b"\n", _data(file.content)]
    return b"".join(parts)


def is_templates(git_dir: Path, commit: str) -> bool:
    """Whether a commit is one of the template's own."""
    result = git.attempt("log", "-1", "--format=%B", commit, "--", git_dir=git_dir)
    return result.returncode == 0 and f"\n{VERSION}: ".encode() in result.stdout


def full_name(branch: str) -> str:
    """A reference's full name; what does not begin with `refs/` is a branch."""
    return branch if branch.startswith("refs/") else f"refs/heads/{branch}"


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content + b"\n"


@lru_cache(maxsize=4096)
def quote(path: str) -> bytes:
    """A path as fast-import reads it, whatever bytes it holds."""
    raw = path.encode("utf-8", "surrogateescape")
    plain = all(0x20 < byte < 0x7F and byte not in b'"\\' for byte in raw)
    if plain:
        return raw
    escaped = b"".join(
        bytes([byte]) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:03o}".encode()
        for byte in raw
    )
    return b'"' + escaped + b'"'
