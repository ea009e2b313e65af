"""Linear layers, by the faster of the two matrix libraries that PyTorch brings for processors.

On a processor, PyTorch multiplies float32 matrices with MKL, which uses the widest instructions
only on Intel's own chips. The other library in the same package, oneDNN, uses them on AMD's as
well and was 2.2 times as fast there. PyTorch hands it linear layers when a model goes through
`torch.compile`, which takes the better part of a minute; here the same operator is called
directly. Elsewhere (on a GPU, in other number formats, on other processors, in a PyTorch without
that operator) `linear` is `F.linear`; so it is within
`torch.backends.mkldnn.flags(enabled=False)`.

Reference:
    Results of both differ by rounding only; `tests/models/test_linear.py` holds them to that.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

# Below so many rows, arranging the weights anew for each product takes longer than it saves.
_FEW_ROWS = 32
# oneDNN cannot add to what is there; from so many rows on, doing it afterwards is cheaper still.
_MANY_ROWS = 256
# Weights that are arranged already, by the id of the parameter; see `packed`.
_PACKED: dict[int, Tensor] = {}


class Linear(nn.Linear):
    """`nn.Linear`, computed by `linear`."""

    def forward(self, x: Tensor) -> Tensor:
        """From `(..., inputs)` to `(..., outputs)`."""
        return linear(x, self.weight, self.bias)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`x @ weight.T + bias`, like `F.linear`.

    Args:
        x: Shape `(..., inputs)`.
        weight: Shape `(outputs, inputs)`.
        bias: Shape `(outputs,)`.

    Returns:
        Shape `(..., outputs)`. It can be differentiated once.
    """
    learning = torch.is_grad_enabled()
    if not learning and (arranged := _PACKED.get(id(weight))) is not None:
        return _onednn(x, arranged, bias) if arranged.is_mkldnn else F.linear(x, arranged, bias)
    if x.numel() < _FEW_ROWS * x.shape[-1] or not _fits(x, weight):
        return F.linear(x, weight, bias)
    if learning:
        y: Tensor = _Linear.apply(x, weight, bias)
        return y
    return _onednn(x, weight, bias)


def use_in(model: nn.Module) -> None:
    """Let all plain linear layers of somebody else's model be computed by `linear`.

    Args:
        model: Changed in place; weights, their names and results stay as they are.
    """
    for part in model.modules():
        if type(part) is nn.Linear:
            part.__class__ = Linear


def add_product(total: Tensor, a: Tensor, b: Tensor) -> None:
    """Add `a.T @ b` to `total`, as the gradient of a weight needs it.

    Args:
        total: Shape `(outputs, inputs)`, changed in place.
        a: Shape `(N, outputs)`.
        b: Shape `(N, inputs)`.
    """
    if len(a) >= _MANY_ROWS and _fits(a, b):
        total += _onednn(a.T, b.T)
    elif a.dtype == b.dtype == total.dtype:
        total.addmm_(a.T, b)
    else:
        total += a.T @ b.to(a.dtype)


@contextmanager
def packed(model: nn.Module, rows: int) -> Iterator[None]:
    """Prepare a model for writing: let weights be read fast, and its parts be found fast.

    Writing a text multiplies one token of each row with every weight, so that reading them is
    what takes the time. For a single row they are stored column by column, for several in
    oneDNN's own order. In small models, the next thing that counts is that `nn.Module` looks up
    each of its parts by a function of its own; here they lie beside the other attributes.

    The copies need as much memory as the model; do not train it meanwhile.

    Args:
        model: Weights are arranged on a processor only.
        rows: How many texts are written at once.
    """
    new = {
        id(part.weight): arranged
        for part in model.modules()
        if isinstance(part, Linear | nn.Embedding)
        and id(part.weight) not in _PACKED
        and (arranged := _arrange(part.weight.detach(), rows)) is not None
    }
    near = [
        (part.__dict__, name, value)
        for part in model.modules()
        for name, value in (*part.named_children(), *part.named_parameters(recurse=False))
        if name not in part.__dict__
    ]
    _PACKED.update(new)
    for attributes, name, value in near:
        attributes[name] = value
    try:
        yield
    finally:
        for attributes, name, _ in near:
            attributes.pop(name, None)
        for key in new:
            del _PACKED[key]


def _arrange(weight: Tensor, rows: int) -> Tensor | None:
    """A weight in the order that suits so many rows; None where its own does."""
    if rows == 1 and weight.device.type == "cpu":
        return weight.T.contiguous().T
    if not _fits(weight, weight):
        return None
    arranged: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, None)
    return arranged


def _fits(x: Tensor, weight: Tensor) -> bool:
    """Whether oneDNN is there for these."""
    return (
        x.dtype == weight.dtype == torch.float32
        and x.device.type == "cpu"
        and torch.backends.mkldnn.enabled
        and not torch.is_autocast_enabled("cpu")
        and _available()
    )


@lru_cache(maxsize=1)
def _available() -> bool:
    return (
        platform.machine().lower() in ("x86_64", "amd64")
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")
    )


def _onednn(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    y: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return y


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _onednn(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        need_x, need_weight, need_bias = ctx.needs_input_grad
        rows = grad.flatten(0, -2)  # (N, outputs)
        return (
            _onednn(grad, weight.T) if need_x else None,
            _onednn(rows.T, x.flatten(0, -2).T) if need_weight else None,
            rows.sum(0) if need_bias else None,
        )
