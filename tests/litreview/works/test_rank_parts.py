"""The order of sources has reasons that can be read."""

from __future__ import annotations

import time

import pytest

from litreview.works.query import parse
from litreview.works.rank import asked_words, bm25, describe_project, rank, words
from litreview.works.reading_list import works
from litreview.works.source import Source

WORKS = works()[0]


def source(title: str, abstract: str = "") -> Source:
    return Source(title, (), 2020, f"https://x.org/{title}", abstract)


def test_project_description_changes_the_order():
    """Two teams with one query do not need the same sources first."""
    query = parse("transformer model")
    translation = rank(WORKS, query, "We translate German sentences with machine translation.")
    naming = rank(WORKS, query, "We find entities: named entity recognition in medical text.")

    def place(ranked, title):
        return [item.source.title for item in ranked].index(title)

    entities = "Neural Architectures for Named Entity Recognition"
    marian = "Marian: Fast Neural Machine Translation in C++"
    assert place(naming, entities) < place(translation, entities)
    assert place(translation, marian) < place(naming, marian)
    assert place(naming, entities) < place(naming, marian)


def test_score_is_the_sum_of_its_parts():
    """A reader must be able to check it."""
    for item in rank(WORKS, parse("attention translation"), "summaries of long documents"):
        assert item.score == pytest.approx(sum(item.parts.values()), abs=2e-4)
        assert set(item.parts) == {"query", "meaning", "project", "order"}
        assert 0 <= item.score <= 1


def test_without_query_and_project_the_given_order_stays():
    """Nothing is known that could change it."""
    assert [item.source for item in rank(WORKS)] == list(WORKS)


def test_words_together_beat_words_apart():
    """A phrase means more than its words."""
    apart = source(
        "Machine parts", "Translation of neural texts by a machine for language model use."
    )
    together = source(
        "Other parts", "Texts in neural machine translation for the use of a language."
    )

    best = rank([apart, together], parse('"machine translation"'))[0]
    assert best.source is together


def test_rare_words_count_more_than_common_ones():
    """In a review on models, the word `model` says nothing."""
    documents = [["model", "entity"], ["model", "model", "model"], ["model", "word"]]

    scores = bm25(documents, {"model": 1, "entity": 1})
    assert scores[0] == max(scores)


def test_plural_and_case_do_not_matter():
    """`Transformers` are found by `transformer`."""
    assert words("The Transformers and theories of BERT's classes") == (
        words("transformer theory BERT's class")
    )


def test_chinese_is_compared_by_character():
    """There are no spaces to split at."""
    first = rank([source("苹果"), source("深度学习模型")], parse("深度学习"))[0]

    assert first.source.title == "深度学习模型"


@pytest.mark.parametrize("sources", [[], [source("")], [source("", ""), source("!")]])
def test_little_or_nothing_can_be_ranked(sources):
    """No division by an empty corpus."""
    assert len(rank(sources, parse("x1"), "y")) == len(sources)


def test_project_description_is_its_prose():
    """Code, addresses, images and placeholders say nothing about the subject."""
    text = describe_project(
        "# Title\n<!-- hidden -->\n![img](x.png)\n[docs](https://x.org/abc)\n"
        "```\ncode\n```\n[PROJECT DESCRIPTION]\nWe classify tweets. https://y.org\n<b>bold</b>"
    )

    assert text == "# Title docs We classify tweets. bold"


def test_hostile_readme_is_read_in_time():
    """A README of megabytes must not stop the search."""
    start = time.process_time()
    for text in ("[" * 200_000, "<" * 200_000, "![](" * 50_000, "```\n" * 50_000, "<!--" * 50_000):
        describe_project(text)
    assert time.process_time() - start < 10


def test_a_work_of_a_name_comes_first_for_the_name_and_not_for_a_sentence():
    """Who types BERT wants BERT; a pasted title that mentions it wants its like."""
    bert = source("BERT: deep networks", "We train.")
    other = source("Vectors of sentences", "They are made with a network.")

    assert rank([other, bert], parse("BERT"))[0].source is bert
    sentence = parse("How are vectors of sentences made with BERT networks?")
    assert rank([other, bert], sentence)[0].source is other


def test_a_word_typed_twice_counts_twice():
    """As in plain BM25; long requests say what matters more than once."""
    query = parse("distributions between distributions -owls title:nets since:2020")
    assert asked_words(query) == {"distribut": 2, "between": 1, "net": 1}
    assert asked_words(None) == {}
