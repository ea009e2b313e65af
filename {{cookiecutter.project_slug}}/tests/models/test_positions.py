"""Positions: fixed waves, turned vectors, and distances."""

from __future__ import annotations

import math

import pytest
import torch

from baseline.models.positions import (
    PositionEmbedding,
    RelativeBias,
    check_positions,
    distance_buckets,
    rotary_angles,
    rotate,
    sinusoidal,
)


def test_sinusoids_are_those_of_the_paper():
    waves = sinusoidal(torch.arange(50), 8)

    for position, channel in [(0, 0), (7, 2), (49, 6)]:
        angle = position / 10_000 ** (channel / 8)
        assert waves[position, channel].item() == pytest.approx(math.sin(angle), abs=1e-6)
        assert waves[position, channel + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


def test_turned_vectors_meet_by_distance_only():
    """The product of a query and a key is the same wherever the pair stands."""
    torch.manual_seed(0)
    query, key = torch.randn(1, 1, 1, 8).double(), torch.randn(1, 1, 1, 8).double()

    def product(i: int, j: int) -> float:
        a = rotate(query, rotary_angles(torch.tensor([i]), 8))
        b = rotate(key, rotary_angles(torch.tensor([j]), 8))
        return float((a * b).sum())

    assert product(3, 1) == pytest.approx(product(103, 101), abs=1e-4)
    assert product(3, 1) != pytest.approx(product(3, 2), abs=1e-3)


def test_pairs_are_turned_by_the_angle_of_their_position():
    """Counter-clockwise, channel i with channel i + d/2, the first pair by one radian a step."""
    x = torch.tensor([1.0, 0.0, 0.0, 0.0]).expand(1, 1, 3, 4)

    turned = rotate(x, rotary_angles(torch.arange(3), 4))[0, 0]

    for position in range(3):
        want = torch.tensor([math.cos(position), 0.0, math.sin(position), 0.0])
        torch.testing.assert_close(turned[position], want)
    second = rotate(x.roll(1, -1), rotary_angles(torch.arange(3), 4))[0, 0]
    assert second[2, 3].item() == pytest.approx(math.sin(2 / 100))


def test_turning_keeps_lengths_and_position_zero():
    x = torch.randn(2, 3, 5, 8)

    turned = rotate(x, rotary_angles(torch.arange(5), 8))
    per_row = rotate(x, rotary_angles(torch.arange(5).expand(2, 5), 8))

    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1))
    torch.testing.assert_close(turned[:, :, 0], x[:, :, 0])
    torch.testing.assert_close(turned, per_row)


def test_near_distances_have_buckets_of_their_own_and_far_ones_share():
    one_sided = distance_buckets(-torch.arange(200), 32, 128, two_sided=False)
    both = distance_buckets(torch.arange(-200, 201), 32, 128, two_sided=True)

    assert one_sided[:16].tolist() == list(range(16))
    assert (one_sided[128:] == 31).all()
    assert (one_sided.diff() >= 0).all()
    assert set(both[:200].tolist()).isdisjoint(both[201:].tolist())
    assert distance_buckets(torch.tensor([5]), 32, 128, two_sided=False).item() == 0


def test_relative_bias_depends_on_the_distance_only():
    bias = RelativeBias(3, two_sided=True)(6, 6)

    assert bias.shape == (1, 3, 6, 6)
    torch.testing.assert_close(bias[0, :, 2, 4], bias[0, :, 1, 3])
    torch.testing.assert_close(RelativeBias.forward(_same(bias), 2, 6), bias[:, :, 4:])


def _same(bias: torch.Tensor) -> RelativeBias:
    """A layer that gives the biases of `bias`."""
    layer = RelativeBias(3, two_sided=True)
    with torch.no_grad():
        for distance in range(-5, 6):
            bucket = distance_buckets(torch.tensor(distance), 32, 128, two_sided=True)
            row, column = max(-distance, 0), max(distance, 0)
            layer.table.weight[bucket] = bias[0, :, row, column]
    return layer


def test_learned_positions_learn_and_fixed_ones_do_not():
    assert len(list(PositionEmbedding("learned", 10, 4).parameters())) == 1
    assert list(PositionEmbedding("sinusoidal", 10, 4).parameters()) == []


def test_impossible_positions_are_named():
    with pytest.raises(ValueError, match="even width"):
        sinusoidal(torch.arange(3), 7)
    with pytest.raises(ValueError, match="even head width"):
        rotary_angles(torch.arange(3), 7)
    with pytest.raises(ValueError, match="'absolute'"):
        check_positions("absolute", "rotary")
