"""A decoder that the settings make begins by adding nothing to its token vectors."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from baseline.models.block import quieten  # noqa: E402
from baseline.models.decoder import Decoder, DecoderConfig  # noqa: E402


def test_blocks_begin_by_adding_nothing_and_learn_from_the_first_step():
    torch.manual_seed(0)
    model = Decoder(DecoderConfig(20, 16, 2, 2))
    quieten(model)
    tokens = torch.randint(0, 20, (3, 10))
    x = torch.randn(3, 10, 16)

    assert all(block(x).equal(x) for block in model.blocks)
    model.loss(tokens, tokens).backward()
    written = [
        weight.grad.abs().max() for block in model.blocks
        for weight in (block.attention.output.weight, block.feed_forward.contract.weight)
    ]  # fmt: skip
    assert min(written) > 0
