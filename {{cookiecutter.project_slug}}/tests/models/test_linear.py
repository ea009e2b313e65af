"""Linear layers: two libraries, one result."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from baseline.models.linear import Linear, add_product, linear, packed, use_in


@pytest.mark.parametrize("shape", [(3, 50, 12), (200, 12), (5, 12), (1, 1, 12)])
@pytest.mark.parametrize("bias", [True, False])
def test_both_libraries_give_the_same_values_and_gradients(shape, bias):
    """Many rows and few rows are computed in different ways."""
    torch.manual_seed(0)
    layer = Linear(12, 7, bias=bias)
    x = torch.randn(shape, requires_grad=True)
    wanted = torch.randn(*shape[:-1], 7)
    inputs = [x, *layer.parameters()]

    found = torch.autograd.grad((layer(x) * wanted).sum(), inputs)
    expected_y = F.linear(x, layer.weight, layer.bias)
    expected = torch.autograd.grad((expected_y * wanted).sum(), inputs)

    torch.testing.assert_close(layer(x), expected_y)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def test_an_input_that_is_not_contiguous_is_read_in_its_order():
    torch.manual_seed(0)
    layer = Linear(12, 7)
    x = torch.randn(12, 64).T

    torch.testing.assert_close(layer(x), F.linear(x.contiguous(), layer.weight, layer.bias))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_number_formats_are_left_to_pytorch(dtype):
    layer = Linear(12, 7).to(dtype)
    x = torch.randn(64, 12, dtype=dtype)

    assert layer(x).equal(F.linear(x, layer.weight, layer.bias))


def test_mixed_precision_applies():
    """The other library would silently compute in float32."""
    layer = Linear(12, 7)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert layer(torch.randn(64, 12)).dtype == torch.bfloat16


@pytest.mark.filterwarnings("ignore:TF32 acceleration")
def test_the_other_library_can_be_switched_off():
    layer = Linear(12, 7)
    x = torch.randn(64, 12)

    with torch.backends.mkldnn.flags(enabled=False):
        assert layer(x).equal(F.linear(x, layer.weight, layer.bias))


@pytest.mark.parametrize("rows", [1, 2, 8])
def test_packed_weights_give_the_same_values(rows):
    torch.manual_seed(0)
    model = nn.ModuleDict({"layer": Linear(12, 40), "tokens": nn.Embedding(30, 12)})
    x = torch.randn(rows, 1, 12)
    with torch.no_grad():
        expected = model["layer"](x), linear(x, model["tokens"].weight)

    with torch.no_grad(), packed(model, rows), packed(model, rows):
        found = model["layer"](x), linear(x, model["tokens"].weight)

    torch.testing.assert_close(found, expected)


def test_weights_that_change_after_packing_count():
    """What was arranged for one text must not be used for the next."""
    layer = Linear(12, 7)
    x = torch.randn(1, 12)
    with torch.no_grad(), packed(layer, 1):
        layer(x)

    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()

    assert (layer(x) == 0).all()


def test_a_model_is_as_before_when_nothing_is_written_any_more():
    """Its parts can be exchanged meanwhile, and the exchange counts."""
    model = nn.Sequential(Linear(12, 7), nn.LayerNorm(7))
    before = [dict(part.__dict__) for part in model.modules()]
    x = torch.randn(1, 12)

    with torch.no_grad(), packed(model, 1):
        with packed(model, 1):
            model(x)
        model[0].weight = nn.Parameter(torch.zeros(7, 12))
        assert (model[0](x) == model[0].bias).all()

    assert [dict(part.__dict__) for part in model.modules()] == before
    assert list(model.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_packed_weights_do_not_keep_a_model_from_learning():
    layer = Linear(12, 7)

    with packed(layer, 1):
        layer(torch.randn(1, 12)).sum().backward()

    assert layer.weight.grad is not None


def test_somebody_elses_model_keeps_its_weights_and_results():
    torch.manual_seed(0)
    theirs = nn.Sequential(nn.Linear(12, 20), nn.ReLU(), nn.Linear(20, 3))
    x = torch.randn(64, 12)
    names, expected = list(theirs.state_dict()), theirs(x)

    use_in(theirs)

    assert isinstance(theirs[0], Linear)
    assert list(theirs.state_dict()) == names
    torch.testing.assert_close(theirs(x), expected)


def test_a_product_is_added_to_a_gradient():
    torch.manual_seed(0)
    total, a, b = torch.randn(7, 12), torch.randn(64, 7), torch.randn(64, 12)
    expected = total + a.T @ b

    add_product(total, a, b)

    torch.testing.assert_close(total, expected)
