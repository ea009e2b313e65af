"""Files as students have them are read, a bad row costs a row, and a bad file one sentence."""

from __future__ import annotations

import json

import pytest

from baseline.config import Data
from baseline.data import loading, readers
from baseline.data.answers import spans_of
from baseline.data.examples import SPLITS
from baseline.data.formats import conll, plain_text
from baseline.data.tags import as_bio
from baseline.errors import BaselineError
from baseline.tasks.catalogue import find


def read(folder, task, name, text, **settings):
    if isinstance(text, str):
        text = text.encode()
    (folder / name).write_bytes(text)
    data = Data(name="files", train=name, **settings)
    return loading.load_dataset(find(task).form, data, folder)


def everything(dataset):
    return [example for split in SPLITS for example in dataset.part(split)]


# ------------------------------------------------------------------------------ tables


def test_excel_tells_its_separator_in_the_first_line(tmp_path):
    rows = "".join(f"text {n}, and more;{'ab'[n % 2]}\r\n" for n in range(20))
    found = read(tmp_path, "text-classification", "a.csv", f"sep=;\r\ntext;label\r\n{rows}")
    assert {"text 3, and more"} <= {e.text for e in everything(found)}
    assert len(everything(found)) == 20


def test_a_table_without_a_header_gets_the_task_s_columns(tmp_path):
    rows = "".join(f"I see {n} cats\tIch sehe {n} Katzen\tCC-BY\n" for n in range(20))
    found = read(tmp_path, "translation", "pairs.tsv", rows)
    assert ("I see 7 cats", "Ich sehe 7 Katzen") in {(e.text, e.target) for e in everything(found)}
    assert any("no header" in note and "source, target" in note for note in found.notes)


def test_a_label_in_front_of_its_text_is_found_without_a_header(tmp_path):
    rows = "".join(f"{('ham', 'spam')[n % 2]}\tcome to party number {n}\n" for n in range(20))
    found = read(tmp_path, "text-classification", "sms.tsv", rows)
    assert {e.target for e in everything(found)} == {"ham", "spam"}


def test_columns_with_names_of_their_own_are_no_missing_header(tmp_path):
    """Else the names would become an example."""
    rows = "".join(f"text {n},{'ab'[n % 2]}\n" for n in range(20))
    with pytest.raises(BaselineError, match="no column 'text' .it has review, stars."):
        read(tmp_path, "text-classification", "a.csv", f"review,stars\n{rows}")


def test_quotation_marks_of_a_tab_separated_corpus_are_text(tmp_path):
    rows = "".join(f'He said {n} "no\tEr sagte {n} "nein\n' for n in range(20))
    found = read(tmp_path, "translation", "pairs.tsv", f"source\ttarget\n{rows}")
    assert 'He said 4 "no' in {e.text for e in everything(found)}


def test_a_workbook_is_read(tmp_path):
    openpyxl = pytest.importorskip("openpyxl", reason="reads XLSX")
    book = openpyxl.Workbook()
    book.active.append(["text", "label"])
    for n in range(20):
        book.active.append([f"text {n}", n % 2 + 1])
    book.save(tmp_path / "a.xlsx")
    data = Data(name="files", train="a.xlsx")
    found = loading.load_dataset(find("text-classification").form, data, tmp_path)
    assert {e.target for e in everything(found)} == {"1", "2"}


def test_a_damaged_workbook_is_one_sentence(tmp_path):
    pytest.importorskip("openpyxl", reason="reads XLSX")
    with pytest.raises(BaselineError, match=r"a\.xlsx: is no workbook"):
        read(tmp_path, "text-classification", "a.xlsx", b"PK\x03\x04")


def test_a_parquet_file_is_read(tmp_path):
    pa = pytest.importorskip("pyarrow", reason="reads Parquet")
    parquet = pytest.importorskip("pyarrow.parquet", reason="reads Parquet")
    columns = {"text": [f"text {n}" for n in range(20)], "label": [n % 2 for n in range(20)]}
    parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    data = Data(name="files", train="a.parquet")
    found = loading.load_dataset(find("text-classification").form, data, tmp_path)
    assert {e.target for e in everything(found)} == {"0", "1"}


@pytest.mark.parametrize(("name", "library"), [("a.xlsx", "openpyxl"), ("a.parquet", "pyarrow")])
def test_a_missing_library_is_named(tmp_path, monkeypatch, name, library):
    monkeypatch.setitem(__import__("sys").modules, library, None)
    monkeypatch.setitem(__import__("sys").modules, f"{library}.parquet", None)
    with pytest.raises(BaselineError, match=f"pip install {library}"):
        read(tmp_path, "text-classification", name, b"PK")


