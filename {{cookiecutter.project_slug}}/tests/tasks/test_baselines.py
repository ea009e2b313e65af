"""The cheap baselines: each learns what it is for, and is the same again after it was kept."""

from __future__ import annotations

import importlib.util
import json
import random

import pytest

from baseline import cli
from baseline.config import Model, read_config
from baseline.data.examples import Example
from baseline.errors import BaselineError
from baseline.experiments import plan
from baseline.tasks.baselines import base
from baseline.tasks.catalogue import TASKS
from baseline.tasks.metrics import Likelihood

SORTED = [
    Example(f"{words} {n}", label)
    for n in range(12)
    for label, words in (("good", "warm and lovely"), ("bad", "cold and late"), ("bad", "broken"))
]
# "may" is a month after "in" and a verb otherwise: a word's own most frequent tag cannot know.
TAGGED = [
    example
    for n in range(20)
    for example in (
        Example("", words=("in", "may", str(n)), tags=("O", "B-MONTH", "O")),
        Example("", words=("it", "may", "rain", str(n)), tags=("O", "O", "O", "O")),
    )
]
ASKED = [
    Example(
        f"def f({name}={value})", value, f"What is the default of {name}?", len(f"def f({name}=")
    )
    for name, value in (("size", "10"), ("colour", "'red'"), ("deep", "True"), ("wide", "True"))
]


def fitted(task, name, examples):
    baseline = TASKS[task].baselines[name]
    return baseline, baseline.fit(examples, Model())


def answers(task, name, examples, asked):
    baseline, model = fitted(task, name, examples)
    return baseline.predict(model, asked)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("svm", ["good", "bad"]),
        ("naive-bayes", ["good", "bad"]),
        ("majority", ["bad", "bad"]),
    ],
)
def test_labels_come_from_the_words_of_a_text_or_from_their_numbers(name, expected):
    asked = [Example("such a lovely, warm one"), Example("it was brokn")]  # letters help
    if name == "naive-bayes":
        asked[1] = Example("it was broken")
    assert answers("text-classification", name, SORTED, asked) == expected


def test_a_text_pair_is_read_whole():
    """The second text alone decides here."""
    pairs = [
        Example("the same", y, f"{w} {n}")
        for n in range(9)
        for w, y in (("up", "a"), ("down", "b"))
    ]
    asked = [Example("the same", question="down 3"), Example("the same", question="up 4")]
    assert answers("text-classification", "svm", pairs, asked) == ["b", "a"]


def test_naive_bayes_says_how_sure_it_is():
    baseline, model = fitted("text-classification", "naive-bayes", SORTED)
    (row,) = baseline.probabilities(model, [Example("lovely")])
    assert set(row) == {"good", "bad"}
    assert row["good"] > 0.8
    assert sum(row.values()) == pytest.approx(1, abs=2e-4)


def test_the_machine_s_probabilities_are_calibrated_and_agree_with_its_labels():
    """Margins of 3 and 30 mean nothing; a share that is right as often as it says does."""
    rng = random.Random(0)
    words = {"good": ("warm", "lovely", "fine"), "bad": ("cold", "late", "broken")}

    def noisy(label):
        """One word of five is of the other label, so that nothing is certain."""
        other = {"good": "bad", "bad": "good"}[label]
        found = [rng.choice(words[label if rng.random() < 0.8 else other]) for _ in range(5)]
        return Example(" ".join(found), label)

    rows = [noisy(rng.choice(("good", "bad"))) for _ in range(600)]
    baseline, model = fitted("text-classification", "svm", rows[:300])
    found = baseline.probabilities(model, rows[300:])
    labels = baseline.predict(model, rows[300:])
    assert [max(row, key=row.get) for row in found] == labels
    assert all(sum(row.values()) == pytest.approx(1, abs=2e-4) for row in found)
    right = sum(label == e.target for label, e in zip(labels, rows[300:], strict=True)) / 300
    assert sum(max(row.values()) for row in found) / 300 == pytest.approx(right, abs=0.05)


def test_the_machine_of_three_labels_gives_each_a_share():
    rows = [*SORTED, *(Example(f"neither nor {n}", "none") for n in range(12))]
    baseline, model = fitted("text-classification", "svm", rows)
    (found,) = baseline.probabilities(model, [Example("neither nor, as it was")])
    assert set(found) == {"good", "bad", "none"}
    assert found["none"] > 0.5


def test_one_label_alone_can_be_fitted():
    """An eighth of small data, for the learning curve, may hold no other."""
    same = [Example(f"text {n}", "only") for n in range(3)]
    assert answers("text-classification", "svm", same, [Example("x")]) == ["only"]


