"""Where the order of conditions is the specification, the cases are the files in `forms/`."""

from __future__ import annotations

import time
from typing import Any

import pytest
from form_cases import Case, cases

from litreview.review.form import packaged_form
from litreview.review.labels import FIELDS
from litreview.review.lines import read_line
from litreview.review.reading import read_review


def reading_of(text: str, *, whole: bool = False) -> dict[str, Any]:
    """A review's reading in the words of the files; what is empty is left out."""
    review = read_review(text)
    sources = []
    for entry in review.sources:
        source: dict[str, Any] = {"lines": [entry.line, entry.end], "urls": list(entry.urls)}
        source |= {name: getattr(entry, name) for name in ("title", *FIELDS)}
        if whole:
            source |= {name: getattr(entry, name) for name in ("number", "doi", "arxiv_id")}
            source |= {"placeholders": entry.placeholders, "labels": entry.lines}
            source["targets"] = list(entry.targets)
        sources.append({name: value for name, value in source.items() if value})
    reading = {"form": review.form, "slots": len(review.slots), "source": sources}
    return {name: value for name, value in reading.items() if value}


@pytest.mark.parametrize("case", cases("labels.md"), ids=lambda case: case.name)
def test_one_line(case: Case) -> None:
    """What begins a field or a source, and what is its text."""
    line = read_line(1, case.text.rstrip("\n"), packaged_form())

    usual = {"value": line.body} if not line.field else {}
    expected = {"field": "", "head": "", "title": "", "strong": False, "canonical": False}
    expected |= {"value": "", **usual, **case.reading}
    assert {name: getattr(line, name) for name in expected} == expected


REVIEWS = [
    case
    for file in ("titles.md", "sections.md", "unstructured.md", "around.md", "misread.md")
    for case in cases(file)
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("case", REVIEWS, ids=lambda case: case.name)
def test_a_review(case: Case, newline: str) -> None:
    """Form, sources, their lines, and every word of their fields."""
    assert reading_of(case.text.replace("\n", newline)) == case.reading


@pytest.mark.slow
@pytest.mark.parametrize(
    "repeated", ["B. Example and ", "Example, B., ", "Example AB, ", "a b\n\n"]
)
def test_long_texts_cost_no_more_than_their_length(repeated: str) -> None:
    """Names of authors, and paragraphs above a label, without end."""
    text = f"# References\n\n[1] {repeated * (100_000 // len(repeated))}\n\n**Objective**: o\n"
    start = time.process_time()
    read_review(text)
    assert time.process_time() - start < 15


@pytest.mark.parametrize("case", cases("layouts.md"), ids=lambda case: case.name)
def test_all_that_is_known_of_a_source(case: Case) -> None:
    assert reading_of(case.text, whole=True) == case.reading


def test_carriage_returns_and_comments_are_no_text() -> None:
    text = (
        "- **Source 1**: Small owls\r  - **Objective**: to find\r\n"
        "  - **Methods**: ears <!-- not\r\nshown --> and eyes\r  - **Outcomes**: found\n"
    )
    source = {"lines": [1, 5], "title": "Small owls", "objective": "to find"}
    source |= {"methods": "ears and eyes", "outcomes": "found"}
    assert reading_of(text) == {"form": "template", "source": [source]}