# -------------------------------------------------------------------------------- JSON


ROWS = [{"text": f"text {n}", "label": "ab"[n % 2]} for n in range(20)]


@pytest.mark.parametrize(
    "content",
    [
        ROWS,
        {"rows": [{"row_idx": n, "row": row} for n, row in enumerate(ROWS)]},
        {"version": "1", "data": ROWS},
        {key: [row[key] for row in ROWS] for key in ("text", "label")},
        {key: {str(n): row[key] for n, row in enumerate(ROWS)} for key in ("text", "label")},
    ],
    ids=["array", "viewer", "wrapped", "columns", "pandas"],
)
def test_json_is_read_in_the_shapes_that_programs_write(tmp_path, content):
    found = read(tmp_path, "text-classification", "a.json", json.dumps(content, indent=1))
    assert {(e.text, e.target) for e in everything(found)} == {
        (row["text"], row["label"]) for row in ROWS
    }


def squad(*answers, **more):
    text = "Kiel has {} towers and {} ships."
    return {
        "version": "2",
        "data": [
            {
                "title": "t",
                "paragraphs": [
                    {
                        "context": text.format(100 + n, 500 + n),
                        "qas": [
                            {
                                "question": "How many towers?",
                                "answers": [{"text": str(100 + n), "answer_start": 9}],
                            },
                            {
                                "question": "How many trees?",
                                "is_impossible": True,
                                "answers": [],
                                "plausible_answers": [{"text": "x"}],
                            },
                        ],
                    }
                ],
            }
            for n in range(20)
        ],
    }


def test_squad_s_own_file_is_read_with_questions_that_have_no_answer(tmp_path):
    found = read(tmp_path, "question-answering", "dev.json", json.dumps(squad()))
    examples = everything(found)
    assert len(examples) == 40
    assert {e.target for e in examples if e.text.startswith("Kiel has 103 ")} == {"103", ""}
    contexts = [{e.text for e in found.part(split)} for split in SPLITS]
    assert not contexts[0] & contexts[2]


@pytest.mark.parametrize(
    "content",
    [
        {"data": [{"paragraphs": [7]}]},
        {"data": [{"paragraphs": 7}]},
        {"data": [{"text": "a"}, 7, None]},
        {"text": ["a", "b"], "label": 7},
        {"a": {}, "b": []},
        {},
        [None],
    ],
)
def test_json_of_another_shape_is_one_sentence(tmp_path, content):
    with pytest.raises(BaselineError, match=r"a\.json"):
        read(tmp_path, "question-answering", "a.json", json.dumps(content))


def test_deep_nesting_is_no_traceback(tmp_path):
    with pytest.raises(BaselineError, match=r"a\.json"):
        read(tmp_path, "text-classification", "a.json", "[" * 100_000)


# ------------------------------------------------------------------------------- CoNLL


def test_conll_files_are_read_with_columns_in_between_and_documents(tmp_path):
    text = "-DOCSTART- -X- O O\n\n"
    text += "".join(f"Ada NNP I-NP B-PER\n{n} CD I-NP O\n\n" for n in range(20))
    found = read(tmp_path, "ner", "train.conll", text)
    assert len(everything(found)) == 20
    assert {e.tags for e in everything(found)} == {("B-PER", "O")}


def test_germeval_numbers_its_words():
    rows = conll.read_conll("#\thttp://x [2010]\n1\tAda\tB-PER\tO\n2\tlebt\tO\tO\n").rows
    assert rows == [{"tokens": ["Ada", "lebt"], "tags": ["B-PER", "O"]}]


def test_a_number_sign_can_be_a_word():
    assert conll.read_conll("# O\nAda B-PER\n").rows[0]["tokens"] == ["#", "Ada"]


def test_a_sentence_with_a_word_without_tag_is_left_out_and_counted(tmp_path):
    text = "".join(f"Ada B-PER\n{n} O\n\n" for n in range(30)) + "Ada\n1 O\n\n"
    found = read(tmp_path, "ner", "train.conll", text)
    assert any("1 of 31 rows left out: line 91: 'Ada' has no tag" in n for n in found.notes)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B-PER I-PER O", "B-PER I-PER O"),
        ("B-PER I-PER E-PER S-LOC O", "B-PER I-PER I-PER B-LOC O"),
        ("U-LOC B-PER L-PER", "B-LOC B-PER I-PER"),
        ("PER PER O LOC PER", "B-PER I-PER O B-LOC B-PER"),
        ("o _", "O O"),
    ],
)
def test_all_ways_to_write_tags_become_one(tags, expected):
    assert " ".join(as_bio(tags.split())) == expected


