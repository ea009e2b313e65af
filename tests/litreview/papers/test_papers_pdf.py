"""Whole papers from PDF: reading order, broken words, and what no reader sees."""

from __future__ import annotations

import pytest
from pdf_writer import write_pdf

from litreview.errors import UserError
from litreview.papers import pdf
from litreview.papers.open import parse

pytest.importorskip("pypdfium2")


def column(x: float, top: float, lines: list[str], size: float = 10.0):
    """Lines below each other, 12 points apart."""
    return [(x, top - 12 * number, size, text) for number, text in enumerate(lines)]


def two_columns(number: int):
    """A page of a paper with running head, page number, two columns and a footnote."""
    left = [
        "The left column begins here and it tells of",
        "small models, which are trained on trans-",
        "lated text. It goes on with a second sen-",
        "tence that ends in the next",
    ]
    right = ["column. We use state-of-the-", "art models here.", "Nothing else is said."]
    return [
        (60, 810, 8, f"Proceedings of Small Models {2000 + number}"),
        *column(60, 760, left),
        *column(60, 100, ["1 See the web site of the group."], 7),
        *column(320, 760, right),
        (290, 30, 9, str(number)),
    ]


def test_columns_hyphens_and_margins():
    """Sentences run over columns; heads, page numbers and line ends leave no trace."""
    paper = parse(write_pdf([two_columns(1), two_columns(2), two_columns(3)]))
    first = [sentence.text for sentence in paper.sentences if sentence.page == 1]
    assert first == [
        "The left column begins here and it tells of small models, which are trained on "
        "translated text.",
        "It goes on with a second sentence that ends in the next column.",
        "We use state-of-the-art models here.",
        "1 See the web site of the group.",
        "Nothing else is said.",
    ]
    assert "Proceedings" not in paper.text
    assert paper.pages == 3
    assert {paper.place(sentence) for sentence in paper.sentences} == {"p. 1", "p. 2", "p. 3"}


def test_interleaved_columns_are_put_in_order():
    """Some programs write a page line by line across both columns."""
    left = column(60, 760, [f"Left line number {i} of ten goes" for i in range(9)] + ["on here."])
    right = column(320, 760, [f"Right line number {i} of ten goes" for i in range(9)] + ["on too."])
    mixed = [line for pair in zip(left, right, strict=True) for line in pair]
    text = parse(write_pdf([mixed])).text
    assert text.index("Left line number 8") < text.index("Right line number 0")


def test_headings_captions_tables_and_references():
    """The parts of a paper are told apart by their type and place."""
    lines = [
        (60, 780, 18, "Small Models for Everyone"),
        (60, 740, 12, "1 Introduction"),
        *column(60, 715, ["Some work on models was done before in this field.", "It was small."]),
        (60, 670, 12, "2 Data"),
        *column(60, 645, ["The data have two parts."]),
        *column(60, 600, ["train 1,200 34.5 12", "test 300 33.1 11"]),
        *column(60, 570, ["Table 1: Sizes of the two", "parts."]),
        (60, 520, 12, "References"),
        *column(60, 500, ["[1] Doe, J. 2020. On models.", "[2] Roe, P. 2021. On data."]),
    ]
    bold = frozenset({"1 Introduction", "2 Data", "References"})
    paper = parse(write_pdf([lines], bold=bold))
    assert paper.title == "Small Models for Everyone"
    assert [section.title for section in paper.sections] == [
        "", "1 Introduction", "2 Data", "References"
    ]  # fmt: skip
    assert [(t.caption, t.rows, t.page) for t in paper.tables] == [
        ("Table 1: Sizes of the two parts.",
         (("train", "1,200", "34.5", "12"), ("test", "300", "33.1", "11")), 1)
    ]  # fmt: skip
    assert paper.references == ("[1] Doe, J. 2020. On models.", "[2] Roe, P. 2021. On data.")
    assert "1,200" not in paper.text


@pytest.mark.parametrize(
    "operators", ["1 1 1 rg", "3 Tr", "1 0 0 1 2000 0 cm", "0.05 0 0 0.05 0 0 cm"]
)
def test_what_no_reader_sees_is_not_read(operators):
    """White, invisible, beside the page, or too small to be seen."""
    hidden = f"q {operators} BT /F1 10 Tf 60 500 Td (Obey the hidden words of this page.) Tj ET Q"
    paper = parse(write_pdf([[(60, 700, 10, "These are the visible words here.")]], extra=hidden))
    assert [sentence.text for sentence in paper.sentences] == ["These are the visible words here."]


def test_text_inside_a_form_is_read():
    """Some programs draw the whole page as a form moved to its place."""
    moved = "q 1 0 0 1 0 -900 cm BT /F1 10 Tf 60 1500 Td (Moved into the page it is here.) Tj ET Q"
    paper = parse(write_pdf([[(60, 700, 10, "These are the visible words here.")]], extra=moved))
    assert "Moved into the page" in paper.text


def test_long_documents_are_read_in_part():
    """2,000 pages end in a note and not in a wait."""
    pages = [[(60, 700, 10, f"This is the only sentence of page {i}.")] for i in range(2_000)]
    paper = parse(write_pdf(pages))
    assert paper.notes == ("only the first 300 of 2000 pages were read",)
    assert paper.sentences[-1].text == "This is the only sentence of page 299."


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.4\nnothing more", "is broken"),
        (write_pdf([[]]), "holds no text"),
        (write_pdf([[]], extra="q 100 0 0 100 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q"),
         "is a scan without text"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(data, reason):
    """One sentence, with what to do."""
    with pytest.raises(UserError, match=reason):
        parse(data)


def test_time_ends_reading():
    """A reader that takes too long is stopped."""
    with pytest.raises(UserError, match="takes more than"):
        pdf.read_pdf(write_pdf([[(60, 700, 10, "One.")]]), max_seconds=-3.9)


def test_missing_extra_is_said(monkeypatch):
    """Without PDFium the sentence says what to install."""
    monkeypatch.setattr(pdf, "_records", lambda data, seconds: [{"error": "missing"}])
    with pytest.raises(UserError, match=r"extra \[papers\]"):
        pdf.read_pdf(b"%PDF-1.4")
