"""The command line: results in seconds without torch, and one sentence for a mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from baseline import cli
from baseline.tasks.catalogue import TASKS

ROOT = Path(__file__).resolve().parent.parent
QUICK = ["data.max_examples=40"]


def call(root, *arguments):
    return cli.main([arguments[0], "--root", str(root), *arguments[1:]])


@pytest.mark.parametrize("task", [name for name in TASKS if TASKS[name].baselines])
def test_the_cheap_baseline_gives_every_task_a_result(tmp_path, capsys, task):
    """The first figure to beat, in seconds, on any machine."""
    assert call(tmp_path, "train", "--model", "baseline", f"project.task={task}", *QUICK) == 0
    printed = capsys.readouterr().out
    assert "validation: " in printed
    assert "test: " not in printed
    folder = next((tmp_path / "runs").iterdir())
    made = {path.name for path in folder.iterdir()}
    assert {"run.json", "config.toml", "metrics.jsonl", "learning_curve.svg"} <= made
    assert folder.name in printed
    assert (tmp_path / "results.json").is_file()


def test_counting_needs_neither_torch_nor_transformers(tmp_path):
    """The demonstration runs where torch was never installed."""
    blocked = ("torch", "transformers", "tokenizers", "torchmetrics", "sacrebleu", "matplotlib")
    code = (
        f"import sys\nfor name in {blocked}: sys.modules[name] = None\n"
        "from baseline.cli import main\n"
        f"raise SystemExit(main(['train', '--root', {str(tmp_path)!r}, '--model', 'ngram']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "bits per character" in done.stdout


def test_a_neural_model_without_torch_names_the_alternative(tmp_path):
    code = (
        "import sys\nsys.modules['torch'] = None\nfrom baseline.cli import main\n"
        f"raise SystemExit(main(['train', '--root', {str(tmp_path)!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: this model needs torch")
    assert "--model baseline" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_loads_nothing_heavy():
    """`--help` answers at once."""
    code = (
        "import sys\nfrom baseline import cli\n"
        "try:\n    cli.main(['train', '--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'numpy', 'transformers', 'tokenizers', 'sacrebleu'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "--resume" in done.stdout


def test_a_dry_run_checks_everything_and_writes_nothing(tmp_path, capsys):
    chosen = ["project.task=translation", "project.family=encoder-decoder"]
    assert call(tmp_path, "train", "--dry-run", *chosen) == 0
    assert "would train encoder-decoder on dates" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "training.stps=1"], "training.stps is not a setting"),
        (["train", "project.family=encoder-only"], "choose decoder-only or encoder-decoder"),
        (["train", "--config", "nowhere.toml"], "nowhere.toml"),
        (["train", "--resume", "last"], "no runs yet"),
        (["evaluate"], "no runs yet"),
        (["generate", "hello"], "no runs yet"),
        (["train", "data.name=files", "data.train=gone.csv"], "gone.csv"),
    ],
)
def test_a_mistake_is_one_sentence_exit_2_and_nothing_written(tmp_path, capsys, arguments, words):
    assert call(tmp_path, *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert words in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_evaluating_again_gives_the_run_s_own_figures(tmp_path, capsys):
    call(tmp_path, "train", "--model", "baseline", "project.task=text-classification", "--json")
    run = json.loads(capsys.readouterr().out)
    assert call(tmp_path, "evaluate", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found == pytest.approx(run["results"]["validation"], abs=1e-6)
    assert call(tmp_path, "evaluate", "--split", "train", "--json") == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] > found["accuracy"]


def test_runs_are_compared_with_the_best_first(tmp_path, capsys):
    for order in (2, 5):
        call(tmp_path, "train", "--model", "ngram", f"model.order={order}")
    capsys.readouterr()
    assert call(tmp_path, "compare") == 0
    printed = capsys.readouterr().out
    assert "lower is better" in printed
    assert call(tmp_path, "compare", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    values = [row["value"] for row in rows if row["metric"] == "bits per character"]
    assert len(values) == 2
    assert values == sorted(values)


def test_a_result_whose_run_is_missing_is_not_ranked(tmp_path, capsys):
    """Nobody could say how such a figure came about."""
    call(tmp_path, "train", "--model", "ngram")
    run = next((tmp_path / "runs").iterdir())
    run.rename(tmp_path / "elsewhere")
    capsys.readouterr()
    assert call(tmp_path, "compare", "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == []
    assert run.name in printed.err
    assert run.name in (tmp_path / "results.json").read_text()  # a teammate may have it


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("results.json", "<<<<<<< HEAD", "compare makes it again from runs/"),
        (
            "runs/old/run.json",
            '{"id": "old"}',
            "it has no dataset, family, model, role, seed, task",
        ),
        ("runs/old/run.json", "[]", "is no run"),
    ],
)
def test_damaged_results_are_known_before_the_training(tmp_path, capsys, name, content, words):
    """An hour later, the same sentence would be bad news."""
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(content, encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    assert call(tmp_path, "train", "--model", "ngram") == 2
    assert words in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("task", "extra", "expected"),
    [
        ("text-classification", [], "asyncio"),
        ("translation", [], "-"),
        ("question-answering", ["--question", "What is the default of timeout?"], "None"),
        ("ner", [], "socket[B-MODULE]"),
    ],
)
def test_a_trained_model_answers(tmp_path, capsys, task, extra, expected):
    texts = {
        "text-classification": "Return the running event loop and its coroutine.",
        "translation": "3 May 1999",
        "question-answering": "def wait(fs, timeout=None, return_when=1)",
        "ner": "import socket",
    }
    few = "data.max_examples=600"
    call(tmp_path, "train", "--model", "baseline", f"project.task={task}", few)
    capsys.readouterr()
    assert call(tmp_path, "generate", texts[task], *extra) == 0
    assert expected in capsys.readouterr().out


def test_a_question_is_asked_for(tmp_path, capsys):
    call(tmp_path, "train", "--model", "ngram", "project.task=question-answering", *QUICK)
    assert call(tmp_path, "generate", "some text") == 2
    assert "--question" in capsys.readouterr().err


def test_offline_data_is_listed(tmp_path, capsys):
    assert call(tmp_path, "data", "--json") == 0
    assert set(json.loads(capsys.readouterr().out)) == set(TASKS)
    assert call(tmp_path, "data", "project.task=translation") == 0
    assert "first example" in capsys.readouterr().out
