"""Copy a repository with all its history, with every text, name and path sent through a function.

git writes the whole as a stream, which is changed on the way and read by another git; no
file is ever checked out. What is no text is left out, because nobody can look into it here.

Reference: git-fast-export(1), git-fast-import(1).
"""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO

from coursekit.errors import RepositoryError
from coursekit.git import git
from coursekit.template.commits import quote

LEFT_OUT = b"This file was no text, and was left out of the anonymous copy.\n"
_MAX_BYTES = 5_000_000
# Letters after a backslash in git's way of writing a path.
_SPECIAL = dict(zip(b"ntrabfv", b"\n\t\r\a\b\f\v", strict=True))
_PERSON = re.compile(rb"(author|committer|tagger) (.*?) ?<(.*?)> (\d+ [+-]\d{4})\n")


def copy_repository(
    source: Path, target: Path, text: Callable[[str], str], person: Callable[[str, str], str]
) -> int:
    """Copy a repository.

    Args:
        source: The bare repository.
        target: Where the new one is made.
        text: From a text to the one in its place; also for paths and names of branches.
        person: From a name and an address to `Name <address>`.

    Returns:
        How many files were left out because they are no text.

    Raises:
        RepositoryError: If git cannot read the one or write the other.
    """
    git.run("init", "--quiet", "--bare", target)
    reading = subprocess.Popen(
        git.command(
            ("fast-export", "--all", "--signed-tags=strip", "--tag-of-filtered-object=drop",
             "--reencode=yes", "--use-done-feature"),
            source,
        ),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=git.environment(),
    )  # fmt: skip
    writing = subprocess.Popen(
        git.command(("fast-import", "--quiet", "--force", "--date-format=raw-permissive"), target),
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=git.environment(),
    )  # fmt: skip
    if reading.stdout is None or writing.stdin is None:
        raise RepositoryError(f"{source}: git cannot be read from")  # pragma: no cover
    stream = _Stream(reading.stdout, writing.stdin, text, person)
    try:
        stream.copy()
    except BrokenPipeError:
        # What the other git has to say follows.
        reading.kill()
    except ValueError as error:
        reading.kill()
        raise RepositoryError(f"{source}: cannot be copied ({error})") from error
    finally:
        with contextlib.suppress(BrokenPipeError):
            writing.stdin.close()
        _, told = reading.communicate()
        refused = writing.stderr.read() if writing.stderr else b""
        writing.wait()
        if writing.stderr:
            writing.stderr.close()
    if reading.returncode or writing.returncode:
        reason = git.reason(refused if writing.returncode else told)
        raise RepositoryError(f"{source}: cannot be copied ({reason})")
    head = git.attempt("symbolic-ref", "--quiet", "HEAD", git_dir=source).stdout.decode().strip()
    if head.startswith("refs/heads/"):
        git.run("symbolic-ref", "HEAD", text(head), git_dir=target)
    return stream.left_out


class _Stream:
    """Changes one stream of git's into another."""

    def __init__(
        self,
        source: IO[bytes],
        target: IO[bytes],
        text: Callable[[str], str],
        person: Callable[[str, str], str],
    ) -> None:
        self.source = source
        self.target = target
        self.text = text
        self.person = person
        self.left_out = 0
        self.blob = False

    def copy(self) -> None:
        """Read to the end."""
        for line in self.source:
            if line.startswith(b"data "):
                self._data(int(line[5:]))
            elif found := _PERSON.fullmatch(line):
                name, email = (part.decode("utf-8", "replace") for part in found.group(2, 3))
                told = self.person(name, email).encode()
                self.target.write(found[1] + b" " + told + b" " + found[4] + b"\n")
            elif line.startswith((b"M ", b"D ", b"R ", b"C ")):
                self._path(line)
            elif line.startswith((b"commit ", b"reset ", b"tag ")):
                self.blob = False
                kind, _, name = line.rstrip(b"\n").partition(b" ")
                self.target.write(kind + b" " + self._changed(name) + b"\n")
            elif line.startswith(b"from refs/"):
                self.target.write(b"from " + self._changed(line[5:-1]) + b"\n")
            elif line.startswith(b"encoding "):
                continue
            else:
                if line == b"blob\n":
                    self.blob = True
                self.target.write(line)

    def _data(self, size: int) -> None:
        blob, self.blob = self.blob, False
        if size > _MAX_BYTES and blob:
            left = size
            while left:
                left -= len(self.source.read(min(left, 1 << 20)) or b"\0" * left)
            content = LEFT_OUT
            self.left_out += 1
        else:
            content = self._content(self.source.read(size), blob)
        self.target.write(b"data %d\n" % len(content) + content)

    def _content(self, content: bytes, blob: bool) -> bytes:
        if b"\0" not in content:
            try:
                return self.text(content.decode("utf-8")).encode()
            except UnicodeDecodeError:
                # Whatever the encoding is, ASCII and the letters of Windows-1252 are read.
                found = content.decode("cp1252", "replace")
                return self.text(found).encode("utf-8", "replace")
        self.left_out += blob
        return LEFT_OUT

    def _path(self, line: bytes) -> None:
        head, count = line[:1], 3 if line[:1] == b"M" else 1
        parts = line.rstrip(b"\n").split(b" ", count)
        path = parts[-1]
        if head in b"RC":
            raise ValueError("git tells of a renamed file where none was asked for")
        name = _unquoted(path).decode("utf-8", "surrogateescape")
        changed = "/".join(self.text(part) for part in name.split("/"))
        self.target.write(b" ".join([*parts[:-1], quote(changed)]) + b"\n")

    def _changed(self, name: bytes) -> bytes:
        return self.text(name.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _unquoted(path: bytes) -> bytes:
    """A path as it is, from git's way of writing it."""
    if not path.startswith(b'"'):
        return path

    def plain(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8) if code[:1].isdigit() else _SPECIAL.get(code[0], code[0])])

    return re.sub(rb"\\([0-3][0-7]{2}|.)", plain, path[1:-1])
