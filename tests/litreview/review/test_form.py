"""The form is the template's own README; a course that renames a field is followed."""

from __future__ import annotations

import pytest
from review_template import TEMPLATE, template_of

from litreview.actions.check import check_text
from litreview.review.form import form_of, packaged_form
from litreview.review.merge import merge
from litreview.review.reading import read_review
from litreview.review.render import Wording
from litreview.works.source import Source

USUAL = ("Objective", "Methods", "Outcomes", "Relation to the Project")
WORDING = Wording("To translate.", "An attention network.", "It gains 5.0 BLEU.")


def source(number: int) -> Source:
    return Source(
        f"A work about the number {number}", ("Ada Example",), 2020,
        f"https://example.org/{number}", "", provider="test",
    )  # fmt: skip


def renamed(labels: tuple[str, ...], text: str = TEMPLATE) -> str:
    for old, new in zip(USUAL, labels, strict=True):
        text = text.replace(f"**{old}**:", f"**{new}**:")
    return text


RENAMED = {
    "a known word": ("Objective", "Methods", "Findings", "Relation to the Project"),
    "a word of no vocabulary": ("Objective", "Methods", "Take-away", "Relation to the Project"),
    "the first and the last": ("Puzzle", "Methods", "Outcomes", "What we take along"),
    "a word that usually means another field": ("Approach", "Methods", "Outcomes", "Relevance"),
    "all, in German": ("Ziel", "Methode", "Ergebnis", "Bezug zum Projekt"),
    "all, in words of no vocabulary": ("Why", "How", "So what", "And we"),
    "a word with signs of regular expressions": (
        "Objective",
        "How (briefly)",
        "Gain + cost",
        "Us?",
    ),
}


def test_labels_are_read_from_the_template():
    """Nobody writes them down a second time."""
    form = packaged_form()

    assert tuple(form.labels.values()) == USUAL
    assert (form.source, form.list_line) == ("Source", "**Summary of Each Work**:")
    assert form_of("") == form_of(TEMPLATE) == form


@pytest.mark.parametrize("labels", RENAMED.values(), ids=RENAMED)
def test_renamed_fields_are_filled_checked_and_shown_under_their_names(labels):
    """A course words its form as it likes."""
    empty = renamed(labels)
    assert tuple(form_of(empty).labels.values()) == labels
    assert (read_review(empty).form, len(read_review(empty).slots)) == ("empty", 3)

    text, outcomes = merge(empty, [(source(1), WORDING), (source(2), WORDING)])

    assert [outcome.action for outcome in outcomes] == ["added", "added"]
    assert text.count(f"  - **{labels[0]}**: To translate.\n") == 2
    assert text.count(f"  - **{labels[1]}**: An attention network.\n") == 2
    assert text.count(f"  - **{labels[2]}**: It gains 5.0 BLEU.\n") == 2
    assert text.count(f"  - **{labels[3]}**:\n") == 3
    assert not any(f"**{label}**:" in text for label in set(USUAL) - set(labels))
    for entry in read_review(text).sources:
        assert (entry.objective, entry.methods) == ("To translate.", "An attention network.")
        assert (entry.outcomes, entry.relation) == ("It gains 5.0 BLEU.", None)
    report = check_text(text)
    assert (report.verdict, report.complete_sources) == (True, 2)
    assert tuple(report.labels.values()) == labels
    missing = [found for found in report.findings if found.code == "no-relation"]
    assert [found.message.split(";")[0] for found in missing] == [
        f"source 1: {labels[3]} is empty", f"source 2: {labels[3]} is empty"
    ]  # fmt: skip
    assert merge(text, [(source(1), WORDING)])[0] == text


@pytest.mark.parametrize("labels", RENAMED.values(), ids=RENAMED)
def test_a_filled_review_keeps_its_names(labels):
    """When no empty source is left, the team's own sources show the labels."""
    text, _ = merge(renamed(labels), [(source(n), WORDING) for n in (1, 2, 3)])
    written = text.replace(f"**{labels[3]}**:", f"**{labels[3]}**: It gives us a baseline.")

    review = read_review(written)
    more, _ = merge(written, [(source(4), WORDING)])

    assert [entry.relation for entry in review.sources] == ["It gives us a baseline."] * 3
    assert more.count(f"**{labels[2]}**: It gains 5.0 BLEU.") == 4


def test_another_word_for_source_is_kept():
    """`Paper 1` is followed by `Paper 2`."""
    empty = template_of(1).replace("Source 1", "Paper 1")

    text, _ = merge(empty, [(source(1), WORDING), (source(2), WORDING)])

    assert "- **Paper 1**: A work about the number 1" in text
    assert "- **Paper 2**: A work about the number 2" in text
    assert "Source" not in text


@pytest.mark.parametrize("prompt", ["[One sentence]", "[What did they want to know?]"])
def test_prompts_in_brackets_are_not_answers(prompt):
    """A course may say in each field what it asks for; a draft replaces it."""
    empty = TEMPLATE.replace("**Objective**:", f"**Objective**: {prompt}")
    assert read_review(empty).form == "empty"

    text, outcomes = merge(empty, [(source(1), WORDING)])

    assert outcomes[0].number == "1"
    assert text.count(prompt) == 2


def test_a_team_s_additional_field_renames_nothing():
    """Four known labels leave no field for a fifth."""
    text = TEMPLATE.replace("  - **Outcomes**:", "  - **Data**:\n  - **Outcomes**:")

    assert tuple(form_of(text).labels.values()) == USUAL


def test_one_odd_source_does_not_rename_the_others():
    """The label that most sources have is the README's."""
    odd = TEMPLATE.replace("**Outcomes**:", "**Scores**:", 1)

    assert form_of(odd).labels["outcomes"] == "Outcomes"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_hostile_readme_is_read_in_linear_time(ending):
    """Whatever a README repeats, a second is enough for a megabyte."""
    for piece in ("- **Source 1**:", "  - **A" + "*" * 50, "**" * 40, "# **Paper 1**"):
        form_of((piece + ending) * (1_000_000 // len(piece)))
