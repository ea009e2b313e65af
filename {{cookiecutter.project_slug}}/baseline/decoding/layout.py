"""Lay a model out for writing; the one place that knows about it, and no model depends on it.

Writing a text multiplies one token of each row with every weight, so that reading the weights
and finding them is what takes the time. Here, for as long as a text is written,

- weights are stored column by column where a single text is written: a product with one row then
  reads memory in order,
- the parts of each module lie beside its other attributes: `nn.Module` looks each of them up by a
  function of its own, which in a small model takes as long as the arithmetic.

Nothing is computed differently. `benchmarks/models.py` compares the speed with `generate()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def laid_out(model: nn.Module, rows: int) -> Iterator[None]:
    """Prepare a model for writing `rows` texts at once, and put it back afterwards.

    Args:
        model: Changed in place; values stay as they are.
        rows: Number of texts; for more than one, weights stay in their usual order.
    """
    weights = [
        part.weight
        for part in model.modules()
        if isinstance(part, nn.Linear | nn.Embedding)
        and part.weight.device.type == "cpu"
        and part.weight.is_contiguous()
    ]
    near = [
        (part.__dict__, name, value)
        for part in model.modules()
        for name, value in (*part.named_children(), *part.named_parameters(recurse=False))
        if name not in part.__dict__
    ]
    # A tensor made in inference mode could not be trained later.
    with torch.inference_mode(False), torch.no_grad():
        for weight in weights if rows == 1 else []:
            weight.data = weight.data.T.contiguous().T
    for attributes, name, value in near:
        attributes[name] = value
    try:
        yield
    finally:
        for attributes, name, _ in near:
            attributes.pop(name, None)
        with torch.inference_mode(False), torch.no_grad():
            for weight in weights:
                weight.data = weight.data.contiguous()
