"""What remains of a course: its showcase in one file, with checksums and how to cite it.

The same site and course give the same bytes: names are sorted, dates and rights are fixed.

References:
    Citation File Format 1.2.0, https://citation-file-format.github.io
    Zenodo's metadata, https://developers.zenodo.org/#representation
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit.course.course import Course
from coursekit.course.programme import presentation_date
from coursekit.course.roster import make_slug
from coursekit.errors import CourseError
from coursekit.site.cache import MARK
from litreview.errors import UserError

CHECKSUMS = "SHA256SUMS"
CITATION = "CITATION.cff"
ZENODO = ".zenodo.json"
# The earliest day that a zip file can name.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_REGULAR = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """What is, or would be, in an archive.

    Attributes:
        path: The zip file.
        files: How many files it holds.
        bytes: How large they are, before they are packed.
        sha256: Of the zip file, in hexadecimal; empty where nothing was written.
        names: The members whose names are cited, by their consent.
    """

    path: Path
    files: int
    bytes: int
    sha256: str
    names: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return {
            "path": str(self.path), "files": self.files, "bytes": self.bytes,
            "sha256": self.sha256, "names": list(self.names),
        }  # fmt: skip


def archive(course: Course, site: Path, out: Path, *, dry_run: bool = False) -> ArchiveReport:
    """Pack a finished showcase.

    Args:
        course: Says what it is called, when it ended, and who consents to be named.
        site: What `coursekit site --out` built.
        out: The zip file; one that is there is replaced once the new one is complete.
        dry_run: Read everything, and write nothing.

    Raises:
        UserError: If there is no showcase, or a file cannot be read or written.
    """
    if not (site / MARK).is_file():
        raise CourseError(
            f"{site}: holds no showcase; build it first with "
            f"`coursekit site {course.folder} --out {site} --slides`"
        )
    inside = out.resolve().is_relative_to(site.resolve())
    if inside:
        raise CourseError(f"{out}: lies in the showcase itself; give a place outside of {site}")
    names = tuple(one.name for team in course.teams for one in team.members if one.consent)
    day = presentation_date(course) or course.commit.date.date()
    texts = {
        CITATION: _citation(course, names, day),
        ZENODO: json.dumps(_zenodo(course, names, day), ensure_ascii=False, indent=2) + "\n",
    }
    files = {f"site/{path.relative_to(site).as_posix()}": path for path in _files(site)}
    folder = make_slug(f"{course.title} {course.cohort}") or "course"
    part = out.with_name(f".{out.name}.part")
    size = 0
    sums = {}
    try:
        if not dry_run:
            out.parent.mkdir(parents=True, exist_ok=True)
        target: Any = os.devnull if dry_run else part
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
            for name in sorted([*files, *texts]):
                data = texts[name].encode() if name in texts else files[name].read_bytes()
                sums[name] = hashlib.sha256(data).hexdigest()
                size += len(data)
                _add(packed, f"{folder}/{name}", data)
            lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
            _add(packed, f"{folder}/{CHECKSUMS}", lines.encode())
        digest = ""
        if not dry_run:
            with part.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            part.replace(out)
    except OSError as error:
        raise UserError(
            f"{error.filename or out}: cannot be read or written ({error.strerror}); check "
            "permissions and disk space"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return ArchiveReport(out, len(sums) + 1, size, digest, names)


def _files(site: Path) -> list[Path]:
    return [path for path in site.rglob("*") if path.is_file() and not path.is_symlink()]


def _add(packed: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = _REGULAR
    entry.create_system = 3  # Unix, wherever this runs
    packed.writestr(entry, data)


def _title(course: Course) -> str:
    return ", ".join(part for part in (course.title, course.cohort) if part)


def _citation(course: Course, names: tuple[str, ...], day: dt.date) -> str:
    """How to cite the course; JSON texts are YAML, whatever stands in them."""

    def text(value: str) -> str:
        return json.dumps(value, ensure_ascii=False)

    lines = [
        "cff-version: 1.2.0",
        "message: If you refer to this course or its projects, please cite it as below.",
        "type: dataset",
        f"title: {text(_title(course))}",
        f"abstract: {text(_abstract(course))}",
        "authors:",
    ]
    for name in names:
        given, _, family = name.rpartition(" ")
        lines.append(f"  - family-names: {text(family)}")
        lines += [f"    given-names: {text(given)}"] if given else []
    if not names:
        lines.append(f"  - name: {text(course.commit.author)}")
    lines.append(f"date-released: {day.isoformat()}")
    lines += [f"url: {text(course.site.address)}"] if course.site.address else []
    return "\n".join(lines) + "\n"


def _abstract(course: Course) -> str:
    count = len(course.teams)
    return (
        f"Showcase of {count} project{'s' * (count != 1)} of the course {_title(course)}: "
        "literature reviews, data, models, results with how far they were checked, and slides."
    )


def _zenodo(course: Course, names: tuple[str, ...], day: dt.date) -> dict[str, Any]:
    creators = []
    for name in names:
        given, _, family = name.rpartition(" ")
        creators.append({"name": f"{family}, {given}" if given else family})
    found: dict[str, Any] = {
        "title": _title(course),
        "upload_type": "dataset",
        "description": _abstract(course),
        "creators": creators or [{"name": course.commit.author}],
        "publication_date": day.isoformat(),
        "language": {"en": "eng", "de": "deu"}.get(course.language, course.language),
        "keywords": sorted({team.task for team in course.teams if team.task}),
    }
    if course.site.address:
        found["related_identifiers"] = [
            {"identifier": course.site.address, "relation": "isIdenticalTo"}
        ]
    return found
