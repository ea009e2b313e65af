"""The chunked loss equals PyTorch's, in value and in every gradient."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from baseline.models import losses
from baseline.models.losses import linear_cross_entropy


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("biased", [False, True])
def test_loss_and_gradients_are_those_of_torch(monkeypatch, dtype, smoothing, biased):
    """With chunks so small that the positions need several, the last of them not full."""
    monkeypatch.setattr(losses, "_CHUNK_CPU", 16 * 30)
    torch.manual_seed(0)
    hidden = torch.randn(5, 9, 8, dtype=dtype, requires_grad=True)
    weight = torch.randn(30, 8, dtype=dtype, requires_grad=True)
    bias = torch.randn(30, dtype=dtype, requires_grad=True) if biased else None
    targets = torch.randint(0, 30, (5, 9))
    targets[1, 3:] = -100
    inputs = [hidden, weight, *([] if bias is None else [bias])]

    ours = linear_cross_entropy(hidden, weight, targets, bias, label_smoothing=smoothing)
    theirs = F.cross_entropy(
        F.linear(hidden, weight, bias).flatten(0, 1), targets.flatten(), label_smoothing=smoothing
    )

    torch.testing.assert_close(ours, theirs)
    for a, b in zip(
        torch.autograd.grad(3 * ours, inputs), torch.autograd.grad(3 * theirs, inputs), strict=True
    ):
        torch.testing.assert_close(a, b)


def test_gradients_agree_with_finite_differences():
    torch.manual_seed(0)
    hidden = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
    targets = torch.tensor([0, 5, -100, 2])

    assert torch.autograd.gradcheck(
        lambda h, w: linear_cross_entropy(h, w, targets, label_smoothing=0.2), (hidden, weight)
    )


def test_certain_predictions_do_not_overflow():
    """Logits of a thousand, right and wrong."""
    hidden = torch.tensor([[1000.0], [1000.0]], requires_grad=True)
    weight = torch.tensor([[1.0], [-1.0]])

    loss = linear_cross_entropy(hidden, weight, torch.tensor([0, 1]))
    loss.backward()

    assert loss.item() == pytest.approx(1000)
    assert hidden.grad.isfinite().all()


def test_nothing_to_predict_costs_nothing():
    hidden = torch.randn(2, 3, 4, requires_grad=True)

    loss = linear_cross_entropy(hidden, torch.randn(5, 4), torch.full((2, 3), -100))
    loss.backward()

    assert loss.item() == 0
    assert (hidden.grad == 0).all()


def test_evaluation_gives_the_same_value():
    torch.manual_seed(0)
    hidden, weight = torch.randn(7, 4, requires_grad=True), torch.randn(5, 4, requires_grad=True)
    targets = torch.randint(0, 5, (7,))

    with torch.no_grad():
        evaluated = linear_cross_entropy(hidden, weight, targets)

    assert not evaluated.requires_grad
    torch.testing.assert_close(evaluated, linear_cross_entropy(hidden, weight, targets).detach())


def test_half_precision_is_added_up_in_full():
    torch.manual_seed(0)
    hidden, weight = torch.randn(64, 16), torch.randn(200, 16)
    targets = torch.randint(0, 200, (64,))
    half = hidden.bfloat16().requires_grad_()

    loss = linear_cross_entropy(half, weight.bfloat16(), targets)
    loss.backward()

    assert loss.dtype == torch.float32
    assert half.grad.dtype == torch.bfloat16
    assert loss.item() == pytest.approx(
        linear_cross_entropy(hidden, weight, targets).item(), rel=0.02
    )


def test_mixed_precision_trains_full_precision_weights():
    """As a GPU does it: products in bfloat16, weights and their gradients in float32."""
    torch.manual_seed(0)
    hidden, weight = torch.randn(64, 16), torch.randn(200, 16, requires_grad=True)
    targets = torch.randint(0, 200, (64,))

    with torch.autocast("cpu", torch.bfloat16):
        mixed = linear_cross_entropy(hidden, weight, targets)
    (rough,) = torch.autograd.grad(mixed, weight)
    (exact,) = torch.autograd.grad(linear_cross_entropy(hidden, weight, targets), weight)

    assert rough.dtype == torch.float32
    assert (rough - exact).norm() < 0.02 * exact.norm()


def test_a_second_derivative_is_refused_rather_than_wrong():
    weight = torch.randn(5, 4, requires_grad=True)

    loss = linear_cross_entropy(torch.randn(3, 4), weight, torch.tensor([0, 1, 2]))
    (grad,) = torch.autograd.grad(loss, weight, create_graph=True)

    with pytest.raises(RuntimeError, match="does not require grad"):
        grad.sum().backward()
