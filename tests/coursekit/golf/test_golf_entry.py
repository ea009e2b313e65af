"""What a file says of itself is read without running it."""

from __future__ import annotations

import pytest
from golf_entries import ABOUT, EVEN, THREE_QUARTERS, TRAIN

from coursekit.golf.entry import MOST_BYTES, read_entry, reference_entries
from litreview.errors import UserError


def test_an_entry_says_its_name_its_claim_and_whether_it_adapts():
    entry = read_entry(THREE_QUARTERS.encode(), "entry.py", team="blue", commit="c0ffee")
    assert (entry.name, entry.claim, entry.adapts) == ("three quarters", 1.2, True)
    assert (entry.team, entry.commit) == ("blue", "c0ffee")


def test_a_file_is_not_run_when_it_is_read(tmp_path):
    """Whoever ranks a hundred repositories must not run a hundred strangers' files."""
    canary = tmp_path / "canary"
    read_entry(f"open({str(canary)!r}, 'w')\n{EVEN}".encode(), "entry.py")
    assert not canary.exists()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("def (", "golf/entry.py, line 1: is no Python (invalid syntax)"),
        (ABOUT, "golf/entry.py: has no function train(texts, validation, alphabet, seed)"),
        (ABOUT + TRAIN, "golf/entry.py: has no function predict(artefact, alphabet)"),
        (
            EVEN.replace("predict(artefact, alphabet)", "predict(artefact)"),
            "golf/entry.py, line 7: predict takes 1 arguments; it is given 2: artefact, alphabet",
        ),
        (
            EVEN.replace("CLAIM = 1.0", 'CLAIM = "low"'),
            "golf/entry.py: CLAIM is 'low'; write the bits a character that `coursekit golf "
            "measure` gave, such as CLAIM = 1.83",
        ),
        (EVEN.replace("CLAIM = 1.0", "CLAIM = True"), "golf/entry.py: CLAIM is True; "),
        (EVEN.replace("CLAIM = 1.0", "CLAIM = 1e999"), "golf/entry.py: CLAIM is inf; "),
        (EVEN.replace("ADAPTS = False", ""), "golf/entry.py: ADAPTS is None; write ADAPTS = True "),
        (EVEN.replace('"even"', '"\\x1b[2J"'), "golf/entry.py: NAME is '\\x1b[2J'; "),
        (EVEN + "#" * MOST_BYTES, "golf/entry.py: has 16,"),
        ("(" * 5000 + EVEN, "golf/entry.py"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(source, sentence):
    with pytest.raises(UserError) as refused:
        read_entry(source.encode(), "golf/entry.py")
    assert str(refused.value).startswith(sentence)


def test_another_claim_is_the_same_entry_and_other_code_is_not():
    """Who corrects the claim after the first board is not played again."""
    one = read_entry(EVEN.encode(), "entry.py")
    claims = read_entry(EVEN.replace("CLAIM = 1.0", "CLAIM = 0.9").encode(), "entry.py")
    hides = read_entry(EVEN.replace("CLAIM = 1.0", "CLAIM = 0.9; X = 1").encode(), "entry.py")
    assert one.digest == claims.digest
    assert one.digest != hides.digest


def test_the_courses_own_entries_are_entries():
    names = [entry.name for entry in reference_entries()]
    assert names == ["Kneser–Ney, order 10", "mixed orders", "LSTM", "GPT with Muon"]
    assert all(len(entry.source) < MOST_BYTES for entry in reference_entries())
