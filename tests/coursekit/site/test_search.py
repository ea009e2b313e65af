"""The search of the showcase: its words and its pieces."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from coursekit.site.search import SearchPage, collapse, fold, words, write_index


@given(st.text(st.characters(codec="ascii")))
def test_the_quick_way_to_words_gives_the_same_words(text):
    """Texts of plain letters take it; another letter behind them must change nothing."""
    assert words(f"{text} größer") - {"grosser"} == words(text) - {"grosser"}


def test_a_letter_with_many_words_has_a_file_for_each_second_letter(tmp_path):
    """The first search fetches little, however many pages there are."""
    few = [SearchPage("a.html", "Attention", (("", "", "zebra zoo attention"),))]
    write_index(few, tmp_path)
    assert sorted(path.stem for path in tmp_path.glob("w/*")) == ["61", "7a"]
    many = [" ".join(f"z{a}{n}" for n in range(1000, 1800)) for a in "abcdefgh"]
    pages = [SearchPage(f"{n}.html", "Zebra", tuple(("", "", text) for text in many)) for n in "12"]
    write_index([*few, *pages], tmp_path)
    assert json.loads((tmp_path / "pages.js").read_text("utf-8")[17:-3])["deep"] == "z"
    stems = sorted(path.stem for path in tmp_path.glob("w/*"))
    assert [bytes.fromhex(stem).decode() for stem in stems] == [
        "a",
        *(f"z{b}" for b in "abcdefgho"),
    ]


def test_search_folds_words_as_the_browser_does():
    """Who types "uber" finds "Über"."""
    assert fold("Übersetzung ÉCOLE") == "ubersetzung ecole"
    assert words("BERT-base, größer: 3 GPUs") == {"bert", "base", "grosser", "gpus"}


def test_umlauts_are_found_however_they_are_written():
    """Who types ä, ae or a means the same word."""
    assert collapse(fold("Kalenderblätter")) == collapse("kalenderblaetter") == "kalenderblatter"
    assert collapse(fold("Größe")) == collapse("groesse") == "grosse"


def test_words_with_spelled_out_umlauts_are_indexed_as_both(tmp_path):
    """And the list of words holds what parts and slips are looked for in."""
    page = SearchPage("a.html", "Blaetter", (("", "", "ein Blatt"),))
    write_index([page], tmp_path)
    shard = json.loads((tmp_path / "w" / "62.js").read_text()[len('ckSearch("w/62",') : -3])
    assert shard == {"blaetter": [0], "blatt": [1], "blatter": [0]}
    assert '"blaetter blatt blatter"' in (tmp_path / "words.js").read_text()
