"""The recurrent forerunners."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from baseline.models.lstm import (
    BahdanauAttention,
    LstmConfig,
    LstmLanguageModel,
    Seq2Seq,
    Seq2SeqConfig,
)


@pytest.fixture
def tokens() -> torch.Tensor:
    return torch.randint(0, 20, (3, 10), generator=torch.Generator().manual_seed(1))


def language_model() -> LstmLanguageModel:
    torch.manual_seed(0)
    return LstmLanguageModel(LstmConfig(20, 16, layers=2)).double().eval()


def seq2seq(attention: bool) -> Seq2Seq:
    torch.manual_seed(0)
    return Seq2Seq(Seq2SeqConfig(20, 16, attention=attention)).double().eval()


def test_a_language_models_shapes_and_loss(tokens):
    model = language_model()

    logits = model(tokens)

    assert logits.shape == (3, 10, 20)
    torch.testing.assert_close(
        model.loss(tokens, tokens), F.cross_entropy(logits.flatten(0, 1), tokens.flatten())
    )


def test_segments_with_a_state_are_one_long_text(tokens):
    model = language_model()
    state = model.start()

    parts = [model.features(tokens[:, a:b], state=state) for a, b in [(0, 4), (4, 5), (5, 10)]]

    torch.testing.assert_close(torch.cat(parts, 1), model.features(tokens))
    assert state.length == 10
    assert not state.hidden[0].requires_grad


def test_padding_on_the_left_of_a_prompt_changes_nothing(tokens):
    model = language_model()
    padded = torch.cat((torch.zeros(3, 2, dtype=torch.long), tokens), 1)
    mask = torch.ones_like(padded)
    mask[:2, :2] = 0

    logits, _ = model.step(padded, model.start(), mask)

    torch.testing.assert_close(logits[:2], model(tokens)[:2, -1])
    torch.testing.assert_close(logits[2], model(padded)[2, -1])


@pytest.mark.parametrize("attention", [False, True])
def test_a_translator_reads_only_the_source_and_the_past(attention, tokens):
    model = seq2seq(attention)
    mask = torch.ones_like(tokens)
    mask[0, 6:] = 0
    target = tokens[:, :7]
    other = target.clone()
    other[:, 4:] = (other[:, 4:] + 7) % 20

    logits = model(tokens, target, mask)

    assert logits.shape == (3, 7, 20)
    torch.testing.assert_close(logits[:, :4], model(tokens, other, mask)[:, :4])
    torch.testing.assert_close(logits[:1], model(tokens[:1, :6], target[:1]))


@pytest.mark.parametrize("attention", [False, True])
def test_steps_give_the_same_logits(attention, tokens):
    model = seq2seq(attention)
    want = model(tokens, tokens[:, :6])
    state = model.start(tokens)

    for start, end in [(0, 1), (1, 4), (4, 6)]:
        logits, state = model.step(tokens[:, start:end], state)
        torch.testing.assert_close(logits, want[:, end - 1])


def test_without_attention_the_source_is_one_vector(tokens):
    """The bottleneck: however long the source, the state is no larger."""
    short, long = (seq2seq(False).start(t) for t in (tokens[:, :2], tokens))

    assert short.hidden.shape == long.hidden.shape == (3, 16)
    assert long.memory.numel() == long.keys.numel() == 0


def test_additive_attention_is_the_formula_of_the_paper():
    torch.manual_seed(0)
    layer = BahdanauAttention(4)
    hidden, memory = torch.randn(1, 4), torch.randn(1, 3, 8)
    blocked = torch.tensor([[False, False, True]])

    mixed, weights = layer(hidden, memory, layer.key(memory), blocked)

    scores = torch.stack(
        [
            layer.score.weight[0]
            @ (layer.query.weight @ hidden[0] + layer.query.bias + layer.key.weight @ m).tanh()
            for m in memory[0, :2]
        ]
    )
    share = scores.softmax(0)
    torch.testing.assert_close(weights[0], torch.tensor([*share.tolist(), 0.0]))
    torch.testing.assert_close(mixed[0], share @ memory[0, :2])


def test_heat_maps_add_up_and_skip_padding(tokens):
    mask = torch.ones_like(tokens)
    mask[0, 6:] = 0

    weights = seq2seq(True).attention_map(tokens, tokens[:, :4], mask)

    assert weights.shape == (3, 4, 10)
    assert (weights[0, :, 6:] == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 4).double())
    with pytest.raises(ValueError, match="without attention"):
        seq2seq(False).attention_map(tokens, tokens)


@pytest.mark.parametrize("model", ["language", "plain", "attention"])
def test_loss_falls_on_one_batch(model, tokens):
    network = language_model() if model == "language" else seq2seq(model == "attention")
    network.float().train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-2)

    def loss() -> torch.Tensor:
        if model == "language":
            return network.loss(tokens[:, :-1], tokens[:, 1:])
        return network.loss(tokens, tokens[:, :5], tokens[:, 1:6])

    before = loss().item()
    for _ in range(50):
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()

    assert before == pytest.approx(3.0, abs=0.4)  # ln 20: it knows nothing yet
    assert value.item() < 0.5


def test_a_source_of_padding_is_named(tokens):
    mask = torch.ones_like(tokens)
    mask[1] = 0

    with pytest.raises(ValueError, match="all padding"):
        seq2seq(True).start(tokens, mask)
