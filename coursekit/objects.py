"""Write a repository's first commit as git objects, without starting git for each team.

Only new, bare repositories are written here, in git's documented formats;
everything that reads or changes an existing one goes through git itself. What
is the same for every team is packed once, by git, and copied.

Reference: gitformat-*(5) and gitrepository-layout(5), https://git-scm.com/docs.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from coursekit import git
from coursekit.templates import File

_CONFIG = """\
[core]
\trepositoryformatversion = 0
\tfilemode = {filemode}
\tbare = true
[receive]
\tdenyNonFastForwards = true
"""
# A nested folder: names to an object's name and mode, or to a further folder.
_Folder = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What every team's repository has in common.

    Attributes:
        entries: From path to (mode, object name) of the files that never differ.
        packed: The names of all objects in the pack.
        pack: The pack file, named as it is copied; None without any such file.
    """

    entries: dict[str, tuple[str, str]]
    packed: frozenset[str]
    pack: Path | None


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit is by, and when: seconds since 1970, in UTC."""

    name: str
    email: str
    seconds: int

    def line(self) -> str:
        """As a commit spells it."""
        return f"{self.name} <{self.email}> {self.seconds} +0000"


def make_blueprint(files: Mapping[str, File], varying: Iterable[str], folder: Path) -> Blueprint:
    """Pack the files that every team receives, once.

    Args:
        files: From path to file.
        varying: Paths of the files that differ; the folders above them do, too.
        folder: An empty folder for the pack; it must outlive the blueprint.

    Raises:
        GitError: If git fails.
    """
    store = folder / "store.git"
    _init(store, "")
    entries = {path: (_mode(file), _write(store, b"blob", file.content)) for path, file in
               files.items()}  # fmt: skip
    names = {name for _, name in entries.values()}
    differing = {str(parent) for path in varying for parent in PurePosixPath(path).parents}
    root = _nest(entries)
    folders = {str(parent) for path in entries for parent in PurePosixPath(path).parents}
    for name in sorted(folders - differing):
        _write_trees(store, _below(root, name), names)
    if not entries:
        return Blueprint({}, frozenset(), None)
    listing = "".join(f"{name}\n" for name in sorted(names)).encode()
    made = git.run("pack-objects", "--quiet", "--threads=1", folder / "pack", git_dir=store,
                   stdin=listing)  # fmt: skip
    pack = folder / f"pack-{made.decode().strip()}.pack"
    return Blueprint(entries, frozenset(names), pack)


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
        branches: The branches; the first one is the default.
        description: One line that git web interfaces show.

    Returns:
        The commit's name.

    Raises:
        OSError: If the folder cannot be written.
    """
    first, *_ = names = list(branches)
    _init(folder, first, description)
    if blueprint.pack is not None:
        target = folder / "objects" / "pack"
        # The index goes last: git takes a pack without one for unfinished.
        for part in (blueprint.pack, blueprint.pack.with_suffix(".idx")):
            shutil.copyfile(part, target / part.name)
    known = set(blueprint.packed)
    entries = dict(blueprint.entries)
    for path, file in files.items():
        entries[path] = (_mode(file), _write(folder, b"blob", file.content, known))
    tree = _write_trees(folder, _nest(entries), known)
    lines = (f"tree {tree}", f"author {author.line()}", f"committer {author.line()}", "", message)
    commit = _write(folder, b"commit", ("\n".join(lines) + "\n").encode())
    for name in names:
        (folder / "refs" / "heads" / name).write_bytes(f"{commit}\n".encode())
    return commit


def commit_name(
    blueprint: Blueprint, files: Mapping[str, File], author: Author, message: str
) -> str:
    """The name that `write_repository` would give the commit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "repository.git"
        return write_repository(path, blueprint, files, author, message, ["main"], "")


def _init(folder: Path, branch: str, description: str = "") -> None:
    for name in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
        (folder / name).mkdir(parents=True)
    (folder / "HEAD").write_bytes(f"ref: refs/heads/{branch or 'main'}\n".encode())
    filemode = "false" if os.name == "nt" else "true"
    (folder / "config").write_bytes(_CONFIG.format(filemode=filemode).encode())
    (folder / "description").write_bytes(f"{description}\n".encode())


def _mode(file: File) -> str:
    return "100755" if file.executable else "100644"


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


def _write_trees(folder: Path, root: _Folder, known: set[str]) -> str:
    rows = []
    for name, item in root.items():
        if isinstance(item, dict):
            # git sorts a folder as if its name ended in a slash.
            rows.append((f"{name}/", "40000", name, _write_trees(folder, item, known)))
        else:
            rows.append((name, item[0], name, item[1]))
    rows.sort(key=lambda row: row[0].encode())
    content = b"".join(
        f"{mode} {name}".encode() + b"\0" + bytes.fromhex(oid) for _, mode, name, oid in rows
    )
    return _write(folder, b"tree", content, known)


def _write(folder: Path, kind: bytes, content: bytes, known: set[str] | None = None) -> str:
    """Write one loose object, unless it is known to be there, and return its name."""
    data = kind + b" " + str(len(content)).encode() + b"\0" + content
    # Git's object names are SHA-1; nothing here relies on it for security.
    name = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    if known is not None and name in known:
        return name
    target = folder / "objects" / name[:2] / name[2:]
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(zlib.compress(data, 1))
        target.chmod(0o444)
    if known is not None:
        known.add(name)
    return name
