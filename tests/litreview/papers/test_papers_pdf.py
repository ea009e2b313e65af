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


def test_footnotes_wait_for_the_sentence_that_goes_on_and_keep_their_order():
    """A sentence that runs over two columns is not cut by the notes at the foot of the first."""
    page = [
        *column(60, 760, ["The first column says that the", "models were trained and", "then"]),
        *column(60, 130, ["1 The first note stands here.", "on two lines of it.",
                          "2 The second note is shorter still."], 7),
        *column(320, 760, ["tested by all of us.", "A new sentence follows in it."]),
    ]  # fmt: skip
    page[4] = (60, 121, 7, "on two lines of it.")
    page[5] = (70, 112, 7, "2 The second note is shorter still.")
    text = parse(write_pdf([page])).text
    assert [text.index(piece) for piece in (
        "trained and then tested by all of us.", "1 The first note", "2 The second note",
        "A new sentence follows",
    )] == sorted(text.index(piece) for piece in (
        "trained and then tested by all of us.", "1 The first note", "2 The second note",
        "A new sentence follows",
    ))  # fmt: skip
    assert text.index("1 The first note") < text.index("A new sentence follows")


def test_small_text_in_the_middle_stays_where_it_was_printed():
    """A listing is no footnote: what it belongs to stands before it, the rest behind it."""
    page = [
        *column(60, 760, ["The text is kept in one string of signs:"]),
        *column(60, 740, ["one two three = load(text) and print it"], 7),
        *column(60, 715, ["Behind the listing the text goes on with more words."]),
        *column(60, 60, ["1 The note of the page."], 7),
    ]
    sentences = [sentence.text for sentence in parse(write_pdf([page])).sentences]
    assert sentences == [
        "The text is kept in one string of signs:",
        "one two three = load(text) and print it",
        "Behind the listing the text goes on with more words.",
        "1 The note of the page.",
    ]


def test_letters_of_a_drawing_are_no_text():
    """What stands in the boxes of a figure is no sentence of the paper."""
    page = [
        *column(60, 760, ["Query paper and related paper", "triplet loss of both of them"], 5),
        *column(60, 720, ["Figure 1: How the parts fit together."]),
        *column(60, 680, ["The model is trained on pairs of papers.", "It is small."]),
    ]
    paper = parse(write_pdf([page]))
    assert [s.text for s in paper.sentences] == [
        "The model is trained on pairs of papers.", "It is small.",
    ]  # fmt: skip
    assert [figure.caption for figure in paper.figures] == ["Figure 1: How the parts fit together."]


def test_a_caption_goes_on_behind_lines_that_were_joined():
    """PDFium joins lines at hyphens; the next line is as near as it was."""
    page = [
        *column(60, 760, ["Figure 1: The documents are read and repre-",
                          "sented in three parts, as", "it is drawn in the boxes above."]),
        *column(60, 690, ["The paper goes on with its own words here."]),
    ]  # fmt: skip
    paper = parse(write_pdf([page]))
    assert [figure.caption for figure in paper.figures] == [
        "Figure 1: The documents are read and represented in three parts, as it is drawn in the "
        "boxes above."
    ]
    assert paper.text == "The paper goes on with its own words here."


def test_a_hyphen_that_the_reader_lost_is_put_back():
    """`documentlevel` is what the paper elsewhere writes with a hyphen."""
    page = column(60, 760, ["We learn document-level vectors for papers.",
                            "The documentlevel vectors and document-level tasks are ours.",
                            "Our superset is a superset of a super-set."])  # fmt: skip
    text = parse(write_pdf([page])).text
    assert text.count("document-level") == 3
    assert "a superset of" in text


def test_running_heads_a_little_farther_in_are_dropped():
    """Some styles set the head close to the text; it is the outermost line and comes again."""
    pages = [
        [(60, 750, 8, f"Doe et al. on page {n}"), *column(60, 730, [f"Words of page number {n}."])]
        for n in range(3)
    ]
    assert parse(write_pdf(pages)).text.count("Doe et al.") == 0


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
