"""The embedded works: complete, correct in form, and found."""

from __future__ import annotations

import json
import re

import pytest

from litreview.actions.find import find
from litreview.errors import UserError
from litreview.text.sentences import split
from litreview.works.reading_list import works, works_named

NAMED_BY_THE_COURSE = [
    "1409.0473", "1706.03762", "1409.3215", "1406.1078", "1301.3781", "1909.11942", "1810.04805",
    "1910.01108", "2003.10555", "1907.11692", "1909.05858", "1901.02860", "1910.13461",
    "2001.08210", "1804.00344", "1910.10683",
]  # fmt: skip


def test_list_holds_every_work_that_the_course_names():
    """The course's own reading must be there without a network."""
    sources = works()[0]
    ids = {source.arxiv_id for source in sources}
    titles = {source.title for source in sources}

    assert set(NAMED_BY_THE_COURSE) <= ids
    assert "Long Short-Term Memory" in titles
    assert "Improving Language Understanding by Generative Pre-Training" in titles
    assert "Language Models are Unsupervised Multitask Learners" in titles


@pytest.mark.parametrize("source", works()[0], ids=lambda source: source.title[:30])
def test_each_work_is_complete(source):
    """A draft needs every one of these."""
    assert source.title
    assert source.authors
    assert 1990 <= source.year <= 2026
    assert source.venue
    assert re.fullmatch(r"https://[\w./-]+", source.url)
    assert not source.arxiv_id or re.fullmatch(r"\d{4}\.\d{4,5}", source.arxiv_id)
    assert not source.doi or re.fullmatch(r"10\.\d{4,}/\S+", source.doi)
    assert source.doi == source.doi.lower()
    assert 4 <= len(split(source.abstract)) <= 7


def test_identities_are_unique():
    """A work that stands there twice would be drafted twice."""
    identities = [source.identity for source in works()[0]]

    assert len(identities) == len(set(identities))


def test_abstracts_are_not_copied(data_dir):
    """They are our own words: no run of eight words of an original stands in them."""
    originals = {
        entry["id"]: entry["abstract"]
        for entry in json.loads((data_dir / "arxiv/nlp_abstracts.json").read_text())
    }

    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"\w+", text.lower())
        return {tuple(words[i : i + 8]) for i in range(len(words) - 7)}

    compared = 0
    for source in works()[0]:
        if source.arxiv_id in originals:
            compared += 1
            assert not runs(source.abstract) & runs(originals[source.arxiv_id]), source.title
    assert compared >= 3


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("BERT", "BERT: Pre-training"),
        ("LSTM", "Long Short-Term Memory"),
        ("GPT-2", "Language Models are Unsupervised"),
        ("T5", "Exploring the Limits"),
        ("mBART", "Multilingual Denoising"),
        ("word2vec", "Efficient Estimation"),
        ("named entity recognition", "Neural Architectures for Named"),
        ("summarization pointer", "Get To The Point"),
        ("author:Bahdanau attention", "Neural Machine Translation by Jointly"),
        ("1706.03762", "Attention Is All You Need"),
        ("10.1162/neco.1997.9.8.1735", "Long Short-Term Memory"),
    ],
)
def test_works_are_found_by_what_people_call_them(query, title):
    """Short names are what students know."""
    assert find(query, "reading-list", 3).sources[0].title.startswith(title)


def test_filters_and_exclusions_are_strict():
    """Only plain words are a matter of degree."""
    result = find("pretraining -BERT since:2020", "reading-list", 50)

    assert result.sources
    assert all(source.year >= 2020 for source in result.sources)
    texts = [source.title + " " + source.abstract for source in result.sources]
    assert not any(re.search(r"\bBERT\b", text) for text in texts)


def test_empty_query_gives_the_whole_list():
    """It is a list to read, too."""
    assert len(find("", "reading-list", 100).sources) == len(works()[0])


def test_nothing_fitting_is_said():
    """Never a silent empty result."""
    with pytest.raises(UserError, match=r"none of the \d+ works.*--provider arxiv"):
        find("zebrafish", "reading-list", 5)


def test_works_are_read_by_name_as_from_the_whole_list():
    """Whoever needs two of them need not read the abstracts of all."""
    every = works()[0]
    by_id = {work.arxiv_id: work for work in every if work.arxiv_id}
    assert works_named(["1706.03762"]) == (by_id["1706.03762"],)
    with_doi = next(work for work in every if work.doi)
    assert with_doi in works_named([with_doi.doi.lower()])
    assert works_named(["9999.99999", "attention"]) == ()
    named = [work for work in every if work.arxiv_id or work.doi]
    assert works_named([i for work in named for i in (work.arxiv_id, work.doi.lower()) if i]) == (
        *named,
    )
