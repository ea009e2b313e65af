"""Pairs of texts, rare labels that count more, and the metric that a team chooses."""

from __future__ import annotations

import json

import pytest
import torch

from baseline import cli
from baseline.config import read_config
from baseline.data.examples import Dataset, Example
from baseline.data.tokenization import BEGIN, END, SEPARATOR, train_tokenizer
from baseline.errors import BaselineError
from baseline.tasks import catalogue
from baseline.tasks.objectives import base, networks
from baseline.tasks.objectives.classifying import label_objective
from baseline.tasks.objectives.reading import Reader

TOKENS = train_tokenizer(["a man sleeps", "somebody rests now"], "words", 40)


def call(root, *arguments):
    return cli.main([arguments[0], "--root", str(root), *arguments[1:]])


def test_two_texts_are_read_with_a_mark_between_them():
    reader = Reader(TOKENS, 16, segmented=True)
    pair = Example("a man sleeps", "yes", question="somebody rests")
    items, cut = label_objective(reader, ("no", "yes")).prepare([pair])
    first, second = TOKENS.ids(pair.text), TOKENS.ids(pair.question)
    assert items == [
        {
            "tokens": [BEGIN, *first, SEPARATOR, *second, END],
            "segments": [0] * 5 + [1] * 3,
            "targets": [1],
        }
    ]
    assert cut == 0


def test_both_texts_keep_their_beginning_where_they_are_too_long():
    reader = Reader(TOKENS, 9)
    long = Example("a man sleeps a man sleeps", "yes", question="somebody rests now somebody")
    items, cut = label_objective(reader, ("no", "yes")).prepare([long])
    first, second = TOKENS.ids(long.text)[:4], TOKENS.ids(long.question)[:2]
    assert items[0]["tokens"] == [BEGIN, *first, SEPARATOR, *second, END]
    assert cut == 1


def test_a_column_text_pair_is_the_second_text(tmp_path, capsys):
    """Whether two words are equal can be told by none of them alone."""
    rows = [f"{a},{b},{a == b}" for n in range(30) for a in ("up", "down") for b in ("up", "down")]
    numbered = [f"{n} {row}" for n, row in enumerate(rows)]
    (tmp_path / "pairs.csv").write_text("\n".join(["text,text_pair,label", *numbered]), "utf-8")
    settings = ["project.task=text-classification", "project.family=encoder-only"]
    data = ["data.name=files", "data.train=pairs.csv"]
    assert call(tmp_path, "train", "--model", "svm", *settings, *data) == 0
    capsys.readouterr()
    assert call(tmp_path, "generate", "1 up", "--question", "up", "--json") == 0
    assert json.loads(capsys.readouterr().out)["output"] in ("True", "False")
    rows = [json.loads(line) for line in next(tmp_path.glob("runs/*/examples.jsonl")).open()]
    assert {row["question"] for row in rows} == {"up", "down"}


def test_texts_are_not_blamed_for_other_labels_beside_other_texts(tmp_path, capsys):
    lines = [f"same,{n},{'xy'[n % 2]}" for n in range(40)]
    (tmp_path / "p.csv").write_text("\n".join(["text,text_pair,label", *lines]), "utf-8")
    data = ["data.name=files", "data.train=p.csv", "project.task=text-classification"]
    call(tmp_path, "data", *data)
    assert "different labels" not in capsys.readouterr().out


ROWS = tuple(Example(f"t {n}", "rare" if n < 2 else "usual") for n in range(10))


def test_an_example_of_a_rare_label_counts_more():
    settings = read_config(
        None, ["project.task=text-classification", "project.family=encoder-only"]
    )
    task = catalogue.find("text-classification")
    data = Dataset("d", ROWS, ROWS, ROWS)
    assert base.answers_of(settings, task, data) == base.Answers(("rare", "usual"))
    balanced = read_config(None, ["model.class_weights=balanced"])
    weights = base.answers_of(balanced, task, data).weights
    assert weights == (2.5, 0.625)
    assert (2 * weights[0] + 8 * weights[1]) / 10 == 1


def test_the_loss_is_the_weighted_mean():
    class Fixed(torch.nn.Module):
        def forward(self, tokens, mask, segments=None):
            return torch.tensor([[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]])

    objective = label_objective(Reader(TOKENS, 8), ("rare", "usual"), (2.5, 0.625))
    items, _ = objective.prepare([Example("a", "rare"), Example("a", "usual"), Example("a", "?")])
    found = objective.loss(Fixed(), base.collate(items))
    losses = torch.log1p(torch.exp(torch.tensor([-2.0, -1.0])))
    assert found == pytest.approx(float((2.5 * losses[0] + 0.625 * losses[1]) / 2))


def test_weights_are_kept_for_a_training_that_goes_on(tmp_path):
    """A resumed run has to ask the same as before."""
    from baseline.training import pipelines

    settings = read_config(
        None,
        [
            *("project.task=text-classification", "project.family=encoder-only"),
            *("model.width=16", "model.layers=1", "model.class_weights=balanced"),
        ],
    )
    task = catalogue.find("text-classification")
    pipeline = pipelines.assemble(settings, task, Dataset("d", ROWS, ROWS, ROWS))
    pipeline.save(tmp_path)
    again = pipelines.restore(settings, task, tmp_path)
    again.model.load_state_dict(pipeline.model.state_dict())
    batch = base.collate(pipeline.objective.prepare(ROWS)[0])
    for one in (pipeline, again):
        one.model.eval()
    losses = [float(one.objective.loss(one.model, batch)) for one in (pipeline, again)]
    unweighted = base.Vocabulary(TOKENS, base.Answers(("rare", "usual")))
    plain = networks.objective_of(settings, task, unweighted)
    assert losses[0] == losses[1]
    assert losses[0] != pytest.approx(float(plain.loss(again.model, batch)))


def test_the_chosen_metric_decides_and_stands_first(tmp_path, capsys):
    arguments = ["--model", "majority", "project.task=text-classification"]
    call(tmp_path, "train", *arguments, "project.metric=macro F1", "--json")
    run = json.loads(capsys.readouterr().out)
    assert list(run["results"]["validation"]) == ["macro F1", "accuracy"]
    assert call(tmp_path, "final", "--json") == 0
    assert json.loads(capsys.readouterr().out)["metric"] == "macro F1"


def test_a_metric_of_another_task_is_one_sentence():
    settings = read_config(None, ["project.metric=BLEU"])
    with pytest.raises(BaselineError, match="'BLEU'; generation has 'bits per character'"):
        catalogue.configured(settings)
