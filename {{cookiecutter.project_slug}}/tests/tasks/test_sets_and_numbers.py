"""Several labels for a text, and numbers: measured, foreseen, chosen and written down."""

from __future__ import annotations

import json
import math

import pytest
import torch

from baseline import cli
from baseline.config import Model, read_config
from baseline.data.examples import Dataset, Example
from baseline.data.tokenization import train_tokenizer
from baseline.experiments import resampling
from baseline.tasks import catalogue, metrics
from baseline.tasks.objectives import base, networks
from baseline.tasks.objectives.classifying import number_objective, set_objective
from baseline.tasks.objectives.reading import Reader
from baseline.training import pipelines

TOKENS = train_tokenizer(["good food", "bad service here"], "words", 40)


def values(task, gold, mine):
    return catalogue.find(task).score([Example("", one) for one in gold], mine).values()


def test_a_set_is_measured_label_by_label():
    found = values("multi-label", ["a; b", "b", "", "c"], ["a", "b", "", "b"])
    # a: right; b: one of two, and one too many; c: missing.
    assert found["micro F1"] == pytest.approx(2 * 2 / (4 + 3))
    assert found["macro F1"] == pytest.approx((1 + 2 * 1 / (2 + 2) + 0) / 3)
    assert found["exact match"] == 0.5


def test_nothing_where_nothing_is_right_is_right():
    assert set(values("multi-label", ["", ""], ["", ""]).values()) == {1.0}


def test_numbers_are_measured_by_their_errors_and_their_order():
    found = values("regression", ["1", "2", "3", "10"], ["2", "2", "4", "5"])
    assert found["RMSE"] == pytest.approx(math.sqrt((1 + 0 + 1 + 25) / 4))
    assert found["Pearson"] == pytest.approx(0.8709297, abs=1e-6)  # scipy.stats.pearsonr
    assert found["Spearman"] == pytest.approx(0.9486833, abs=1e-6)  # scipy.stats.spearmanr


@pytest.mark.parametrize(("mine", "expected"), [(["4", "3"], -1.0), (["7", "7"], 0.0)])
def test_order_the_wrong_way_around_is_below_zero_and_no_order_is_zero(mine, expected):
    found = values("regression", ["1", "2"], mine)
    assert found["Pearson"] == found["Spearman"] == expected


def test_an_error_is_better_the_smaller_it_is():
    first = catalogue.find("regression").metrics[0]
    assert (first.name, first.unit, first.higher_is_better) == ("RMSE", "scale", False)


def test_intervals_lie_around_the_figures():
    gold = [Example("", str(n % 7)) for n in range(200)]
    found = metrics.numbers(gold, [str(n % 7 + (n % 5) - 2) for n in range(200)])
    for name, (low, high) in resampling.intervals([found]).items():
        assert low < found.values()[name] < high, name
        assert high - low < 0.5


SETS = [
    Example(f"{words} {n}", target)
    for n in range(12)
    for words, target in (
        ("good food", "food; good"),
        ("bad food", "food"),
        ("good service", "good"),
        ("late", ""),
    )
]


def test_one_machine_for_each_label_chooses_any_number_of_them():
    baseline = catalogue.find("multi-label").baselines["svm"]
    model = baseline.fit(SETS, Model())
    asked = [Example(text) for text in ("good food 99", "bad food", "late 77")]
    assert baseline.predict(model, asked) == ["food; good", "food", ""]


def test_the_simplest_answer_is_the_most_frequent_label():
    baseline = catalogue.find("multi-label").baselines["majority"]
    assert baseline.predict(baseline.fit(SETS[:2], Model()), SETS[:2]) == ["food", "food"]


def test_ridge_regression_foresees_what_words_add():
    rows = [
        Example(f"{a} and {b} {n}", str(2 * (a == "great") - 3 * (b == "dear")))
        for n in range(8)
        for a in ("great", "plain")
        for b in ("dear", "cheap")
    ]
    baselines = catalogue.find("regression").baselines
    model = baselines["ridge"].fit(rows, Model())
    (found,) = baselines["ridge"].predict(model, [Example("great and cheap")])
    assert float(found) == pytest.approx(2, abs=0.6)
    assert baselines["mean"].predict(baselines["mean"].fit(rows, Model()), rows[:1]) == ["-0.5"]


class Fixed(torch.nn.Module):
    def __init__(self, *rows):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(rows))

    def forward(self, tokens, mask, segments=None):
        return self.weight


def test_each_label_is_a_question_of_its_own():
    objective = set_objective(Reader(TOKENS, 8), ("food", "good", "late"))
    asked = [Example("good food", "food; good"), Example("bad food", "unknown")]
    items, _ = objective.prepare(asked)
    assert [item["targets"] for item in items] == [[1, 1, 0], [0, 0, 0]]
    model = Fixed([2.0, -1.0, 0.5], [-3.0, 0.0, -1.0])
    costs = [math.log1p(math.exp(x)) for x in (-2, 1, 0.5, -3, 0, -1)]
    assert objective.loss(model, base.collate(items)).item() == pytest.approx(sum(costs) / 6)
    assert objective.predict(model, asked) == ["food; late", ""]
    assert objective.probabilities(model, asked)[0] == {
        "food": 0.8808,
        "good": 0.2689,
        "late": 0.6225,
    }


