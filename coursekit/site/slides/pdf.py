"""Print a deck, or another page, with an installed Chromium, as a tagged PDF."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from litreview.errors import UserError
from litreview.files import write_atomic

PRINT_SECONDS = 90
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def write_pdf(html: str, out: Path) -> bool:
    """Print a page with an installed Chromium.

    Args:
        html: One file that needs no other.
        out: The PDF.

    Returns:
        Whether there is one.

    Raises:
        UserError: If it is there and fails.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "deck.html"
        target = Path(folder) / "deck.pdf"
        source.write_text(html, encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--disable-dev-shm-usage",
            f"--user-data-dir={folder}/profile",
            "--no-pdf-header-footer",
            # For those who have it read aloud: headings, lists and tables stay what they are.
            "--export-tagged-pdf",
            "--virtual-time-budget=10000",
            f"--print-to-pdf={target}",
        ]
        if _is_root():
            command.append("--no-sandbox")
        try:
            subprocess.run(
                [*command, source.as_uri()], capture_output=True, timeout=PRINT_SECONDS, check=True
            )
        except (subprocess.SubprocessError, OSError) as error:
            raise UserError(
                f"{out}: {Path(browser).name} could not print the page; open the HTML file and "
                "print it from there"
            ) from error
        if not target.is_file():
            raise UserError(f"{out}: {Path(browser).name} wrote no PDF; print the HTML file")
        write_atomic(out, target.read_bytes())
    return True


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
