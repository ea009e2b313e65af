"""Read a paper from a PDF: a child process takes the lines out, `pdf_layout` orders them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from litreview.errors import UserError
from litreview.papers import pdf_layout
from litreview.papers.paper import Paper

MAX_PAGES = 300
MAX_SECONDS = 25.0
MAX_CHILD_BYTES = 450_000_000
MAX_LINES_BYTES = 60_000_000
_CHILD = Path(__file__).with_name("pdf_lines.py")
_SAID = {
    "encrypted": "the PDF is encrypted with a password; open it, save it without one, and give "
    "that file",
    "broken": "the PDF is broken; fetch it again",
    "missing": "reading a PDF needs the extra [papers]; install it with "
    "pip install 'coursekit[papers]'",
}


def read_pdf(data: bytes, *, max_seconds: float = MAX_SECONDS) -> Paper:
    """Read a PDF.

    Args:
        data: The file.
        max_seconds: How long taking its lines out may last; what was not reached is left out.

    Raises:
        UserError: If it is encrypted, scanned, broken, too heavy, or the extra is missing.
    """
    records = _records(data, max_seconds)
    error = records[0].get("error")
    if error:
        raise UserError(_SAID[error])
    count = records[0]["pages"]
    pages = [record for record in records if "lines" in record]
    if not any(page["lines"] for page in pages):
        if any(page["image"] for page in pages):
            raise UserError(
                "the PDF is a scan without text; recognise its text first (with ocrmypdf, for "
                "example), or give another version of the paper"
            )
        raise UserError("the PDF holds no text; give another version of the paper")
    return pdf_layout.arrange(pages, count)


def _records(data: bytes, max_seconds: float) -> list[dict[str, Any]]:
    """What the child process prints, a record a line."""
    with tempfile.TemporaryDirectory(prefix="litreview-") as folder:
        path = Path(folder) / "paper.pdf"
        path.write_bytes(data)
        lines = Path(folder) / "lines.jsonl"
        command = [sys.executable, "-P", str(_CHILD), str(path), str(MAX_PAGES),
                   str(max_seconds), str(MAX_CHILD_BYTES)]  # fmt: skip
        # After the time is over, the pages that it printed are read.
        with lines.open("wb") as stream, contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=stream, cwd=folder,
                               stderr=subprocess.DEVNULL, timeout=max_seconds + 4,
                               check=False)  # fmt: skip
        with lines.open("rb") as stream:
            printed = stream.read(MAX_LINES_BYTES).decode("utf-8", "replace")
    records = []
    for line in printed.splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:  # cut off in the middle
            break
    if not records or (len(records) == 1 and "error" not in records[0]):
        raise UserError(
            f"the PDF takes more than {max_seconds:g} seconds or "
            f"{MAX_CHILD_BYTES / 1e6:g} MB to open, or breaks the reader; give another version "
            "of the paper"
        )
    return records
