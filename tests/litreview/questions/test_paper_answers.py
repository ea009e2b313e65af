"""The guiding questions are answered by quotes of the paper, or not at all."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from litreview.papers.latex import read_latex
from litreview.papers.open import read_paper
from litreview.papers.paper import Paper
from litreview.questions.amounts import amounts_in
from litreview.questions.answers import QUESTIONS, answers
from litreview.questions.languages import unread_language
from litreview.questions.naming import own_models
from litreview.text.names import models_in

DATA = Path(os.environ.get("COURSEKIT_DATA", "../shared/data")) / "fulltext"
PAPER = r"""\title{ZapNet: Reading Weather}\begin{document}
\begin{abstract}We present ZapNet, a neural network model for weather reports.\end{abstract}
\section{Related Work}Smith et al. (2019) train BERT on 9,000 sentences.
Earlier work used pretrained GloVe embeddings with 50,000 labelled tweets.
\section{Data}Our corpus contains 4,200 weather reports of six years.
Each report is one CSV row with the columns text and level.
\begin{table}\caption{Size of the corpus}\begin{tabular}{lrr} & reports & tokens \\
train & 3,360 & 90,112 \\ test & 840 & 22,500 \end{tabular}\end{table}
\section{Model}We fine-tune the pretrained GBERT on the training reports.
The ZapNet model has a BiLSTM on top. ZapNet is trained for 20 epochs.
\section{Results}ZapNet reaches 81.3 points on 840 test reports.
\section{Release}We release our model weights for everyone.
\end{document}"""
STUDY = r"""\begin{document}\section{Method}We asked 33 participants in a workshop about their work.
They annotated 500 documents in JSON format with labels. We use the questionnaire of Doe.
\section{Results}Most participants like to train BERT in theory.\end{document}"""


def paper(text: str) -> Paper:
    return read_latex(text, {})


def first(text: str, question: str):
    answer = answers(paper(text))[question]
    return (answer.evidence[0].quote, answer.evidence[0].where) if answer.stated else None


def test_each_question_is_answered_by_its_sentence_and_place():
    """A use is an answer; what others did is none."""
    assert first(PAPER, "amount") == ("Our corpus contains 4,200 weather reports of six years.",
                                      "2 Data")  # fmt: skip
    assert first(PAPER, "format") == (
        "Each report is one CSV row with the columns text and level.", "2 Data"
    )  # fmt: skip
    assert first(PAPER, "pretrained") == (
        "We fine-tune the pretrained GBERT on the training reports.", "3 Model"
    )  # fmt: skip
    models = answers(paper(PAPER))["models"]
    assert {"ZapNet", "GBERT"} <= set(models.values)
    assert "BERT" not in models.values


def test_rows_of_a_table_of_sizes_are_evidence():
    """Where the text has no amount, the table's row is quoted with its caption."""
    text = PAPER.replace("Our corpus contains 4,200 weather reports of six years.", "")
    answer = answers(paper(text))["amount"]
    assert (answer.evidence[0].quote, answer.evidence[0].where) == (
        "train | 3,360 | 90,112", "Table 1: Size of the corpus"
    )  # fmt: skip


def test_a_paper_without_a_model_answers_nothing():
    """Who trains nothing has no training data: 33 participants are none."""
    assert [answers(paper(STUDY))[question].stated for question in QUESTIONS] == [False] * 4


