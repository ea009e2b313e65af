"""Vectors of two neighbouring tokens together."""

from __future__ import annotations

import torch

from baseline.models.pairs import PairEmbedding


def test_a_pair_has_one_vector_wherever_it_stands_and_another_one_the_other_way_round():
    torch.manual_seed(0)
    pairs = PairEmbedding(997, 4)

    vectors = pairs(torch.tensor([[5, 9, 5, 9, 9]]))[0]

    assert vectors[1].equal(vectors[3])
    assert not vectors[1].equal(vectors[2])
    assert not vectors[1].equal(vectors[4])


def test_what_came_before_belongs_to_the_first_token():
    """A text that is read in two steps gives the vectors of one that is read at once."""
    torch.manual_seed(0)
    pairs, tokens = PairEmbedding(997, 4), torch.tensor([[5, 9, 7], [1, 2, 3]])

    steps = torch.cat((pairs(tokens[:, :2]), pairs(tokens[:, 2:], tokens[:, 1:2])), dim=1)

    assert steps.equal(pairs(tokens))
    assert pairs(tokens[:, :1]).equal(pairs(tokens)[:, :1])


def test_many_pairs_share_few_rows_about_evenly():
    pairs = PairEmbedding(64, 1)
    with torch.no_grad():
        pairs.table.copy_(torch.arange(64.0)[:, None])
    first, second = torch.meshgrid(torch.arange(100), torch.arange(100), indexing="ij")

    rows = pairs(torch.stack((first.flatten(), second.flatten()), dim=1))[:, 1, 0].long()

    counts = rows.bincount(minlength=64)
    assert counts.min() > 100  # of 10,000 / 64 = 156
    assert counts.max() < 220
