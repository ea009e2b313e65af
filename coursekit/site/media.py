"""Publish a team's pictures as harmless copies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from coursekit.site.images import Picture, RefusedImageError, convert
from coursekit.team.files import TeamFiles, is_image


@dataclass(slots=True)
class Media:
    """Publishes pictures under names made from their content.

    Attributes:
        save: Gets a file name and its bytes.
        known: From a blob and a width to the name it was published under; an
            empty name stands for a picture that was refused.
        used: The names that were given out.
    """

    save: Callable[[str, bytes], None]
    known: dict[str, tuple[str, int, int, str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def publish(self, files: TeamFiles, path: str, max_width: int) -> str:
        """The file name of a picture's harmless copy, or nothing with a note."""
        entry = files.entries.get(path)
        if entry is None or not is_image(path):
            return ""
        key = f"{entry.oid}-{max_width}-{PurePosixPath(path).suffix.lower()}"
        if key not in self.known:
            self.known[key] = self._convert(files, path, max_width)
        name, _, _, reason = self.known[key]
        if reason:
            files.note(path, f"{reason}; it is not shown")
        return self._use(name)

    def publish_document(self, files: TeamFiles, path: str) -> str:
        """The file name of a published document of a team, or nothing with a note."""
        entry = files.entries.get(path)
        if entry is None:
            return ""
        key = f"{entry.oid}-document"
        if key not in self.known:
            data = files.document(path)
            suffix = PurePosixPath(path).suffix.lower()
            name = hashlib.sha256(data).hexdigest()[:16] + suffix if data else ""
            if name:
                self.save(name, data)
            self.known[key] = (name, 0, 0, "")
        return self._use(self.known[key][0])

    def publish_data(self, data: bytes, suffix: str, name: str, max_width: int) -> str:
        """The file name of a harmless copy of a picture that lies in no file."""
        key = f"{name}-{max_width}-{suffix}"
        if key not in self.known:
            self.known[key] = self._keep(data, suffix, max_width)
        return self._use(self.known[key][0])

    def _use(self, name: str) -> str:
        if name:
            self.used.add(name)
        return name

    def _convert(self, files: TeamFiles, path: str, max_width: int) -> tuple[str, int, int, str]:
        data = files.image(path)
        if not data:
            return "", 0, 0, ""
        return self._keep(data, PurePosixPath(path).suffix, max_width)

    def _keep(self, data: bytes, suffix: str, max_width: int) -> tuple[str, int, int, str]:
        try:
            picture: Picture = convert(data, suffix, max_width=max_width)
        except RefusedImageError as error:
            return "", 0, 0, str(error)
        name = hashlib.sha256(picture.data).hexdigest()[:16] + picture.suffix
        self.save(name, picture.data)
        return name, picture.width, picture.height, ""
