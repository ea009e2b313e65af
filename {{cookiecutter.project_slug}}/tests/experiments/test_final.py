"""The test part stays sealed until one experiment is chosen, and every opening is counted."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from baseline import cli
from baseline.config import read_config
from baseline.data.examples import Example
from baseline.errors import BaselineError
from baseline.experiments import final, identity, resampling
from baseline.tasks.metrics import classification

ROWS = 60


def call(root, *arguments):
    return cli.main([arguments[0], "--root", str(root), *arguments[1:]])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A repository with two baselines on own data: one reads a text, one hardly does."""
    root = tmp_path_factory.mktemp("repository")
    words = {"good": "fine lovely warm", "bad": "broken cold late"}
    rows = [
        f"{words[label].split()[n % 3]} {n} {'xyz'[n % 3]} thing,{label}"
        for n in range(ROWS)
        for label in words
    ]
    (root / "mails.csv").write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    settings = (
        '[project]\ntask = "text-classification"\nfamily = "encoder-only"\n'
        '[data]\nname = "files"\ntrain = "mails.csv"\n'
    )
    (root / "baseline.toml").write_text(settings, encoding="utf-8")
    assert call(root, "train", "--model", "ngram", "--name", "words counted") == 0
    return root


def rows_of(root):
    return json.loads((root / "results.json").read_text(encoding="utf-8"))["results"]


def test_training_and_comparing_tell_nothing_of_the_test_part(trained, capsys):
    assert {row["split"] for row in rows_of(trained)} == {"validation"}
    assert call(trained, "compare") == 0
    shown = capsys.readouterr().out
    assert "accuracy on validation" in shown
    assert "words counted" in shown
    assert "test" not in shown


def test_only_final_opens_it(trained, capsys):
    assert call(trained, "evaluate", "--split", "test") == 2
    assert "sealed" in capsys.readouterr().err


def test_a_dry_run_opens_nothing(trained, capsys):
    assert call(trained, "final", "--dry-run") == 0
    assert "never opened before" in capsys.readouterr().err
    assert not (trained / "splits" / "test_openings.jsonl").exists()
    assert {row["split"] for row in rows_of(trained)} == {"validation"}


