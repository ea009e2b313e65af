"""Find a team's review README, and replace it so that no byte changes that nobody meant."""

from __future__ import annotations

import re
from pathlib import Path

from litreview.errors import UserError
from litreview.files import MAX_TEXT_BYTES, read_bytes, write_atomic

_REVIEW_FOLDER = re.compile(r"literat|lit.?review|sources", re.IGNORECASE)


def find_review(path: Path) -> Path:
    """Find the review README that a path means.

    Args:
        path: A README, a milestone folder, or a team's repository (also where
            the folder was renamed or renumbered).

    Raises:
        UserError: If there is none.
    """
    try:
        return _find_review(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(f"{path}: cannot be read ({reason}); check permissions") from error


def _find_review(path: Path) -> Path:
    if not path.exists():
        raise UserError(f"{path}: does not exist; give a README, its folder or a repository")
    if not path.is_dir():
        return path
    children = sorted(child for child in path.iterdir() if child.is_dir())
    named = [child for child in children if _REVIEW_FOLDER.search(child.name)]
    folders = [path / "0_LiteratureReview", *named]
    # The README of a repository whose review is gone is not its review.
    if not named and not any(re.match(r"\d_", child.name) for child in children):
        folders.append(path)
    for folder in folders:
        readme = _readme(folder)
        if readme is not None:
            return readme
    raise UserError(
        f"{path}: has no literature review (0_LiteratureReview/README.md); "
        "give the path of the README"
    )


def _readme(folder: Path) -> Path | None:
    if not folder.is_dir():
        return None
    files = {child.name.casefold(): child for child in sorted(folder.iterdir()) if child.is_file()}
    for name in ("readme.md", "readme.markdown", "readme", "readme.txt", "review.md"):
        if name in files:
            return files[name]
    return None


def read_readme(path: Path) -> str:
    """Read a README; bytes that are no UTF-8 survive the way back through `write_readme`.

    Args:
        path: The file; an absent one counts as empty.

    Raises:
        UserError: If it is binary, too large, or UTF-16.
    """
    if not path.exists() and not path.is_symlink():
        return ""
    return decode(read_bytes(path, max_bytes=MAX_TEXT_BYTES), path)


def decode(data: bytes, path: Path) -> str:
    """Turn a README's bytes into text and keep those that are no UTF-8.

    Raises:
        UserError: If the bytes are binary or UTF-16.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UserError(f"{path}: is in UTF-16; save it as UTF-8 and run the command again")
    if b"\x00" in data:
        raise UserError(f"{path}: is a binary file, not text; give the review's README.md")
    return data.decode("utf-8", "surrogateescape")


def write_readme(path: Path, before: str, after: str) -> None:
    """Replace a README in one step.

    Args:
        path: The file.
        before: What `read_readme` gave; if the file says something else by now, nothing
            is written.
        after: What it shall say.

    Raises:
        UserError: If somebody else changed the file meanwhile, or it cannot be written.
    """
    if read_readme(path) != before:
        raise UserError(f"{path}: was changed while it was being drafted; run the command again")
    write_atomic(path, after.encode("utf-8", "surrogateescape"))
