"""Take from a team's repository what may be shown, and nothing else.

Files are read from git's objects by name: a few kinds, each with a size limit. A
symbolic link, a submodule, a path with `..` and everything that is not on the list
is never opened; the repository's own `mkdocs.yml` least of all.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from urllib.parse import unquote

from coursekit.errors import RepositoryError
from coursekit.repository import Entry, Repository
from coursekit.site.images import MAX_BYTES as MAX_IMAGE_BYTES
from coursekit.site.images import RASTER
from litreview.errors import UserError
from litreview.files import decode_text

MAX_TEXT_BYTES = 1_000_000
MAX_NOTEBOOK_BYTES = 3_000_000
MAX_IMAGES = 40
MAX_RUNS = 200
MILESTONES = ("review", "dataset", "baseline", "model", "presentation")
_FOLDER_WORDS = {
    "review": re.compile(r"lit(erature)?.?review|literatur|review"),
    "dataset": re.compile(r"data"),
    "baseline": re.compile(r"baseline"),
    "model": re.compile(r"model"),
    "presentation": re.compile(r"presentation|pr(ä|ae)sentation|slides"),
}
_COVER_FOLDER = re.compile(r"(?i)cover.?image|cover")
_NUMBERED = re.compile(r"(?:\d+[_ .-]?)+(.*)")


class TeamFiles:
    """The publishable part of one repository at one commit.

    Attributes:
        slug: The team's name in addresses.
        head: The commit.
        entries: Everything that the commit holds, by path.
        notes: What was left out, and why; one sentence each.
    """

    def __init__(self, repository: Repository, slug: str, head: str | None = None) -> None:
        self.repository = repository
        self.slug = slug
        self.head = (repository.resolve() if head is None else head) or ""
        self.entries: Mapping[str, Entry] = repository.files(self.head) if self.head else {}
        self.notes: list[str] = []
        self.folders = milestone_folders(self.entries)

    def updated(self) -> datetime | None:
        """When the commit was made."""
        if not self.head:
            return None
        try:
            header = self.repository.read_object(self.head, max_bytes=1_000_000)
            found = re.search(rb"^committer .*> (\d{1,11}) [+-]\d{4}$", header, re.M)
            return datetime.fromtimestamp(int(found[1]), UTC) if found else None
        except (RepositoryError, OverflowError, OSError, ValueError):
            return None

    def text(self, path: str, *, max_bytes: int = MAX_TEXT_BYTES) -> str:
        """A text file, or nothing with a note where it cannot be shown."""
        entry = self.entries.get(path)
        if entry is None:
            return ""
        data = self._read(path, entry, max_bytes)
        try:
            return decode_text(data, path).replace("\r\n", "\n").replace("\r", "\n")
        except UserError:
            self.notes.append(f"{path}: is not a text file")
            return ""

    def readme(self, folder: str) -> tuple[str, str]:
        """The README of a folder: its path and its text."""
        prefix = f"{folder}/" if folder else ""
        for path in self.entries:
            rest = path[len(prefix) :] if path.startswith(prefix) else "/"
            if rest.lower() in ("readme.md", "readme.markdown", "readme"):
                return path, self.text(path)
        return "", ""

    def image(self, path: str) -> bytes:
        """A picture's bytes, or nothing with a note."""
        entry = self.entries.get(path)
        return self._read(path, entry, MAX_IMAGE_BYTES) if entry else b""

    def cover(self) -> str:
        """The path of the cover picture, if the team has one."""
        found = [
            path
            for path in self.entries
            if is_image(path) and _COVER_FOLDER.fullmatch(path.rpartition("/")[0])
        ]
        # A team that adds a photograph usually leaves the drawing of the template there.
        return min(
            found, key=lambda p: (p.endswith(".svg"), "cover" not in p.lower(), p), default=""
        )

    def inside(self, folder: str, suffix: str) -> list[str]:
        """The files of a folder (not of its subfolders) with a suffix, by name."""
        return sorted(
            path
            for path in self.entries
            if path.rpartition("/")[0] == folder and path.lower().endswith(suffix)
        )

    def runs(self) -> list[str]:
        """The names of the runs that have a record."""
        found = [path.split("/") for path in self.entries if path.startswith("runs/")]
        names = sorted(p[1] for p in found if len(p) == 3 and p[2] == "run.json")
        return names[:MAX_RUNS]

    def _read(self, path: str, entry: Entry, max_bytes: int) -> bytes:
        if entry.is_symlink:
            self.notes.append(f"{path}: is a symbolic link, which is not followed")
            return b""
        if not entry.is_file:
            self.notes.append(f"{path}: is not an ordinary file")
            return b""
        if entry.size > max_bytes:
            size = f"{entry.size / 1e6:.1f} MB, more than {max_bytes / 1e6:g} MB"
            self.notes.append(f"{path}: has {size}")
            return b""
        try:
            return self.repository.read_object(entry.oid, max_bytes=max_bytes)
        except RepositoryError:
            self.notes.append(f"{path}: cannot be read (damaged repository)")
            return b""


def milestone_folders(entries: Mapping[str, Entry]) -> dict[str, str]:
    """Find the milestone folders, also renamed or renumbered ones.

    Returns:
        From milestone (`review`, `dataset`, …) to the folder's name.
    """
    found: dict[str, str] = {}
    for folder in sorted({path.partition("/")[0] for path in entries if "/" in path}):
        numbered = _NUMBERED.fullmatch(folder)
        name = (numbered[1] if numbered else folder).lower()
        if not numbered and name in ("baseline", "data", "docs", "model", "models", "notebooks"):
            continue
        for kind, words in _FOLDER_WORDS.items():
            if kind not in found and words.search(name):
                found[kind] = folder
                break
    return found


def is_image(path: str) -> bool:
    """Whether a path's suffix is that of a picture we may publish."""
    suffix = PurePosixPath(path).suffix.lower()
    return suffix in RASTER or suffix == ".svg"


def resolve_path(address: str, folder: str) -> str:
    """The path in the repository that a relative address means; empty for any other address."""
    address = unquote(address.partition("#")[0].partition("?")[0]).strip()
    if not address or ":" in address or "\\" in address or address.startswith("//"):
        return ""
    joined = address.lstrip("/") if address.startswith("/") else posixpath.join(folder, address)
    path = posixpath.normpath(joined)
    return "" if path.startswith("..") or path == "." else path
