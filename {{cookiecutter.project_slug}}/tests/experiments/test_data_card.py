"""The data card says what the data are, and never overwrites what a team wrote."""

from __future__ import annotations

import re

import pytest

from baseline import cli
from baseline.config import Data
from baseline.data import loading
from baseline.data.examples import Dataset, Example
from baseline.experiments import data_card
from baseline.tasks.catalogue import find

TASK = find("text-classification")


def dataset(*texts):
    examples = tuple(Example(text, "ab"[n % 2]) for n, text in enumerate(texts))
    return Dataset(
        "mails", examples, examples[:2], (Example("unseen words here", "a"),), ("a | note",)
    )


def row(text, first):
    line = next(line for line in text.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_sizes_lengths_and_classes_are_counted(tmp_path):
    (tmp_path / "1_Data").mkdir()
    card = data_card.write_card(TASK, dataset("one", "one two", "One!", "one two three"), tmp_path)
    assert row(card.text, "train") == ["4", "3", "1", "2", "3", "3"]
    assert row(card.text, "a") == ["2", "1", "1", "57.1%"]
    assert row(card.text, "b") == ["2", "1", "0", "42.9%"]
    assert "2 of 2 validation texts stand in training, too" in card.text
    assert "0 of 1 test texts stand in training, too" in card.text
    assert (tmp_path / "1_Data/data_card_lengths.svg").is_file()
    assert (tmp_path / "1_Data/data_card_classes.svg").is_file()


def test_examples_of_the_test_part_are_not_shown(tmp_path):
    assert "unseen" not in data_card.write_card(TASK, dataset("one", "two"), tmp_path).text


def test_data_cannot_smuggle_in_markup(tmp_path):
    hostile = "<script>x</script> | ![i](http://x) {{ 7*7 }} `c` $a$"
    text = data_card.write_card(TASK, dataset(hostile, "b"), tmp_path).text
    assert "<script>" not in text
    assert "![i]" not in text
    assert "{{" not in text
    assert re.search(r"^- a &#124; note$", text, re.MULTILINE)


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "1_Data").mkdir()
    rows = "".join(f"text {n} of {n * 3},{'ab'[n % 2]}\n" for n in range(40))
    (tmp_path / "a.csv").write_text(f"text,label\n{rows}", encoding="utf-8")
    return tmp_path


def call(root, *more):
    data = ("project.task=text-classification", "data.name=files", "data.train=a.csv")
    return cli.main(["data", "--root", str(root), *data, *more])


def test_the_command_writes_card_and_split_and_a_dry_run_neither(repository, capsys):
    assert call(repository, "--dry-run") == 0
    assert "would write" in capsys.readouterr().out
    assert not list((repository / "1_Data").iterdir())
    assert not (repository / "splits").exists()
    assert call(repository) == 0
    assert (repository / "1_Data/data_card.md").is_file()
    assert (repository / "splits/a.csv.json").is_file()


def test_a_card_that_was_edited_stays(repository, capsys):
    call(repository)
    call(repository)
    path = repository / "1_Data/data_card.md"
    path.write_text(path.read_text(encoding="utf-8") + "Our words.\n", encoding="utf-8")
    capsys.readouterr()
    assert call(repository) == 0
    assert "your own words stay" in capsys.readouterr().out
    assert path.read_text(encoding="utf-8").endswith("Our words.\n")


@pytest.mark.parametrize("task", ["ner", "question-answering", "translation"])
def test_every_kind_of_task_has_a_card(tmp_path, task):
    loaded = loading.load_dataset(find(task).form, Data(max_examples=30))
    text = data_card.write_card(find(task), loaded, tmp_path).text
    assert row(text, "train")[0] == "30"
