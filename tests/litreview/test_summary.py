"""What the extracts of an abstract promise."""

from __future__ import annotations

from litreview.summary import summarize, summarize_many

ABSTRACT = (
    "Large models are costly to train. In this paper we propose a smaller model. "
    "We train it with a masked objective using public text. "
    "Results show that it outperforms larger models by 2%."
)


def test_extracts_are_verbatim_and_distinct():
    """A reader can find every extract in the abstract, and none is used twice."""
    summary = summarize(ABSTRACT)
    extracts = [summary.objective, summary.methods, summary.outcomes]
    assert all(extract is not None for extract in extracts)
    for extract in extracts:
        assert ABSTRACT[extract.start : extract.end] == extract.text
    assert len({extract.start for extract in extracts}) == 3


def test_many_abstracts_give_as_many_summaries():
    """Empty abstracts keep their place."""
    summaries = summarize_many(["", ABSTRACT, "   \n"])
    assert [summary.objective is None for summary in summaries] == [True, False, True]
