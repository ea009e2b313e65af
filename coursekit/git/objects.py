"""Write a repository's first commit without starting git for each team.

Only new, bare repositories are written here, each with one pack of objects in
git's documented formats; everything that reads or changes an existing one goes
through git itself. What is the same for every team is compressed once.

Reference: gitformat-pack(5) and gitrepository-layout(5), https://git-scm.com/docs.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

_CONFIG = """\
[core]
\trepositoryformatversion = 0
\tfilemode = {filemode}
\tbare = true
[receive]
\tdenyNonFastForwards = true
"""
# A nested folder: names to an object's mode and name, or to a further folder.
_Folder = dict[str, Any]
_KINDS = {"commit": 1, "tree": 2, "blob": 3}
# Contents of at least so many bytes are remembered, that many of them.
_LONG_BYTES, _MANY = 2_000, 256
_HEADER_BYTES = 12


@dataclass(frozen=True, slots=True)
class File:
    """A file's content and whether it can be executed."""

    content: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What every team's repository has in common.

    Attributes:
        entries: From path to (mode, object name) of the files that never differ.
        body: Their compressed objects, as they stand in a pack after its header.
        index: From object name to its place in a pack and its checksum.
    """

    entries: dict[str, tuple[str, str]]
    body: bytes
    index: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit is by, and when: seconds since 1970, in UTC."""

    name: str
    email: str
    seconds: int

    def line(self) -> str:
        """As a commit spells it."""
        return f"{self.name} <{self.email}> {self.seconds} +0000"


# By the length of the names that they give.
HASHES = {40: hashlib.sha1, 64: hashlib.sha256}


def object_name(kind: str, content: bytes, length: int = 40) -> str:
    """The name that git gives an object; `kind` is commit, tree, blob or tag."""
    # Git's object names are hashes; nothing here relies on SHA-1 for security.
    digest = HASHES[length](f"{kind} {len(content)}\0".encode(), usedforsecurity=False)
    digest.update(content)
    return digest.hexdigest()


def _part(kind: str, content: bytes) -> bytes:
    return _entry_header(_KINDS[kind], len(content)) + zlib.compress(content, 6)


_known_name = lru_cache(maxsize=_MANY)(object_name)
_known_part = lru_cache(maxsize=_MANY)(_part)


class _Pack:
    """Objects on their way into a pack; what the blueprint has is there already."""

    def __init__(self, blueprint: Blueprint | None = None) -> None:
        self.parts = [blueprint.body] if blueprint else []
        self.index = dict(blueprint.index) if blueprint else {}
        self.size = _HEADER_BYTES + sum(map(len, self.parts))

    def add(self, kind: str, content: bytes) -> str:
        """Add an object, unless it is there, and return its name."""
        # What is long and not a team's own, such as a lesson in its language, comes again.
        long = len(content) >= _LONG_BYTES
        name = (_known_name if long else object_name)(kind, content)
        if name not in self.index:
            part = (_known_part if long else _part)(kind, content)
            self.index[name] = (self.size, zlib.crc32(part))
            self.parts.append(part)
            self.size += len(part)
        return name

    def add_file(self, file: File) -> tuple[str, str]:
        """Add a file's content; returns its mode and object name."""
        return "100755" if file.executable else "100644", self.add("blob", file.content)

    def add_tree(self, root: _Folder) -> str:
        """Add a folder and all folders in it."""
        rows = []
        for name, item in root.items():
            if isinstance(item, dict):
                # git sorts a folder as if its name ended in a slash.
                rows.append((f"{name}/", "40000", name, self.add_tree(item)))
            else:
                rows.append((name, item[0], name, item[1]))
        rows.sort(key=lambda row: row[0].encode())
        return self.add(
            "tree",
            b"".join(
                f"{mode} {name}".encode() + b"\0" + bytes.fromhex(oid)
                for _, mode, name, oid in rows
            ),
        )

    def write(self, folder: Path) -> None:
        """Write the pack and its index into `objects/pack`."""
        data = b"".join((b"PACK", struct.pack(">II", 2, len(self.index)), *self.parts))
        checksum = hashlib.sha1(data, usedforsecurity=False).digest()
        path = folder / f"pack-{checksum.hex()}.pack"
        path.write_bytes(data + checksum)
        # The index goes last: git takes a pack without one for unfinished.
        path.with_suffix(".idx").write_bytes(self._index(checksum))

    def _index(self, checksum: bytes) -> bytes:
        names = sorted(self.index)
        heads = [int(name[:2], 16) for name in names]
        counts = [0] * 256
        for head in heads:
            counts[head] += 1
        totals = [sum(counts[: number + 1]) for number in range(256)]
        places = [self.index[name] for name in names]
        data = b"".join(
            (
                b"\377tOc" + struct.pack(">I", 2),
                struct.pack(">256I", *totals),
                *map(bytes.fromhex, names),
                struct.pack(f">{len(places)}I", *(crc for _, crc in places)),
                struct.pack(f">{len(places)}I", *(offset for offset, _ in places)),
                checksum,
            )
        )
        return data + hashlib.sha1(data, usedforsecurity=False).digest()


