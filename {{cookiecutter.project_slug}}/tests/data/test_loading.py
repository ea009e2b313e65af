"""Data: offline sets that are what they say, and files as teams really have them."""

from __future__ import annotations

import functools
import json
import re
from datetime import date

import pytest

from baseline.config import Data
from baseline.data import loading, offline, synthetic
from baseline.data.examples import SPLITS, Dataset, Example
from baseline.errors import BaselineError
from baseline.tasks.catalogue import TASKS, find


@functools.cache
def load(task: str) -> Dataset:
    return loading.load_dataset(find(task).form, Data())


def write(folder, name, text, encoding="utf-8"):
    (folder / name).write_text(text, encoding=encoding, newline="")
    return name


def own(folder, task="text-classification", **files) -> Dataset:
    columns = files.pop("columns", {})
    data = Data(name="files", columns=columns, **files)
    return loading.load_dataset(find(task).form, data, folder)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_real_offline_data_whose_parts_do_not_overlap(task):
    """A figure measured on what was trained on is no figure."""
    found = load(task)
    inputs = [{(e.text, e.question) for e in found.part(split)} for split in SPLITS]
    assert len(found.train) > 50
    assert min(len(found.validation), len(found.test)) >= 5
    if task not in ("ner",):  # two files may share a line such as "import os"
        assert not inputs[0] & inputs[1]
        assert not inputs[0] & inputs[2]
        assert not inputs[1] & inputs[2]


@pytest.mark.parametrize("task", ["generation", "translation", "question-answering"])
def test_offline_data_is_the_same_every_time(task):
    """Two members of a team compare figures; they must have trained on the same."""
    assert loading.load_dataset(find(task).form, Data()) == load(task)


def test_no_paragraph_of_the_prose_stands_in_two_parts():
    """Repeated paragraphs would be read in training and asked for in the test."""
    parts = offline.topics()
    seen = [
        {" ".join(p.split()) for e in part for p in e.text.split("\n\n") if p.strip()}
        for part in parts
    ]
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]


def test_docstrings_do_not_name_their_package():
    """The label would be in the text."""
    for split in SPLITS:
        for example in load("text-classification").part(split):
            assert example.target not in example.text.lower()


def test_answers_stand_where_they_are_said_to_stand():
    for split in SPLITS:
        for example in load("question-answering").part(split):
            end = example.start + len(example.target)
            assert example.text[example.start : end] == example.target


def test_source_lines_have_a_tag_for_each_word_and_whole_entities():
    for example in load("ner").validation:
        assert len(example.words) == len(example.tags)
        for before, tag in zip(("O", *example.tags), example.tags, strict=False):
            if tag.startswith("I-"):
                assert before[2:] == tag[2:]


def test_number_words_are_english():
    cases = {0: "zero", 13: "thirteen", 40: "forty", 99: "ninety-nine", 100: "one hundred"}
    cases |= {
        1234: "one thousand two hundred thirty-four",
        700_015: "seven hundred thousand fifteen",
    }
    assert {number: synthetic.number_words(number) for number in cases} == cases


def test_dates_are_real_and_their_answer_is_right():
    """A date as a person writes it, and its ISO form, share day, month and year."""
    for example in synthetic.make("dates", train=300, held_out=20)[0]:
        day = date.fromisoformat(example.target)
        assert f"{day.day}" in example.text
        assert f"{day.year % 100:02}" in example.text


@pytest.mark.parametrize(("name", "turn"), [("reverse", -1), ("copy", 1)])
def test_generated_sequences_have_the_known_answer(name, turn):
    train, validation, test = synthetic.make(name, train=100, held_out=10)
    assert (len(train), len(validation), len(test)) == (100, 10, 10)
    for example in (*train, *validation, *test):
        assert example.target == example.text[::turn]
        assert 10 <= len(example.text) <= 40


CSV = "text,label\n" + "".join(f'"text, number {i}",{"ab"[i % 2]}\n' for i in range(20))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CSV, "utf-8"),
        (CSV, "utf-8-sig"),
        (CSV, "utf-16"),
        (CSV.replace("\n", "\r\n"), "utf-8"),
        (CSV.replace(",a", ";a").replace(",b", ";b").replace("text,label", "text;label"), "cp1252"),
    ],
)
def test_a_table_is_read_as_spreadsheets_save_it(tmp_path, text, encoding):
    """Marks, semicolons, line ends and code pages differ between programs and countries."""
    name = write(tmp_path, "train.csv", text, encoding)
    found = own(tmp_path, train=name)
    everything = {e for split in SPLITS for e in found.part(split)}
    assert Example("text, number 3", "b") in everything
    assert len(everything) == 20


