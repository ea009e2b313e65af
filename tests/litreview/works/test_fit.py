"""What a draft takes by itself, and what it only shows."""

from __future__ import annotations

import pytest

from litreview.works.fit import fits, held_parts, needed, telling_parts
from litreview.works.query import parse
from litreview.works.source import Source


def source(title: str, abstract: str = "We do.") -> Source:
    return Source(title, (), 2020, "https://example.org/a", abstract)


@pytest.mark.parametrize(
    ("typed", "title", "fit"),
    [
        ("sepsis", "Sepsis at night", True),
        ("sepsis", "Owls at night", False),
        ("sepsis transformers", "A transformer for sepsis", True),
        ("sepsis transformers", "A transformer for owls", False),
        ("sepsis transformers ICU", "A transformer for sepsis", True),
        ("How can transformers predict sepsis from vital signs?", "Vital signs of owls", False),
        ("How can transformers predict sepsis from vital signs?", "Sepsis and vital signs", True),
        ("a new method to learn models of sepsis", "Sepsis", True),
        ("a new method to learn models of sepsis", "Learning models by a new method", False),
        ("new methods", "A new method", True),
        ("pre-training owls", "Pretraining with owls", True),
        ("LSTM/GRU sepsis", "A GRU for sepsis", True),
        ("transl* owls", "Translating owls", True),
        ("title:sepsis", "Anything at all", True),
        ("1706.03762", "Anything at all", True),
        ("sepsis owls prediction vital signs night", "Owls at night: a prediction", True),
    ],
)
def test_more_than_half_of_the_telling_words_or_three_are_enough(typed, title, fit) -> None:
    assert fits(source(title), parse(typed)) is fit


def test_a_title_alone_needs_one_word_less() -> None:
    """Crossref seldom has an abstract; what is not known is not held against a work."""
    query = parse("sepsis transformers ICU")
    assert fits(source("Sepsis", ""), query)
    assert not fits(source("Sepsis", "At night."), query)
    assert not fits(source("Owls", ""), query)


def test_which_words_are_held_is_told_as_typed() -> None:
    parts = telling_parts(parse("new Transformers for sepsis in the ICU"))
    assert held_parts(source("Transformer", "ICU"), parts) == ("Transformers", "ICU")
    assert [needed(range(count)) for count in range(8)] == [0, 1, 2, 2, 3, 3, 3, 3]
