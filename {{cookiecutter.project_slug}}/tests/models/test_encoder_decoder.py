"""The encoder-decoder: shapes, masks, cache, and that it learns."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from baseline.data.objectives import teacher_forcing
from baseline.models.attention import record_attention
from baseline.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig

POSITIONS = ["sinusoidal", "learned", "relative", "none"]


def tiny(positions: str = "sinusoidal", **settings) -> EncoderDecoder:
    torch.manual_seed(0)
    config = EncoderDecoderConfig(
        20, 16, 2, decoder_layers=1, heads=2, max_length=12, positions=positions, **settings
    )
    return EncoderDecoder(config).double().eval()


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Source, target and the source's mask."""
    random = torch.Generator().manual_seed(1)
    mask = torch.ones(3, 10, dtype=torch.long)
    mask[0, 6:] = 0
    source = torch.randint(0, 20, (3, 10), generator=random)
    return source, torch.randint(0, 20, (3, 7), generator=random), mask


@pytest.mark.parametrize("positions", POSITIONS)
def test_shapes(positions, batch):
    source, target, mask = batch
    model = tiny(positions)

    assert model.encode(source, mask).shape == (3, 10, 16)
    assert model(source, target, mask).shape == (3, 7, 20)
    assert model.loss(source, target, target, mask).shape == ()


@pytest.mark.parametrize("from_end", [False, True])
@pytest.mark.parametrize("positions", POSITIONS)
def test_padding_of_the_source_changes_nothing(positions, from_end, batch):
    source, target, mask = batch
    model = tiny(positions, count_from_end=from_end)

    torch.testing.assert_close(model(source, target, mask)[:1], model(source[:1, :6], target[:1]))


@pytest.mark.parametrize("positions", POSITIONS)
def test_nothing_leaks_from_the_future_of_the_target(positions, batch):
    source, target, mask = batch
    other = target.clone()
    other[:, 4:] = (other[:, 4:] + 7) % 20
    model = tiny(positions)

    before, after = model(source, target, mask), model(source, other, mask)

    torch.testing.assert_close(before[:, :4], after[:, :4])
    assert not torch.allclose(before[:, 4:], after[:, 4:])


@pytest.mark.parametrize("positions", POSITIONS)
def test_the_cache_gives_the_same_logits(positions, batch):
    source, target, mask = batch
    model = tiny(positions)
    want = model(source, target, mask)
    state = model.start(source, mask)

    for start, end in [(0, 1), (1, 4), (4, 5), (5, 7)]:
        logits, state = model.step(target[:, start:end], state)
        torch.testing.assert_close(logits, want[:, end - 1])


def test_counting_from_the_end_numbers_the_last_token_zero(batch):
    """Then "the last token" is the same position in short and long sources."""
    source, _, mask = batch
    model = tiny("learned", count_from_end=True)
    with torch.no_grad():
        model.encoder.positions.table.zero_()
        model.encoder.positions.table[0] = 5.0
    plain = tiny("none")
    plain.load_state_dict(model.state_dict(), strict=False)

    marked = []
    model.encoder.dropout.register_forward_hook(lambda *call: marked.append(call[2]))
    plain.encoder.dropout.register_forward_hook(lambda *call: marked.append(call[2]))
    model.encode(source, mask)
    plain.encode(source, mask)

    difference = (marked[0] - marked[1]).mean(-1)
    assert difference[0, 5].item() == pytest.approx(5)
    assert difference[1, 9].item() == pytest.approx(5)
    assert difference[0, :5].abs().max() < 1e-9
    assert difference[1, :9].abs().max() < 1e-9


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_loss_is_that_of_all_logits(smoothing, batch):
    source, target, mask = batch
    targets = target.roll(-1, 1)
    targets[2, 3:] = -100
    model = tiny()

    want = F.cross_entropy(
        model(source, target, mask).flatten(0, 1), targets.flatten(), label_smoothing=smoothing
    )

    got = model.loss(source, target, targets, mask, label_smoothing=smoothing)
    torch.testing.assert_close(got, want)


@pytest.mark.parametrize("positions", ["sinusoidal", "relative"])
def test_loss_falls_on_one_batch(positions, batch):
    source, targets, mask = batch
    target = teacher_forcing(targets, begin_id=0, pad_id=1)
    model = tiny(positions).float().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    before = model.loss(source, target, targets, mask).item()

    for _ in range(60):
        optimizer.zero_grad()
        loss = model.loss(source, target, targets, mask)
        loss.backward()
        optimizer.step()

    assert before == pytest.approx(3.0, abs=0.4)  # ln 20: it knows nothing yet
    assert loss.item() < 0.5


def test_heat_maps_show_all_three_kinds_of_attention(batch):
    source, target, mask = batch
    model = tiny()

    with record_attention(model) as maps:
        recorded = model(source, target, mask)

    shapes = {name: tuple(weights[0].shape) for name, weights in maps.items()}
    assert shapes["encoder.blocks.0.attention"] == (3, 2, 10, 10)
    assert shapes["decoder.blocks.0.attention"] == (3, 2, 7, 7)
    assert shapes["decoder.blocks.0.cross"] == (3, 2, 7, 10)
    assert (maps["decoder.blocks.0.cross"][0][0, :, :, 6:] == 0).all()
    torch.testing.assert_close(recorded, model(source, target, mask))


def test_relative_positions_have_no_longest_text(batch):
    source, target, _ = batch

    assert tiny("relative")(source.repeat(1, 3), target.repeat(1, 3)).shape == (3, 21, 20)
    with pytest.raises(ValueError, match="a source of 30 tokens does not fit"):
        tiny()(source.repeat(1, 3), target)
    with pytest.raises(ValueError, match="a target of 21 tokens does not fit"):
        tiny()(source, target.repeat(1, 3))
    with pytest.raises(ValueError, match="'rotary'"):
        tiny("rotary")
