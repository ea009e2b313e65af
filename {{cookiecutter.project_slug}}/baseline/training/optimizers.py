"""How weights are changed: AdamW and Muon, the schedule of their rates, and the number type."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from baseline.config import Training
from baseline.errors import BaselineError
from baseline.pretrained.adapting import layer_of
from baseline.training.parallel import Ranks

_FALLING = 0.6  # share of the training, at its end


def rate_share(settings: Training, done: float) -> float:
    """Share of the highest learning rate: rising in the warm-up, then whole, then falling to zero.

    Args:
        done: Share of the budget that is spent.

    Reference:
        Hägele et al. (2024), arXiv:2405.18392, section 3, for a constant rate with a cooldown.
    """
    # Not 0 in the very first step, which would be lost.
    rising = max(done / settings.warmup, 0.01) if settings.warmup else 1.0
    return min(1.0, rising, (1 - done) / _FALLING)


def set_rates(optimizers: list[torch.optim.Optimizer], share: float) -> None:
    """Set the learning rate of each group of weights to a share of its highest one."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["highest"] * share


class Muon(torch.optim.Optimizer):
    """Steps of the same length in all directions of a matrix: its gradient made orthogonal.

    PyTorch has a Muon, too. It works in bfloat16, in which a processor without units for it is
    twenty times slower: 484 ms a step against 24 ms for the same here, two blocks of width 128.

    Args:
        groups: Matrices `(outputs, inputs)`, as other optimizers take them.
        weight_decay: Share of the weights that a step takes away, times the learning rate.

    Reference:
        Jordan et al. (2024), Muon, https://kellerjordan.github.io/posts/muon/.
    """

    def __init__(
        self,
        groups: Sequence[dict[str, Any]],
        lr: float,  # learning rate, for a square matrix
        momentum: float = 0.95,  # how much of the gradients before stays
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(groups, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Change all weights that have a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                mean = state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
                direction = orthogonal(weight.grad.lerp(mean, group["momentum"]))
                outputs, inputs = weight.shape
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(direction, alpha=-group["lr"] * max(1, outputs / inputs) ** 0.5)


def orthogonal(matrix: Tensor, steps: int = 3) -> Tensor:
    """Draw the singular values of a matrix towards 1, by Newton's method; the vectors stay.

    Args:
        matrix: Shape `(outputs, inputs)`.
        steps: Each a polynomial of fifth degree in the singular values. Muon usually takes five;
            three cost less and learned as much (default decoder after 200 steps: 4.667 against
            4.661).
    """
    x = matrix.T if len(matrix) > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        square = x @ x.T
        update = torch.addmm(square, square, square, beta=-4.7750, alpha=2.0315)
        x = torch.addmm(x, update, x, beta=3.4445)
    return x.T if len(matrix) > matrix.shape[1] else x


# Muon's learning rate for each of AdamW's: the pair 0.02 and 0.006 was found on validation data.
_MUON_RATE = 10 / 3


def make_optimizers(
    model: nn.Module, settings: Training, ranks: Ranks
) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks where it is wanted, AdamW for everything else.

    Matrices are decayed, biases and normalisations are not. Token vectors are decayed like other
    matrices: in most models here, they are the output layer, too.

    Args:
        model: Weights that need no gradient are left out.
        ranks: With FSDP a process holds a part of each matrix only, so AdamW changes all.

    Reference:
        Loshchilov and Hutter (2019), arXiv:1711.05101, for AdamW.
    """
    rate, decay = settings.learning_rate, settings.weight_decay
    muon = settings.optimizer == "muon" and settings.parallel != "fsdp"
    inside: list[Tensor] = []
    decayed: list[Tensor] = []
    free: list[Tensor] = []
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue
        # Transformer-XL has a bias per head: several rows, but a bias.
        if weight.dim() < 2 or name.endswith("bias"):
            free.append(weight)
        elif muon and "blocks." in name and weight.dim() == 2:
            inside.append(weight)
        else:
            decayed.append(weight)
    groups = [
        {"params": part, "weight_decay": share, "highest": rate}
        for part, share in ((decayed, decay), (free, 0.0))
        if part
    ]
    if settings.layer_decay != 1.0:
        groups = _by_layer(model, groups, settings.layer_decay)
    groups = _with_head(model, groups)
    fused = ranks.device.type in ("cpu", "cuda")
    found: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=fused)
    ]
    if inside:
        highest = rate * _MUON_RATE
        group = {"params": inside, "weight_decay": decay, "highest": highest}
        found.append(Muon([group], lr=highest))
    return found


# A published model's head begins with random weights: its rate for each of the others'.
_HEAD_RATE = 10


def _with_head(model: nn.Module, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same groups, in which the head of a published model learns faster than the rest."""
    weights_of_head: Any = getattr(model, "head", set)
    head: set[int] = weights_of_head()
    found = []
    for group in groups:
        for inside, factor in ((False, 1), (True, _HEAD_RATE)):
            part = [weight for weight in group["params"] if (id(weight) in head) == inside]
            if part:
                found.append({**group, "params": part, "highest": group["highest"] * factor})
    return found


def _by_layer(model: nn.Module, groups: list[dict[str, Any]], decay: float) -> list[dict[str, Any]]:
    """The same groups cut up by layer: the rate of each is `decay` times that of the layer above.

    What lies outside of layers keeps the whole rate above them (heads), and the lowest one below
    (token vectors).

    Reference:
        Howard and Ruder (2018), arXiv:1801.06146, section 3.2.
    """
    layers = {id(weight): layer_of(name) for name, weight in model.named_parameters()}
    embeddings = {id(w) for n, w in model.named_parameters() if "embed" in n or "wte" in n}
    top = max((layer for layer in layers.values() if layer is not None), default=-1)
    found: list[dict[str, Any]] = []
    for group in groups:
        by_depth: dict[int, list[Tensor]] = {}
        for weight in group["params"]:
            layer = layers[id(weight)]
            depth = 0 if layer is None else top - layer + 1
            if layer is None and id(weight) in embeddings:
                depth = top + 2
            by_depth.setdefault(depth, []).append(weight)
        found += [
            {**group, "params": part, "highest": group["highest"] * decay**depth}
            for depth, part in sorted(by_depth.items())
        ]
    return found


def pick_precision(name: str, device: torch.device) -> torch.dtype:
    """The type of matrix products; 16 bits where the device is fast with them."""
    if name == "auto":
        good = device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if good else torch.float32
    if name == "float16" and device.type == "cpu":
        raise BaselineError(
            'training.precision is "float16", which this processor cannot train with; use "auto"'
        )
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[name]
