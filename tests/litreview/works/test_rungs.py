"""A search always answers: step by step fewer words have to occur, and each step is told."""

from __future__ import annotations

import pytest

from litreview.actions.find import explain
from litreview.works.arxiv_query import to_arxiv
from litreview.works.query import parse
from litreview.works.rank import words
from litreview.works.rungs import commonness, rungs
from litreview.works.stems import stem
from litreview.works.terms import Term, positive_terms


def texts(query: str) -> list[tuple[str, list[str]]]:
    return [
        (rung.name, [term.text for term in positive_terms(rung.query.tree)])
        for rung in rungs(parse(query))
    ]


def test_words_are_let_go_from_the_least_telling_on() -> None:
    assert texts("new methods for detecting sepsis using LSTM") == [
        ("all words", ["new", "methods", "detecting", "sepsis", "LSTM"]),
        ("the telling words", ["detecting", "sepsis", "LSTM"]),
        ("any word", ["detecting", "sepsis", "LSTM"]),
    ]


def test_how_common_a_word_is_decides_where_a_provider_says() -> None:
    shares = {"sepsis": 0.5, "icu": 0.001, "model": 0.002, "ward": 0.003}
    second = rungs(parse("sepsis icu model ward"), lambda word: shares[word])[1]
    assert second.dropped == ("sepsis",)


def test_question_and_function_words_are_never_looked_for() -> None:
    query = parse("How can I find papers about what attention does in the transformer?")
    assert [term.text for term in positive_terms(query.tree)] == ["attention", "transformer"]


@pytest.mark.parametrize(
    "demand", ["cat:cs.CL", "title:parsing", "author:Smith", "-survey", "since:2020"]
)
def test_what_is_demanded_holds_on_every_rung(demand: str) -> None:
    query = parse(f"neural dependency grammars {demand}")
    compiled = [to_arxiv(rung.query) for rung in rungs(query)]
    wanted = demand.removeprefix("-").replace("title:", "ti:").replace("author:", "au:")
    wanted = "submittedDate:[20200101" if demand.startswith("since") else wanted
    assert len(compiled) == 3
    assert all(wanted in text for text in compiled)


def test_a_phrase_in_quotation_marks_is_let_go_last() -> None:
    assert texts('"word sense" induction clusters') == [
        ("all words", ["word sense", "induction", "clusters"]),
        ("any word", ["induction", "clusters", "word sense"]),
        ("any word", ["induction", "clusters", "word", "sense"]),
    ]


def test_an_identifier_is_asked_as_it_is() -> None:
    assert [rung.name for rung in rungs(parse("1706.03762"))] == ["as asked"]


def test_explain_shows_each_rung() -> None:
    lines = explain(parse("novel sepsis prediction ICU"))
    asked = [line for line in lines if "all:" in line]
    assert asked == [
        "arXiv is asked for: all:novel AND all:sepsis AND all:prediction AND all:ICU",
        "if too little, all words but novel, which says least: "
        "all:sepsis AND all:prediction AND all:ICU",
        "if too little, any word: all:sepsis OR all:prediction OR all:ICU",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [("entity", "entities"), ("network", "networks"), ("matrix", "matrixes"), ("study", "studies"),
     ("approach", "approaches"), ("analyses", "analyse"), ("process", "processes")],
)  # fmt: skip
def test_the_forms_of_a_word_are_one_word(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), [("news", "new"), ("bus", "bu"), ("2019", "2020")])
def test_what_only_looks_like_a_plural_is_another_word(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_words_of_another_script_stay() -> None:
    assert words("Übersetzung 神经网络 the networks") == [
        "übersetzung",
        "神",
        "经",
        "网",
        "络",
        "network",
    ]


def test_a_word_after_from_is_no_date() -> None:
    assert [t.text for t in positive_terms(parse("learning from: Boyan").tree)] == [
        "learning",
        "Boyan",
    ]
    assert parse("from:2019").since is not None
    assert positive_terms(Term("a")) == (Term("a"),)


def test_a_phrase_with_a_word_that_says_nothing_alone_stays_whole() -> None:
    (_, words) = texts("pre-training corpora")[-1]
    assert words == ["pre training", "corpora"]


@pytest.mark.parametrize(
    ("telling", "common"),
    [("sepsis", "prediction"), ("ICU", "networks"), ("LoRA", "large"), ("GPT4", "model"),
     ("owls", "transformers"), ("summarization", "ward"), ("network", "method")],
)  # fmt: skip
def test_where_nobody_says_how_common_words_are_it_is_guessed(telling: str, common: str) -> None:
    """Names in capitals and long words tell; what most abstracts hold does not."""
    assert commonness(telling) < commonness(common)