@pytest.mark.parametrize(
    ("question", "wrong", "right"),
    [
        # All that was used, before one thing that had to be prepared for it.
        ("models", "Counts were scaled for Naive Bayes, one of the methods in this study.",
         "The methods used were as follows: Naive Bayes, logistic regression, random forest."),
        # A drawback of a method is no use of it.
        ("models", "This method requires an LSTM and BERT, and is poorly suited to long texts.",
         "We tag the words of each text with an LSTM and BERT."),
        # How many there are of a class is not what an example looks like.
        ("format", "There is class imbalance between the class labels in the training data.",
         "The training data contained both text and speech (audio) data in two languages."),
        # What a network makes of a word inside is not what the data look like.
        ("format", "Each token is represented by a hidden vector of the encoder in our network.",
         "Each record is stored as JSON with a text and a label."),
        # What the authors only suppose is no description.
        ("format", "We suspect the reason could be using the IO tagging scheme of the labels.",
         "The tokens are labelled with the IO tagging scheme."),
    ],
)  # fmt: skip
def test_what_answers_the_question_stands_before_what_only_names_it(question, wrong, right):
    """Whichever stands first in the paper, its best sentence is quoted first."""
    for order in ((wrong, right), (right, wrong)):
        text = r"\section{Method}We train BERT on texts. " + " ".join(order)
        assert first(text, question)[0] == right


def test_from_scratch_is_not_pretrained():
    """GPT-2 may be a pretrained model, and may be trained anew."""
    text = r"\section{Model}%s We train on 1,000 books."
    used = text % "We fine-tune GPT-2 with its published weights."
    anew = text % "We train GPT-2 from scratch. Our GPT-2 has eight layers."
    assert answers(paper(used))["pretrained"].values == ("GPT-2",)
    assert not answers(paper(anew))["pretrained"].stated


def test_quotes_stand_in_the_paper_at_their_place():
    """Whoever doubts an answer can look it up."""
    read = paper(PAPER)
    for answer in answers(read).values():
        for item in answer.evidence:
            if item.start >= 0:
                assert read.text[item.start : item.start + len(item.quote)] == item.quote


def test_a_paper_names_models_of_its_own():
    """A name that the paper defines counts; an abbreviation of a task does not."""
    assert own_models(paper(PAPER)) == ("ZapNet",)
    other = PAPER.replace("ZapNet", "NER").replace("a neural network model", "a tool")
    assert own_models(paper(other)) == ()


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("It has 12k sentence pairs.", [("12k sentence pairs", 12_000)]),
        ("We crawled 3.2 M tweets.", [("3.2 M tweets", 3_200_000)]),
        ("Das Korpus hat 10.000 Sätze.", [("10.000 Sätze", 10_000)]),
        (
            "Es enthält 1,5 Millionen Wörter und 2 Mio. Sätze.",
            [("1,5 Millionen Wörter", 1_500_000), ("2 Mio. Sätze", 2_000_000)],
        ),
        ("Es sind 4.200 Wetterberichte.", [("4.200 Wetterberichte", 4_200)]),
        ("We took forty-seven books.", [("forty-seven books", 47)]),
        ("A total of 1 180 patients was enrolled.", [("1 180 patients", 1_180)]),
        ("trained on 160GB of text", [("160GB", 160)]),
        ("two hundred and 96.70 on dependency trees", []),
        ("340 million parameters, 12 layers, 20 epochs, 512 tokens long", []),
        ("sentences of up to 50 words in 2020 articles", []),
        ("a batch size of 32 sentences and at most 100 tokens", []),
        ("more than 500 essays", [("500 essays", 500)]),
        ("hundreds of thousands of abstracts", [("hundreds of thousands of abstracts", None)]),
    ],
)
def test_amounts_have_a_number_and_what_it_counts(sentence, found):
    """English and German; parameters, lengths, years and scores are no data."""
    assert [(amount.text, amount.value) for amount in amounts_in(sentence)] == found


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
        ("generalized linear mixed models, k-means", ("generalised linear mixed model", "k-means")),
        ("the robert award, a gptx and the cnntv", ()),
        ("as in Devlin2019BERT", ()),
    ],
)  # fmt: skip
def test_models_are_known_by_one_name(text, names):
    """Spellings differ; "BERT in 7 of 25" has to count the same thing."""
    assert models_in(text) == names


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We train the model on the data of this work and it is good for all of them. ", ""),
        ("Wir trainieren das Modell auf den Daten und es ist gut für alle von ihnen. ", ""),
        ("Nous entraînons le modèle sur les données et il est bon pour tous dans cette étude. ",
         "French"),
        ("Мы обучаем модель на данных. ", "Russian or another language in Cyrillic letters"),
    ],
)  # fmt: skip
def test_other_languages_are_told(text, language):
    """Cues are English and German; elsewhere silence would look like "not stated"."""
    assert unread_language(text * 10) == language


