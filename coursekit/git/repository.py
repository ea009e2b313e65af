"""Read a team's repository straight from its objects, without ever checking it out.

Works on bare repositories, on clones and on worktrees. Symbolic links and
submodules are listed as what they are and never followed; a tree or a file that
is too large is refused before it is read.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from coursekit.errors import RepositoryError
from coursekit.git import git
from coursekit.git.objects import object_name
from coursekit.git.reader import Logged, ObjectError, ObjectReader, QuickReader, Watch
from coursekit.git.references import read_references
from coursekit.git.trees import walk_trees

MAX_FILES = 50_000
MAX_LISTING_BYTES = 20_000_000
MAX_BLOB_BYTES = 5_000_000
_CHUNK_BYTES = 1 << 16
_SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a commit.

    Attributes:
        oid: The object's name.
        size: Bytes of the content; -1 where there is none here (a submodule, or
            an object that this clone lacks).
        mode: git's octal mode: `100644`, `100755`, `120000` (a symbolic link)
            or `160000` (a submodule).
    """

    oid: str
    size: int
    mode: str

    @property
    def is_file(self) -> bool:
        """Whether it is an ordinary file whose content is here."""
        return self.mode in ("100644", "100755", "100664") and self.size >= 0

    @property
    def is_symlink(self) -> bool:
        """Whether it is a symbolic link (its content is the target's path)."""
        return self.mode == "120000"

    @property
    def is_submodule(self) -> bool:
        """Whether it is a commit of another repository."""
        return self.mode == _SUBMODULE


