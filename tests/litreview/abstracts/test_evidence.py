"""The guiding questions are answered with quotes, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from replay_server import ReplayServer

from litreview.abstracts.evidence import NOT_STATED, QUESTIONS, as_markdown, as_text, gather
from litreview.actions.lookup import sources_of
from litreview.cli.questions import command
from litreview.text.names import models_in
from litreview.works.reading_list import works
from litreview.works.source import Source


def source(abstract: str, title: str = "A title") -> Source:
    return Source(title, ("Ada Lovelace", "A. T."), 2020, "https://x.org/1", abstract)


def answers(abstract: str) -> dict[str, tuple[str, ...]]:
    (row,) = gather([source(abstract)]).rows
    return {key: answer.values if answer else () for key, answer in row.answers.items()}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We fine-tune BERT and RoBERTa, not Albert.", ("BERT", "RoBERTa")),
        ("GPT2, GPT-3.5 and ChatGPT", ("GPT-2", "GPT-3.5", "ChatGPT")),
        ("a Bi-LSTM-CRF and long short-term memory", ("BiLSTM", "LSTM")),
        ("FinBERT beats DistilBERT", ("FinBERT", "DistilBERT")),
        ("Transformer-XL is a Transformer", ("Transformer-XL", "Transformer")),
        ("LLaMA-2 and llama herds", ("Llama 2",)),
        ("recurrent neural networks (RNNs)", ("RNN",)),
        ("the robert award, a gptx and the cnntv", ()),
    ],
)
def test_models_are_known_by_one_name(text: str, names: tuple[str, ...]) -> None:
    """Spellings differ; "BERT in 7 of 25" has to count the same thing."""
    assert models_in(text) == names


@pytest.mark.parametrize(
    ("sentence", "amounts"),
    [
        ("The corpus contains 64,000 labelled sentences.", ("64,000 labelled sentences",)),
        ("It is trained on 3.3 billion words.", ("3.3 billion words",)),
        ("We pretrain on 160GB of text.", ("160GB of text",)),
        ("Our dataset has 25k question-answer pairs.", ("25k question-answer pairs",)),
        ("We train on hundreds of millions of sentences.", ("hundreds of millions of sentences",)),
        ("The model has 340 million parameters and is trained with Adam.", ()),
        ("Trained models reach 28.4 BLEU.", ()),
        ("The data stem from 2020 articles.", ()),
        ("It is trained on sentences of up to 50 words.", ()),
        ("We compare 12 layers on 8 tasks with this dataset.", ()),
    ],
)
def test_amounts_are_amounts_of_data(sentence: str, amounts: tuple[str, ...]) -> None:
    """Parameters, scores, years and lengths are numbers, too."""
    assert answers(sentence)["amount"] == amounts


@pytest.mark.parametrize(
    ("sentence", "formats"),
    [
        ("We use a parallel corpus of legal texts.", ("parallel corpus",)),
        ("It learns from question-answer pairs.", ("question-answer pairs",)),
        ("The set has token-level labels in BIO scheme.", ("token-level labels", "bio scheme")),
        ("The method requires no labelled data.", ()),
        ("We study input and output of the layer.", ()),
    ],
)
def test_formats_are_those_of_the_work(sentence: str, formats: tuple[str, ...]) -> None:
    """A sentence about data that others would need is no answer."""
    assert answers(sentence)["format"] == formats


@pytest.mark.parametrize(
    ("sentence", "models"),
    [
        ("We fine-tune a pretrained BERT.", ("BERT",)),
        ("We release our models and code.", ("the paper's own",)),
        ("Code and pretrained RoBERTa weights are available at x.org.", ("RoBERTa",)),
        ("We release a library for models of traffic in cities and towns everywhere.", ()),
        ("The code is publicly available.", ()),
    ],
)
def test_pretrained_models_are_named_or_released(sentence: str, models: tuple[str, ...]) -> None:
    """Code alone is no model."""
    assert answers(sentence)["pretrained"] == models


def test_quotes_stand_in_the_abstract_at_their_place() -> None:
    """Whoever doubts an answer can look it up; the reading list is real text."""
    evidence = gather(works()[0])

    quoted = [
        (row.source.abstract, answer)
        for row in evidence.rows
        for answer in row.answers.values()
        if answer is not None
    ]
    assert len(quoted) > 20
    assert all(abstract[a.start : a.end] == a.quote for abstract, a in quoted)


def test_totals_count_sources_and_not_mentions() -> None:
    """Two of three means two abstracts, however often each says it."""
    evidence = gather(
        [source("BERT is BERT."), source("BERT and GPT-2 are models."), source("No.")]
    )

    assert evidence.totals("models") == [("BERT", 2), ("GPT-2", 1)]
    assert evidence.answered("models") == 2
    assert "BERT in 2 of 3; GPT-2 in 1 of 3" in as_text(evidence)


def test_what_is_not_stated_is_said_to_be_not_stated() -> None:
    """Most abstracts give no training-set size."""
    table = as_markdown(gather([source("We think about language.")]))

    assert table.count(f"*{NOT_STATED}*") == len(QUESTIONS)


def test_a_hostile_abstract_does_not_leave_its_cell() -> None:
    """Titles and quotes go into a table that others render."""
    evil = source("BERT | <script>alert(1)</script> | [x](javascript:1) wins.", "A | <b>\nB")

    table = as_markdown(gather([evil]))

    row = table.splitlines()[2]
    assert row.count("|") == len(QUESTIONS) + 2
    assert "<script" not in table


def test_the_sources_of_a_readme_are_looked_up(tmp_path: Path) -> None:
    """What the reading list knows needs no network; the rest is named."""
    readme = tmp_path / "README.md"
    readme.write_text(
        "- **Source 1**: BERT\n  - https://arxiv.org/abs/1810.04805\n  - **Methods**: x\n\n"
        "- **Source 2**: A blog\n  - https://x.org/blog\n  - **Methods**: x\n"
    )

    result = CliRunner().invoke(command, [str(readme), "--provider", "reading-list", "--json"])

    data = json.loads(result.stdout)
    assert [row["identity"] for row in data["rows"]] == ["arxiv:1810.04805"]
    assert "A blog" in result.stderr


def test_ids_that_the_reading_list_lacks_are_asked_of_arxiv_together(
    arxiv_server: ReplayServer, arxiv_folder: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """One request for all of them."""
    readme = tmp_path / "README.md"
    invented = arxiv_folder.parent.name == "recorded"
    first, second = ("1606.11517", "1505.11480") if invented else ("2008.11649", "2008.11708")
    readme.write_text(
        f"- **Source 1**: A\n  - https://arxiv.org/abs/{first}v1\n  - **Methods**: x\n\n"
        f"- **Source 2**: B\n  - https://arxiv.org/abs/{second}\n  - **Methods**: x\n"
    )

    sources, missing = sources_of(readme)

    assert len(arxiv_server.requests) == 1
    assert all(source.abstract for source in sources)
    assert len(sources) + len(missing) == 2


def test_recorded_abstracts_of_arxiv_are_read(
    arxiv_server: ReplayServer, environment: dict[str, str]
) -> None:
    """Real abstracts, LaTeX and all, through the same client as a search."""
    result = CliRunner().invoke(command, ["-q", "language models", "-n", "20", "--json"])

    data = json.loads(result.stdout)
    assert data["sources"] == 20
    assert [question["key"] for question in data["questions"]] == list(QUESTIONS)
    assert 0 < data["questions"][0]["answered"] < 20


def test_either_a_readme_or_a_query_is_needed() -> None:
    """Both or neither would be a guess."""
    assert CliRunner().invoke(command, []).exit_code == 2
