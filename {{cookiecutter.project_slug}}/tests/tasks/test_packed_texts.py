"""Texts are learned from one after the other, without short ends."""

from __future__ import annotations

from baseline.data.tokenization import BEGIN, END
from baseline.tasks.objectives.language import packed


def test_every_piece_but_the_last_is_full_and_every_token_is_asked_for_once():
    items = packed([[10, 11, 12], [13], [14, 15]], 4)

    assert items == [
        {"tokens": [BEGIN, 10, 11, 12], "targets": [10, 11, 12, END]},
        {"tokens": [BEGIN, 13, BEGIN, 14], "targets": [13, END, 14, 15]},
        {"tokens": [15], "targets": [END]},
    ]


def test_no_text_is_no_piece():
    assert packed([], 4) == []
