"""From the logits of a span extractor to the answer's place in the text."""

import math

import torch
from torch import Tensor


def best_spans(logits: Tensor, candidates: Tensor, max_tokens: int = 30) -> tuple[Tensor, Tensor]:
    """The likeliest span of each row that ends where or after it starts.

    Args:
        logits: Of start and end, shape `(B, T, 2)`.
        candidates: 1 for tokens that an answer may contain (the passage), shape `(B, T)`.

    Returns:
        First and last token, `(B, 2)`, and the sum of their logits, `(B,)`; -inf for a row
        without candidates.
    """
    allowed = candidates.bool()
    start = logits[..., 0].masked_fill(~allowed, -math.inf)  # (B, T)
    end = logits[..., 1].masked_fill(~allowed, -math.inf)  # (B, T)
    scores = start.unsqueeze(2) + end.unsqueeze(1)  # (B, T, T)
    square = torch.ones_like(scores, dtype=torch.bool)
    possible = square.triu() & square.tril(max_tokens - 1)
    best, place = scores.masked_fill(~possible, -math.inf).flatten(1).max(dim=1)
    length = logits.shape[1]
    return torch.stack((place // length, place % length), dim=1), best
