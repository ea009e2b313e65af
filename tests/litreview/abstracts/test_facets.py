"""The sentences of an abstract that speak of its objective, methods or outcomes."""

from __future__ import annotations

from litreview.abstracts.facets import facet_texts

ABSTRACT = (
    "Parsing is a hard problem in many languages. We aim to parse without a treebank. "
    "We train a neural network on raw text with a contrastive loss. "
    "Our parser reaches 81.2 F1 on the test set, 3 points more than before."
)


def test_each_side_has_its_sentences_in_order() -> None:
    (objective,) = facet_texts([ABSTRACT], "objective")
    (methods,) = facet_texts([ABSTRACT], "methods")
    (outcomes,) = facet_texts([ABSTRACT], "outcomes")
    assert "We aim to parse" in objective
    assert methods == "We train a neural network on raw text with a contrastive loss."
    assert outcomes.startswith("Our parser reaches 81.2 F1")


def test_empty_abstracts_keep_their_place() -> None:
    texts = facet_texts(["", ABSTRACT, "   "], "methods")
    assert [bool(text) for text in texts] == [False, True, False]
    assert facet_texts([], "outcomes") == []
