"""Cross-entropy of a linear layer's output, without ever storing that output whole.

A language model's last step multiplies every position with the whole vocabulary: for 16
sequences of 256 tokens and 50,000 words that is 800 MB of logits, written, read back and
written again as gradients. `linear_cross_entropy` goes through the positions in chunks that fit
into the processor's cache, and computes loss and gradients of a chunk before it takes the next.
The result is the same; most of the memory traffic is gone.

Reference:
    Wijmans et al. (2024), Cut your losses in large-vocabulary language models,
    arXiv:2411.09009; Hsu et al. (2024), Liger kernel, arXiv:2410.10989, section 3.2.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

IGNORE = -100
# Of a batch: 1 for a token and 0 for padding, `(B, T)`; None where nothing is padded.
Mask = Tensor | None
# Logits per chunk. On a processor: at most 16 MB, which its last cache holds, and no more rows
# than multiplications need to run at full speed. On a GPU: enough to fill it.
_CHUNK_CPU, _CHUNK_GPU = 2**22, 2**26
_ROWS_CPU = 256


def linear_cross_entropy(
    hidden: Tensor,  # shape `(..., D)`
    weight: Tensor,  # shape `(V, D)`
    targets: Tensor,  # token ids, shape `(...)`; positions with -100 do not count
    bias: Tensor | None = None,  # shape `(V,)`
    *,
    label_smoothing: float = 0.0,  # share of the target's mass that is spread over the vocabulary
) -> Tensor:
    """Mean cross-entropy of `hidden @ weight.T + bias` against `targets`.

    Equals `F.cross_entropy(F.linear(hidden, weight, bias), targets, …)`, in less memory: a scalar
    in float32 (float64 for float64 inputs); 0 if no position counts. It can be differentiated once.

    Reference:
        Szegedy et al. (2016), arXiv:1512.00567, section 7, for label smoothing.
    """
    hidden, targets = hidden.reshape(-1, hidden.shape[-1]), targets.reshape(-1)
    counted = targets != IGNORE
    if not bool(counted.all()):
        hidden, targets = hidden[counted], targets[counted]
    if len(targets) == 0:
        return hidden.sum() * 0.0 + weight.sum() * 0.0
    loss: Tensor = _LinearCrossEntropy.apply(  # type: ignore[no-untyped-call]
        hidden, weight, bias, targets, label_smoothing, torch.is_grad_enabled()
    )
    return loss


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,  # (N, D)
        weight: Tensor,  # (V, D)
        bias: Tensor | None,  # (V,)
        targets: Tensor,  # (N,)
        smoothing: float,
        training: bool,
    ) -> Tensor:
        count, size = len(targets), len(weight)
        if hidden.device.type == "cpu":
            chunk = max(16, min(_ROWS_CPU, _CHUNK_CPU // size))
        else:
            chunk = max(16, _CHUNK_GPU // size)
        exact = torch.float64 if hidden.dtype == torch.float64 else torch.float32
        total = hidden.new_zeros((), dtype=exact)
        need_hidden, need_weight, need_bias = (
            need and training for need in ctx.needs_input_grad[:3]
        )
        grad_hidden = torch.empty_like(hidden) if need_hidden else None
        grad_weight = torch.zeros_like(weight, dtype=exact) if need_weight else None
        grad_bias = torch.zeros_like(weight[:, 0], dtype=exact) if need_bias else None

        for start in range(0, count, chunk):
            rows = hidden[start : start + chunk]  # (n, D)
            target = targets[start : start + chunk].unsqueeze(-1)  # (n, 1)
            logits = F.linear(rows, weight, bias)  # (n, V)
            log_p = logits.log_softmax(dim=-1, dtype=exact)
            total -= (1 - smoothing) * log_p.gather(-1, target).sum()
            if smoothing:
                total -= smoothing * log_p.sum() / size
            if not training:
                continue
            # The gradient is: predicted minus wanted distribution (over N, see `backward`).
            grad = log_p.exp_()
            if smoothing:
                grad -= smoothing / size
            grad.scatter_add_(-1, target, torch.full_like(target, smoothing - 1, dtype=exact))
            grad = grad.to(logits.dtype)
            if grad_hidden is not None:
                grad_hidden[start : start + chunk] = F.linear(grad, weight.to(grad.dtype).T)
            if grad_weight is not None:
                grad_weight += grad.T @ rows.to(grad.dtype)
            if grad_bias is not None:
                grad_bias += grad.sum(0)

        ctx.save_for_backward(grad_hidden, grad_weight, grad_bias)
        ctx.count = count
        ctx.dtypes = weight.dtype, None if bias is None else bias.dtype
        return total / count

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        grad_hidden, grad_weight, grad_bias = ctx.saved_tensors
        weight_dtype, bias_dtype = ctx.dtypes
        grad = grad / ctx.count
        return (
            None if grad_hidden is None else grad_hidden * grad.to(grad_hidden.dtype),
            None if grad_weight is None else (grad_weight * grad).to(weight_dtype),
            None if grad_bias is None else (grad_bias * grad).to(bias_dtype),
            None,
            None,
            None,
        )
