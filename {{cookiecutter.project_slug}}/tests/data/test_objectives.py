"""Objectives: what is asked, and that the answer is in the text."""

from __future__ import annotations

import random

import pytest
import torch

from baseline.data.objectives import (
    mask_tokens,
    sentence_pairs,
    span_corruption,
    teacher_forcing,
    text_infilling,
)


def test_a_decoder_reads_what_it_should_have_said_before():
    targets = torch.tensor([[5, 6, 2], [7, 2, -100]])

    assert teacher_forcing(targets, begin_id=1, pad_id=0).tolist() == [[1, 5, 6], [1, 7, 2]]


def test_fifteen_percent_are_chosen_and_treated_as_the_paper_says():
    """Shares of 200,000 tokens lie within four standard deviations."""
    tokens = torch.randint(5, 1000, (200, 1000), generator=torch.Generator().manual_seed(0))
    tokens[:, 0] = 2

    inputs, targets = mask_tokens(
        tokens,
        mask_id=4,
        vocabulary_size=1000,
        special_ids=[0, 1, 2, 3],
        generator=torch.Generator().manual_seed(1),
    )

    chosen = targets != -100
    assert (targets[chosen] == tokens[chosen]).all()
    assert (inputs[~chosen] == tokens[~chosen]).all()
    assert not chosen[:, 0].any()
    assert chosen[:, 1:].float().mean().item() == pytest.approx(0.15, abs=0.004)
    hidden = inputs[chosen] == 4
    same = inputs[chosen] == tokens[chosen]
    assert hidden.float().mean().item() == pytest.approx(0.8, abs=0.01)
    assert same.float().mean().item() == pytest.approx(0.1, abs=0.01)
    swapped = inputs[chosen][~hidden & ~same]
    assert swapped.min() >= 5
    assert swapped.unique().numel() > 900


def test_masking_repeats_with_its_seed():
    tokens = torch.randint(5, 50, (4, 30))

    one, two = (
        mask_tokens(
            tokens, mask_id=4, vocabulary_size=50, generator=torch.Generator().manual_seed(3)
        )
        for _ in range(2)
    )

    assert one[0].equal(two[0])
    assert one[1].equal(two[1])


def test_impossible_masking_is_named():
    with pytest.raises(ValueError, match="share is 15"):
        mask_tokens(torch.zeros(1, 2).long(), mask_id=0, vocabulary_size=5, share=15)
    with pytest.raises(ValueError, match="special"):
        mask_tokens(torch.zeros(1, 2).long(), mask_id=0, vocabulary_size=2, special_ids=[1])


def test_half_of_the_pairs_follow_each_other():
    documents = [[[100 * d + s] for s in range(50)] for d in range(20)]

    pairs = list(sentence_pairs(documents, random.Random(0)))

    assert len(pairs) == 20 * 49
    for first, second, label in pairs:
        if label == 0:
            assert second[0] == first[0] + 1
        else:
            assert second[0] // 100 != first[0] // 100
    assert sum(label for *_, label in pairs) / len(pairs) == pytest.approx(0.5, abs=0.07)
    with pytest.raises(ValueError, match="two documents"):
        list(sentence_pairs([[[1], [2]], []], random.Random(0)))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("length", [2, 3, 10, 200])
def test_corrupted_spans_put_back_give_the_text(length, seed):
    text = list(range(length))
    sentinels = list(range(1000, 1100))

    inputs, targets = span_corruption(text, sentinel_ids=sentinels, rng=random.Random(seed))

    gaps: dict[int, list[int]] = {}
    for token in targets:
        if token >= 1000:
            gaps[current := token] = []
        else:
            gaps[current].append(token)
    used = [token for token in inputs if token >= 1000]
    assert used == sentinels[: len(used)]
    assert list(gaps) == sentinels[: len(used) + 1]
    assert gaps.pop(targets[-1]) == []
    assert all(gaps.values())
    restored = [t for token in inputs for t in (gaps[token] if token >= 1000 else [token])]
    assert restored == text


def test_spans_have_the_shares_of_the_paper():
    inputs, targets = span_corruption(
        list(range(600)), sentinel_ids=list(range(1000, 1100)), rng=random.Random(0)
    )

    assert len(targets) - sum(t >= 1000 for t in targets) == 90  # 15 %
    assert sum(t >= 1000 for t in inputs) == 30  # three tokens each


def test_in_every_text_a_word_is_hidden_however_short_it_is():
    """A text without a question teaches nothing, and cannot be measured."""
    tokens = torch.tensor([[1, 7, 2, 0], [1, 8, 9, 2], [1, 2, 0, 0]])
    asked = set()
    for seed in range(40):
        inputs, targets = mask_tokens(
            tokens,
            mask_id=4,
            vocabulary_size=20,
            special_ids=[0, 1, 2],
            generator=torch.Generator().manual_seed(seed),
        )
        assert targets[0].tolist() == [-100, 7, -100, -100]
        assert (targets[1] >= 0).any()
        assert (targets[2] == -100).all()  # nothing but special tokens
        assert inputs[:, 0].tolist() == [1, 1, 1]
        asked |= {token for token in targets[1].tolist() if token >= 0}
    assert asked == {8, 9}


def test_a_gap_can_be_anywhere_in_a_text():
    """The middle and both ends: what is never asked is never learned."""
    text = list(range(100, 110))
    gone = set()
    for seed in range(200):
        rng = random.Random(seed)
        _, targets = span_corruption(text, sentinel_ids=[1, 2, 3], rng=rng, share=0.2)
        gone.add(tuple(token for token in targets if token >= 100))
    assert gone == {(a, a + 1) for a in range(100, 109)}


def test_impossible_spans_are_named():
    with pytest.raises(ValueError, match="1 tokens is too short"):
        span_corruption([1], sentinel_ids=[9, 8], rng=random.Random(0))
    with pytest.raises(ValueError, match="30 gaps need 31 sentinel tokens, but there are 2"):
        span_corruption(list(range(600)), sentinel_ids=[9, 8], rng=random.Random(0))


def test_infilling_keeps_the_order_and_hides_the_length_of_gaps():
    masks = empty = 0
    for seed in range(50):
        text = list(range(200))
        inputs, targets = text_infilling(text, mask_id=-1, rng=random.Random(seed))

        assert targets == text
        kept = [t for t in inputs if t != -1]
        assert kept == sorted(kept)
        assert len(kept) == 140  # 30 % are gone
        masks += inputs.count(-1)
        for left, token, right in zip(inputs, inputs[1:], inputs[2:], strict=False):
            empty += token == -1 and left != -1 and right == left + 1
    # 60 tokens in pieces of three on average; one piece in twenty is empty (e⁻³).
    assert masks / 50 == pytest.approx(20.5, abs=1.5)
    assert 10 < empty < 90


def test_infilling_nothing_or_everything():
    rng = random.Random(0)

    assert text_infilling([5, 6], mask_id=9, rng=rng, share=0)[0] == [5, 6]
    assert set(text_infilling([5, 6, 7], mask_id=9, rng=rng, share=1)[0]) == {9}
    with pytest.raises(ValueError, match="empty text"):
        text_infilling([], mask_id=9, rng=rng)
    with pytest.raises(ValueError, match="share is 30"):
        text_infilling([1], mask_id=9, rng=rng, share=30)
