"""Nothing stands on two sides of a split, and what was found is said."""

from __future__ import annotations

import json

import pytest

from baseline.config import Data
from baseline.data import alike, loading, splits, targets
from baseline.data.examples import SPLITS, Example
from baseline.errors import BaselineError
from baseline.tasks.catalogue import find

LABELS = find("text-classification").form


def written(folder, rows, name="train.csv", header="text,label"):
    (folder / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return name


def load(folder, form=LABELS, *, store=False, **settings):
    return loading.load_dataset(form, Data(name="files", **settings), folder, store=store)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Guter Film!", "guter  film", True),
        ("Wi-Fi", "wifi", True),
        ("ＡＢＣ", "abc", True),
        ("C++", "C", False),
        ("schön", "schon", False),
        ("!!!", "???", False),
        ("हिन्दी", "हिनदी", False),
    ],
)
def test_texts_are_equal_apart_from_case_spaces_and_punctuation(one, other, same):
    assert (alike.key(one) == alike.key(other)) is same


def sides(dataset):
    return [{alike.plain(e.text) for e in dataset.part(split)} for split in SPLITS]


def test_repeated_texts_stay_on_one_side(tmp_path):
    rows = [
        f"{text} number {n}{end},{'ab'[n % 2]}"
        for n in range(40)
        for text, end in (("This is", ""), ("this  IS", "!!"))
    ]
    found = load(tmp_path, train=written(tmp_path, rows))
    train, validation, test = sides(found)
    assert not train & validation | train & test | validation & test
    assert any("40 texts repeat another one" in note for note in found.notes)


def test_texts_that_share_most_runs_of_words_stay_on_one_side(tmp_path):
    """The measure: no test text has 60 % of its runs of five words in one training text."""
    rows = []
    for n in range(60):
        text = " ".join(f"w{n}x{k}" for k in range(12))
        rows += [f"{text} end,a", f"before {text},b"]
    found = load(tmp_path, train=written(tmp_path, rows))
    train = [alike.runs_of_words(e.text) for e in found.train]
    for example in (*found.validation, *found.test):
        mine = alike.runs_of_words(example.text)
        assert max(len(mine & runs) / len(mine) for runs in train) < 0.6
    assert len(found.test) == 12


def test_labels_are_dealt_out_in_proportion(tmp_path):
    rows = [f"text {n} about {n * 7},{'a' if n % 10 else 'b'}" for n in range(300)]
    found = load(tmp_path, train=written(tmp_path, rows))
    for split in SPLITS:
        part = found.part(split)
        assert sum(e.target == "b" for e in part) / len(part) == pytest.approx(0.1, abs=0.01)


def test_a_rare_label_stays_in_training_with_a_note(tmp_path):
    rows = [f"text {n} of {n * 3},{'ab'[n % 2]}" for n in range(50)] + ["odd one,other"]
    found = load(tmp_path, train=written(tmp_path, rows))
    assert sum(e.target == "other" for e in found.train) == 1
    assert any("'other' (1)" in note and "stay in training" in note for note in found.notes)


def test_a_group_stays_on_one_side(tmp_path):
    rows = [f"text {n} of {n * 3},{'ab'[n % 2]},person {n // 5}" for n in range(100)]
    name = written(tmp_path, rows, header="text,label,author")
    found = load(tmp_path, train=name, columns={"group": "author"})
    groups = [{e.group for e in found.part(split)} for split in SPLITS]
    assert not groups[0] & groups[1] | groups[0] & groups[2] | groups[1] & groups[2]
    assert sum(map(len, groups)) == 20
    assert any("split by group: 20" in note for note in found.notes)


def test_a_label_that_only_stands_beside_others_is_not_called_rare(tmp_path):
    """In the sentences of one person it is never the most frequent one, and still common."""
    rows = [f"text {n} of {n * 3},{'abc'[n % 5 // 2]},person {n // 5}" for n in range(100)]
    name = written(tmp_path, rows, header="text,label,group")
    found = load(tmp_path, train=name)
    assert not any("fewer than" in note for note in found.notes)
    assert {e.target for e in found.test} == {"a", "b", "c"}


def test_a_stored_split_is_taken_as_it_is(tmp_path, monkeypatch):
    """Comparing all texts again at every start would cost minutes where there are many."""
    name = written(tmp_path, [f"text {n} of {n * 3},{'ab'[n % 2]}" for n in range(40)])
    first = load(tmp_path, train=name, store=True)
    monkeypatch.setattr(splits, "deal", None)
    second = load(tmp_path, train=name)
    assert [second.part(split) for split in SPLITS] == [first.part(split) for split in SPLITS]
    assert loading.fingerprint(second) == loading.fingerprint(first)


def test_doubles_that_left_training_stay_away_when_the_split_is_stored(tmp_path):
    train = written(tmp_path, [f"Guter Film {n}!,{'ab'[n % 2]}" for n in range(40)])
    test = written(tmp_path, [f"guter film {n}.,{'ab'[n % 2]}" for n in range(10)], "test.csv")
    first = load(tmp_path, train=train, test=test, store=True)
    second = load(tmp_path, train=train, test=test)
    assert second.notes[-1] == first.notes[-1]
    assert loading.fingerprint(first) == loading.fingerprint(second)
    assert len(second.train) == len(first.train) == 26


