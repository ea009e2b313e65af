"""What the demo's teams bring: their roster, what they write, and runs that really happened."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from coursekit.course.course import COURSE_FILE, ROSTER_FILE, Course, load_course
from coursekit.course.programme import PROGRAMME_FILE, format_programme, order_by_lot
from coursekit.course.start import start_course
from litreview.files import read_text, write_atomic

FOLDER = Path(__file__).resolve().parents[1] / "data" / "demo"
# Runs that were trained once, with torch; see training/demo_runs.py.
RECORDED = FOLDER / "runs"
REVIEW = Path("0_LiteratureReview", "README.md")
WRITTEN = (
    "1_DatasetCharacteristics/README.md", "2_BaselineModel/README.md", "3_Model/README.md",
    "4_Presentation/README.md",
)  # fmt: skip
SEED = 2027
BREAK_AFTER = 3
_SETTINGS = {
    '# start = "14:00"': 'start = "13:00"',
    '# room = "Lecture hall 2"': 'room = "Lecture hall 2"',
    '# feedback = "staff@example.org"': 'feedback = "staff@example.org"',
    '# address = "https://example.org/llm/"': 'address = "https://example.org/llm/"',
}
_QUESTION = re.compile(r"(\s*[-*] \*\*([^*]+):\*\*) \[.*\]\s*")
_SLIDES = re.compile(r"\*\*\[Slides\]\(name_of_your_file[^)]*\)\*\*\n\n?")


def start(folder: Path) -> Course:
    """The demo's course, on its last day: nine teams, and a programme that was drawn by lot.

    Args:
        folder: The course folder; what is there stays.

    Raises:
        UserError: If it cannot be written, or what is there is wrong.
    """
    is_new = not (folder / COURSE_FILE).exists()
    if not (folder / ROSTER_FILE).exists():
        write_atomic(folder / ROSTER_FILE, read_text(FOLDER / ROSTER_FILE))
    start_course(folder)
    if is_new:
        rules = read_text(folder / COURSE_FILE)
        for old, new in _SETTINGS.items():
            rules = rules.replace(old, new)
        write_atomic(folder / COURSE_FILE, rules)
    course = load_course(folder)
    if not (folder / PROGRAMME_FILE).exists():
        order = order_by_lot([team.slug for team in course.teams], SEED)
        write_atomic(folder / PROGRAMME_FILE, format_programme(order, BREAK_AFTER))
    return course


def write_milestones(clone: Path, slug: str) -> None:
    """Fill in what a team wrote; a question that it left open is taken out, as teams do.

    Args:
        clone: Its working copy.
        slug: The team.
    """
    texts = _texts(slug)
    for name in WRITTEN:
        path = clone / name
        if path.is_file() and texts:
            write_atomic(path, _filled(read_text(path), texts))
    review = clone / REVIEW
    text = read_text(review) if review.is_file() else ""
    if texts.get("relation", "") not in text:
        line = re.compile(r"(  - \*\*Relation to the Project\*\*:)[ \t]*$", re.M)
        write_atomic(review, line.sub(rf"\1 {texts['relation']}", text, count=1))


def add_recorded_runs(clone: Path, slug: str) -> int:
    """Put a team's recorded runs into its working copy, and leave those that are there.

    Args:
        clone: Its working copy.
        slug: The team.

    Returns:
        How many were added.
    """
    added = 0
    for run in sorted((RECORDED / slug).glob("*/run.json")):
        target = clone / "runs" / run.parent.name
        if not target.exists():
            shutil.copytree(run.parent, target)
            added += 1
    return added


@lru_cache(maxsize=1)
def _all_texts() -> dict[str, Any]:
    return tomllib.loads(read_text(FOLDER / "texts.toml"))


def _texts(slug: str) -> Mapping[str, str]:
    """The lines of a team, with those about its data."""
    own: dict[str, str] = _all_texts()["teams"].get(slug, {})
    return {**_all_texts()["data"].get(own.get("data", ""), {}), **own}


def _filled(readme: str, texts: Mapping[str, str]) -> str:
    """A README with a team's answers in the place of the template's questions."""
    lines: list[str] = []
    for line in _SLIDES.sub("", readme).splitlines():
        question = _QUESTION.fullmatch(line)
        if question is None:
            lines.append(line)
        elif question[2] in texts:
            lines.append(f"{question[1]} {texts[question[2]]}")
    # A heading that nothing stands below says nothing.
    kept: list[str] = []
    for line in reversed(lines):
        below = next((one for one in reversed(kept) if one.strip()), "#")
        if not (line.startswith("## ") and below.startswith("#")):
            kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(reversed(kept))).rstrip() + "\n"
