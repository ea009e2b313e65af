"""Heads for classification, tagging and extraction, on every kind of backbone."""

from __future__ import annotations

import math

import pytest
import torch

from baseline.decoding.spans import best_spans
from baseline.models.decoder import Decoder, DecoderConfig
from baseline.models.encoder import Encoder, EncoderConfig
from baseline.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from baseline.models.heads import (
    SequenceClassifier,
    SpanExtractor,
    TokenClassifier,
    last_token,
    mean_pool,
)


def backbone(family: str) -> torch.nn.Module:
    torch.manual_seed(0)
    if family == "encoder":
        return Encoder(EncoderConfig(20, 16, 1, 2, max_length=12))
    if family == "decoder":
        return Decoder(DecoderConfig(20, 16, 1, 2, max_length=12))
    return EncoderDecoder(EncoderDecoderConfig(20, 16, 1, heads=2, max_length=12))


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    tokens = torch.randint(3, 20, (4, 10), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(tokens)
    mask[0, 6:] = 0
    return tokens, mask


def answers(kind: str) -> torch.Tensor:
    if kind == "sequence":
        return torch.tensor([0, 1, 2, 1])
    if kind == "token":
        return torch.tensor([[0, 1, 2, -100, 1, 2, -100, -100, -100, -100]] * 4)
    return torch.tensor([[1, 2], [3, 3], [0, 0], [4, 9]])


def head(kind: str, family: str) -> torch.nn.Module:
    if kind == "sequence":
        return SequenceClassifier(
            backbone(family), 3, pool="last" if family == "decoder" else "first"
        )
    return (
        TokenClassifier(backbone(family), 3) if kind == "token" else SpanExtractor(backbone(family))
    )


@pytest.mark.parametrize("family", ["encoder", "decoder", "encoder-decoder"])
@pytest.mark.parametrize(
    ("kind", "shape"), [("sequence", (4, 3)), ("token", (4, 10, 3)), ("span", (4, 10, 2))]
)
def test_every_head_learns_one_batch_on_every_family(kind, shape, family, batch):
    model = head(kind, family)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)

    assert model(*batch).shape == shape
    before = model.loss(batch[0], answers(kind), batch[1]).item()
    for _ in range(25):
        optimizer.zero_grad()
        loss = model.loss(batch[0], answers(kind), batch[1])
        loss.backward()
        optimizer.step()

    assert loss.item() < before / 2


def test_pools_ignore_padding_on_either_side():
    hidden = torch.arange(12.0).view(2, 6, 1)
    mask = torch.tensor([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1]])

    assert mean_pool(hidden, mask).flatten().tolist() == [1, 9.5]
    assert last_token(hidden, mask).flatten().tolist() == [2, 11]
    assert mean_pool(hidden).flatten().tolist() == [2.5, 8.5]
    assert last_token(hidden).flatten().tolist() == [5, 11]
    with pytest.raises(ValueError, match="all padding"):
        mean_pool(hidden, torch.zeros(2, 6))


def test_an_answer_never_starts_in_padding(batch):
    logits = SpanExtractor(backbone("encoder"))(*batch)

    assert (logits[0, 6:] == -math.inf).all()
    assert logits[1:].isfinite().all()


def test_the_best_span_is_the_best_of_all_possible_ones():
    torch.manual_seed(0)
    logits = torch.randn(5, 9, 2)
    candidates = torch.ones(5, 9)
    candidates[:, :2] = 0
    candidates[1, 4:6] = 0

    spans, scores = best_spans(logits, candidates, max_tokens=3)

    for row in range(5):
        possible = {
            (s, e): float(logits[row, s, 0] + logits[row, e, 1])
            for s in range(9)
            for e in range(s, min(s + 3, 9))
            if candidates[row, s] and candidates[row, e]
        }
        best = max(possible, key=possible.__getitem__)
        assert tuple(spans[row].tolist()) == best
        assert scores[row].item() == pytest.approx(possible[best])


def test_no_candidates_means_no_answer():
    _, scores = best_spans(torch.randn(1, 4, 2), torch.zeros(1, 4))

    assert scores.item() == -math.inf


@pytest.mark.parametrize("kind", ["sequence", "token", "span"])
def test_a_batch_without_targets_costs_nothing(kind, batch):
    """With several processes, the last batch of an epoch leaves nothing for some of them."""
    model = head(kind, "encoder")

    loss = model.loss(batch[0], torch.full_like(answers(kind), -100), batch[1])
    loss.backward()

    assert loss.item() == 0
    assert all(weight.grad.isfinite().all() for weight in model.output.parameters())


def test_an_unknown_pool_is_named():
    with pytest.raises(ValueError, match="'max'"):
        SequenceClassifier(backbone("encoder"), 2, pool="max")
