"""A result is run again from its commit; what came out is compared with what was recorded."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import baseline
from baseline import cli
from baseline.experiments import sealing
from baseline.experiments.verdict import judge, slack

WORDS = {"good": "fine lovely warm", "bad": "broken cold late"}
SETTINGS = (
    '[project]\ntask = "text-classification"\nfamily = "encoder-only"\n'
    '[data]\nname = "files"\ntrain = "mails.csv"\n'
)


def call(root, *arguments):
    return cli.main([arguments[0], "--root", str(root), *arguments[1:]])


def git(root, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def commit(root):
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "work")


def write_mails(root, label=lambda n, right: right):
    rows = [
        f"{WORDS[right].split()[n % 3]} {n} {'xyz'[n % 3]} thing,{label(n, right)}"
        for n in range(60)
        for right in WORDS
    ]
    (root / "mails.csv").write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A repository whose committed result is one of counting words."""
    root = tmp_path_factory.mktemp("team") / "repository"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(baseline.__file__).parent, root / "baseline", ignore=ignored)
    (root / "baseline.toml").write_text(SETTINGS, encoding="utf-8")
    (root / ".gitignore").write_text("__pycache__/\nruns/*/checkpoint/\n", encoding="utf-8")
    write_mails(root)
    git(root, "init", "--quiet")
    commit(root)
    assert call(root, "train", "--model", "naive-bayes", "--name", "words counted") == 0
    assert call(root, "final", "words counted") == 0
    commit(root)
    return root


@pytest.fixture
def team(original, tmp_path):
    """A copy that a test may change."""
    return Path(shutil.copytree(original, tmp_path / "repository"))


def verified(root, capsys, *arguments):
    capsys.readouterr()
    code = call(root, "verify", *arguments, "--json")
    found = json.loads(capsys.readouterr().out)
    assert code == (found["word"] == "differs")
    return found


def run_file(root):
    (path,) = (root / "runs").glob("*/run.json")
    return path


def test_a_result_comes_out_again(team, capsys):
    before = sorted(p for p in team.rglob("*") if ".git" not in p.parts)
    found = verified(team, capsys)
    assert (found["name"], found["word"], found["reasons"]) == ("words counted", "reproduced", [])
    figures = {(one["split"], one["metric"]): one for one in found["figures"]}
    assert figures.keys() == {(s, m) for s in ("validation", "test") for m in
                              ("accuracy", "macro F1")}  # fmt: skip
    for one in figures.values():
        assert one["again"] == one["recorded"]
    assert sorted(p for p in team.rglob("*") if ".git" not in p.parts) == before


def test_a_changed_figure_is_found(team, capsys):
    path = run_file(team)
    run = json.loads(path.read_text(encoding="utf-8"))
    true = run["results"]["test"]["accuracy"]
    run["results"]["test"]["accuracy"] = true - 0.125
    path.write_text(json.dumps(run), encoding="utf-8")
    found = verified(team, capsys)
    assert (found["word"], found["reasons"]) == ("differs", [])
    wrong = [one for one in found["figures"] if one["word"] == "differs"]
    assert [(one["split"], one["metric"], one["again"]) for one in wrong] == [
        ("test", "accuracy", true)
    ]


def test_other_data_are_named_as_the_reason(team, capsys):
    run = json.loads(run_file(team).read_text(encoding="utf-8"))
    write_mails(team, label=lambda n, right: "good" if n % 2 else "bad")
    git(team, "add", "--all")
    git(team, "commit", "--quiet", "--amend", "--message", "work")
    # The commit that the run names is that of the amended history.
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=team, check=True, capture_output=True, text=True
    ).stdout.strip()
    run_file(team).write_text(json.dumps(run | {"commit": head}), encoding="utf-8")
    found = verified(team, capsys)
    assert found["word"] == "differs"
    assert found["reasons"][0].startswith(
        "the data are others: their fingerprint was " + run["data"]
    )


def test_what_is_missing_is_named_with_its_place(team, capsys):
    (team / "mails.csv").unlink()
    lock = '["mails.csv"]\naddress = "https://example.org/mails.csv"\nbytes = 1\nsha256 = "0"\n'
    (team / "data.lock").write_text(lock, encoding="utf-8")
    found = verified(team, capsys)
    assert found["word"] == "cannot run"
    (reason,) = found["reasons"]
    assert "mails.csv is not here; data.lock says https://example.org/mails.csv" in reason


