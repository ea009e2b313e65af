"""What two neighbouring tokens say together, without attention having to find it first."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class PairEmbedding(nn.Module):
    """A vector for each token together with the one before it, to be added to the token's own.

    There are far more pairs than rows, so several share one by chance; most never occur.

    Reference:
        Joulin et al. (2016), Bag of tricks for efficient text classification, arXiv:1607.01759,
        section 2.2.
    """

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(rows, width).normal_(std=0.02))

    def forward(self, tokens: Tensor, before: Tensor | None = None) -> Tensor:
        """Vectors `(B, T, D)` of tokens `(B, T)` that follow `before`, `(B, 1)`, if anything."""
        first = torch.zeros_like(tokens[:, :1]) if before is None else before
        earlier = torch.cat((first, tokens[:, :-1]), dim=1)
        return F.embedding((tokens * 7919 + earlier * 104_729) % len(self.table), self.table)