# ------------------------------------------------------------------------- plain text


def test_one_long_text_is_cut_and_its_end_held_back(tmp_path):
    text = " ".join(f"This is sentence number {n}." for n in range(400))
    found = read(tmp_path, "generation", "novel.txt", text)
    assert "number 0." in found.train[0].text
    assert found.test[-1].text.endswith("number 399.")
    assert found.validation[-1].text < found.test[0].text
    assert " ".join(e.text for e in everything(found)) == text
    assert len(found.test) == len(found.validation) == round(len(everything(found)) / 10)


@pytest.mark.parametrize("text", ["x" * 100_000, "x " * 50_000, "\n" * 50_000 + "a.", "a.\n" * 999])
def test_a_text_without_ends_of_sentences_is_cut_in_a_moment(text):
    parts = [row["text"] for row in plain_text.read_plain(text).rows]
    assert max(map(len, parts)) <= 2000
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_paragraphs_stay_examples():
    assert len(plain_text.read_plain("\n\n".join(f"part {n}" for n in range(12))).rows) == 12


# ----------------------------------------------------------------------------- bad rows


def test_few_bad_rows_are_left_out_and_shown_and_many_are_refused(tmp_path):
    good = [json.dumps({"tokens": ["Ada", str(n)], "tags": ["B-P", "O"]}) for n in range(40)]
    bad = json.dumps({"tokens": ["Ada"], "tags": ["B-P", "O"]})
    found = read(tmp_path, "ner", "a.jsonl", "\n".join([*good, bad, bad]))
    assert len(everything(found)) == 40
    (note,) = [note for note in found.notes if "left out" in note]
    assert "2 of 42 rows left out: row 41: has 1 tokens and 2 tags" in note
    with pytest.raises(BaselineError, match="3 of 43 rows cannot be used: row 41"):
        read(tmp_path, "ner", "a.jsonl", "\n".join([*good, bad, bad, bad]))


@pytest.mark.parametrize(
    ("answer", "start", "expected"),
    [
        ("042", 18, [("042", 17)]),  # a program counted otherwise
        ("a", 9, [("a", 8)]),  # the nearest of several
        ("a", None, [("a", 0)]),
        (
            {"text": ["042", "42", "042"], "answer_start": [17, 18, 17]},
            None,
            [("042", 17), ("42", 18), ("042", 17)],
        ),
        ([{"text": "042", "answer_start": 17}], None, [("042", 17)]),
        ({"text": ["absent", "042"], "answer_start": [0, 17]}, None, [("042", 17)]),
        (["042", "42"], None, [("042", 17), ("42", 18)]),
        ({"text": [], "answer_start": []}, None, []),
        ("", None, []),
    ],
)
def test_answers_are_found_where_they_are_or_nearly(answer, start, expected):
    assert spans_of(answer, start, "a stadt a = town 042") == expected


@pytest.mark.parametrize(("answer", "start"), [("absent", None), ("a", 90), ("a", "x")])
def test_an_answer_that_is_not_there_is_refused(answer, start):
    with pytest.raises(ValueError, match=r"does not stand|give the offset"):
        spans_of(answer, start, "a stadt a = town 042" + " " * 100)


def test_numbers_as_labels_work_and_measurements_are_explained(tmp_path):
    rows = [{"text": f"text {n}", "label": n % 3} for n in range(30)]
    found = read(tmp_path, "text-classification", "a.json", json.dumps(rows))
    assert {e.target for e in everything(found)} == {"0", "1", "2"}
    rows = [{"text": f"text {n}", "label": n / 7} for n in range(30)]
    with pytest.raises(BaselineError, match="30 of 30 rows have a label that no other row has"):
        read(tmp_path, "text-classification", "a.json", json.dumps(rows))


def test_a_file_that_is_far_too_large_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "_MOST_BYTES", 100)
    with pytest.raises(BaselineError, match="is larger than"):
        read(tmp_path, "text-classification", "a.csv", "text,label\n" + "x,y\n" * 99)