def test_umlauts_survive_the_windows_code_page(tmp_path):
    rows = "text,label\n" + "".join(f"schöne Grüße {i},{'ab'[i % 2]}\n" for i in range(20))
    found = own(tmp_path, train=write(tmp_path, "a.csv", rows, "cp1252"))
    assert "schöne Grüße" in found.train[0].text


def test_missing_parts_are_taken_from_training_and_said_so(tmp_path):
    found = own(tmp_path, train=write(tmp_path, "train.csv", CSV))
    assert [len(found.part(split)) for split in SPLITS] == [16, 2, 2]
    assert not set(found.train) & (set(found.validation) | set(found.test))
    assert any("validation and test" in note for note in found.notes)


def test_columns_may_have_other_names(tmp_path):
    name = write(tmp_path, "train.csv", CSV.replace("text,label", "review,stars"))
    found = own(tmp_path, train=name, columns={"text": "review", "label": "stars"})
    assert found.train[0].target in "ab"


def test_rows_with_an_empty_column_are_left_out_and_counted(tmp_path):
    """They are common in tables from spreadsheets, and nobody looks."""
    name = write(tmp_path, "train.csv", CSV + ",a\n   ,b\nno label,\n")
    found = own(tmp_path, train=name)
    assert sum(len(found.part(split)) for split in SPLITS) == 20
    assert any("3 of 23 rows left out" in note for note in found.notes)


def test_leaked_test_examples_are_reported(tmp_path):
    train = write(tmp_path, "train.csv", CSV)
    test = write(tmp_path, "test.csv", 'text,label\n"text, number 3",b\nnew,a\n')
    found = own(tmp_path, train=train, test=test)
    assert any(
        "1 of 2 test texts are also in the training data" in note
        and "1 moved out of training" in note
        for note in found.notes
    )
    assert "text, number 3" not in {e.text for e in (*found.train, *found.validation)}
    assert {e.text for e in found.test} == {"text, number 3", "new"}


JSONL = {
    "multi-label": {"text": "Late again. #", "labels": ["slow", "rude"]},
    "regression": {"text": "Fine. #", "score": "4.#"},
    "ner": {"tokens": ["Ada", "writes", "#"], "tags": ["B-PER", "O", "O"]},
    "question-answering": {"context": "Born in 1815. #", "question": "When?", "answer": "1815"},
    "generation": {"text": "Once upon a time. #"},
    "summarization": {"text": "A long story. #", "summary": "Story."},
    "translation": {"source": "ja #", "target": "yes"},
    "generative-qa": {"question": "Who? #", "answer": "Ada"},
}


@pytest.mark.parametrize("task", JSONL)
def test_json_lines_hold_the_examples_of_every_task(tmp_path, task):
    row = json.dumps({**JSONL[task], "unused": [1]})
    lines = "\n".join(row.replace("#", str(number)) for number in range(9))
    found = own(tmp_path, task, train=write(tmp_path, "train.jsonl", lines))
    assert sum(len(found.part(split)) for split in SPLITS) == 9
    example = found.train[0]
    if task == "ner":
        assert example.tags == ("B-PER", "O", "O")
    if task == "question-answering":
        assert example.start == 8


@pytest.mark.parametrize(
    "row",
    [
        {"answer": ""},
        {"answer": None},
        {"answer": {"text": [], "answer_start": []}},
    ],
)
def test_a_question_may_have_no_answer_in_its_text(tmp_path, row):
    """As in SQuAD 2, whose readers must notice it; the count shows an empty column by mistake."""
    rows = [{"context": f"Born in 18{n}5.", "question": "Where?", **row} for n in range(3)]
    rows += [
        {
            "context": f"Ada was born in 18{n}5.",
            "question": "When?",
            "answer": {"text": [f"18{n}5", "then"], "answer_start": [16, 4]},
        }
        for n in range(3)
    ]
    lines = "\n".join(map(json.dumps, rows))
    name = write(tmp_path, "train.jsonl", lines)
    found = own(tmp_path, "question-answering", train=name)
    examples = [example for split in SPLITS for example in found.part(split)]

    assert sorted(example.start for example in examples) == [-1, -1, -1, 16, 16, 16]
    assert sum(not example.target for example in examples) == 3
    assert any("3 of 6 questions have no answer in their text" in note for note in found.notes)


def test_offline_questions_without_an_answer_are_about_arguments_without_a_default():
    """Each asks for a default value; those without one have no answer."""
    train, _, test = offline.or_none()
    silent = [example for example in train if not example.target]
    assert 0.25 < len(silent) / len(train) < 0.5
    for example in silent[:200]:
        name = example.question.removeprefix("What is the default of ").removesuffix("?")
        assert not re.search(rf"(?<!\w){name}(: [^,]+)? ?=", example.text)
    assert not {e.text for e in train} & {e.text for e in test}