def test_weights_are_measured_again_without_training(team, capsys):
    found = verified(team, capsys, "--evaluate")
    assert (found["word"], found["cpu_seconds"]) == ("measured again", 0)
    assert all(one["again"] == one["recorded"] for one in found["figures"])


def test_a_dry_run_runs_nothing(team, capsys):
    found = verified(team, capsys, "--dry-run")
    assert (found["word"], found["figures"]) == ("can be run", [])
    assert found["reasons"] == ["everything is there; nothing was run"]


@pytest.mark.slow
def test_training_is_repeated_with_its_seed_and_two_new_ones(team, capsys):
    pytest.importorskip("torch", reason="training needs torch")
    small = ("training.steps=4", "training.cpu_seconds=0", "model.width=16", "model.layers=1")
    assert call(team, "train", "--name", "small", "training.seed=5", *small) == 0
    commit(team)
    found = verified(team, capsys, "small")
    assert found["word"] == "reproduced"
    for one in found["figures"]:
        assert one["reason"] == "the same figure"
        assert len(one["others"]) == 2


@pytest.mark.parametrize(
    ("recorded", "again", "others", "options", "word"),
    [
        (0.8, 0.8, (), {}, "reproduced"),
        (0.8, 0.80004, (), {}, "reproduced"),
        (0.81, 0.80, (), {}, "differs"),
        (0.81, 0.80, (), {"slack": 0.02}, "reproduced"),
        (0.81, 0.80, (), {"slack": 0.02, "exact": True}, "differs"),
        (0.81, 0.80, (0.79, 0.82), {}, "reproduced"),
        (0.90, 0.90, (0.80, 0.81), {}, "differs"),
        (0.90, 0.90, (0.80, 0.91), {}, "reproduced"),
        (0.90, 0.90, (0.80, 0.81), {"slack": 0.1}, "reproduced"),
        (1.5, 1.5, (1.9, 1.92), {"higher_is_better": False}, "differs"),
        (1.9, 1.9, (1.5, 1.52), {"higher_is_better": False}, "reproduced"),
    ],
)
def test_verdict(recorded, again, others, options, word):
    """Its own seed must give it again, and other seeds must not all stay far below."""
    assert judge(recorded, again, others, **options).word == word


def test_slack_is_that_of_the_examples():
    assert slack(0.5, 100) == pytest.approx(0.098)
    assert slack(0.5, 100, (0.45, 0.53)) == pytest.approx(0.04)
    assert slack(30.0, 100) == pytest.approx(1.5)


def test_hidden_answers_are_scored_by_who_hid_them(team):
    (team / "verify.toml").write_text(SETTINGS, encoding="utf-8")
    run = json.loads(run_file(team).read_text(encoding="utf-8"))
    hidden = sealing.hide(str(team), "verify.toml")
    assert hidden["data"] == run["data"]
    rows = [json.loads(line) for line in hidden["files"]["sealed/test.jsonl"].splitlines()]
    lines = (run_file(team).parent / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    right = [json.loads(line) for line in lines]
    assert [row["text"] for row in rows] == [row["input"] for row in right]
    assert [row["label"] for row in rows] != [row["gold"] for row in right]
    assert sorted(row["label"] for row in rows) == sorted(row["gold"] for row in right)
    assert sealing.score(str(team), "verify.toml", lines)["values"] == run["results"]["test"]
    # Training reads exactly these files, and its parts stay as they are.
    for path, text in hidden["files"].items():
        (team / path).parent.mkdir(exist_ok=True)
        (team / path).write_text(text, encoding="utf-8")
    assert call(team, "train", "--model", "naive-bayes", *hidden["set"]) == 0
    assert call(team, "final", sorted(p.parent.name for p in
                (team / "runs").glob("*/run.json"))[-1]) == 0  # fmt: skip
    newest = max((team / "runs").glob("*/predictions.jsonl"))
    again = newest.read_text(encoding="utf-8").splitlines()
    assert sealing.score(str(team), "verify.toml", again)["values"] == run["results"]["test"]
