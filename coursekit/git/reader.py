"""Read objects by their names through one git process, within limits of size and time.

git unpacks what a team has packed, in a process of its own that can be ended: a
crafted pack keeps a reader busy without end (deltas that refer to each other hang
libgit2, too, where nobody could end it). What comes back is checked against its
name, which is a hash of its content, so it is right or it is not returned.

A process that the system ends by itself when it is busy for too long may read by libgit2
instead, without starting git: most of the work of reading a small repository.

Reference: git-cat-file(1), section "Batch Output".
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from coursekit.git import git
from coursekit.git.objects import HASHES, object_name

if TYPE_CHECKING:
    from pygit2 import Commit, Odb

# An object is read in milliseconds; a slow disk may take longer.
ANSWER_SECONDS = 20.0
# Questions that are asked at once; answers to more could fill the pipe.
_MANY = 200
_FORMAT = "--format=%H%n%P%n%ct%n%ae%n%an%n%B"
_KINDS = ("", "commit", "tree", "blob", "tag")


class ObjectError(Exception):
    """An object that cannot be read; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A commit as a log tells it.

    Attributes:
        oid: Its name.
        parents: What it follows.
        seconds: When it was made, as it says, in seconds since 1970.
        email: The author's address.
        name: The author's name.
        message: All of its message, without empty lines before it.
    """

    oid: str
    parents: tuple[str, ...]
    seconds: int
    email: str
    name: str
    message: str


class ObjectReader:
    """The objects of one repository; call `close` when they are read.

    Args:
        git_dir: The repository's git folder.
    """

    def __init__(self, git_dir: Path) -> None:
        self.git_dir = git_dir
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: Watch | None = None

    def close(self) -> None:
        """End the process; it is started again when needed."""
        process, self._process = self._process, None
        if self._watch is not None:
            self._watch.stop()
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        with contextlib.suppress(OSError):
            process.kill()
        process.wait()

    def read(self, oid: str, max_bytes: int) -> bytes:
        """The content of an object.

        Args:
            oid: Its full name.
            max_bytes: A larger one is refused before it is read.

        Raises:
            ObjectError: If it is missing, damaged, too large or takes too long.
        """
        if len(oid) not in HASHES or not set(oid) <= set("0123456789abcdef"):
            raise ObjectError(f"{oid[:80]!r} is not an object's name")
        process, watch = self._started()
        try:
            with watch.answering():
                kind, size, content = _ask(process, oid, max_bytes)
        except OSError:
            kind, size, content = "", 0, None
        if watch.expired:
            self.close()
            raise ObjectError(
                f"object {oid[:12]} was not read within {ANSWER_SECONDS:g} s; "
                "it is damaged or made to take long"
            )
        if size > max_bytes:
            # What was not read would be taken for the next answer.
            self.close()
            raise ObjectError(
                f"object {oid[:12]} has {size / 1e6:.1f} MB, more than the "
                f"{max_bytes / 1e6:g} MB that are read"
            )
        if content is None or object_name(kind, content, len(oid)) != oid:
            if kind != "missing":
                self.close()
            raise ObjectError(
                f"object {oid[:12]} is missing or damaged; fetch the repository again"
            )
        return content

    def sizes(self, oids: Sequence[str]) -> list[int]:
        """How many bytes some objects have; -1 for each that is not here.

        Raises:
            ObjectError: If it takes too long.
        """
        process, watch = self._started()
        found: list[int] = []
        try:
            for start in range(0, len(oids), _MANY):
                with watch.answering():
                    found += _ask_sizes(process, oids[start : start + _MANY])
        except OSError:
            found = []
        if len(found) != len(oids):
            self.close()
            raise ObjectError("the sizes of its files are not told; fetch the repository again")
        return found

    def log(self, tip: str, max_commits: int) -> list[Logged]:
        """A commit and what it follows, the newest first.

        Args:
            tip: The commit's full name.
            max_commits: Older ones than so many are left out.

        Raises:
            GitError: If git fails.
        """
        listing = git.run(
            "log", "-z", f"--max-count={max_commits}", _FORMAT, tip, "--", git_dir=self.git_dir
        )
        found = []
        for record in listing.decode("utf-8", "replace").split("\0"):
            parts = record.split("\n", 5)
            if len(parts) == 6 and parts[2].isdigit():
                oid, parents, seconds, email, name, message = parts
                text = message.lstrip("\n")
                found.append(Logged(oid, tuple(parents.split()), int(seconds), email, name, text))
        return found

    def _started(self) -> tuple[subprocess.Popen[bytes], Watch]:
        if self._process is None or self._watch is None:
            try:
                self._process = subprocess.Popen(
                    git.command(["cat-file", "--batch-command"], self.git_dir),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=git.environment(),
                )
            except FileNotFoundError as error:
                raise git.missing() from error
            self._watch = Watch(self._process)
        return self._process, self._watch


class QuickReader(ObjectReader):
    """Reads in this process by libgit2, where that is installed; what it does not give, git does.

    Only for a process with limits of time and memory, since nobody can end a reading here.

    Args:
        git_dir: The repository's git folder.
    """

    def __init__(self, git_dir: Path) -> None:
        super().__init__(git_dir)
        self._odb: Odb | None = None
        objects = git_dir / "objects"
        with contextlib.suppress(ImportError, ValueError, OSError, KeyError):
            from pygit2 import Odb, option
            from pygit2.enums import Option

            # What is read is checked against its name here, at a fraction of the cost.
            option(Option.ENABLE_STRICT_HASH_VERIFICATION, False)
            if objects.is_dir():
                self._odb = Odb(str(objects))

    def read(self, oid: str, max_bytes: int) -> bytes:
        """The content of an object; see `ObjectReader.read`.

        Raises:
            ObjectError: If it is missing, damaged or too large.
        """
        if self._odb is not None and len(oid) == min(HASHES):
            with contextlib.suppress(Exception):
                _, size = self._odb.read_header(oid)
                if size <= max_bytes:
                    kind, content = self._odb.read(oid)
                    if object_name(_KINDS[kind], content, len(oid)) == oid:
                        return content
        # Missing, damaged or too large, or of another format: git says which.
        return super().read(oid, max_bytes)

    def log(self, tip: str, max_commits: int) -> list[Logged]:
        """A commit and what it follows; see `ObjectReader.log`.

        Raises:
            GitError: If git fails.
        """
        # What a clone leaves out on purpose, git alone knows.
        if self._odb is not None and not (self.git_dir / "shallow").exists():
            with contextlib.suppress(Exception):
                from pygit2 import Repository

                # One without a folder, so that no configuration of a team's is read.
                repository = Repository()
                repository.set_odb(self._odb)
                return [_logged(commit) for commit in islice(repository.walk(tip), max_commits)]
        return super().log(tip, max_commits)


class Watch:
    """Ends a process that has been at one answer for too long."""

    # One thread looks after all processes; a forked child starts its own.
    _all: ClassVar[set[Watch]] = set()
    _looked_after_by = 0

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.expired = False
        self._since: float | None = None
        Watch._all.add(self)
        if Watch._looked_after_by != os.getpid():
            Watch._looked_after_by = os.getpid()
            threading.Thread(target=Watch._look, daemon=True).start()

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """While a question is open."""
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._since = None

    def stop(self) -> None:
        """End the watch."""
        Watch._all.discard(self)

    @staticmethod
    def _look() -> None:
        while True:
            time.sleep(0.5)
            for watch in list(Watch._all):
                since = watch._since
                if since is not None and time.monotonic() - since > ANSWER_SECONDS:
                    watch.expired = True
                    with contextlib.suppress(OSError):
                        watch.process.kill()


def _ask(
    process: subprocess.Popen[bytes], oid: str, max_bytes: int
) -> tuple[str, int, bytes | None]:
    """Kind, size and content of an object; without content where there is none or too much."""
    if process.stdin is None or process.stdout is None:
        raise OSError("git was started without pipes")
    process.stdin.write(b"contents " + oid.encode("ascii") + b"\n")
    process.stdin.flush()
    header = process.stdout.readline().split()
    if len(header) != 3 or not header[2].isdigit():
        return header[1].decode("ascii", "replace") if len(header) == 2 else "", 0, None
    kind, size = header[1].decode("ascii", "replace"), int(header[2])
    if size > max_bytes:
        return kind, size, None
    content = process.stdout.read(size)
    whole = len(content) == size and process.stdout.read(1) == b"\n"
    return kind, size, content if whole else None


def _ask_sizes(process: subprocess.Popen[bytes], oids: Sequence[str]) -> list[int]:
    """Ask for some objects at once: so few that neither side waits for the other."""
    if process.stdin is None or process.stdout is None:
        raise OSError("git was started without pipes")
    process.stdin.write("".join(f"info {oid}\n" for oid in oids).encode("ascii"))
    process.stdin.flush()
    found = []
    for _ in oids:
        words = process.stdout.readline().split()
        if not words:
            break
        found.append(int(words[2]) if len(words) == 3 and words[2].isdigit() else -1)
    return found


def _logged(commit: Commit) -> Logged:
    """A commit as git's log would tell it.

    Raises:
        LookupError: If it is written in an encoding that is not known.
    """
    encoding = commit.message_encoding or "utf-8"
    texts = (commit.author.raw_email, commit.author.raw_name, commit.raw_message)
    email, name, message = (text.decode(encoding, "replace") for text in texts)
    parents = tuple(map(str, commit.parent_ids))
    return Logged(str(commit.id), parents, commit.commit_time, email, name, message)