def test_questions_about_one_text_stay_on_one_side(tmp_path):
    rows = [
        f"The city {c} has {c}{q} towers.,Which {q}?,{c}{q}" for c in range(6) for q in range(10)
    ]
    rows = [row.replace(f"has {row.split(' ')[2]}", "has") for row in rows]
    texts = [f"City {c} has " + " ".join(f"{c}{q} towers" for q in range(10)) for c in range(6)]
    rows = [f"{texts[c]},Which {q}?,{c}{q}" for c in range(6) for q in range(10)]
    name = written(tmp_path, rows, header="context,question,answer")
    found = load(tmp_path, find("question-answering").form, train=name)
    train, validation, test = sides(found)
    assert (len(train), len(validation), len(test)) == (4, 1, 1)
    assert not train & test


def test_given_parts_stay_and_their_doubles_leave_training(tmp_path):
    """A test set that others use, too, must stay what it is."""
    train = written(tmp_path, [f"Guter Film {n}!,{'ab'[n % 2]}" for n in range(40)])
    test = written(tmp_path, [f"guter film {n}.,{'ba'[n % 2]}" for n in range(10)], "test.csv")
    found = load(tmp_path, train=train, test=test)
    assert len(found.test) == 10
    assert len(found.train) + len(found.validation) == 30
    expected = "10 of 10 test texts are also in the training data"
    assert any(expected in n and "10 of them with another answer" in n for n in found.notes)


def test_the_split_is_stored_and_stays_when_rows_are_added(tmp_path):
    rows = [f"text {n} of {n * 3},{'ab'[n % 2]}" for n in range(100)]
    name = written(tmp_path, rows)
    first = load(tmp_path, train=name, store=True)
    stored = json.loads((tmp_path / "splits/train.csv.json").read_text(encoding="utf-8"))
    assert [len(stored["parts"][split]) for split in SPLITS] == [80, 10, 10]
    assert "text" not in json.dumps(stored["parts"])
    written(tmp_path, [*(f"new {n} of {n * 5},a" for n in range(50)), *rows])
    second = load(tmp_path, train=name)
    for split in ("validation", "test"):
        assert set(first.part(split)) <= set(second.part(split))
    assert len(second.test) > len(first.test)
    assert loading.fingerprint(first) != loading.fingerprint(second)


def test_without_storing_nothing_is_written_and_the_split_is_the_same(tmp_path):
    name = written(tmp_path, [f"text {n} of {n * 3},{'ab'[n % 2]}" for n in range(40)])
    assert load(tmp_path, train=name) == load(tmp_path, train=name)
    assert not (tmp_path / "splits").exists()


def test_pretraining_reads_the_training_part_alone(tmp_path):
    """A model that has read the test texts is measured on what it knows by heart."""
    rows = [f"Text {n} of {n * 3},{'ab'[n % 2]}" for n in range(100)]
    name = written(tmp_path, rows)
    labelled = load(tmp_path, train=name, store=True)
    plain = load(tmp_path, find("pretraining").form, train=name)
    for split in SPLITS:
        assert {e.text for e in plain.part(split)} == {e.text for e in labelled.part(split)}
    other = written(tmp_path, [row.upper() for row in rows], "more.csv", "TEXT,LABEL")
    more = load(tmp_path, find("pretraining").form, train=other, columns={"text": "TEXT"})
    held = {alike.plain(e.text) for e in (*labelled.validation, *labelled.test)}
    assert not held & {alike.plain(e.text) for split in SPLITS for e in more.part(split)}
    assert any("20 texts left out" in note for note in more.notes)


def test_a_split_of_other_texts_or_a_damaged_one_is_named(tmp_path):
    name = written(tmp_path, [f"text {n} of {n * 3},{'ab'[n % 2]}" for n in range(40)])
    load(tmp_path, train=name, store=True)
    written(tmp_path, [f"other {n} in {n * 3},{'ab'[n % 2]}" for n in range(40)])
    with pytest.raises(BaselineError, match=r"made for other texts \(0 of 40"):
        load(tmp_path, train=name)
    (tmp_path / "splits/train.csv.json").write_text("{", encoding="utf-8")
    with pytest.raises(BaselineError, match="is no stored split"):
        load(tmp_path, train=name)


def test_many_texts_after_one_pattern_are_still_dealt_out():
    """Else all of them would have to stay together, and nothing could be held back."""
    pattern = "the quick brown fox jumps over the lazy dog and says the number"
    examples = [Example(f"{pattern} {n}", "ab"[n % 2]) for n in range(50)]
    done = splits.deal({"train": examples}, strata=targets.label_strata)
    assert [len(done.parts[split]) for split in SPLITS] == [42, 4, 4]
    assert done.report == (
        "more than half of the texts are nearly equal to each other, so only equal texts are kept "
        "on one side: the figures will be too good",
    )


def test_a_subset_is_marked_and_drawn_from_everywhere(tmp_path):
    """A table that is sorted by label must not lose a label."""
    rows = [f"text {n} of {n * 3},{'a' if n < 100 else 'b'}" for n in range(200)]
    found = load(tmp_path, train=written(tmp_path, rows), max_examples=20)
    assert not found.whole
    assert found.name.endswith("at most 20 of each part")
    assert {e.target for e in found.train} == {"a", "b"}
