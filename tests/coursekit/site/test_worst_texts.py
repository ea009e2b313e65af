"""No text of a team costs more than its length."""

from __future__ import annotations

import json
import resource

import pytest
from worst_texts import SIZE, worst_texts

from coursekit.site.notebook import render_notebook
from coursekit.site.sanitize import render_markdown
from coursekit.site.slides.outline import outline
from coursekit.team.clean import clean_markdown
from coursekit.team.presentation import judge_presentation
from coursekit.team.summary import read_summary

# All of it takes less than 1 s for each. A busy machine may take twice that; a quadratic pass takes
# 10 to 10,000 s.
PAGE_SECONDS = 1.5
BOUND_SECONDS = 2
TEXTS = worst_texts()


def used() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def test_there_are_many_and_they_are_long():
    assert len(TEXTS) >= 60
    assert all(len(text) >= SIZE for text in TEXTS.values())


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_is_read_in_a_bounded_time(name):
    """Everything that a page does with a README, on 100 kB of its worst input."""
    start = used()
    text = clean_markdown(TEXTS[name])
    render_markdown(text)
    assert used() - start < PAGE_SECONDS
    read_summary(text)
    judge_presentation(text, {"4_Presentation/a.pdf"}, "4_Presentation")
    outline(text, {"model": ("3_Model", text)})
    cell = {"cell_type": "code", "source": "1", "outputs": [{"data": {"text/html": TEXTS[name]}}]}
    page = render_notebook(json.dumps({"cells": [cell]}), lambda a: None, lambda *a: "")
    page.html.encode()
    assert used() - start < BOUND_SECONDS
