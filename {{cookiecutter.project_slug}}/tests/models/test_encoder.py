"""The encoder and its two pre-training heads."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from baseline.data.objectives import mask_tokens
from baseline.models.encoder import Encoder, EncoderConfig, MaskedLanguageModel

POSITIONS = ["learned", "sinusoidal", "rotary", "none"]


def tiny(positions: str = "learned", **settings) -> EncoderConfig:
    torch.manual_seed(0)
    return EncoderConfig(20, 16, 2, 2, max_length=12, positions=positions, **settings)


@pytest.fixture
def tokens() -> torch.Tensor:
    return torch.randint(0, 20, (3, 10), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("positions", POSITIONS)
def test_shapes(positions, norm_first, tokens):
    model = MaskedLanguageModel(tiny(positions, norm_first=norm_first), next_sentence=True)

    features = model.encoder(tokens)

    assert features.shape == (3, 10, 16)
    assert model(tokens).shape == (3, 10, 20)
    assert model.next_sentence_logits(features).shape == (3, 2)


@pytest.mark.parametrize("positions", POSITIONS)
def test_every_token_sees_both_sides(positions, tokens):
    model = Encoder(tiny(positions)).eval()
    other = tokens.clone()
    other[:, 5] = (other[:, 5] + 7) % 20

    changed = (model(tokens) - model(other)).abs().amax(-1) > 1e-6

    assert changed.all()


@pytest.mark.parametrize("positions", POSITIONS)
def test_padding_changes_nothing(positions, tokens):
    model = Encoder(tiny(positions)).double().eval()
    padded = torch.cat((tokens, torch.full((3, 2), 7)), 1)
    mask = torch.ones_like(padded)
    mask[:, 10:] = 0

    torch.testing.assert_close(model(padded, mask)[:, :10], model(tokens))


def test_a_row_of_padding_gives_numbers(tokens):
    model = MaskedLanguageModel(tiny())
    mask = torch.ones_like(tokens)
    mask[1] = 0

    model.loss(tokens, tokens, mask).backward()

    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)


def test_segments_matter_and_are_the_first_kind_by_default(tokens):
    model = Encoder(tiny()).eval()
    segments = torch.zeros_like(tokens)

    torch.testing.assert_close(model(tokens), model(tokens, segments=segments))
    segments[:, 5:] = 1
    assert not torch.allclose(model(tokens), model(tokens, segments=segments))


def test_the_loss_at_hidden_positions_is_that_of_all_logits(tokens):
    """Computing the wide layer where it counts must change neither value nor gradient."""
    model = MaskedLanguageModel(tiny(), next_sentence=True).double()
    inputs, targets = mask_tokens(
        tokens, mask_id=1, vocabulary_size=20, share=0.4, generator=torch.Generator().manual_seed(0)
    )
    follows = torch.tensor([0, 1, 0])

    ours = model.loss(inputs, targets, follows=follows)
    words = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
    pairs = F.cross_entropy(model.next_sentence_logits(model.encoder(inputs)), follows)

    torch.testing.assert_close(ours, words + pairs)
    parameters = list(model.parameters())
    for a, b in zip(
        torch.autograd.grad(ours, parameters),
        torch.autograd.grad(words + pairs, parameters),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


def test_a_batch_without_hidden_words_costs_nothing(tokens):
    model = MaskedLanguageModel(tiny())

    loss = model.loss(tokens, torch.full_like(tokens, -100))
    loss.backward()

    assert loss.item() == 0


def test_loss_falls_on_one_batch(tokens):
    model = MaskedLanguageModel(tiny(dropout=0.1))
    inputs, targets = mask_tokens(
        tokens, mask_id=1, vocabulary_size=20, share=0.3, generator=torch.Generator().manual_seed(0)
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    before = model.loss(inputs, targets).item()

    for _ in range(60):
        optimizer.zero_grad()
        loss = model.loss(inputs, targets)
        loss.backward()
        optimizer.step()

    assert before == pytest.approx(3.0, abs=0.4)  # ln 20: it knows nothing yet
    assert loss.item() < 0.5


def test_too_long_and_missing_are_named(tokens):
    with pytest.raises(ValueError, match="20 tokens do not fit into max_length 12"):
        Encoder(tiny())(tokens.repeat(1, 2))
    with pytest.raises(ValueError, match="without the next-sentence head"):
        MaskedLanguageModel(tiny()).next_sentence_logits(torch.zeros(1, 2, 16))
    with pytest.raises(ValueError, match="'absolute'"):
        tiny("absolute")


@pytest.mark.parametrize(
    ("width", "layers", "heads", "parameters"),
    [(768, 12, 12, 109_482_240), (1024, 24, 16, 335_141_888)],
)
def test_bert_base_and_large_have_their_known_size(width, layers, heads, parameters):
    """Counted without allocating; BERT's pooler belongs to the pre-training model here."""
    config = EncoderConfig(30522, width, layers, heads, max_length=512)
    with torch.device("meta"):
        model = Encoder(config)

    pooler = width * width + width
    assert sum(p.numel() for p in model.parameters()) + pooler == parameters
