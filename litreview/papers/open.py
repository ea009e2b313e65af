"""Read a paper from bytes or a file, whatever its format."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from litreview.errors import UserError
from litreview.files import decode_text, read_bytes
from litreview.papers.archive import Folder, tex_files
from litreview.papers.html import read_html
from litreview.papers.jats import read_jats
from litreview.papers.latex import main_file, read_latex
from litreview.papers.paper import Paper
from litreview.papers.pdf import read_pdf

MAX_FILE_BYTES = 60_000_000
MAX_MARKUP_BYTES = 20_000_000
_SUFFIXES = frozenset((".html", ".htm", ".tex", ".gz", ".zip", ".pdf", ".xml", ".nxml"))
_WITHDRAWN = re.compile(
    r"(?:this|the) (?:paper|article|submission|preprint|manuscript) (?:has been|is|was) "
    r"(?:temporarily )?withdrawn|has been withdrawn by (?:the author|arxiv)",
    re.IGNORECASE,
)


def paper_files(folder: Path) -> list[Path]:
    """The files of a folder that may be papers, by name.

    Raises:
        UserError: If it is no folder.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: is no folder; give one with papers")
    return [path for path in sorted(folder.iterdir()) if path.suffix.lower() in _SUFFIXES]


def read_paper(path: Path) -> Paper:
    """Read a paper from a file.

    Args:
        path: HTML, TeX, an archive with TeX, PDF or JATS; told by its content.

    Raises:
        UserError: If there is no such file, or it cannot be read as a paper.
    """
    data = read_bytes(path, max_bytes=MAX_FILE_BYTES)
    try:
        return parse(data, files=Folder(path))
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def parse(data: bytes, *, files: Mapping[str, str] | None = None) -> Paper:
    """Read a paper from what a file or a server holds.

    Args:
        data: The content.
        files: The TeX files that it may include.

    Raises:
        UserError: If it cannot be read as a paper; the message begins with what is wrong.
    """
    paper = _parse(data, files or {})
    if len(paper.text.split()) < 1_000 and _WITHDRAWN.search(paper.text[:5_000]):
        raise UserError("the paper was withdrawn, so there is nothing to read; take another source")
    if not paper.sentences:
        raise UserError("no running text was found in it; give the paper itself, as HTML or PDF")
    return paper


def _parse(data: bytes, files: Mapping[str, str]) -> Paper:
    if not data.strip():
        raise UserError("the file is empty; fetch it again")
    if b"%PDF-" in data[:1024]:
        return read_pdf(data)
    if data[:2] == b"\x1f\x8b" or data[:4] == b"PK\x03\x04" or data[257:262] == b"ustar":
        if b"word/document.xml" in data[:20_000] or data[30:50].startswith(b"mimetype"):
            raise UserError("it is a document of a word processor; save it as PDF or HTML")
        packed = tex_files(data)
        name = main_file(packed)
        return read_latex(packed[name], packed)
    if len(data) > MAX_MARKUP_BYTES:
        raise UserError(
            f"it is larger than {MAX_MARKUP_BYTES / 1e6:g} MB, which no paper's text is; check "
            "that it is the right file"
        )
    head = data[:4000].lower()
    if b"<html" in head or b"<!doctype html" in head:
        return read_html(data)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return read_jats(data) if b"<article" in data[:20_000] else read_html(data)
    text = decode_text(data, "it")
    if re.search(r"\\(?:documentclass|begin\{document\}|section\*?\{|begin\{abstract\})", text):
        return read_latex(text, files)
    raise UserError("it is neither HTML, LaTeX, PDF nor JATS; give the paper in one of these")
