"""How weights are changed: AdamW and Muon, the schedule of their rates, and the number type."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from baseline.config import Training
from baseline.errors import BaselineError
from baseline.training.parallel import Ranks


def rate_share(settings: Training, done: float) -> float:
    """Share of the highest learning rate: rising during the warm-up, then falling to a tenth.

    Args:
        settings: `[training]`.
        done: Share of the budget that is spent.

    Reference:
        Loshchilov and Hutter (2017), SGDR, arXiv:1608.03983, equation 5.
    """
    if done < settings.warmup:
        # Not 0 in the very first step, which would be lost.
        return max(done / settings.warmup, 0.01)
    rest = (done - settings.warmup) / (1 - settings.warmup)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * rest))


def set_rates(optimizers: list[torch.optim.Optimizer], share: float) -> None:
    """Set the learning rate of each group of weights to a share of its highest one."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["highest"] * share


def make_optimizers(
    model: nn.Module, settings: Training, ranks: Ranks
) -> list[torch.optim.Optimizer]:
    """AdamW; matrices are decayed, biases and normalisations are not.

    Token vectors are decayed like other matrices: in most models here, they are the output layer,
    too.

    Reference:
        Loshchilov and Hutter (2019), arXiv:1711.05101.
    """
    decayed: list[Tensor] = []
    free: list[Tensor] = []
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            # Transformer-XL has a bias per head: several rows, but a bias.
            (decayed if weight.dim() > 1 and not name.endswith("bias") else free).append(weight)
    groups = [
        {"params": part, "weight_decay": decay, "highest": settings.learning_rate}
        for part, decay in ((decayed, settings.weight_decay), (free, 0.0))
        if part
    ]
    fused = ranks.device.type in ("cpu", "cuda")
    adamw = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98), fused=fused)
    return [adamw]


def pick_precision(name: str, device: torch.device) -> torch.dtype:
    """The type of matrix products; 16 bits where the device is fast with them.

    Raises:
        BaselineError: If the device cannot compute with it.
    """
    if name == "auto":
        good = device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if good else torch.float32
    if name == "float16" and device.type == "cpu":
        raise BaselineError(
            'training.precision is "float16", which this processor cannot train with; use "auto"'
        )
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[name]
