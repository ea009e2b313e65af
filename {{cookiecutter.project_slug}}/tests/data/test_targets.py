"""Sets of labels and numbers: as files hold them, in proportion on each side, and what is odd."""

from __future__ import annotations

from collections import Counter

import pytest

from baseline.config import Data
from baseline.data import loading, targets
from baseline.data.examples import SPLITS, Example
from baseline.errors import BaselineError
from baseline.tasks.catalogue import find


def load(folder, task, text, **settings):
    (folder / "own.csv").write_text(text, encoding="utf-8")
    data = Data(name="files", train="own.csv", **settings)
    return loading.load_dataset(find(task).form, data, folder)


def answers(dataset):
    return {e.text: e.target for split in SPLITS for e in dataset.part(split)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("sport; politik", "politik; sport"),
        ("sport|politik|sport", "politik; sport"),
        ("", ""),
        (None, ""),
        (["b", "a"], "a; b"),
        ("['b', 'a']", "a; b"),
        ('["b", "a"]', "a; b"),
        ("[unclear", "[unclear"),
        ("Kunst, Kultur", "Kunst, Kultur"),
        ({"toxic": 1, "rude": "0", "kind": 1.0, "old": "ja", "new": ""}, "kind; old; toxic"),
        ({"first": "sport", "second": "", "third": "politik"}, "politik; sport"),
        (3, "3"),
    ],
)
def test_sets_are_read_as_people_write_them(value, expected):
    assert targets.read_labels(value) == expected


def test_a_label_with_the_separator_in_it_is_named():
    with pytest.raises(ValueError, match="'a;b' holds a semicolon"):
        targets.read_labels(["a;b", "c"])


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["3,5", "4", "1.234,5"], ["3.5", "4", "1234.5"]),
        (["3.5", "4", "1,234.5"], ["3.5", "4", "1234.5"]),
        (["2,25", "1.234"], ["2.25", "1234"]),
        (["2.25", "1,234"], ["2.25", "1234"]),
        (["3,5", "3.5"], ["3.5", "3.5"]),
        (["0,125", "2,250"], ["0.125", "2.25"]),
        (["1.125"], ["1.125"]),
        (["1.234.567", "12 %", "−3"], ["1234567", "12", "-3"]),
        ([3, 2.5, "1e3", " 4 "], ["3", "2.5", "1000", "4"]),
    ],
)
def test_all_numbers_of_a_column_say_what_a_comma_means(column, expected):
    read = targets.number_reader(column)
    assert [read(value) for value in column] == expected


@pytest.mark.parametrize("value", ["gut", "", "nan", "inf", "1e999", "3/5", "1..2", "--3", True])
def test_what_is_no_number_is_named(value):
    with pytest.raises(ValueError, match="is no number"):
        targets.number_reader([value])(value)


def test_a_comma_that_could_mean_two_things_is_asked_about():
    """A thousandth of the right price would be a figure that nobody notices."""
    with pytest.raises(ValueError, match=r"'1,234' can be 1\.234 or 1234"):
        targets.number_reader(["1,234", "2,500"])("1,234")


def test_several_columns_are_one_set_of_labels(tmp_path):
    rows = "".join(f"comment {n};{n % 2};{int(n % 3 == 0)};x\n" for n in range(60))
    found = load(
        tmp_path,
        "multi-label",
        f"text;toxic;rude;id\n{rows}",
        columns={"labels": "toxic; rude"},
    )
    assert answers(found)["comment 3"] == "rude; toxic"
    assert answers(found)["comment 2"] == ""
    with pytest.raises(BaselineError, match=r"own.csv: has no column 'kind' \(it has id, rude"):
        load(
            tmp_path, "multi-label", f"text;toxic;rude;id\n{rows}", columns={"labels": "rude;kind"}
        )


def test_a_rare_label_of_a_set_is_on_all_three_sides(tmp_path):
    """By chance alone, six of two hundred would be missing in one part every other time."""
    sets = [
        "common; rare" if n % 33 == 5 else "common; usual" if n % 2 else "usual" for n in range(200)
    ]
    rows = "".join(f"text {n} of {n * 7},{one}\n" for n, one in enumerate(sets))
    found = load(tmp_path, "multi-label", f"text,labels\n{rows}")
    counts = {s: Counter("rare" in e.target for e in found.part(s)) for s in SPLITS}
    assert [counts[split][True] for split in SPLITS] == [4, 1, 1]
    assert [len(found.part(split)) for split in SPLITS] == [158, 21, 21]


def test_numbers_are_dealt_out_by_quarters(tmp_path):
    rows = "".join(f"text {n} of {n * 7},{n / 2}\n" for n in range(200))
    found = load(tmp_path, "regression", f"text,score\n{rows}")
    for split in ("validation", "test"):
        quarters = Counter(int(float(e.target) // 25) for e in found.part(split))
        assert quarters == {0: 5, 1: 5, 2: 5, 3: 5}


@pytest.mark.parametrize(
    ("task", "rows", "expected"),
    [
        ("multi-label", ["a, b", "b", "a"], "no text has more than one label"),
        ("multi-label", ["a; b", "A", "b"], "labels that differ only in case"),
        ("regression", ["1,5", "2,5", "999"], "2 scores lie far from the others (999"),
    ],
)
def test_what_is_odd_is_said(tmp_path, task, rows, expected):
    name = find(task).form.names[1]
    lines = [f'text {n} of {n * 7};"{rows[n % 2]}"' for n in range(58)]
    lines += [f"one {n};{rows[2]}" for n in range(2)]
    found = load(tmp_path, task, "\n".join([f"text;{name}", *lines]))
    assert any(note.startswith(expected) or expected in note for note in found.notes)


def test_a_label_that_training_lacks_is_counted():
    given = {
        "train": [Example("a", "x; y"), Example("b", "y")],
        "test": [Example("c", "x; z"), Example("d", "z")],
    }
    (note,) = [n for n in targets.check_sets(given, "own.csv") if "never occurs" in n]
    assert note.startswith("2 test examples have a label that never occurs")
    assert "'z' (2)" in note


def test_a_rare_label_is_told_where_labels_are_asked_for_and_not_with_numbers(tmp_path):
    """All tasks on one file share its split, but not what was found about one task's labels."""
    kinds = ["gut", "schlecht"]
    rows = [f'text {n} of {n * 7};{kinds[n % 2]};"{n % 5},5"' for n in range(60)]
    (tmp_path / "own.csv").write_text(
        "\n".join(["text;label;score", *rows, "ein Fall;neutral;2"]), encoding="utf-8"
    )
    data = Data(name="files", train="own.csv")
    notes = {}
    for task in ("text-classification", "regression", "text-classification"):
        found = loading.load_dataset(find(task).form, data, tmp_path, store=True)
        notes[task] = [note for note in found.notes if "stay in training" in note]
    assert len(notes["text-classification"]) == 1
    assert "'neutral' (1)" in notes["text-classification"][0]
    assert notes["regression"] == []


@pytest.mark.parametrize(
    ("task", "answer", "expected"),
    [
        ("regression", "3", "every row has the score 3"),
        ("regression", "viel", "60 of 60 rows cannot be used"),
        ("multi-label", "a", "has 1 labels in all"),
    ],
)
def test_what_nothing_can_be_learned_from_is_one_sentence(tmp_path, task, answer, expected):
    name = find(task).form.names[1]
    rows = "".join(f"text {n};{answer}\n" for n in range(60))
    with pytest.raises(BaselineError, match=expected):
        load(tmp_path, task, f"text;{name}\n{rows}")
