"""Where a team's slides are: linked, lying about, elsewhere, or not there yet."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

LINK = "link"
FILE = "file"
FILE_BUT_PLACEHOLDER = "file-but-placeholder-link"
EXTERNAL = "external"
PLACEHOLDER = "placeholder"
MISSING = "missing"

# Kinds of file that slides come in.
SLIDES = (".pdf", ".pptx", ".ppt", ".odp", ".key", ".html", ".htm", ".qmd", ".ppsx")
_LINK = re.compile(
    r"\[(?:[^\[\]]|\[[^\[\]]{0,200}\]){0,300}\]\([ \t\n]{0,20}<?(?P<target>[^)>\[\n]{0,1000}?)>?"
    r"[ \t\n]{0,20}\)"
)
_BARE = re.compile(r"(?<![(<\"'])https?://[^\s<>\"')\]]+")
_PLACEHOLDER_TARGET = re.compile(
    r"name_of_your_file|your_file|your[-_ ]?presentation|^#?$|example\.(?:com|org)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Presentation:
    """The state of a presentation and what says so.

    Attributes:
        state: `link` (the README links slides of the repository), `file`
            (slides are there, nothing links them), `file-but-placeholder-link`,
            `external` (the link leads elsewhere), `placeholder` or `missing`.
        evidence: The link's target, or the file.
    """

    state: str
    evidence: str = ""


def judge_presentation(text: str, paths: Collection[str], folder: str) -> Presentation:
    """Judge a presentation by its README and the files of the repository.

    Args:
        text: The README of the presentation's folder; empty if there is none.
        paths: All paths of the repository.
        folder: The presentation's folder; empty if there is none.
    """
    files = [
        path
        for path in sorted(paths)
        if folder and path.startswith(f"{folder}/") and path.lower().endswith(SLIDES)
    ]
    targets = [unquote(match["target"].split(' "')[0].strip()) for match in _LINK.finditer(text)]
    targets += [match[0] for match in _BARE.finditer(_LINK.sub("", text))]
    targets = [
        target for target in targets
        if not target.lower().endswith((".md", ".png", ".jpg", ".jpeg", ".gif", ".svg"))
        and not target.startswith("#")
    ]  # fmt: skip
    real = [target for target in targets if not _PLACEHOLDER_TARGET.search(target)]
    for target in real:
        if _leads_inside(target, paths, folder):
            return Presentation(LINK, target)
    outside = [target for target in real if _is_slides_elsewhere(target)]
    if outside:
        return Presentation(EXTERNAL, outside[0])
    has_placeholder = len(real) < len(targets) or bool(
        re.search(r"name_of_your_file", text, re.IGNORECASE)
    )
    if files:
        return Presentation(FILE_BUT_PLACEHOLDER if has_placeholder else FILE, files[0])
    if has_placeholder:
        return Presentation(PLACEHOLDER, targets[0] if targets else "")
    return Presentation(MISSING, real[0] if real else "")


def _leads_inside(target: str, paths: Collection[str], folder: str) -> bool:
    """Whether a link leads to a file of the repository, also by its address on a host."""
    try:
        parts = urlsplit(target)
    except ValueError:
        # `https://[your-name].github.io`: brackets stand for an address of version 6 there.
        return False
    path = unquote(parts.path)
    if parts.scheme in ("http", "https"):
        stored = re.search(r"/(?:blob|raw|tree)/[^/]+/(.+)$", path)
        return stored is not None and stored[1] in paths
    if parts.scheme or "\\" in path:
        return False
    joined = path.lstrip("/") if path.startswith("/") else posixpath.join(folder, path)
    return posixpath.normpath(joined) in paths


def _is_slides_elsewhere(target: str) -> bool:
    try:
        return target.lower().startswith(("http://", "https://")) and bool(
            urlsplit(target).hostname
        )
    except ValueError:
        return False
