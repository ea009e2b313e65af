"""Decoder-only (GPT): predict the next token from all earlier ones.

Reference:
    Radford et al. (2019), Language models are unsupervised multitask learners (GPT-2).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baseline.models.attention import KeyValueCache, causal_mask, padding_mask
from baseline.models.block import Block, BlockConfig, initialise, make_norm
from baseline.models.losses import linear_cross_entropy
from baseline.models.positions import PositionEmbedding, rotary_angles


@dataclass(frozen=True)
class DecoderConfig:
    """Shape of a decoder.

    Attributes:
        vocabulary_size: Number of tokens V.
        width: Channels D.
        layers: Number of blocks.
        heads: Attention heads H per block.
        max_length: Longest sequence, in tokens.
        hidden: Channels inside the feed-forward part; four times the width if None.
        dropout: Share of activations that training sets to zero.
        positions: `learned` (GPT-2), `sinusoidal`, `rotary` or `none`.
        activation: See `BlockConfig`.
        norm_epsilon: Added to the variance when normalising.
        bias: Whether linear layers add a bias.
    """

    vocabulary_size: int
    width: int = 256
    layers: int = 4
    heads: int = 4
    max_length: int = 256
    hidden: int | None = None
    dropout: float = 0.0
    positions: str = "learned"
    activation: str = "gelu_tanh"
    norm_epsilon: float = 1e-5
    bias: bool = True

    def __post_init__(self) -> None:
        if self.positions not in ("learned", "sinusoidal", "rotary", "none"):
            raise ValueError(
                f"positions are {self.positions!r}; use 'learned', 'sinusoidal', 'rotary' or 'none'"
            )


@dataclass
class DecoderState:
    """What a decoder remembers between the steps of generation.

    Attributes:
        caches: Keys and values, one per block.
        mask: 1 for a token and 0 for padding, for all positions seen, `(B, T)`; None if nothing
            is padded.
        length: Number of positions seen, padding included.
    """

    caches: list[KeyValueCache]
    mask: Tensor | None = None
    length: int = 0

    def reorder(self, rows: Tensor) -> None:
        """Keep the batch rows `rows`, in that order."""
        for cache in self.caches:
            cache.reorder(rows)
        if self.mask is not None:
            self.mask = self.mask[rows]


class Decoder(nn.Module):
    """A language model that reads from left to right.

    Args:
        config: Its shape.
    """

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        block = BlockConfig(
            config.width,
            config.heads,
            hidden=config.hidden,
            dropout=config.dropout,
            activation=config.activation,
            norm_epsilon=config.norm_epsilon,
            bias=config.bias,
        )
        self.tokens = nn.Embedding(config.vocabulary_size, config.width)
        self.positions = (
            PositionEmbedding(config.positions, config.max_length, config.width)
            if config.positions in ("learned", "sinusoidal")
            else None
        )
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(block) for _ in range(config.layers))
        self.norm = make_norm(block)
        initialise(self, config.layers)

    @property
    def max_length(self) -> int:
        """Longest sequence, in tokens."""
        return self.config.max_length

    def features(
        self, tokens: Tensor, mask: Tensor | None = None, state: DecoderState | None = None
    ) -> Tensor:
        """Vectors that know each token and everything before it.

        Args:
            tokens: Token ids, shape `(B, T)`.
            mask: 1 for a token, 0 for padding (on either side), shape `(B, T)`.
            state: Earlier positions; `tokens` follow them and are added.

        Returns:
            Shape `(B, T, D)`.

        Raises:
            ValueError: If the sequence is longer than `max_length`.
        """
        rows, length = tokens.shape
        past = 0 if state is None else state.length
        if past + length > self.config.max_length:
            raise ValueError(
                f"{past + length} tokens do not fit into max_length {self.config.max_length}"
            )
        if state is not None:
            mask = _extend(state, mask, rows, length, tokens.device)
            state.length = past + length

        # Who sees whom. The fused kernel is fastest when it needs no mask at all.
        seen = past + length
        allowed, causal = None, past == 0
        if mask is not None:
            allowed = causal_mask(length, seen, tokens.device) & padding_mask(mask)
            causal = False
        elif past and length > 1:
            allowed = causal_mask(length, seen, tokens.device)

        positions = None
        if mask is not None:  # count tokens only, so that padding on the left shifts nothing
            positions = (mask.long().cumsum(-1) - 1).clamp(min=0)[:, past:]  # (B, T)
        x = self.tokens(tokens)  # (B, T, D)
        if self.positions is not None:
            if self.config.positions == "sinusoidal":
                x = x * self.config.width**0.5
            table = self.positions
            x = x + (table.between(past, seen) if positions is None else table(positions))
        angles = None
        if self.config.positions == "rotary":
            if positions is None:
                positions = torch.arange(past, seen, device=tokens.device)  # (T,)
            angles = rotary_angles(positions, self.config.width // self.config.heads)

        x = self.dropout(x)
        for i, block in enumerate(self.blocks):
            cache = None if state is None else state.caches[i]
            x = block(x, allowed=allowed, causal=causal, angles=angles, cache=cache)
        return self.norm(x)

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits of the next token at every position, `(B, T, V)`; see `features`."""
        return F.linear(self.features(tokens, mask), self.tokens.weight)

    def loss(self, tokens: Tensor, targets: Tensor, mask: Tensor | None = None) -> Tensor:
        """Mean cross-entropy of the next token, in nats.

        Args:
            tokens: Token ids, shape `(B, T)`.
            targets: The token after each of them, -100 where there is none, shape `(B, T)`.
            mask: 1 for a token, 0 for padding, shape `(B, T)`.

        Returns:
            A scalar.
        """
        return linear_cross_entropy(self.features(tokens, mask), self.tokens.weight, targets)

    def start(self) -> DecoderState:
        """An empty state for generation."""
        return DecoderState([KeyValueCache() for _ in self.blocks])

    def step(
        self, tokens: Tensor, state: DecoderState, mask: Tensor | None = None
    ) -> tuple[Tensor, DecoderState]:
        """Read more tokens and predict the one after the last.

        Args:
            tokens: The tokens after those already in `state`, shape `(B, n)`.
            state: From `start` or the step before; changed in place.
            mask: 1 for a token, 0 for padding (on the left), shape `(B, n)`.

        Returns:
            Logits, shape `(B, V)`, and the state.
        """
        last = self.features(tokens, mask, state)[:, -1]  # (B, D)
        return F.linear(last, self.tokens.weight), state


def _extend(
    state: DecoderState, mask: Tensor | None, rows: int, length: int, device: torch.device
) -> Tensor | None:
    """Add the mask of new positions to the state's; None as long as nothing is padded."""
    if mask is None and state.mask is None:
        return None
    new = (
        mask.bool()
        if mask is not None
        else torch.ones(rows, length, dtype=torch.bool, device=device)
    )
    old = state.mask
    if old is None:
        old = torch.ones(rows, state.length, dtype=torch.bool, device=device)
    state.mask = torch.cat((old, new), dim=1)
    return state.mask