def make_blueprint(files: Mapping[str, File], varying: Iterable[str]) -> Blueprint:
    """Compress the files that every team receives, once.

    Args:
        files: From path to file.
        varying: Paths of the files that differ; the folders above them do, too.
    """
    pack = _Pack()
    entries = {path: pack.add_file(file) for path, file in files.items()}
    differing = {str(parent) for path in varying for parent in PurePosixPath(path).parents}
    folders = {str(parent) for path in entries for parent in PurePosixPath(path).parents}
    root = _nest(entries)
    for name in sorted(folders - differing):
        pack.add_tree(_below(root, name))
    return Blueprint(entries, b"".join(pack.parts), pack.index)


def write_repository(
    folder: Path,
    blueprint: Blueprint,
    files: Mapping[str, File],
    author: Author,
    message: str,
    branches: Iterable[str],
    description: str,
) -> str:
    """Write a new bare repository whose branches stand at one first commit.

    Args:
        folder: Where; must not exist.
        blueprint: The files that every team has.
        files: This team's own files.
        author: Author and committer.
        message: The commit message.
        branches: The branches, or references by their full names; the first one is
            the default branch.
        description: One line that git web interfaces show.

    Returns:
        The commit's name.

    Raises:
        OSError: If the folder cannot be written.
    """
    pack = _Pack(blueprint)
    commit = _add_commit(pack, blueprint, files, author, message)
    first, *_ = names = list(branches)
    for name in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
        (folder / name).mkdir(parents=True)
    pack.write(folder / "objects" / "pack")
    filemode = "false" if os.name == "nt" else "true"
    contents = {
        "HEAD": f"ref: refs/heads/{first}\n",
        "config": _CONFIG.format(filemode=filemode),
        "description": f"{description}\n",
        **{
            name if name.startswith("refs/") else f"refs/heads/{name}": f"{commit}\n"
            for name in names
        },
    }
    for name, text in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return commit


def commit_name(
    blueprint: Blueprint, files: Mapping[str, File], author: Author, message: str
) -> str:
    """The name that `write_repository` would give the commit."""
    return _add_commit(_Pack(blueprint), blueprint, files, author, message)


def _add_commit(
    pack: _Pack, blueprint: Blueprint, files: Mapping[str, File], author: Author, message: str
) -> str:
    entries = dict(blueprint.entries)
    entries.update((path, pack.add_file(file)) for path, file in files.items())
    tree = pack.add_tree(_nest(entries))
    lines = (f"tree {tree}", f"author {author.line()}", f"committer {author.line()}", "", message)
    return pack.add("commit", ("\n".join(lines) + "\n").encode())


def _entry_header(kind: int, size: int) -> bytes:
    """Kind and size before an object in a pack: four bits of the size, then seven at a time."""
    byte, size = (kind << 4) | (size & 15), size >> 4
    header = bytearray()
    while size:
        header.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    header.append(byte)
    return bytes(header)


def _nest(entries: Mapping[str, tuple[str, str]]) -> _Folder:
    root: _Folder = {}
    for path, entry in entries.items():
        *folders, name = path.split("/")
        place = root
        for part in folders:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                raise ValueError(f"{path!r} is below a file")
            place = inner
        place[name] = entry
    return root


def _below(root: _Folder, path: str) -> _Folder:
    for part in PurePosixPath(path).parts:
        root = root[part]
    return root
