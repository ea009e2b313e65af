"""The test part stays sealed until one experiment is chosen, and every opening is counted."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from baseline import cli
from baseline.config import read_config
from baseline.data.examples import Example
from baseline.errors import BaselineError
from baseline.experiments import final, identity, resampling
from baseline.experiments.results import Result
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
    assert call(root, "train", "--model", "naive-bayes", "--name", "words counted") == 0
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
    openings = (trained / "splits" / "test_openings.jsonl").read_text(encoding="utf-8").splitlines()
    assert [list(json.loads(line)) for line in openings] == [["date", "experiment", "data"]] * 2
    assert json.loads(openings[1])["experiment"] == "words counted"
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
        assert sum(row["probabilities"].values()) == pytest.approx(1, abs=2e-4)


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


@pytest.fixture
def beside(trained, tmp_path, monkeypatch):
    """The trained repository with a second baseline, of two seeds.

    The first is wrong in every fourth example, the second in none.
    """
    root = Path(shutil.copytree(trained, tmp_path / "copy"))
    shutil.rmtree(root / "splits", ignore_errors=True)
    shutil.copytree(trained / "splits", root / "splits")
    (root / "splits" / "test_openings.jsonl").unlink(missing_ok=True)
    (ours,) = (root / "runs").iterdir()
    rival = Path(shutil.copytree(ours, root / "runs" / "rival"))
    content = json.loads((rival / "run.json").read_text(encoding="utf-8"))
    content |= {"id": "rival", "experiment": "guessed", "identity": "rr"}
    (rival / "run.json").write_text(json.dumps(content), encoding="utf-8")
    second = Path(shutil.copytree(rival, root / "runs" / "rival-again"))
    content |= {"id": "rival-again", "seed": 2}
    (second / "run.json").write_text(json.dumps(content), encoding="utf-8")
    open_run = final.inference.open_run

    def opened(folder, run):
        if not run.startswith("rival"):
            return open_run(folder, run)
        if (rival / "elsewhere").exists():
            raise BaselineError("its weights are elsewhere")
        turned = {"good": "bad", "bad": "good"}
        return SimpleNamespace(
            predict=lambda examples: [
                turned[one.target] if n % 4 == 3 and run == "rival" else one.target
                for n, one in enumerate(examples)
            ],
            probabilities=None,
        )

    monkeypatch.setattr(final.inference, "open_run", opened)
    return root, ours


def what_was_tested(folder):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))["tested"]


def test_the_best_baseline_is_measured_on_the_same_examples(beside):
    root, ours = beside
    told = []
    found = final.open_test(root, "words counted", told.append)
    assert told[1:] == [
        "measuring words counted, seed 1, on the test part",
        "measuring guessed, seed 1, on the test part",
        "measuring guessed, seed 2, on the test part",
    ]
    assert (found.metric, found.value, found.baseline) == ("accuracy", 1.0, "guessed")
    assert found.baseline_value == pytest.approx((0.75 + 1) / 2)
    assert found.runs == (ours.name, "rival", "rival-again")
    assert found.openings == 1
    assert 0.05 < found.p_value < 0.3
    assert what_was_tested(ours)["p_value"] == round(found.p_value, 6)
    assert "p_value" not in what_was_tested(root / "runs" / "rival")
    ends = what_was_tested(root / "runs" / "rival")["intervals"]["macro F1"]
    assert 0.3 < ends[0] < 0.75 < ends[1] <= 1
    assert ends == [round(end, 6) for end in ends]
    assert what_was_tested(ours)["date"].startswith("20")
    lines = (root / "runs" / "rival" / "predictions.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [n for n, row in enumerate(rows) if row["gold"] != row["output"]] == [3, 7, 11]
    assert not any("probabilities" in row for row in rows)
    picture = (ours / "confusion_matrix_test.svg").read_text(encoding="utf-8")
    assert "on the test data" in picture


def test_a_baseline_whose_weights_are_elsewhere_is_left_out(beside):
    root, ours = beside
    (root / "runs" / "rival" / "elsewhere").touch()
    told = []
    found = final.open_test(root, "words counted", told.append)
    assert told[-1] == "the baseline is not measured: its weights are elsewhere"
    assert (found.baseline, found.baseline_value, found.p_value) == ("", None, None)
    assert found.runs == (ours.name,)


# ----------------------------------------------------------------- which experiment is meant


def row(run, **changes):
    values = {
        "task": "text-classification", "dataset": "mails", "split": "validation",
        "metric": "accuracy", "value": 0.8, "higher_is_better": True, "model": "encoder",
        "family": "encoder-only", "role": "model", "run": run, "seed": 1, "commit": "",
        "date": "2026-11-20T10:00:00Z", "unit": "share", "name": "deep", "identity": "aa",
        "data": "d1",
    }  # fmt: skip
    return Result(**{**values, **changes})


DEEP = [row("r1", value=0.8), row("r2", value=0.9, seed=2), row("r2", metric="macro F1", value=1)]
DEEPER = [row("r3", name="deeper", identity="bb", value=0.7)]
COUNTED = [row("c1", name="counted", identity="cc", role="baseline", value=0.6)]
MAJORITY = [row("m1", name="majority", identity="dd", role="baseline", value=0.5)]
ALL = [*MAJORITY, *DEEPER, *COUNTED, *DEEP]
OTHER = row("o1", name="other", identity="ee", role="baseline", data="d2", value=0.99)


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """A function that makes a repository with rows of results."""

    def make(rows, folders=None):
        for one in rows if folders is None else folders:
            (tmp_path / "runs" / one.run).mkdir(parents=True, exist_ok=True)
            (tmp_path / "runs" / one.run / "run.json").write_text("{}", encoding="utf-8")
        monkeypatch.setattr(final.results, "rebuild", lambda root: rows)
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("rows", "name", "mine", "rival"),
    [
        (ALL, "", "deep", "counted"),
        (ALL, "deep", "deep", "counted"),
        (ALL, "deepe", "deeper", "counted"),
        (ALL, "bb", "deeper", "counted"),
        (ALL, "r2", "deep", "counted"),
        (ALL, "c", "counted", "majority"),
        (ALL, "m1", "majority", "counted"),
        (DEEP, "", "deep", None),
        (MAJORITY + COUNTED, "", "counted", "majority"),
        ([*ALL, OTHER], "", "deep", "counted"),
        ([*ALL, replace(OTHER, date="2026-11-20T10:00:01Z")], "", "other", None),
        ([*ALL, replace(OTHER, date="2026-11-20T10:00:01Z")], "r1", "deep", "counted"),
        ([*ALL, replace(OTHER, task="pretraining", date="2027-01-01T00:00:00Z")], "", "deep",
         "counted"),
    ],
)  # fmt: skip
def test_the_best_model_of_the_newest_data_is_opened_or_the_one_that_is_named(
    measured, rows, name, mine, rival
):
    """Beside the best of the baselines on the same data."""
    found, other = final.choose(measured(rows), name)
    assert (found.name, other.name if other else None) == (mine, rival)


def test_an_experiment_without_its_folder_is_not_opened(measured):
    root = measured(ALL, folders=[*DEEPER, *MAJORITY])
    assert [score.name for score in final.choose(root)] == ["deeper", "majority"]


@pytest.mark.parametrize(
    ("rows", "name", "message"),
    [
        (ALL, "dee", "'dee' fits several experiments (deep; deeper); python -m baseline compare"
         " lists them"),
        (ALL, "eep", "'eep' is no experiment (counted; deep; deeper; majority); python -m baseline"
         " compare lists them"),
        ([row(f"r{n}", name=f"n{n}", identity=str(n)) for n in range(10, 20)], "n1",
         "'n1' fits several experiments (n10; n11; n12; n13; n14; n15; n16; n17); python -m"
         " baseline compare lists them"),
        ([], "", "there is no finished experiment yet; start: python -m baseline train"),
    ],
)  # fmt: skip
def test_a_name_that_fits_none_or_several_is_named_with_those_there_are(
    measured, rows, name, message
):
    with pytest.raises(BaselineError) as raised:
        final.choose(measured(rows), name)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("rows", "openings", "said"),
    [
        (ALL, None, "deep: 0.85 on validation (2 seeds); the test part of these data was never "
         "opened before"),
        (DEEPER, ["d1"], "deeper: 0.7 on validation (1 seed); the test part of these data was "
         "opened once before"),
        (DEEPER, ["d1", "d2", "", "d1"], "deeper: 0.7 on validation (1 seed); the test part of "
         "these data was opened 2 times before"),
    ],
)  # fmt: skip
def test_before_it_is_opened_one_reads_how_often_it_was(measured, rows, openings, said):
    root = measured(rows)
    if openings is not None:
        (root / "splits").mkdir()
        lines = [json.dumps({"data": data}) if data else "  " for data in openings]
        (root / "splits" / "test_openings.jsonl").write_text("\n".join(lines), encoding="utf-8")
    told = []
    assert final.open_test(root, "", told.append, dry_run=True) is None
    assert told == [said]


@pytest.mark.parametrize("text", ["{", "[]", '{"date": "2026"}', "3"])
def test_a_damaged_count_is_named(measured, text):
    root = measured(DEEP)
    (root / "splits").mkdir()
    path = root / "splits" / "test_openings.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BaselineError, match="is damaged .*restore it with git") as raised:
        final.open_test(root, "", print, dry_run=True)
    assert str(path) in str(raised.value)


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
