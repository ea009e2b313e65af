"""Attention: the readable formula, the fused kernel, and what masks promise."""

from __future__ import annotations

import pytest
import torch

from baseline.models.attention import (
    CrossAttention,
    KeyValueCache,
    SelfAttention,
    attend,
    attention,
    causal_mask,
    padding_mask,
    record_attention,
)

B, H, S, T, D = 3, 2, 5, 7, 4


@pytest.fixture
def tensors() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return torch.randn(B, H, S, D), torch.randn(B, H, T, D), torch.randn(B, H, T, D)


def test_attention_is_the_formula_of_the_paper(tensors):
    query, key, value = tensors

    mixed, weights = attention(query, key, value)

    for b, h, s in [(0, 0, 0), (2, 1, 4)]:
        scores = torch.stack([query[b, h, s] @ key[b, h, t] / D**0.5 for t in range(T)])
        share = scores.exp() / scores.exp().sum()
        torch.testing.assert_close(weights[b, h, s], share)
        torch.testing.assert_close(mixed[b, h, s], sum(share[t] * value[b, h, t] for t in range(T)))
    torch.testing.assert_close(weights.sum(-1), torch.ones(B, H, S))


@pytest.mark.parametrize("masked", ["nothing", "later", "padding", "all of a row"])
@pytest.mark.parametrize("biased", [False, True])
def test_the_fused_kernel_agrees_with_the_formula(tensors, masked, biased):
    """Values and gradients, also where a query may look at nothing at all."""
    bias = torch.randn(1, H, S, T) if biased else None
    real = torch.ones(B, T)
    real[0, 4:] = 0
    real[1, :3] = 0
    if masked == "all of a row":
        real[2] = 0
    allowed = {
        "nothing": None,
        "later": causal_mask(S, T),
        "padding": padding_mask(real),
        "all of a row": padding_mask(real),
    }[masked]
    one = [t.clone().requires_grad_() for t in tensors]
    two = [t.clone().requires_grad_() for t in tensors]

    read, _ = attention(*one, allowed, bias)
    fast = attend(*two, allowed, bias)
    read.square().sum().backward()
    fast.square().sum().backward()

    torch.testing.assert_close(read, fast, atol=1e-5, rtol=0)
    assert not read.isnan().any()
    for a, b in zip(one, two, strict=True):
        torch.testing.assert_close(a.grad, b.grad, atol=1e-5, rtol=0)


def test_padding_gets_no_weight_and_blind_queries_get_zeros(tensors):
    real = torch.ones(B, T)
    real[0, 4:] = 0
    real[2] = 0

    mixed, weights = attention(*tensors, padding_mask(real))

    assert (weights[0, :, :, 4:] == 0).all()
    assert (weights[2] == 0).all()
    assert (mixed[2] == 0).all()


def test_a_causal_mask_ends_with_the_last_query():
    """With a cache the queries are the newest positions, not the oldest."""
    assert causal_mask(2, 4).tolist() == [[True, True, True, False], [True, True, True, True]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_self_attention_is_that_of_torch(dtype):
    torch.manual_seed(0)
    ours = SelfAttention(12, 3).to(dtype)
    theirs = torch.nn.MultiheadAttention(12, 3, batch_first=True).to(dtype)
    theirs.load_state_dict(
        {
            "in_proj_weight": ours.projection.weight,
            "in_proj_bias": ours.projection.bias,
            "out_proj.weight": ours.output.weight,
            "out_proj.bias": ours.output.bias,
        }
    )
    x = torch.randn(2, 6, 12, dtype=dtype)
    real = torch.tensor([[1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1]])

    want, weights = theirs(x, x, x, key_padding_mask=real == 0, average_attn_weights=False)
    got = ours(x, allowed=padding_mask(real))
    with record_attention(ours) as maps:
        again = ours(x, allowed=padding_mask(real))

    torch.testing.assert_close(got, want)
    torch.testing.assert_close(again, want)
    torch.testing.assert_close(maps[""][0], weights)


def test_cross_attention_is_that_of_torch():
    torch.manual_seed(0)
    ours = CrossAttention(12, 3)
    theirs = torch.nn.MultiheadAttention(12, 3, batch_first=True)
    theirs.load_state_dict(
        {
            "in_proj_weight": torch.cat((ours.query.weight, ours.key_value.weight)),
            "in_proj_bias": torch.cat((ours.query.bias, ours.key_value.bias)),
            "out_proj.weight": ours.output.weight,
            "out_proj.bias": ours.output.bias,
        }
    )
    x, memory = torch.randn(2, 4, 12), torch.randn(2, 6, 12)

    torch.testing.assert_close(ours(x, memory), theirs(x, memory, memory)[0])


def test_recording_shows_causal_maps_and_stops_afterwards():
    torch.manual_seed(0)
    layer = SelfAttention(8, 2)
    x = torch.randn(1, 5, 8)

    with record_attention(layer) as maps:
        recorded = layer(x, causal=True)
    plain = layer(x, causal=True)

    torch.testing.assert_close(recorded, plain)
    assert maps[""][0].shape == (1, 2, 5, 5)
    assert (maps[""][0].triu(1) == 0).all()
    assert len(maps[""]) == 1


def test_a_cache_grows_and_keeps_what_it_has():
    cache = KeyValueCache()
    keys = torch.randn(2, 3, 200, 4)

    for start in range(0, 200, 50):
        part = keys[:, :, start : start + 50]
        seen, values = cache.append(torch.stack((part, -part)))

    torch.testing.assert_close(seen, keys)
    torch.testing.assert_close(values, -keys)
    cache.reorder(torch.tensor([1]))
    torch.testing.assert_close(cache.known, torch.stack((keys, -keys))[:, 1:])


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="width 10 cannot be divided among 3 heads"):
        SelfAttention(10, 3)