def bad(task, name, text, words, **settings):
    return pytest.param(task, name, text, words, settings, id=words[0])


@pytest.mark.parametrize(
    ("task", "name", "text", "words", "settings"),
    [
        bad("text-classification", "a.csv", "", ["the file is empty"]),
        bad("text-classification", "a.csv", "text,label\n", ["header but no rows"]),
        bad(
            "text-classification", "a.csv", "txt,label\nhi,a\n", ["no column 'text'", "label, txt"]
        ),
        bad("text-classification", "a.csv", "text,label\na,b,c\n", ["line 2", "more values"]),
        bad("text-classification", "a.csv", 'text,label\n"a,b\n', ["not valid CSV"]),
        bad("text-classification", "a.csv", "text,label\n,a\n", ["every row has an empty column"]),
        bad(
            "text-classification",
            "a.csv",
            "text,label\nx,a\ny,a\nz,a\n",
            ["every row has the label"],
        ),
        bad("text-classification", "a.jsonl", '{"text": "x"\n', ["line 1", "not valid JSON"]),
        bad("text-classification", "a.jsonl", '{"text":"x"}\n[1]\n', ["line 2", "not an object"]),
        bad("text-classification", "a.pdf", "PK", ["'.pdf'", ".csv"]),
        bad("text-classification", "a.csv", "a\x00b", ["binary"]),
        bad("ner", "a.csv", "tokens,tags\nAda writes,B-P\n", ["row 1", "2 tokens and 1 tags"]),
        bad("ner", "a.csv", "tokens,tags\nAda,X-PERSON\n", ["'X-PERSON' is not O"]),
        bad(
            "question-answering",
            "a.csv",
            "context,question,answer\nAda writes,Who?,Bob\n",
            ["does not stand in the context", "generative-qa"],
        ),
        bad(
            "question-answering",
            "a.csv",
            "context,question,answer,start\nAda and Ada,Who?,Ada,99\n",
            ["start=99"],
        ),
    ],
)
def test_a_bad_file_is_named_with_the_place_and_the_remedy(
    tmp_path, task, name, text, words, settings
):
    """Where, what, the value, the remedy; and never a traceback."""
    (tmp_path / name).write_bytes(text.encode())
    with pytest.raises(BaselineError) as caught:
        own(tmp_path, task, train=name, **settings)
    for word in (name, *words):
        assert word in str(caught.value)


def test_a_label_that_training_never_saw_is_named(tmp_path):
    """Usually a typing mistake; the model could never get it right."""
    train = write(tmp_path, "train.csv", CSV)
    test = write(tmp_path, "test.csv", "text,label\nnew,A\n")
    notes = own(tmp_path, train=train, test=test).notes
    assert any("1 test examples have a label that never occurs" in note for note in notes)
    assert any("'A' (1), 'a' (10)" in note for note in notes)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BaselineError, match=r"nowhere\.csv"):
        own(tmp_path, train="nowhere.csv")


def test_other_offline_data_is_listed():
    with pytest.raises(BaselineError, match="dates, numbers, reverse, copy"):
        loading.load_dataset(find("translation").form, Data(name="date"))


def test_a_hub_name_without_the_datasets_library_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(BaselineError, match="pip install datasets"):
        loading.load_dataset(find("text-classification").form, Data(name="hub:imdb"))


def test_fewer_examples_can_be_asked_for():
    found = loading.load_dataset(find("translation").form, Data(max_examples=7))
    assert [len(found.part(split)) for split in SPLITS] == [7, 7, 7]


def test_a_data_set_of_the_hub_s_library_is_read_with_the_names_of_its_labels(tmp_path):
    """Labels are numbers there, and -1 where the test labels are kept secret."""
    datasets = pytest.importorskip("datasets", reason="needs the extra [hub]")
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"])}
    )
    for split, labels in (("train", [0, 1] * 15), ("test", [-1] * 5)):
        rows = {"text": [f"{split} {n}" for n in range(len(labels))], "label": labels}
        table = datasets.Dataset.from_dict(rows, features=features)
        table.to_parquet(str(tmp_path / f"{split}.parquet"))
    found = loading.load_dataset(find("text-classification").form, Data(name=f"hub:{tmp_path}"))
    assert {example.target for example in found.train} == {"bad", "good"}
    assert len(found.test) == 3
    assert any("keeps its labels secret" in note for note in found.notes)
