"""Records of one work are joined, and two works never."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.works.dedupe import dedupe, normalise_title
from litreview.works.source import Source

BERT = Source(
    "BERT: Pre-training of Deep Bidirectional Transformers",
    ("Jacob Devlin", "Ming-Wei Chang"),
    2018,
    "https://arxiv.org/abs/1810.04805",
    "We introduce BERT.",
    venue="arXiv",
    arxiv_id="1810.04805",
    provider="arxiv",
)


def work(title: str, author: str = "Ann Author", year: int | None = 2020, **more: str) -> Source:
    return Source(title, (author,) if author else (), year, more.pop("url", ""), "", **more)


def test_preprint_and_publication_become_one_record():
    """The joined record has the abstract of one and the venue and DOI of the other."""
    published = Source(
        "BERT: Pretraining of deep bidirectional transformers",
        ("J. Devlin", "M.-W. Chang"),
        2019,
        "https://doi.org/10.18653/v1/n19-1423",
        "",
        venue="NAACL",
        doi="10.18653/v1/n19-1423",
        provider="doi",
    )

    (joined,), (merge,) = dedupe([BERT, published])

    assert joined.abstract == "We introduce BERT."
    assert joined.venue == "NAACL"
    assert joined.doi == "10.18653/v1/n19-1423"
    assert joined.arxiv_id == "1810.04805"
    assert joined.provider == "arxiv, doi"
    assert "equal title, an author in common" in merge.describe()


def test_versions_of_a_paper_are_one_work():
    """The id without its version decides."""
    second = replace(BERT, title="Another title after revision", version=2)

    works, (merge,) = dedupe([replace(BERT, version=1), second])

    assert len(works) == 1
    assert works[0].version == 2
    assert "same arXiv id 1810.04805" in merge.describe()


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Attention Is Not Explanation", "Attention Is Not Not Explanation"),
        ("Overview of TREC 2019", "Overview of TREC 2020"),
        ("Scaling Language Models: Part 1", "Scaling Language Models: Part 2"),
        ("Learning to Rank with Neural Networks", "Learning to Rank with Neural Nets"),
        ("GPT-3 for Students", "GPT-4 for Students"),
        ("Why Attention Works Well", "Why Attention Never Works Well"),
    ],
)
def test_similar_titles_stay_apart(one, two):
    """At a title ratio of 92 and more, nearly all pairs are different papers."""
    works, merges = dedupe([work(one), work(two)])

    assert len(works) == 2
    assert not merges


def test_equal_titles_without_a_shared_author_stay_apart():
    """Two groups often choose the same title."""
    works, _ = dedupe(
        [work("A Survey of Transformers", "Ann A"), work("A Survey of Transformers", "Bo B")]
    )

    assert len(works) == 2


def test_equal_titles_without_authors_stay_apart():
    """Nothing shows that they are the same."""
    assert len(dedupe([work("A Survey of Models", ""), work("A Survey of Models", "")])[0]) == 2


def test_different_arxiv_ids_outweigh_an_equal_title():
    """One work has one id at arXiv."""
    one = work("A Long Enough Title", arxiv_id="2001.00001")
    two = work("A Long Enough Title", arxiv_id="2001.00002")

    assert len(dedupe([one, two])[0]) == 2


def test_a_page_shared_by_two_arxiv_papers_does_not_join_them():
    """A project page is no identity when the ids differ."""
    one = work("One", arxiv_id="2001.00001", url="https://x.org/p")
    two = work("Two", arxiv_id="2001.00002", url="https://x.org/p")

    assert len(dedupe([one, two])[0]) == 2


def test_short_titles_need_the_same_year():
    """An 'Editorial' appears every year, by the same person."""
    assert len(dedupe([work("Editorial", year=2019), work("Editorial", year=2020)])[0]) == 2
    assert len(dedupe([work("Editorial", year=2020), work("Editorial", year=2020)])[0]) == 1


def test_accents_case_and_spelling_do_not_count():
    """Providers write titles and names differently."""
    one = work("Summarisation für Anfänger: Études", "José Müller")
    two = work("SUMMARIZATION FÜR ANFÄNGER — Etudes", "Müller, José")

    assert len(dedupe([one, two])[0]) == 1


def test_a_withdrawn_version_marks_the_work():
    """One record that says so is enough."""
    (joined,), _ = dedupe([BERT, replace(BERT, withdrawn=True, version=3)])

    assert joined.withdrawn


sources = st.builds(
    Source,
    title=st.sampled_from(["A Study of Words", "A Study of Words 2", "Not a Study of Words", ""]),
    authors=st.lists(st.sampled_from(["Ann A", "Bo B"]), max_size=2).map(tuple),
    year=st.sampled_from([None, 2019, 2020, 2030]),
    url=st.sampled_from(["", "https://x.org/1", "https://x.org/2"]),
    abstract=st.just(""),
    arxiv_id=st.sampled_from(["", "2001.00001", "2001.00002"]),
    doi=st.sampled_from(["", "10.1/a", "10.1/b"]),
)


@given(st.lists(sources, max_size=12))
def test_no_work_holds_two_arxiv_ids_and_nothing_is_lost(found):
    """Whatever the records say, two arXiv papers never become one, and every record is used."""
    works, merges = dedupe(found)

    assert len(works) + sum(len(merge.joined) - 1 for merge in merges) == len(found)
    assert {s.arxiv_id for s in found} - {""} == {s.arxiv_id for s in works} - {""}
    for merge in merges:
        assert len({source.arxiv_id for source in merge.joined} - {""}) <= 1


def test_titles_are_compared_without_latex():
    """Some providers write LaTeX where others write letters."""
    assert normalise_title(r"On $\alpha$-Divergence {BERT}") == normalise_title(
        "On -Divergence BERT"
    )