GERMAN = r"""\title{Wetter lesen}\begin{document}
\begin{abstract}In dieser Arbeit klassifizieren wir Wetterberichte.\end{abstract}
\section{Verwandte Arbeiten}Meier (2020) trainiert BERT auf 90.000 Sätzen.
\section{Daten}Unser Korpus umfasst 4.200 Wetterberichte aus sechs Jahren.
Jede Zeile enthält einen Text und eine Warnstufe im CSV-Format.
\section{Modell}Wir verwenden das vortrainierte Modell GBERT und trainieren es auf den Berichten.
\end{document}"""


def test_german_papers_are_answered():
    """The same questions in the other language of the course."""
    assert first(GERMAN, "amount") == (
        "Unser Korpus umfasst 4.200 Wetterberichte aus sechs Jahren.", "2 Daten"
    )  # fmt: skip
    assert first(GERMAN, "format") == (
        "Jede Zeile enthält einen Text und eine Warnstufe im CSV-Format.", "2 Daten"
    )  # fmt: skip
    for question in ("models", "pretrained"):
        assert answers(paper(GERMAN))[question].values[0] == "GBERT"
    assert unread_language(paper(GERMAN * 5).text) == ""


def test_hostile_sentences_take_little_time():
    """The worst input of each expression, 100 kB of it in one sentence."""
    for piece in (
        "1,",
        "1 000",
        "we ",
        "models of ",
        "the dataset ",
        "a-",
        "pre-trained x ",
        "((",
        "X1 ",
    ):
        text = "We train BERT " + piece * (100_000 // len(piece))
        answers(paper(r"\section{Data}" + text))


def letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def same(quote: str, listed: str) -> bool:
    """Tell whether two quotes are the same sentence, formulas and citations aside."""
    ours, theirs = letters(quote), letters(listed)
    pieces = [theirs[at : at + 12] for at in range(max(len(theirs) - 11, 0))]
    return bool(pieces) and sum(piece in ours for piece in pieces) >= 0.5 * len(pieces)


def holds(quote: str, values: list[str]) -> bool:
    return any(len(letters(value)) > 2 and letters(value) in letters(quote) for value in values)


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is missing: labelled papers are not public")
def test_labelled_papers_are_answered_as_a_reader_does():
    """Floors a little below what is reached, so that a change that costs answers is seen."""
    counts: Counter[str] = Counter()
    read: dict[str, dict] = {}
    for line in (DATA / "gold.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["format"] == "pdf":
            pytest.importorskip("pypdfium2")
        found = read.setdefault(row["paper"], {}) or answers(read_paper(DATA / row["file"]))
        read[row["paper"]] = found
        answer = found[row["question"]]
        if not row["stated"]:
            counts["absent"] += 1
            counts["invented"] += answer.stated
            continue
        counts["stated"] += 1
        counts["given"] += answer.stated
        if answer.stated:
            quote = answer.evidence[0].quote
            listed = any(same(quote, item["quote"]) for item in row["evidence"])
            counts["listed"] += listed
            counts["right"] += listed or holds(quote, row["answers"])
    assert counts["listed"] >= 0.82 * (counts["given"] + counts["invented"])
    assert counts["right"] >= 0.9 * (counts["given"] + counts["invented"])
    assert counts["right"] >= 0.9 * counts["stated"]
    assert counts["given"] >= 0.9 * counts["stated"]
    assert counts["invented"] <= 0.12 * counts["absent"]