def test_the_field_looks_at_neighbours_and_memory_does_not():
    asked = [Example("", words=("in", "may", "99"), tags=("O",) * 3)]
    assert answers("ner", "crf", TAGGED, asked) == [("O", "B-MONTH", "O")]
    assert answers("ner", "frequent-tag", TAGGED[1:], asked) == [("O", "O", "O")]


def test_each_tag_of_the_field_has_a_probability():
    baseline, model = fitted("ner", "crf", TAGGED)
    (row,) = baseline.probabilities(model, [Example("", words=("in", "may"), tags=("O", "O"))])
    assert len(row) == 2
    assert all(0.5 < chance <= 1 for chance in row)


def test_half_a_character_is_no_reason_to_stop():
    asked = [Example("", words=("\ud83d", "may"), tags=("O", "O"))]
    assert len(answers("ner", "crf", TAGGED, asked)[0]) == 2


def test_questions_are_answered_with_the_text_or_without_it():
    """What the second gets right is guessed, and no reading."""
    asked = [Example("def g(deep=False, far=3)", question="What is the default of deep?")]
    assert answers("question-answering", "nearest-place", ASKED, asked) == ["False"]
    assert answers("question-answering", "question-only", ASKED, asked) == ["True"]
    assert answers("question-answering", "majority", ASKED, asked) == ["True"]


def test_a_summary_is_that_of_the_most_similar_text_or_its_own_beginning():
    known = [
        Example("Open a file and read all of its lines.", "Read a file."),
        Example("Close the socket and wait for the peer.", "Close a socket."),
    ]
    asked = [Example("Wait for the peer of a socket. Then stop.")]
    assert answers("summarization", "nearest", known, asked) == ["Close a socket."]
    assert answers("summarization", "first-sentence", known, asked) == ["Wait for the"]


def test_longer_n_grams_foresee_a_text_better():
    texts = [Example("the cat sat on the mat and the cat sat on the hat " * 3)]
    nats = []
    for order in (2, 10):
        baseline = TASKS["generation"].baselines["ngram"]
        found = baseline.predict(baseline.fit(texts, Model(order=order)), texts)
        assert isinstance(found, Likelihood)
        assert found.characters == [len(texts[0].text)]
        nats.append(found.nats[0])
    assert nats[1] < 0.5 * nats[0]


def test_what_is_kept_are_the_examples(tmp_path):
    """An answer at the very beginning has the place 0, which is not nothing."""
    examples = [Example("ten", "ten", "q", 0, others=("10",)), *TAGGED[:1]]
    base.save(examples, tmp_path)
    assert base.load(tmp_path) == examples


@pytest.mark.parametrize(
    "content", ["", "[]", '{"format": 2}', '{"format": 3, "examples": [{"wrong": 1}]}']
)
def test_what_is_no_baseline_is_one_sentence(tmp_path, content):
    (tmp_path / "examples.json").write_text(content, encoding="utf-8")
    with pytest.raises(BaselineError, match="is no baseline .*; train it again"):
        base.load(tmp_path)


@pytest.mark.parametrize(
    ("task", "wanted", "name"),
    [
        ("text-classification", "baseline", "svm"),
        ("text-classification", "ngram", "svm"),  # as earlier versions called it
        ("text-classification", "majority", "majority"),
        ("generation", "ngram", "ngram"),
        ("ner", "baseline", "crf"),
    ],
)
def test_a_run_names_the_baseline_that_it_was(task, wanted, name):
    settings = read_config(None, [f"project.task={task}", f"model.name={wanted}"])
    assert plan.named(settings).model.name == name


def test_without_the_library_the_next_one_is_taken(monkeypatch):
    """The demonstration runs on a bare Python, too."""
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "sklearn" else real(name)
    )
    assert base.first_of(TASKS["text-classification"].baselines) == "majority"
    assert base.first_of(TASKS["question-answering"].baselines) == "nearest-place"


def test_a_baseline_of_another_task_is_one_sentence(tmp_path, capsys):
    assert cli.main(["train", "--root", str(tmp_path), "--model", "crf"]) == 2
    assert "no baseline of generation; choose from baseline, ngram" in capsys.readouterr().err


def test_a_team_names_its_own_baseline(tmp_path, capsys):
    """Whatever a team begins with can be what the others have to beat."""
    arguments = ["train", "--root", str(tmp_path), "--model", "ngram", "model.order=3"]
    assert cli.main([*arguments, "experiment.role=model", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["role"] == "model"
    assert cli.main([*arguments, "model.order=2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["role"] == "baseline"
