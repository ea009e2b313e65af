"""Muon: steps of the same length in all directions, and AdamW for what is no matrix of a block."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from baseline import config  # noqa: E402
from baseline.models.decoder import Decoder, DecoderConfig  # noqa: E402
from baseline.training import optimizers  # noqa: E402
from baseline.training.parallel import Ranks  # noqa: E402

HERE = Ranks(0, 1, torch.device("cpu"))


@pytest.mark.parametrize("shape", [(8, 8), (24, 8), (8, 24)])
def test_singular_values_are_drawn_towards_one_and_vectors_stay(shape):
    torch.manual_seed(0)
    matrix = torch.randn(shape)
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    changed = left.T @ optimizers.orthogonal(matrix, steps=5) @ right.T
    torch.testing.assert_close(changed, changed.diag().diag(), atol=1e-4, rtol=0)
    assert changed.diag().min() > 0.3
    assert changed.diag().max() < 1.3


def test_muon_agrees_with_the_one_of_pytorch():
    """Theirs works in bfloat16, so only the first digits can agree."""
    theirs = getattr(torch.optim, "Muon", None)
    if theirs is None:
        pytest.skip("this PyTorch has no Muon: it came with 2.9")
    torch.manual_seed(0)
    start, gradients = torch.randn(16, 8), torch.randn(4, 16, 8)
    weights = [torch.nn.Parameter(start.clone()) for _ in range(2)]
    made = [
        theirs([weights[0]], lr=0.02, weight_decay=0.1, ns_steps=3),
        optimizers.Muon([{"params": [weights[1]]}], lr=0.02, weight_decay=0.1),
    ]
    for gradient in gradients:
        for weight, optimizer in zip(weights, made, strict=True):
            weight.grad = gradient.clone()
            optimizer.step()
    torch.testing.assert_close(weights[1] - start, weights[0] - start, atol=2e-3, rtol=0.05)


def names_of(model, optimizer) -> set[str]:
    ids = {id(weight) for group in optimizer.param_groups for weight in group["params"]}
    return {name for name, weight in model.named_parameters() if id(weight) in ids}


def test_muon_changes_the_matrices_inside_the_blocks_and_adamw_all_else():
    model = Decoder(DecoderConfig(20, 16, 2, 2))
    chosen = config.read_config(
        None, ["training.optimizer=muon", "training.learning_rate=0.006"]
    ).training
    adamw, muon = optimizers.make_optimizers(model, chosen, HERE)
    inside = names_of(model, muon)
    assert inside == {
        f"blocks.{layer}.{part}.weight"
        for layer in (0, 1)
        for part in ("attention.projection", "attention.output", "feed_forward.expand",
                     "feed_forward.contract")
    }  # fmt: skip
    assert names_of(model, adamw) == {name for name, _ in model.named_parameters()} - inside
    optimizers.set_rates([adamw, muon], 0.5)
    assert {group["lr"] for group in adamw.param_groups} == {0.003}
    assert [group["lr"] for group in muon.param_groups] == [pytest.approx(0.01)]
