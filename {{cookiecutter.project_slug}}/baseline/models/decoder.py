"""Decoder-only (GPT): predict the next token from all earlier ones.

Reference:
    Radford et al. (2019), Language models are unsupervised multitask learners (GPT-2).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baseline.models.attention import KeyValueCache, causal_mask, extended_mask, padding_mask
from baseline.models.block import Block, block_config, initialise, make_norm
from baseline.models.losses import Mask, linear_cross_entropy
from baseline.models.positions import check_positions, make_positions, rotary_angles


@dataclass(frozen=True)
class DecoderConfig:
    """Shape of a decoder.

    Attributes:
        activation, norm_epsilon, bias: See `BlockConfig`.
    """

    vocabulary_size: int  # number of tokens V
    width: int = 256  # channels D
    layers: int = 4  # number of blocks
    heads: int = 4  # attention heads H per block
    max_length: int = 256  # longest sequence, in tokens
    hidden: int | None = None  # channels inside the feed-forward part; four times the width if None
    dropout: float = 0.0  # share of activations that training sets to zero
    positions: str = "learned"  # `learned` (GPT-2), `sinusoidal`, `rotary` or `none`
    activation: str = "gelu_tanh"
    norm_epsilon: float = 1e-5
    bias: bool = True

    def __post_init__(self) -> None:
        check_positions(self.positions, "rotary")


@dataclass
class DecoderState:
    """What a decoder remembers between the steps of writing."""

    caches: list[KeyValueCache]  # keys and values, one per block
    mask: Mask = None  # true at tokens of all positions seen, `(B, T)`; None if nothing is padded
    length: int = 0  # number of positions seen, padding included

    def reorder(self, rows: Tensor) -> None:
        """Keep the batch rows `rows`, in that order."""
        for cache in self.caches:
            cache.reorder(rows)
        if self.mask is not None:
            self.mask = self.mask[rows]


class Decoder(nn.Module):
    """A language model that reads from left to right."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.max_length = config.max_length
        block = block_config(config)
        self.tokens = nn.Embedding(config.vocabulary_size, config.width)
        self.positions = make_positions(config.positions, config.max_length, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(block) for _ in range(config.layers))
        self.norm = make_norm(block)
        initialise(self, config.layers)

    def features(
        self, tokens: Tensor, mask: Mask = None, state: DecoderState | None = None
    ) -> Tensor:
        """Vectors that know each token and everything before it, `(B, T, D)`.

        `tokens` follow the earlier positions in `state`, if given, and are added to them. Padding
        may be on either side.

        Raises:
            ValueError: If the sequence is longer than `max_length`.
        """
        past = 0 if state is None else state.length
        length = tokens.shape[1]
        seen = past + length
        if seen > self.config.max_length:
            raise ValueError(f"{seen} tokens do not fit into max_length {self.config.max_length}")
        if state is not None:
            mask = state.mask = extended_mask(state.mask, past, mask, tokens)
            state.length = seen

        # Who sees whom. The fused kernel is fastest when it needs no mask at all.
        allowed, causal = None, past == 0
        if mask is not None:
            allowed = causal_mask(length, seen, tokens.device) & padding_mask(mask)
            causal = False
        elif past and length > 1:
            allowed = causal_mask(length, seen, tokens.device)

        x, angles = self._placed(tokens, mask, past)
        for i, block in enumerate(self.blocks):
            cache = None if state is None else state.caches[i]
            x = block(x, allowed=allowed, causal=causal, angles=angles, cache=cache)
        return self.norm(x)

    def _placed(
        self, tokens: Tensor, mask: Tensor | None, past: int
    ) -> tuple[Tensor, Tensor | None]:
        """Token vectors with their positions, `(B, T, D)`, and the angles of rotary ones."""
        seen = past + tokens.shape[1]
        places = None
        if mask is not None:  # count tokens only, so that padding on the left shifts nothing
            places = (mask.long().cumsum(-1) - 1).clamp(min=0)[:, past:]  # (B, T)
        x = self.tokens(tokens)  # (B, T, D)
        if self.config.positions == "sinusoidal":
            x = x * self.config.width**0.5
        if self.positions is not None:
            table = self.positions
            x = x + (table.between(past, seen) if places is None else table(places))
        angles = None
        if self.config.positions == "rotary":
            if places is None:
                places = torch.arange(past, seen, device=tokens.device)  # (T,)
            angles = rotary_angles(places, self.config.width // self.config.heads)
        return self.dropout(x), angles

    def forward(self, tokens: Tensor, mask: Mask = None) -> Tensor:
        """Logits of the next token at every position, `(B, T, V)`; see `features`."""
        return F.linear(self.features(tokens, mask), self.tokens.weight)

    def loss(self, tokens: Tensor, targets: Tensor, mask: Mask = None) -> Tensor:
        """Mean cross-entropy of the token after each, `targets` `(B, T)`, in nats."""
        return linear_cross_entropy(self.features(tokens, mask), self.tokens.weight, targets)

    def start(self) -> DecoderState:
        """An empty state for writing."""
        return DecoderState([KeyValueCache() for _ in self.blocks])

    def step(
        self, tokens: Tensor, state: DecoderState, mask: Mask = None
    ) -> tuple[Tensor, DecoderState]:
        """Read `(B, n)` more tokens; logits `(B, V)` of the one after the last, and the state."""
        last = self.features(tokens, mask, state)[:, -1]  # (B, D)
        return F.linear(last, self.tokens.weight), state
