"""The decoder: shapes, what it may see, and that it learns."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from baseline.models.attention import record_attention
from baseline.models.decoder import Decoder, DecoderConfig

POSITIONS = ["learned", "sinusoidal", "rotary", "none"]


def tiny(positions: str = "learned", **settings) -> Decoder:
    torch.manual_seed(0)
    config = DecoderConfig(20, 16, 2, 2, max_length=12, positions=positions, **settings)
    return Decoder(config).double().eval()


@pytest.fixture
def tokens() -> torch.Tensor:
    return torch.randint(0, 20, (3, 10), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("positions", POSITIONS)
def test_shapes(positions, tokens):
    model = tiny(positions)

    assert model(tokens).shape == (3, 10, 20)
    assert model.features(tokens).shape == (3, 10, 16)
    assert model.loss(tokens, tokens).shape == ()


@pytest.mark.parametrize("positions", POSITIONS)
def test_nothing_leaks_from_the_future(positions, tokens):
    """Whatever comes after position 4 changes nothing up to it."""
    model = tiny(positions)
    other = tokens.clone()
    other[:, 5:] = (other[:, 5:] + 7) % 20

    before, after = model(tokens), model(other)

    torch.testing.assert_close(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 5:], after[:, 5:])


def test_no_gradient_flows_from_the_past_to_the_future(tokens):
    model = tiny()
    vectors = model.tokens(tokens).detach().requires_grad_()
    model.tokens.forward = lambda _: vectors

    (model.features(tokens)[:, 4] * torch.arange(16)).sum().backward()

    assert (vectors.grad[:, 5:] == 0).all()
    assert (vectors.grad[:, :5].abs().amax((0, 2)) > 1e-3).all()


@pytest.mark.parametrize("positions", POSITIONS)
def test_padding_on_either_side_changes_nothing(positions, tokens):
    model = tiny(positions)
    zeros, ones = torch.zeros(3, 2, dtype=torch.long), torch.ones_like(tokens)

    plain = model(tokens)
    left = model(torch.cat((zeros, tokens), 1), torch.cat((zeros, ones), 1))
    right = model(torch.cat((tokens, zeros), 1), torch.cat((ones, zeros), 1))

    torch.testing.assert_close(left[:, 2:], plain)
    torch.testing.assert_close(right[:, :10], plain)


def test_a_row_of_padding_gives_numbers(tokens):
    mask = torch.ones_like(tokens)
    mask[1] = 0
    model = tiny()

    loss = model.loss(tokens, tokens, mask)
    loss.backward()

    assert model(tokens, mask).isfinite().all()
    assert all(p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("positions", POSITIONS)
def test_the_cache_gives_the_same_logits(positions, tokens):
    model = tiny(positions)
    want = model(tokens)
    state = model.start()

    for start, end in [(0, 4), (4, 7), (7, 8), (8, 10)]:
        logits, state = model.step(tokens[:, start:end], state)
        torch.testing.assert_close(logits, want[:, end - 1])


def test_the_cache_knows_which_positions_are_padding(tokens):
    model = tiny("rotary")
    zeros, ones = torch.zeros(3, 2, dtype=torch.long), torch.ones_like(tokens)
    state = model.start()

    model.step(torch.cat((zeros, tokens), 1)[:, :6], state, torch.cat((zeros, ones), 1)[:, :6])
    logits, state = model.step(tokens[:, 4:9], state)
    logits, state = model.step(tokens[:, 9:], state)

    torch.testing.assert_close(logits, model(tokens)[:, -1])


def test_loss_is_the_mean_over_the_targets_that_count(tokens):
    model = tiny()
    targets = tokens.roll(-1, 1)
    targets[:, -1] = -100

    want = F.cross_entropy(model(tokens).flatten(0, 1), targets.flatten())

    torch.testing.assert_close(model.loss(tokens, targets), want)


@pytest.mark.parametrize("positions", ["learned", "rotary"])
def test_loss_falls_on_one_batch(positions, tokens):
    model = tiny(positions).float().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    before = model.loss(tokens[:, :-1], tokens[:, 1:]).item()

    for _ in range(60):
        optimizer.zero_grad()
        loss = model.loss(tokens[:, :-1], tokens[:, 1:])
        loss.backward()
        optimizer.step()

    assert before == pytest.approx(3.0, abs=0.4)  # ln 20: it knows nothing yet
    assert loss.item() < 0.5


def test_dropout_is_for_training_only(tokens):
    model = tiny(dropout=0.5)

    assert model(tokens).equal(model(tokens))
    assert model(tokens).equal(tiny()(tokens))
    model.train()
    assert not model(tokens).equal(model(tokens))


def test_heat_maps_are_causal_and_add_up(tokens):
    model = tiny()

    with record_attention(model) as maps:
        recorded = model(tokens)

    assert list(maps) == ["blocks.0.attention", "blocks.1.attention"]
    (weights,) = maps["blocks.1.attention"]
    assert weights.shape == (3, 2, 10, 10)
    assert (weights.triu(1) == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 2, 10).double())
    torch.testing.assert_close(recorded, model(tokens))


def test_too_long_and_impossible_are_named(tokens):
    with pytest.raises(ValueError, match="20 tokens do not fit into max_length 12"):
        tiny()(tokens.repeat(1, 2))
    with pytest.raises(ValueError, match="'absolute'"):
        DecoderConfig(20, positions="absolute")
    with pytest.raises(ValueError, match="'swish'"):
        Decoder(DecoderConfig(20, activation="swish"))
    with pytest.raises(ValueError, match="dropout is 1.5"):
        Decoder(DecoderConfig(20, dropout=1.5))


def test_gpt2s_size_is_that_of_gpt2():
    """124 million parameters, counted without allocating them."""
    with torch.device("meta"):
        model = Decoder(DecoderConfig(50257, 768, 12, 12, max_length=1024))

    assert sum(p.numel() for p in model.parameters()) == 124_439_808
