"""Which sentence is chosen for which field, on texts of many kinds written for this test."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from litreview.abstracts.summary import REASONS, Summary, summarize


def numbers(sentences: list[str], summary: Summary) -> list[int]:
    """The place of each field's sentence in the text; -1 for none."""
    found: list[int] = []
    for extract in (summary.objective, summary.methods, summary.outcomes):
        hits = [i for i, s in enumerate(sentences) if extract is not None and extract.text in s]
        found.append(hits[0] if hits else -1)
    return found


FILE = Path(__file__).with_name("drafts.toml")
TEXTS = tomllib.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TEXTS)
def test_the_sentence_that_says_it_is_chosen(name):
    """Precision counts: a wrong sentence costs a team more than an empty field."""
    sentences = TEXTS[name]["sentences"]
    (summary,) = summarize([" ".join(sentences)])
    assert numbers(sentences, summary) == TEXTS[name]["right"]
    chosen = (summary.objective, summary.methods, summary.outcomes)
    because = [list(extract.reasons) if extract else [] for extract in chosen]
    assert because == TEXTS[name]["because"]


STRUCTURED = {
    "PLOS": (
        "Background: Gulls follow ships. Methodology/Principal Findings: We tagged 31 gulls with "
        "loggers and tracked them for one summer. Gulls spent 22% of the day within 5 km of a "
        "ship. "
        "Conclusions/Significance: Fisheries shape how gulls forage.",
        (None, "We tagged 31 gulls", "Gulls spent 22%"),
    ),
    "bold": (
        "**Aims:** To compare two diets for hens. **Methods:** 80 hens were assigned to two "
        "diets for "
        "ten weeks. **Results:** Eggs were 4 g heavier under the second diet. **Conclusion:** "
        "Diet matters.",
        ("To compare two diets", "80 hens were assigned", "Eggs were 4 g heavier"),
    ),
    "glued": (
        "AbstractBackgroundFrost harms vines.ObjectiveTo test whether smoke protects vines "
        "from frost."
        "MethodsWe burned straw beside six vineyards in April.ResultsLosses were 30% lower "
        "near smoke.",
        ("To test whether smoke", "We burned straw", "Losses were 30% lower"),
    ),
    "a line each": (
        "OBJECTIVE\nTo describe sleep among bus drivers.\nMETHODS\nTwo hundred drivers filled in a "
        "questionnaire.\nRESULTS\nDrivers slept 5.9 hours on work days.\n",
        ("To describe sleep", "Two hundred drivers", "Drivers slept 5.9 hours"),
    ),
    "numbered": (
        "(1) Background: Moss grows on roofs; (2) Methods: we sampled 25 roofs in two towns; "
        "(3) Results: "
        "nineteen species were found; (4) Conclusions: roofs are habitats.",
        (None, "we sampled 25 roofs", "nineteen species were found"),
    ),
    "German headings": (
        "Hintergrund: Lärm stört den Schlaf. Ziel: Den Schlaf an zwei Flughäfen zu "
        "vergleichen. Methoden: Es "
        "wurden 90 Personen befragt. Ergebnisse: Am größeren Flughafen wachten 40 % nachts auf.",
        ("Den Schlaf an zwei", "wurden 90 Personen befragt", "Am größeren Flughafen"),
    ),
    "a label that says nothing": (
        "SUMMARY: We present Plume, a Python module that draws wind fields from station data. "
        "AVAILABILITY: It is free for everybody at the usual place.",
        ("We present Plume", None, None),
    ),
}


@pytest.mark.parametrize("name", STRUCTURED)
def test_what_stands_under_a_heading_has_its_role(name):
    """And the heading itself is cut off, in all its dresses."""
    text, expected = STRUCTURED[name]
    summary = summarize([text])[0]
    for extract, opening in zip(
        (summary.objective, summary.methods, summary.outcomes), expected, strict=True
    ):
        if opening is None:
            continue
        assert extract is not None, opening
        assert opening in extract.text
        assert not extract.text.startswith(("*", "Abstract", "Method", "Result", "SUMMARY", "("))
        assert text[extract.start : extract.end] == extract.text


def test_an_announcement_is_no_part_of_an_extract():
    """Feeds put their own header before the abstract."""
    (summary,) = summarize(
        [
            "arXiv:2401.00000v1 Announce Type: new  Abstract: We propose a parser for tables in "
            "reports."
        ]
    )
    assert summary.objective is not None
    assert summary.objective.text == "We propose a parser for tables in reports."


def test_up_to_three_candidates_are_offered_with_reasons():
    """A person picks from them; the given sentence stands first."""
    sentences = TEXTS["an outlook is no outcome"]["sentences"]
    summary = summarize([" ".join(sentences)])[0]
    for name in ("objective", "methods", "outcomes"):
        offered = summary.candidates[name]
        assert 1 <= len(offered) <= 3
        assert offered[0] == getattr(summary, name)
        assert len({extract.start for extract in offered}) == len(offered)
        assert set(offered[0].reasons) <= set(REASONS.values())
        assert offered[0].reasons
