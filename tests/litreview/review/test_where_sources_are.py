"""Where the sources of a review begin and end; the cases are in `forms/places.md`."""

from __future__ import annotations

import json
import re

import pytest
from form_cases import FOLDER, PROSE

from litreview.review.reading import read_review

SIGNS = {
    "«essay»": f"{PROSE}\n\n" * 5,
    "«four»": f"{PROSE}\n\n" * 4,
    "«37»": "word\n" * 37,
    "«200»": " word" * 200,
    "«w»": "w" * 300,
    "«v»": "v" * 300,
}
CASES = re.findall(
    r"^## ([^\n]+)\n~~~markdown\n(.*?)\n~~~\n(\w+): ?([^\n]*)$",
    (FOLDER / "places.md").read_text(encoding="utf-8"),
    re.M | re.S,
)


def test_every_case_is_read() -> None:
    text = (FOLDER / "places.md").read_text(encoding="utf-8")
    assert len(CASES) == text.count("~~~markdown")


@pytest.mark.parametrize(
    ("text", "form", "places"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_source_has_its_place(text: str, form: str, places: str) -> None:
    for sign, meaning in SIGNS.items():
        text = text.replace(sign, meaning)
    review = read_review(f"{text}\n")
    found = [[entry.line, entry.end, (entry.title or "")[:20]] for entry in review.sources]
    assert (review.form, found) == (form, json.loads(f"[{places.replace('; ', ', ')}]"))


@pytest.mark.parametrize(("line", "form"), [(20_000, "list"), (20_001, "empty")])
def test_twenty_thousand_lines_are_read(line: int, form: str) -> None:
    """No review is longer, and a hostile one costs little."""
    review = read_review("\n" * (line - 1) + "- **Source 1**: Small owls https://x.org/a\n")
    assert (review.form, [entry.line for entry in review.sources]) == (
        form,
        [line][: form == "list"],
    )
