"""Heads: what turns token vectors into an answer for a task.

Each head wraps a model with `features(tokens, mask)` of shape `(B, T, D)`: an `Encoder`, a
`Decoder`, or the encoder half of an `EncoderDecoder`.

Reference:
    Devlin et al. (2019), arXiv:1810.04805, section 4.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baseline.models.losses import IGNORE, Mask

POOLS = ("first", "last", "mean")


def mean_pool(hidden: Tensor, mask: Mask = None) -> Tensor:
    """Average each sequence's token vectors `(B, T, D)`, ignoring padding: `(B, D)`.

    Raises:
        ValueError: If a row of `mask` is all padding.
    """
    if mask is None:
        return hidden.mean(dim=1)
    count = mask.sum(dim=1, keepdim=True)
    if bool((count == 0).any()):
        raise ValueError("a sequence is all padding: there is nothing to average")
    return (hidden * mask.unsqueeze(-1)).sum(dim=1) / count


def last_token(hidden: Tensor, mask: Mask = None) -> Tensor:
    """The vector of each sequence's last token, `(B, D)`; padding may be on either side."""
    if mask is None:
        return hidden[:, -1]
    places = torch.arange(mask.shape[1], device=mask.device)
    last = (places * mask).argmax(dim=1)  # (B,)
    return hidden[torch.arange(len(hidden), device=hidden.device), last]


def mean_cross_entropy(logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy of the targets that are not -100; 0 where none is.

    The library's own mean of nothing is no number. It would ruin the weights of all processes
    as soon as one of them has no example left at the end of an epoch. Logits are `(..., V)`,
    targets `(...)`; the result is a scalar in float32, in nats.
    """
    total = F.cross_entropy(
        logits.flatten(0, -2).float(),
        targets.flatten(),
        ignore_index=IGNORE,
        label_smoothing=label_smoothing,
        reduction="sum",
    )
    return total / (targets != IGNORE).sum().clamp(min=1)


class Head(nn.Module):
    """What all heads share: a model, and one linear layer on its vectors.

    Args:
        outputs: Number of classes.
        dropout: Share of the vectors that training sets to zero.
    """

    def __init__(self, backbone: Any, outputs: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.backbone: Any = backbone
        self.dropout = nn.Dropout(dropout)
        width: int = backbone.config.width
        self.output = nn.Linear(width, outputs)
        nn.init.normal_(self.output.weight, std=0.02)
        nn.init.zeros_(self.output.bias)

    def _features(self, tokens: Tensor, mask: Tensor | None, segments: Tensor | None) -> Tensor:
        if segments is None:
            return self.backbone.features(tokens, mask)
        return self.backbone.features(tokens, mask, segments)

    def loss(
        self, tokens: Tensor, targets: Tensor, mask: Mask = None, segments: Mask = None
    ) -> Tensor:
        """Mean cross-entropy of the classes `targets`, -100 where none counts, in nats."""
        return mean_cross_entropy(self(tokens, mask, segments), targets)


class SequenceClassifier(Head):
    """One label for the whole text.

    Args:
        pool: Which vector stands for the text: `first` token (encoders, which are trained with
            one for this purpose), `last` token (decoders: only it has seen everything) or the
            `mean` of all.
        dropout: Share of that vector that training sets to zero.

    Raises:
        ValueError: If `pool` is unknown.
    """

    def __init__(
        self, backbone: Any, labels: int, *, pool: str = "first", dropout: float = 0.0
    ) -> None:
        super().__init__(backbone, labels, dropout=dropout)
        if pool not in POOLS:
            raise ValueError(f"pool is {pool!r}; use one of {POOLS}")
        self.pool = pool
        width = self.output.in_features
        self.pooler = nn.Linear(width, width)
        nn.init.normal_(self.pooler.weight, std=0.02)
        nn.init.zeros_(self.pooler.bias)

    def forward(self, tokens: Tensor, mask: Mask = None, segments: Mask = None) -> Tensor:
        """Logits of the labels, `(B, labels)`, for token ids `(B, T)`."""
        hidden = self._features(tokens, mask, segments)
        if self.pool == "first":
            vector = hidden[:, 0]
        elif self.pool == "last":
            vector = last_token(hidden, mask)
        else:
            vector = mean_pool(hidden, mask)
        return self.output(self.dropout(self.pooler(vector).tanh()))


class TokenClassifier(Head):
    """A label for every token, as in named-entity recognition.

    Words of several tokens usually carry their label on the first one only.
    """

    def forward(self, tokens: Tensor, mask: Mask = None, segments: Mask = None) -> Tensor:
        """Logits of the labels, `(B, T, labels)`, for token ids `(B, T)`."""
        return self.output(self.dropout(self._features(tokens, mask, segments)))


class SpanExtractor(Head):
    """The answer to a question as a piece of the passage: where it starts, where it ends.

    Args:
        dropout: Share of the token vectors that training sets to zero.
    """

    def __init__(self, backbone: Any, *, dropout: float = 0.0) -> None:
        super().__init__(backbone, 2, dropout=dropout)

    def forward(self, tokens: Tensor, mask: Mask = None, segments: Mask = None) -> Tensor:
        """Logits of start and end, `(B, T, 2)`, for token ids `(B, T)`; -inf at padding."""
        logits = self.output(self.dropout(self._features(tokens, mask, segments)))
        if mask is None:
            return logits
        return logits.masked_fill(~mask.bool().unsqueeze(-1), -math.inf)

    def loss(
        self, tokens: Tensor, targets: Tensor, mask: Mask = None, segments: Mask = None
    ) -> Tensor:
        """Mean cross-entropy of the first and last token of the answers, in nats.

        `targets` `(B, 2)` are these two places; the first token of the sequence, twice, where the
        passage does not hold the answer.
        """
        logits = self(tokens, mask, segments)  # (B, T, 2)
        return mean_cross_entropy(logits.transpose(1, 2), targets)
