"""The review's README as a team receives it, from the template itself."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[2] / "{{cookiecutter.project_slug}}"
TEMPLATE = (_FOLDER / "0_LiteratureReview" / "README.md").read_text(encoding="utf-8")


def template_of(sources: int) -> str:
    """The template's beginning, up to so many of its empty sources."""
    beginning, *slots = re.split(r"(?m)^(?=- \*\*Source \d)", TEMPLATE.partition("\n## ")[0])
    assert len(slots) >= sources
    return beginning + "".join(slots[:sources]).rstrip("\n") + "\n"
