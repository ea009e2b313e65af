"""A task has one home: to add one is to add a file."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from baseline.data.examples import Example
from baseline.errors import BaselineError
from baseline.tasks import catalogue, metrics

PACKAGE = Path(catalogue.__file__).parents[1]
PARAPHRASE = """
from baseline.data.columns import text_of
from baseline.data.examples import Example, Form
from baseline.tasks.base import WRITERS, Task
from baseline.tasks.baselines.texts import NEAREST_EXAMPLE
from baseline.tasks.metrics import named, translation

TASK = Task(
    name="paraphrase",
    kind="text",
    form=Form(
        task="paraphrase",
        columns=("first", "second"),
        read=lambda row: Example(text_of(row["first"]), text_of(row["second"])),
        builtin={},
    ),
    metrics=named("chrF", "exact match"),
    score=translation,
    families=WRITERS,
    baselines={"nearest": NEAREST_EXAMPLE},
)
"""


@pytest.fixture
def extended(tmp_path):
    """A copy of the package with one more file, and its name in the list."""
    shutil.copytree(PACKAGE, tmp_path / "baseline", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "baseline/tasks/paraphrase.py").write_text(PARAPHRASE, encoding="utf-8")
    file = tmp_path / "baseline/tasks/catalogue.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"ner", ', '"ner", "paraphrase", '), encoding="utf-8")
    rows = "".join(f"say {n} again,{n} is said\n" for n in range(40))
    (tmp_path / "pairs.csv").write_text(f"first,second\n{rows}", encoding="utf-8")
    return tmp_path


def call(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "baseline", *arguments, "project.task=paraphrase"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


DATA = ("data.name=files", "data.train=pairs.csv", "project.family=encoder-decoder")
SMALL = ("model.width=16", "model.layers=1", "model.heads=2", "training.steps=2")


@pytest.mark.parametrize("model", ["baseline", "default"])
def test_a_task_that_was_added_is_trained_and_measured(extended, model):
    """Two changes in one folder are all that it takes."""
    done = call(extended, "train", "--model", model, *DATA, *SMALL)
    assert done.returncode == 0, done.stderr
    # The score knows BLEU as well; this task does not name it.
    assert re.search(r"^validation: chrF [\d.]+, exact match [\d.]+$", done.stdout, re.M)


def test_a_task_without_data_that_work_offline_says_so(extended):
    done = call(extended, "data")
    assert done.returncode == 2
    assert "paraphrase has no data that work offline" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_unknown_task_is_named_with_the_nearest_one():
    """Beginners meet this message first."""
    with pytest.raises(BaselineError, match=r"'clasification'; did you mean 'text-classification'"):
        catalogue.find("clasification")


def test_each_task_shows_metrics_of_the_table():
    """Units and directions stand there; see `test_metric_values`."""
    for task in catalogue.TASKS.values():
        assert task.metrics[0] is metrics.METRICS[task.metrics[0].name]


@pytest.mark.parametrize(
    ("name", "gold", "right"),
    [
        ("text-classification", Example("t", "a"), "a"),
        ("multi-label", Example("t", "a; b"), "a; b"),
        ("ner", Example("t", tags=("B-X",)), ("B-X",)),
        ("question-answering", Example("the t", "t", start=4), "t"),
        ("summarization", Example("t", "s u"), "s u"),
        ("translation", Example("t", "s u v w"), "s u v w"),
        ("generative-qa", Example("", "t", "q"), "t"),
    ],
)
def test_a_right_answer_reaches_the_end_of_each_scale(name, gold, right):
    """What is called a share ends at 1, and points end at 100."""
    task = catalogue.find(name)
    ends = {"share": 1, "points": 100}
    found = task.score([gold] * 2, [right] * 2).values()
    for metric in task.metrics:
        if metric.name in found:
            assert found[metric.name] == pytest.approx(ends[metric.unit])


@pytest.mark.parametrize("name", ["question-answering", "generative-qa"])
def test_each_of_several_right_answers_is_right(name):
    """SQuAD holds up to five; to compare with the first alone makes every model look worse."""
    gold = Example("a", "the Denver Broncos", "q", others=("Broncos", "Denver"))
    found = catalogue.find(name).score([gold] * 2, ["Broncos", "Denver team"]).values()
    assert found["exact match"] == 0.5
    assert found["F1"] == pytest.approx((1 + 2 / 3) / 2)
