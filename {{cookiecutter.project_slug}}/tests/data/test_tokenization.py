"""Tokenizers: the three steps there and back, for every kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")

from baseline.data import tokenization  # noqa: E402
from baseline.data.tokenization import BEGIN, END, PADDING, SPECIAL, UNKNOWN  # noqa: E402
from baseline.errors import BaselineError  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [f"The cat number {i} sat on the mat, again and again.\n" for i in range(60)]


@pytest.fixture(scope="module", params=tokenization.KINDS)
def tokenizer(request):
    return tokenization.train_tokenizer(TEXTS, request.param, 300)


def test_known_text_comes_back(tokenizer):
    text = "The cat sat on the mat, again"
    back = tokenizer.text(tokenization.add_special(tokenizer.ids(text)))
    if tokenizer.kind in ("words", "wordpiece"):  # spaces around marks are not kept
        text, back = text.replace(",", " ,"), back.replace(",", " ,").replace("  ", " ")
    assert back == text


def test_split_and_ids_are_the_same_tokens(tokenizer):
    text = "The cat sat"
    assert tokenizer.tokens(tokenizer.ids(text)) == tokenizer.split(text)


def test_offsets_say_which_characters_a_token_came_from(tokenizer):
    """Extractive answers are cut out of the text by them."""
    text = "The cat sat on"
    encoding = tokenizer.encode(text)
    start, end = encoding.offsets[-1]
    assert text[start:end].strip() == tokenizer.split(text)[-1].lstrip("Ġ▁#").strip()
    assert end == len(text)


def test_a_text_cannot_spell_a_special_token(tokenizer):
    """Otherwise a text that says `<end>` would end there."""
    ids = tokenizer.ids("<end> <begin> <mask>")
    assert not {BEGIN, END, PADDING} & set(ids)


def test_every_word_keeps_its_place_whatever_is_in_it(tokenizer):
    """A word that no token fits must still get a tag."""
    encoding = tokenizer.encode(["cat", "", "猫", "mat"])
    assert sorted(set(encoding.words)) == [0, 1, 2, 3]


def test_a_saved_tokenizer_gives_the_same_ids(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "tokenizer.json")
    again = tokenization.load_tokenizer(tmp_path / "tokenizer.json", tokenizer.kind)
    text = "The mat <end> 17 émigré"
    assert again.ids(text) == tokenizer.ids(text)
    assert len(again) == len(tokenizer)


def test_special_tokens_have_the_same_ids_everywhere(tokenizer):
    assert tokenizer.tokens(range(len(SPECIAL))) == list(SPECIAL)


def test_another_process_learns_the_very_same_tokenizer(tokenizer, tmp_path):
    """With other ids, a run could not be repeated, and two processes would not train one model."""
    code = (
        "import sys; from pathlib import Path; from baseline.data import tokenization as t\n"
        "texts = Path(sys.argv[1]).read_text(encoding='utf-8').split('\\0')\n"
        "t.train_tokenizer(texts, sys.argv[2], 300).save(Path(sys.argv[3]))"
    )
    texts = [f"{text} {chr(0x4E00 + i)}{chr(0x430 + i % 32)}x{i}" for i, text in enumerate(TEXTS)]
    (tmp_path / "texts").write_text("\0".join(texts), encoding="utf-8")
    command = [sys.executable, "-c", code, str(tmp_path / "texts"), tokenizer.kind]
    for name in ("first", "second"):
        subprocess.run([*command, str(tmp_path / name)], check=True, cwd=ROOT)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_bytes_can_write_every_text_and_characters_cannot():
    bytes_, letters = (
        tokenization.train_tokenizer(TEXTS, kind, 400) for kind in ("bpe", "characters")
    )
    assert bytes_.text(bytes_.ids("Käse 猫")) == "Käse 猫"
    assert UNKNOWN in letters.ids("猫")


def test_logits_become_probabilities_then_classes_then_text():
    """The three steps back, as the course teaches them."""
    tokenizer = tokenization.train_tokenizer(TEXTS, "characters", 300)
    ids = tokenizer.ids("cat")
    logits = torch.zeros(1, 3, len(tokenizer))
    for place, token in enumerate(ids):
        logits[0, place, token] = 5.0
    shares = tokenization.probabilities(logits)
    assert torch.allclose(shares.sum(-1), torch.ones(1, 3))
    assert tokenizer.text(tokenization.classes(shares)[0]) == "cat"


def test_decoding_stops_at_the_end_token():
    tokenizer = tokenization.train_tokenizer(TEXTS, "characters", 300)
    assert tokenizer.text([*tokenizer.ids("cat"), END, *tokenizer.ids("mat")]) == "cat"


def test_no_text_and_a_damaged_file_are_named(tmp_path):
    with pytest.raises(BaselineError, match="no text"):
        tokenization.train_tokenizer(["", ""], "bpe")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BaselineError, match=r"tokenizer\.json"):
        tokenization.load_tokenizer(tmp_path / "tokenizer.json", "bpe")