class Repository:
    """An open repository; use it as a context manager, or call `close`.

    `files` and `read` look a reference up once, so that all that is read belongs
    to one commit even while somebody pushes; `resolve` always looks again.

    Attributes:
        path: The folder that was opened.
        git_dir: Its git folder (the same for a bare repository).
    """

    def __init__(self, path: Path, git_dir: Path, *, quick: bool = False) -> None:
        self.path = path
        self.git_dir = git_dir
        self._objects = QuickReader(git_dir) if quick else ObjectReader(git_dir)
        self._commits: dict[str, str | None] = {}
        self._listings: dict[str, dict[str, Entry]] = {}

    @property
    def name(self) -> str:
        """The folder's name without `.git`: the team's slug by convention."""
        return self.path.resolve().name.removesuffix(".git")

    def __enter__(self) -> Repository:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()

    def close(self) -> None:
        """Close what reads objects; the repository may be used again."""
        self._objects.close()

    def resolve(self, ref: str = "HEAD") -> str | None:
        """The commit that a reference stands for, or None (no commits yet, no such branch)."""
        name = f"{ref}^{{commit}}"
        result = git.attempt(
            "rev-parse", "--verify", "--quiet", "--end-of-options", name, git_dir=self.git_dir
        )
        oid = result.stdout.decode("ascii", "replace").strip()
        # Older git versions print the option itself, too.
        return oid.splitlines()[-1] if result.returncode == 0 and oid else None

    def head(self) -> str | None:
        """The newest commit of the default branch, or None; see `tip`."""
        with contextlib.suppress(OSError, ValueError):
            pointer = (self.git_dir / "HEAD").read_bytes()[:1000].decode("utf-8").strip()
            branch = pointer.removeprefix("ref: refs/heads/")
            if branch != pointer:
                return self.tip(branch)
        return self.resolve()

    def tip(self, branch: str) -> str | None:
        """The newest commit of a branch, or None where there is none.

        It is read from git's own files where these are of the usual form: most of the
        work of a report in which nothing has changed would be starting git.
        """
        reference = f"refs/heads/{branch}"
        with contextlib.suppress(OSError, ValueError):
            name = "" if ".." in branch.split("/") else self._named(reference)
            if _is_full_name(name):
                return name
            # Newer formats have a file of this name instead, and a worktree has neither.
            if not name and (self.git_dir / "refs" / "heads").is_dir():
                return None
        return self.resolve(reference)

    def _named(self, reference: str) -> str:
        """What a reference's own file says, else the list of those that have none."""
        with contextlib.suppress(FileNotFoundError):
            return (self.git_dir / reference).read_bytes()[:100].decode("ascii").strip()
        with contextlib.suppress(FileNotFoundError):
            for line in (self.git_dir / "packed-refs").read_text(encoding="utf-8").splitlines():
                if line.endswith(f" {reference}"):
                    return line.partition(" ")[0]
        return ""

    def branches(self) -> dict[str, str]:
        """Local branches and the commits that they stand for."""
        found = self.references("refs/heads/")
        return {name.removeprefix("refs/heads/"): oid for name, oid in found.items()}

    def references(self, *prefixes: str) -> dict[str, str]:
        """References below some prefixes, by full name, and what they stand for."""
        return read_references(self.git_dir, *prefixes)

    def files(self, ref: str = "HEAD") -> dict[str, Entry]:
        """Every path of a commit, in git's order.

        Args:
            ref: A branch, tag or commit.

        Returns:
            From POSIX path to entry; empty without any commit. Bytes of a name
            that are not UTF-8 become surrogates (`surrogateescape`).

        Raises:
            RepositoryError: If the listing is damaged or absurdly long.
        """
        if ref not in self._commits:
            # A commit's own name needs no git to look it up.
            self._commits[ref] = ref if _is_full_name(ref) else self.resolve(ref)
        oid = self._commits[ref]
        if oid is None:
            return {}
        if oid not in self._listings:
            self._listings[oid] = self._list(oid)
        return self._listings[oid]

    def read(self, path: str, *, max_bytes: int = MAX_BLOB_BYTES, ref: str = "HEAD") -> bytes:
        """The content of one ordinary file.

        Args:
            path: Its POSIX path in the repository.
            max_bytes: A larger file is refused.
            ref: A branch, tag or commit.

        Raises:
            RepositoryError: If there is no such file, it is a symbolic link or
                a submodule, it is too large, or its object is damaged.
        """
        entry = self.files(ref).get(path)
        if entry is None:
            raise RepositoryError(f"{self.path}: has no file {path!r} at {ref}; check the name")
        if not entry.is_file:
            kind = (
                "a symbolic link"
                if entry.is_symlink
                else "a submodule"
                if entry.is_submodule
                else "not in this (partial or damaged) clone"
            )
            raise RepositoryError(
                f"{self.path}: {path!r} is {kind}, which is not followed; use an ordinary file"
            )
        if entry.size > max_bytes:
            raise RepositoryError(
                f"{self.path}: {path!r} has {entry.size / 1e6:.1f} MB, more than the "
                f"{max_bytes / 1e6:g} MB that are read; make it smaller"
            )
        return self.read_object(entry.oid, max_bytes=max_bytes)

    def read_object(self, oid: str, *, max_bytes: int = MAX_BLOB_BYTES) -> bytes:
        """The content of an object by its name.

        Raises:
            RepositoryError: If it is missing, damaged or larger than `max_bytes`.
        """
        try:
            return self._objects.read(oid, max_bytes)
        except ObjectError as error:
            raise RepositoryError(f"{self.path}: {error}") from error

    def log(self, tip: str, max_commits: int) -> list[Logged]:
        """A commit and what it follows, the newest first.

        Args:
            tip: The commit's full name.
            max_commits: Older ones than so many are left out.

        Raises:
            GitError: If git fails.
        """
        return self._objects.log(tip, max_commits)

    def _list(self, oid: str) -> dict[str, Entry]:
        try:
            found = walk_trees(oid, self._objects.read)
            if found is not None:
                files = [name for mode, name in found.values() if mode != _SUBMODULE]
                sizes = dict(zip(files, self._objects.sizes(files), strict=True))
                return {
                    path: Entry(name, -1 if mode == _SUBMODULE else sizes[name], mode)
                    for path, (mode, name) in found.items()
                }
        except ObjectError:
            pass
        return self._list_by_git(oid)

    def _list_by_git(self, oid: str) -> dict[str, Entry]:
        """What a commit of unusual shape holds, within limits."""
        arguments = ["ls-tree", "-r", "-z", "-l", "--full-tree", oid]
        with subprocess.Popen(
            git.command(arguments, self.git_dir),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=git.environment(),
        ) as process:
            watch = Watch(process)
            try:
                with watch.answering():
                    entries = dict(self._parse(process.stdout))
            except BaseException:
                process.kill()
                raise
            finally:
                watch.stop()
        if process.returncode != 0:
            raise RepositoryError(
                f"{self.path}: commit {oid[:12]} cannot be listed; fetch the repository again"
            )
        return entries

    def _parse(self, stream: IO[bytes] | None) -> Iterator[tuple[str, Entry]]:
        """Read `ls-tree -z -l` records, and stop at a tree that unfolds without end."""
        pending = b""
        total = count = 0
        while stream is not None and (chunk := stream.read(_CHUNK_BYTES)):
            total += len(chunk)
            *records, pending = (pending + chunk).split(b"\0")
            count += len(records)
            if count > MAX_FILES or total > MAX_LISTING_BYTES:
                raise RepositoryError(
                    f"{self.path}: has more than {MAX_FILES:,} files, which no team's "
                    "repository needs; look at it by hand"
                )
            for record in records:
                facts, _, name = record.partition(b"\t")
                mode, _, oid, size = facts.split()
                yield (
                    _decode(name),
                    Entry(
                        oid.decode("ascii"),
                        int(size) if size.isdigit() else -1,
                        mode.decode("ascii"),
                    ),
                )


