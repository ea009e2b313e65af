"""Transformer-XL: the memory is the past, and distances are what the formula says."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from baseline.models.attention import record_attention
from baseline.models.positions import sinusoidal
from baseline.models.transformer_xl import (
    RelativeSelfAttention,
    TransformerXL,
    TransformerXLConfig,
    shift,
)


def tiny(memory_length: int = 100, **settings) -> TransformerXL:
    """With random u and v: at zero they would hide mistakes."""
    torch.manual_seed(0)
    config = TransformerXLConfig(20, 16, 3, 2, memory_length=memory_length, **settings)
    model = TransformerXL(config).double().eval()
    for name, parameter in model.named_parameters():
        if name.endswith(("content_bias", "distance_bias")) or "weight" in name:
            torch.nn.init.normal_(parameter, std=0.4)
    return model


@pytest.fixture
def tokens() -> torch.Tensor:
    return torch.randint(0, 20, (2, 24), generator=torch.Generator().manual_seed(1))


def in_segments(model: TransformerXL, tokens: torch.Tensor, length: int) -> torch.Tensor:
    state = model.start()
    parts = [model.features(part, state=state) for part in tokens.split(length, dim=1)]
    return torch.cat(parts, dim=1)


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("length", [1, 5, 8, 24])
def test_segments_with_memory_are_one_long_segment(length, norm_first, tokens):
    model = tiny(norm_first=norm_first)

    torch.testing.assert_close(in_segments(model, tokens, length), model.features(tokens))


@pytest.mark.parametrize("memory", [0, 3, 8, 13])
def test_a_short_memory_is_a_long_segment_with_a_band(memory, tokens):
    """A token sees its segment and `memory` tokens before that; no more and no less."""
    segment = 8
    model = tiny(memory)

    place = torch.arange(24)
    first_seen = place // segment * segment - memory
    band = (place[None, :] <= place[:, None]) & (place[None, :] >= first_seen[:, None])
    x = model.tokens(tokens) * 4.0
    waves = sinusoidal(torch.arange(23, -1, -1), 16).double()
    for layer in model.blocks:
        x = layer(x, layer.keys_and_values(x), layer.attention.distance_keys(waves), band)

    torch.testing.assert_close(in_segments(model, tokens, segment), x)


def test_relative_attention_is_the_formula_of_the_paper():
    """Pair by pair, for three queries that follow a memory of two."""
    torch.manual_seed(0)
    layer = RelativeSelfAttention(8, 2).double()
    torch.nn.init.normal_(layer.content_bias)
    torch.nn.init.normal_(layer.distance_bias)
    context = torch.randn(1, 5, 8).double()
    waves = sinusoidal(torch.arange(4, -1, -1), 8).double()
    causal = torch.ones(3, 5, dtype=torch.bool).tril(2)

    looked_at = layer.keys_and_values(context), layer.distance_keys(waves)
    fast = layer(context[:, 2:], *looked_at, causal)
    with record_attention(layer) as maps:
        read = layer(context[:, 2:], *looked_at, causal)

    query_weight, distance_weight = layer.query.weight, layer.distance.weight
    key_weight, value_weight = layer.key_value.weight.chunk(2)
    mixed = torch.zeros(3, 8).double()
    for head in range(2):
        own = slice(4 * head, 4 * head + 4)
        u, v = layer.content_bias[head, 0], layer.distance_bias[head, 0]
        for i in range(3):
            q = (query_weight @ context[0, 2 + i])[own]
            scores = []
            for j in range(2 + i + 1):
                k = (key_weight @ context[0, j])[own]
                r = (distance_weight @ sinusoidal(torch.tensor(2 + i - j), 8).double())[own]
                scores.append((q @ k + q @ r + u @ k + v @ r) / 2.0)  # √4
            weights = torch.stack(scores).softmax(0)
            torch.testing.assert_close(maps[""][0][0, head, i, : 3 + i], weights)
            values = [(value_weight @ context[0, j])[own] for j in range(3 + i)]
            mixed[i, own] = sum(w * x for w, x in zip(weights, values, strict=True))
    torch.testing.assert_close(fast[0], mixed @ layer.output.weight.T)
    torch.testing.assert_close(fast, read)


def test_shift_turns_distances_into_keys():
    rows, columns = 3, 5
    distances = torch.arange(columns - 1, -1, -1).expand(rows, columns)

    by_key = shift(distances)

    for i in range(rows):
        for j in range(columns - rows + i + 1):
            assert by_key[i, j] == columns - rows + i - j


def test_nothing_leaks_from_the_future(tokens):
    model = tiny()
    other = tokens.clone()
    other[:, 10:] = (other[:, 10:] + 7) % 20

    torch.testing.assert_close(model(tokens)[:, :10], model(other)[:, :10])


def test_gradients_stay_within_the_segment(tokens):
    model = tiny()
    state = model.start()
    model.loss(tokens[:, :8], tokens[:, 1:9], state=state)

    assert all(not memory.requires_grad for memory in state.memory)
    assert [tuple(memory.shape) for memory in state.memory] == [(2, 8, 16)] * 3


def test_padding_changes_nothing(tokens):
    model = tiny()
    padded = torch.cat((torch.zeros(2, 3, dtype=torch.long), tokens), 1)
    mask = torch.ones_like(padded)
    mask[:, :3] = 0
    state = model.start()

    first = model.features(padded[:, :10], mask[:, :10], state)
    second = model.features(padded[:, 10:], mask[:, 10:], state)

    got = torch.cat((first, second), 1)[:, 3:]
    torch.testing.assert_close(got, model.features(tokens))


def test_steps_give_the_same_logits(tokens):
    model = tiny()
    want = model(tokens)
    state = model.start()

    for start, end in [(0, 5), (5, 6), (6, 24)]:
        logits, state = model.step(tokens[:, start:end], state)
        torch.testing.assert_close(logits, want[:, end - 1])


def test_shapes_and_loss(tokens):
    model = tiny()

    logits = model(tokens)

    assert logits.shape == (2, 24, 20)
    want = F.cross_entropy(logits.flatten(0, 1), tokens.flatten())
    torch.testing.assert_close(model.loss(tokens, tokens), want)


def test_loss_falls_on_one_batch(tokens):
    torch.manual_seed(0)
    model = TransformerXL(TransformerXLConfig(20, 16, 2, 2, memory_length=8, dropout=0.1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)

    losses = []
    for _ in range(50):
        state, total = model.start(), 0.0
        for start in (0, 8):
            optimizer.zero_grad()
            loss = model.loss(
                tokens[:, start : start + 8], tokens[:, start + 1 : start + 9], state=state
            )
            loss.backward()
            optimizer.step()
            total += loss.item() / 2
        losses.append(total)

    assert losses[0] == pytest.approx(3.0, abs=0.5)  # ln 20: it knows nothing yet
    assert losses[-1] < 0.6


@pytest.mark.parametrize("norm_first", [True, False])
def test_keys_kept_while_writing_are_those_that_would_be_computed_anew(norm_first, tokens):
    """Token by token, past the end of the memory, and after a segment that was only read."""
    model = tiny(5, norm_first=norm_first)
    anew, kept = model.start(), model.start()
    model.features(tokens[:, :4], None, anew)
    model.features(tokens[:, :4], None, kept)
    with torch.no_grad():
        for token in tokens[:, 4:16].split(1, dim=1):
            expected = model.features(token, None, anew)[:, -1]
            logits, kept = model.step(token, kept)
            again = F.linear(expected, model.tokens.weight, model.output_bias)
            torch.testing.assert_close(logits, again)
        rows = torch.tensor([1, 0])
        anew.reorder(rows)
        kept.reorder(rows)
        expected = model.features(tokens[:, 16:18], None, anew)[:, -1]
        logits, _ = model.step(tokens[:, 16:18], kept)
        again = F.linear(expected, model.tokens.weight, model.output_bias)
        torch.testing.assert_close(logits, again)
    assert all(cache.known.shape[3] == 5 for cache in kept.caches)
