"""The published reference says what the commands say."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from coursekit.reference import generated_pages
from coursekit.site.stamp import stamp_site


@pytest.mark.parametrize("path", sorted(generated_pages()))
def test_what_is_generated_is_current(repository_root, path):
    """A page about options or questions that are gone costs a reader an hour."""
    found = (repository_root / path).read_text(encoding="utf-8")
    assert found == generated_pages()[path], f"run: {sys.executable} -m coursekit.reference"


def test_the_guides_name_only_commands_that_exist(repository_root):
    """Every `coursekit …` and `litreview …` in the guides can be typed."""
    from coursekit.cli import group as coursekit
    from litreview.cli import group as litreview

    known = {"coursekit": coursekit.list_commands(None), "litreview": litreview.list_commands(None)}
    for page in sorted((repository_root / "docs").rglob("*.md")):
        if "showcase" in page.relative_to(repository_root / "docs").parts[:-1]:
            continue
        text = page.read_text(encoding="utf-8")
        for name, command in re.findall(r"^\$? ?(coursekit|litreview) ([a-z-]+)", text, re.M):
            assert command in known[name], f"{page.name}: {name} {command}"


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(repository_root, tmp_path):
    """A link that leads nowhere stops the build, and no page asks another server for a part."""
    pytest.importorskip("material")
    out = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(out)]
    done = subprocess.run(command, cwd=repository_root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    stamp_site(out)
    for path in out.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert "Content-Security-Policy" in page
        assert not re.search(r'<(?:script|img)[^>]*src="https?://', page), path
        assert not re.search(r'<link[^>]*stylesheet[^>]*href="https?://', page), path
    assert (out / "search" / "pages.js").stat().st_size > 200


def test_every_folder_of_commands_is_looked_through(repository_root):
    """A command beside the folders, or in one that nobody named, would never be found."""
    from coursekit.cli import FOLDERS

    folder = repository_root / "coursekit" / "cli"
    found = {path.relative_to(folder).parts[0] for path in folder.rglob("*.py")}
    assert {name for name in found if not name.startswith("_")} == set(FOLDERS)
