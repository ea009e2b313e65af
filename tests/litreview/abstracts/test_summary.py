"""What the extracts of an abstract promise."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litreview.abstracts.summary import (
    MAX_CHARACTERS,
    Summary,
    summarize,
)

ABSTRACT = (
    "Large models are costly to train. In this paper we propose a smaller model. "
    "We train it with a masked objective using public text. "
    "Results show that it outperforms larger models by 2%."
)


def summary_of(abstract: str) -> Summary:
    return summarize([abstract])[0]


def extracts(summary: Summary) -> list:
    found = (summary.objective, summary.methods, summary.outcomes)
    return [extract for extract in found if extract is not None]


def test_each_part_is_the_sentence_that_says_it():
    """The plainest of abstracts."""
    summary = summary_of(ABSTRACT)
    assert summary.objective.text == "In this paper we propose a smaller model."
    assert summary.methods.text == "We train it with a masked objective using public text."
    assert summary.outcomes.text == "Results show that it outperforms larger models by 2%."


def test_extracts_of_real_abstracts_are_verbatim_distinct_and_scored(data_dir):
    """A reader finds every extract in the abstract, and none is used twice."""
    text = (data_dir / "arxiv" / "snapshot_49.jsonl").read_text(encoding="utf-8")
    abstracts = [json.loads(line)["abstract"] for line in text.splitlines()]
    text = (data_dir / "arxiv" / "nlp_abstracts.json").read_text(encoding="utf-8")
    abstracts += [entry["abstract"] for entry in json.loads(text)]
    summaries = summarize(abstracts)
    assert sum(len(extracts(summary)) for summary in summaries) > len(abstracts)
    for abstract, summary in zip(abstracts, summaries, strict=True):
        found = extracts(summary)
        assert len({extract.start for extract in found}) == len(found)
        for extract in found:
            assert abstract[extract.start : extract.end] == extract.text
            assert 0 < extract.score <= 1


@pytest.mark.parametrize(
    ("title", "objective", "outcomes"),
    [
        (
            "Attention",
            "We propose a new simple network architecture",
            "41.8",
        ),
        ("BERT: Pre", "We introduce a new language representation", "eleven natural language"),
        ("Transformer-xl", "We propose a novel neural architecture", "we improve the state-of"),
        ("ALBERT", "we present two parameter-reduction", "our best model establishes"),
    ],
)
def test_the_courses_papers_are_summarised_sensibly(data_dir, title, objective, outcomes):
    """The works that every team meets first."""
    text = (data_dir / "arxiv" / "nlp_abstracts.json").read_text(encoding="utf-8")
    entry = next(e for e in json.loads(text) if e["title"].startswith(title))
    summary = summary_of(entry["abstract"])
    assert objective in summary.objective.text
    assert outcomes in summary.outcomes.text


def test_without_an_objective_the_first_stated_purpose_serves():
    """Many abstracts state their aim in the sentence that describes the method."""
    summary = summary_of(
        "Parsing is slow. We propose a parser based on a stack of two convolutional layers, "
        "which are trained by gradient descent with labelled trees. It is fast."
    )
    assert summary.objective.text.startswith("We propose a parser")


def test_headings_of_structured_abstracts_are_left_out():
    """The field's name already stands in the README."""
    summary = summary_of(
        "Background: Falls are common. Aims: To assess whether training lowers the risk of falls. "
        "Methods: We randomised 200 patients to two groups. "
        "Results: Falls were halved in the first group. "
        "Conclusions: Training helps older people."
    )
    assert summary.objective.text == "To assess whether training lowers the risk of falls."
    assert summary.methods.text == "We randomised 200 patients to two groups."
    assert summary.outcomes.text in (
        "Falls were halved in the first group.",
        "Training helps older people.",
    )


@pytest.mark.parametrize(
    "abstract",
    [
        "",
        " \n ",
        "Withdrawn.",
        "© 2015 Elsevier Ltd. All rights reserved.",
        "12 34 56 78 90",
        "$$$",
    ],
)
def test_nothing_is_found_where_nothing_is_said(abstract):
    """A field that asks to be filled in beats a wrong sentence."""
    assert summary_of(abstract) == Summary()


@pytest.mark.parametrize(
    "abstract",
    [
        "机器学习很重要。我们提出了一种新的方法。结果表明该方法有效。",
        "Los modelos de lengua son caros. En este trabajo proponemos un modelo más pequeño que "
        "necesita menos datos. Los resultados muestran que es mejor que los modelos grandes.",
        "Les modèles de langue coûtent cher. Dans cet article, nous proposons un modèle plus petit "
        "qui demande moins de données. Les résultats montrent qu'il est meilleur que les autres.",
    ],
)
def test_other_languages_are_not_guessed_at(abstract):
    """The tagger reads English; a guess by position alone would mislead."""
    assert summary_of(abstract) == Summary()


def test_the_word_abstract_is_no_part_of_an_extract():
    """Publishers put it in front of the first sentence."""
    summary = summary_of("Abstract—In this paper we propose a parser for speech. It is fast.")
    assert summary.objective.text == "In this paper we propose a parser for speech."


def test_threads_share_the_model():
    """The table of known tokens grows while others read it."""
    from concurrent.futures import ThreadPoolExecutor

    abstracts = [
        f"We propose a model{i} of thing{i}. Results{i} show that it works." * 3 for i in range(40)
    ]
    expected = [[e.text for e in extracts(summary)] for summary in summarize(abstracts)]
    with ThreadPoolExecutor(8) as pool:
        found = [[e.text for e in extracts(summary)] for summary in pool.map(summary_of, abstracts)]
    assert found == expected


def test_one_sentence_fills_at_most_one_part():
    """The same sentence three times would say nothing three times."""
    assert (
        len(extracts(summary_of("We propose a parser that outperforms the state of the art."))) == 1
    )


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["no punctuation at all ", "We show. ", "$x ", "\\", "x"])
def test_ten_megabytes_do_not_stop_it(piece):
    """Only the beginning is read, and that is said in `MAX_CHARACTERS`."""
    for extract in extracts(summary_of(piece * (10_000_000 // len(piece)))):
        assert extract.end <= MAX_CHARACTERS


def test_many_abstracts_give_as_many_summaries_as_alone():
    """Empty abstracts keep their place, and company changes nothing."""
    abstracts = ["", ABSTRACT, "   \n", ABSTRACT.replace("model", "parser")]
    texts = [[extract.text for extract in extracts(summary)] for summary in summarize(abstracts)]
    assert texts == [
        [extract.text for extract in extracts(summary_of(abstract))] for abstract in abstracts
    ]
    assert texts[0] == []
    assert len(texts[1]) == 3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["We", "show.", "\n\n", "Aims:", "é", "$a$", "©", "5%", "."])))
def test_any_text_is_survived(words):
    """Extracts stay verbatim on nonsense too."""
    abstract = " ".join(words)
    for extract in extracts(summary_of(abstract)):
        assert abstract[extract.start : extract.end] == extract.text