def test_numbers_are_learned_in_deviations_from_their_mean():
    """With 1,950 and 2,020 as targets, the first steps would ruin the weights."""
    objective = number_objective(Reader(TOKENS, 8), 1985.0, 35.0)
    asked = [Example("good", "1950"), Example("bad", "2020")]
    items, _ = objective.prepare(asked)
    assert [item["targets"] for item in items] == [[-1.0], [1.0]]
    model = Fixed([0.0], [2.0])
    assert objective.loss(model, base.collate(items)).item() == 1.0
    assert objective.predict(model, asked) == ["1985", "2055"]


def test_mean_and_deviation_are_kept_with_the_model(tmp_path):
    """Without them its outputs mean nothing; earlier versions kept them as weights."""
    rows = (Example("good", "1950"), Example("bad", "2020"))
    settings = ["project.task=regression", "project.family=encoder-only", "model.width=16"]
    config = read_config(None, [*settings, "model.layers=1", "model.heads=2"])
    task = catalogue.find("regression")
    pipelines.assemble(config, task, Dataset("d", rows, rows, rows)).save(tmp_path)
    path = tmp_path / "labels.json"
    about = json.loads(path.read_text(encoding="utf-8"))
    assert (about["labels"], about["weights"], about["scale"]) == (["number"], [], [1985.0, 35.0])
    old = {"kind": about["kind"], "labels": ["number"], "weights": [1985.0, 35.0]}
    for content in (about, old):
        path.write_text(json.dumps(content), encoding="utf-8")
        items, _ = pipelines.restore(config, task, tmp_path).objective.prepare(rows)
        assert [item["targets"] for item in items] == [[-1.0], [1.0]]


@pytest.mark.parametrize("task", ["multi-label", "regression"])
def test_an_encoder_decoder_learns_it_with_a_head_on_its_encoder(task):
    """It writes labels, but these it need not write."""
    numbers = {"food; good": "3", "food": "1", "good": "2", "": "0"}
    rows = SETS if task == "multi-label" else [Example(e.text, numbers[e.target]) for e in SETS]
    settings = [f"project.task={task}", "project.family=encoder-decoder", "model.width=16"]
    config = read_config(None, [*settings, "model.layers=1", "model.heads=2"])
    found, data = catalogue.find(task), Dataset("d", tuple(rows), tuple(rows), tuple(rows))
    torch.manual_seed(0)
    words = base.vocabulary(config, found, data)
    model, objective = (
        networks.build(config, found, words),
        networks.objective_of(config, found, words),
    )
    batch = base.collate(objective.prepare(rows)[0])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    first = objective.loss(model, batch).item()
    for _ in range(60):
        optimizer.zero_grad()
        objective.loss(model, batch).backward()
        optimizer.step()
    assert objective.loss(model, batch).item() < 0.2 * first
    assert (
        objective.predict(model, rows[:3]) == ["food; good", "food", "good"] or task == "regression"
    )


def call(root, *arguments):
    return cli.main([arguments[0], "--root", str(root), *arguments[1:]])


@pytest.mark.parametrize(
    ("task", "metric", "baseline"),
    [("multi-label", "micro F1", "linear SVM"), ("regression", "RMSE", "ridge regression")],
)
def test_from_a_german_table_to_a_final_result(tmp_path, capsys, task, metric, baseline):
    column = catalogue.find(task).form.names[1]
    answer = {"multi-label": "{}; essen".format, "regression": "{},5".format}[task]
    kinds = ("gut", "teuer", "langsam")
    rows = [
        f"Es war {kinds[n % 3]} im Haus {n};{answer(kinds[n % 3] if column == 'labels' else n % 3)}"
        for n in range(120)
    ]
    quoted = [f'{row.split(";", 1)[0]};"{row.split(";", 1)[1]}"' for row in rows]
    (tmp_path / "own.csv").write_text("\n".join([f"text;{column}", *quoted]), encoding="utf-8")
    data = [f"project.task={task}", "data.name=files", "data.train=own.csv"]
    assert call(tmp_path, "train", "--model", "baseline", *data) == 0
    small = ["model.width=16", "model.layers=1", "model.heads=2", "training.steps=4"]
    assert call(tmp_path, "train", *data, "project.family=encoder-only", *small) == 0
    assert call(tmp_path, "final", baseline) == 0
    assert f"{baseline}: {metric}" in capsys.readouterr().out
    found = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["results"]
    (row,) = [r for r in found if r["split"] == "test" and r["metric"] == metric]
    assert row["higher_is_better"] is (task == "multi-label")
    assert row["interval"][0] <= row["value"] <= row["interval"][1]
    capsys.readouterr()
    assert call(tmp_path, "compare") == 0
    best = next(line for line in capsys.readouterr().out.splitlines() if " 1. " in line)
    assert baseline in best
    predictions = next(tmp_path.glob("runs/*/predictions.jsonl")).read_text(encoding="utf-8")
    first = json.loads(predictions.splitlines()[0])
    assert set(first) >= {"input", "gold", "output"}
    assert call(tmp_path, "errors", "--dry-run") == 0
    assert ("## By class" in capsys.readouterr().out) is (task == "multi-label")
