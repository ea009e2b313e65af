"""Choosing the next token from what a model thinks of each.

Reference:
    Holtzman et al. (2020), arXiv:1904.09751, for top-p; Fan et al. (2018), arXiv:1805.04833,
    section 5.4, for top-k; Keskar et al. (2019), arXiv:1909.05858, section 4.1, for the
    repetition penalty.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

# Below, dividing by the temperature would overflow; the likeliest token has all the mass anyway.
_COLDEST = 1e-6


@dataclass(frozen=True)
class Sampling:
    """How to choose the next token.

    Attributes:
        temperature: Below 1 prefers likely tokens, above 1 flattens; 0 takes the likeliest.
        top_p: Choose among the fewest likeliest tokens that together have this probability.
    """

    temperature: float = 1.0
    top_k: int | None = None  # choose among the k likeliest tokens only; None for all
    top_p: float = 1.0
    repetition_penalty: float = 1.0  # above 1 makes tokens that already occurred less likely

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ValueError(f"temperature is {self.temperature}; use 0 (likeliest) or more")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k is {self.top_k}; use 1 or more, or None for all tokens")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p is {self.top_p}; use a probability above 0, up to 1")
        if self.repetition_penalty <= 0:
            raise ValueError(
                f"repetition_penalty is {self.repetition_penalty}; 1 means none, 1.2 is usual"
            )


GREEDY = Sampling(temperature=0.0)


def penalise(logits: Tensor, history: Tensor, penalty: float) -> Tensor:
    """Lower the logits of tokens that occurred before.

    Args:
        logits: Shape `(B, V)`.
        history: Tokens so far, shape `(B, T)`.
        penalty: Positive logits are divided by it, negative ones multiplied.

    Returns:
        Shape `(B, V)`.
    """
    old = logits.gather(1, history)
    new = torch.where(old > 0, old / penalty, old * penalty)
    return logits.scatter(1, history, new)


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Set all but the k largest logits of each row to -inf. Equal ones stay together."""
    smallest = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < smallest, -math.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Keep the fewest likeliest tokens that reach probability p; the others get -inf.

    The likeliest token always stays.
    """
    ordered, places = logits.sort(descending=True)
    probability = ordered.softmax(-1)
    dropped = probability.cumsum(-1) - probability >= p  # the likelier ones reach p already
    return logits.masked_fill(dropped.scatter(1, places, dropped), -math.inf)


def choose(
    logits: Tensor,  # shape `(B, V)`
    sampling: Sampling,  # how
    history: Tensor | None = None,  # tokens so far, `(B, T)`; needed for the repetition penalty
    generator: torch.Generator | None = None,  # makes the draw repeatable
) -> Tensor:
    """Choose one token per row.

    Returns:
        Token ids, shape `(B,)`.
    """
    if sampling.repetition_penalty != 1.0 and history is not None:
        logits = penalise(logits, history, sampling.repetition_penalty)
    if sampling.temperature < _COLDEST:
        return logits.argmax(dim=-1)
    logits = logits / sampling.temperature
    if sampling.top_k is not None:
        logits = keep_top_k(logits, sampling.top_k)
    if sampling.top_p < 1:
        logits = keep_top_p(logits, sampling.top_p)
    return torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(-1)