def open_repository(path: Path, *, quick: bool = False) -> Repository:
    """Open a bare repository, a clone or a worktree.

    Args:
        path: The repository's folder.
        quick: Read objects in this process, which must be one that is ended when it
            is busy for too long.

    Raises:
        RepositoryError: If it is no git repository. A `.git` that is a symbolic
            link is refused, since it could lead anywhere.
    """
    inner = path / ".git"
    try:
        if inner.is_symlink():
            raise RepositoryError(
                f"{inner}: is a symbolic link, which is not followed; give the repository itself"
            )
        if inner.is_file():
            pointer = inner.read_bytes()[:4096].decode("utf-8", "replace").strip()
            git_dir = (path / pointer.removeprefix("gitdir:").strip()).resolve()
        else:
            git_dir = inner if inner.is_dir() else path
        marks = (git_dir / "objects", git_dir / "commondir")
        found = (git_dir / "HEAD").exists() and any(mark.exists() for mark in marks)
    except OSError as error:
        raise RepositoryError(
            f"{path}: cannot be read ({error.strerror}); check its permissions"
        ) from error
    if not found:
        what = "is not a git repository" if path.is_dir() else "does not exist"
        raise RepositoryError(f"{path}: {what}; give the folder of one")
    return Repository(path, git_dir.absolute(), quick=quick)


def find_repositories(folder: Path) -> list[Path]:
    """The repositories that lie directly in a folder, by name.

    Raises:
        RepositoryError: If the folder does not exist or cannot be read.
    """
    try:
        children = sorted(folder.iterdir())
    except OSError as error:
        reason = "does not exist" if not folder.exists() else f"cannot be read ({error.strerror})"
        raise RepositoryError(f"{folder}: {reason}; give the folder of the repositories") from error
    return [child for child in children if not child.name.startswith(".") and _is_one(child)]


def blob_name(content: bytes) -> str:
    """The name that git gives a file's content."""
    return object_name("blob", content)


def shown(path: str) -> str:
    """A path as it may be printed: what is no printable character becomes an escape.

    A file's name can hold bytes that are no text, and sequences that would
    rewrite what stands on a terminal.
    """
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in path
    )


def _is_one(path: Path) -> bool:
    return path.is_dir() and (
        (path / ".git").exists() or ((path / "HEAD").is_file() and (path / "objects").is_dir())
    )


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _is_full_name(ref: str) -> bool:
    return len(ref) in (40, 64) and all(c in "0123456789abcdef" for c in ref)
