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
from coursekit.git.repository import Entry, Repository, shown
from coursekit.git.trees import walk_trees
from coursekit.team.clean import clean_lines, clean_text, shorten_runs
from litreview.errors import UserError
from litreview.files import decode_text

RASTER = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})
MAX_IMAGE_BYTES = 8_000_000
MAX_TEXT_BYTES = 1_000_000
MAX_NOTEBOOK_BYTES = 3_000_000
MAX_IMAGES = 40
MAX_RUNS = 200
MAX_FILE_BYTES = 30_000_000
MAX_STAFF_COMMITS = 200
# Covers that a course's template brought: a file that all repositories began with.
DEFAULT_COVERS = frozenset({"429684a8fa73ad7053bb6669cfbd9380dab2d35d"})
MILESTONES = ("review", "dataset", "baseline", "model", "presentation")
_FOLDER_WORDS = {
    "review": re.compile(r"lit(erature)?.?review|literatur|review"),
    "dataset": re.compile(r"data"),
    "baseline": re.compile(r"baseline"),
    "model": re.compile(r"model"),
    "presentation": re.compile(r"presentation|pr(ä|ae)sentation|slides"),
}
# Folders of the template in which nothing lies that a page shows.
_NEVER_SHOWN = frozenset(
    {"baseline", "docs", "lessons", "notebooks", "tests", ".git", ".github", ".devcontainer"}
)
_TOO_LARGE = re.compile(r"has [\d.,]+ MB, more than the [\d.,]+ MB")
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
        self.entries: Mapping[str, Entry] = list_files(repository, self.head)
        self.notes: list[str] = []
        self.folders = milestone_folders(self.entries)
        self._readmes: dict[str, tuple[str, str]] = {}

    def updated(self, staff: str = "") -> datetime | None:
        """When the newest commit of the team was made; None where only staff made any.

        Args:
            staff: The address that the staff's own commits bear.
        """
        commit = self.head
        for _ in range(MAX_STAFF_COMMITS):
            if not commit:
                return None
            try:
                header = self.repository.read_object(commit, max_bytes=1_000_000)
                header = header.partition(b"\n\n")[0]
                author = re.search(rb"^author .*<([^<>\n]*)> \d", header, re.M)
                found = re.search(rb"^committer .*> (\d{1,11}) [+-]\d{4}$", header, re.M)
                if not staff or not author or author[1].decode("utf-8", "replace") != staff:
                    return datetime.fromtimestamp(int(found[1]), UTC) if found else None
                # Where staff merged an update, the team's work is the first parent.
                parent = re.search(rb"^parent ([0-9a-f]+)$", header, re.M)
                commit = parent[1].decode("ascii") if parent else ""
            except (RepositoryError, OverflowError, OSError, ValueError):
                return None
        return None

    def text(self, path: str, *, max_bytes: int = MAX_TEXT_BYTES) -> str:
        """A text file, or nothing with a note where it cannot be shown."""
        entry = self.entries.get(path)
        if entry is None:
            return ""
        data = self._read(path, entry, max_bytes)
        try:
            return clean_lines(decode_text(data, path))
        except UserError:
            self.note(path, "is not a text file")
            return ""

    def note(self, path: str, remark: str) -> None:
        """Remember what was left out of a file, in words that may be printed."""
        self.notes.append(f"{shown(path)}: {clean_text(remark)}")

    def readme(self, folder: str) -> tuple[str, str]:
        """The README of a folder: its path and its text."""
        if folder not in self._readmes:
            self._readmes[folder] = self._readme(folder)
        return self._readmes[folder]

    def _readme(self, folder: str) -> tuple[str, str]:
        prefix = f"{folder}/" if folder else ""
        for path in self.entries:
            rest = path[len(prefix) :] if path.startswith(prefix) else "/"
            if rest.lower() in ("readme.md", "readme.markdown", "readme"):
                return path, shorten_runs(self.text(path))
        return "", ""

    def image(self, path: str) -> bytes:
        """A picture's bytes, or nothing with a note."""
        entry = self.entries.get(path)
        return self._read(path, entry, MAX_IMAGE_BYTES) if entry else b""

    def document(self, path: str) -> bytes:
        """A PDF's or a presentation's bytes, or nothing with a note."""
        entry = self.entries.get(path)
        data = self._read(path, entry, MAX_FILE_BYTES) if entry else b""
        if data and not data.startswith((b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            self.note(path, "is not the document that its name says; it is not published")
            return b""
        return data

    def cover(self) -> str:
        """The path of the cover picture, if the team has one."""
        found = [
            path
            for path in self.entries
            if is_image(path)
            and _COVER_FOLDER.fullmatch(path.rpartition("/")[0])
            and self.entries[path].oid not in DEFAULT_COVERS
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
            self.note(path, "is a symbolic link, which is not followed")
            return b""
        if not entry.is_file:
            self.note(path, "is not an ordinary file")
            return b""
        try:
            return self.repository.read_object(entry.oid, max_bytes=max_bytes)
        except RepositoryError as error:
            size = _TOO_LARGE.search(str(error))
            reason = size[0] if size else "cannot be read (damaged repository)"
            self.note(path, reason)
            return b""


def list_files(
    repository: Repository, head: str, *, skip: frozenset[str] = _NEVER_SHOWN
) -> Mapping[str, Entry]:
    """What a commit holds, without the folders that are never shown.

    Walks the trees itself, which saves a program's start for each team. Sizes are
    not known this way (they are 0); what is too large is refused when it is read.
    A tree of unusual shape is left to git's own listing and its limits.

    Args:
        repository: The team's.
        head: The commit.
        skip: Folders at the top that are left out.
    """
    if not head:
        return {}
    try:
        found = walk_trees(
            head, lambda oid, most: repository.read_object(oid, max_bytes=most), skip
        )
    except RepositoryError:
        found = None
    if found is None:
        return repository.files(head)
    return {path: Entry(oid, 0, mode) for path, (mode, oid) in found.items()}


def milestone_folders(entries: Mapping[str, Entry]) -> dict[str, str]:
    """Find the milestone folders, also renamed or renumbered ones.

    Returns:
        From milestone (`review`, `dataset`, …) to the folder's name.
    """
    found: dict[str, str] = {}
    for folder in sorted({path.partition("/")[0] for path in entries if "/" in path}):
        numbered = _NUMBERED.fullmatch(folder)
        name = (numbered[1] if numbered else folder).lower()
        if not numbered and name in (
            "baseline",
            "data",
            "docs",
            "model",
            "models",
            "lessons",
            "notebooks",
        ):
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