def test_final_measures_counts_and_writes_every_prediction(trained, capsys):
    for opening in (1, 2):
        assert call(trained, "final", "words counted", "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["name"], found["openings"]) == ("words counted", opening)
    tested = [row for row in rows_of(trained) if row["split"] == "test"]
    assert [row["metric"] for row in tested] == ["accuracy", "macro F1"]
    for row in tested:
        assert row["openings"] == 2
        assert row["unit"] == "share"
        assert row["interval"][0] <= row["value"] <= row["interval"][1]
    folder = trained / "runs" / tested[0]["run"]
    lines = (folder / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 12
    right = sum(row["gold"] == row["output"] for row in rows)
    assert right / len(rows) == pytest.approx(tested[0]["value"], abs=1e-6)
    for row in rows:
        assert max(row["probabilities"], key=row["probabilities"].get) == row["output"]
        assert sum(row["probabilities"].values()) == pytest.approx(1)


def test_the_first_metric_that_was_measured_decides(tmp_path, monkeypatch, capsys):
    """Without sacrebleu a translation has no chrF, and is opened by its exact match."""
    for module in ("sacrebleu", "sacrebleu.metrics.bleu", "sacrebleu.metrics.chrf"):
        monkeypatch.setitem(sys.modules, module, None)
    rows = [f"number {n},{n}" for n in range(ROWS)]
    (tmp_path / "pairs.csv").write_text("\n".join(["source,target", *rows]) + "\n", "utf-8")
    settings = (
        '[project]\ntask = "translation"\nfamily = "encoder-decoder"\n'
        '[data]\nname = "files"\ntrain = "pairs.csv"\n'
    )
    (tmp_path / "baseline.toml").write_text(settings, encoding="utf-8")
    assert call(tmp_path, "train", "--model", "ngram") == 0
    capsys.readouterr()
    assert call(tmp_path, "final", "--json") == 0
    assert json.loads(capsys.readouterr().out)["metric"] == "exact match"
    tested = [row for row in rows_of(tmp_path) if row["split"] == "test"]
    assert [(row["metric"], row["openings"]) for row in tested] == [("exact match", 1)]


def test_changed_data_are_not_measured(trained, tmp_path, capsys):
    """A figure on other examples than those that were held back would prove nothing."""
    path = trained / "mails.csv"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace("fine 0 x", "fine 1000 x"), encoding="utf-8")
    try:
        with pytest.raises(BaselineError, match="other data or another split"):
            final.open_test(trained, "words counted", lambda text: None)
    finally:
        path.write_text(before, encoding="utf-8")


def test_an_unknown_experiment_is_named_with_those_there_are(trained, capsys):
    assert call(trained, "final", "no such") == 2
    assert "'no such' is no experiment (words counted)" in capsys.readouterr().err


# ------------------------------------------------------------------------- resampling


def labelled(right, wrong):
    gold = [Example("", "a")] * (right + wrong)
    return classification(gold, ["a"] * right + ["b"] * wrong)


def test_an_interval_has_the_width_that_theory_gives():
    """80 of 100 right: the normal approximation is 0.8 ± 1.96 · 0.04."""
    low, high = resampling.intervals([labelled(80, 20)])["accuracy"]
    assert low == pytest.approx(0.7216, abs=0.015)
    assert high == pytest.approx(0.8784, abs=0.015)
    assert resampling.intervals([labelled(5, 1)]) == {}


def test_more_examples_make_an_interval_narrower():
    few, many = (
        np.ptp(resampling.intervals([labelled(8 * n, 2 * n)])["accuracy"]) for n in (4, 64)
    )
    assert few / many == pytest.approx(4, rel=0.2)


def test_equal_models_differ_by_chance_and_a_much_better_one_does_not():
    even = labelled(60, 40)
    assert resampling.p_value([even], [even], "accuracy") == 1
    assert resampling.p_value([labelled(90, 10)], [even], "accuracy") < 0.01
    assert resampling.p_value([labelled(61, 39)], [even], "accuracy") > 0.3
    assert resampling.p_value([labelled(6, 4)], [even], "accuracy") is None


# --------------------------------------------------------------------------- identity


def settings(*overrides):
    return read_config(None, overrides)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ("training.seed=7", True),
        ("training.threads=2", True),
        ("experiment.name=ours", True),
        ("data.title=mails", True),
        ("training.steps=3", False),
        ("model.layers=1", False),
        ("data.max_examples=40", False),
        ("tokenizer.kind=bpe", False),
    ],
)
def test_seeds_are_one_experiment_and_settings_are_another(change, same):
    found = identity.identity(settings(change), "d") == identity.identity(settings(), "d")
    assert found is same
    assert identity.identity(settings(), "d") != identity.identity(settings(), "e")


def test_what_a_counting_model_does_not_read_is_no_difference():
    few, many = (settings("model.name=ngram", f"training.steps={n}") for n in (1, 2))
    assert identity.identity(few, "d") == identity.identity(many, "d")
    order = settings("model.name=ngram", "model.order=3")
    assert identity.identity(order, "d") != identity.identity(few, "d")


def test_an_experiment_is_called_after_its_settings_or_as_the_team_says():
    chosen = settings("model.layers=1", "training.steps=60", "training.seed=3")
    assert identity.name_of(chosen, "encoder", "i", {}) == "encoder, layers=1, steps=60"
    named = settings("experiment.name=ours", "training.steps=60")
    assert identity.name_of(named, "encoder", "i", {}) == "ours"
    known = {"other": ("ours", settings("training.steps=3"))}
    assert identity.name_of(named, "encoder", "i", known) == "ours, steps=60"
    assert identity.name_of(named, "encoder", "other", known) == "ours"
