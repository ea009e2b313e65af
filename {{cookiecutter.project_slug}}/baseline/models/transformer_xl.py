"""Transformer-XL: a decoder that remembers the segments before this one.

A long text is read in segments. Each layer keeps the vectors that it saw in the last segment
and lets the present one look at them, so that what a layer knows reaches further back than one
segment. Positions must then be relative ("three tokens ago"), since "position 3" would mean
another place in each segment.

Reference:
    Dai et al. (2019), Transformer-XL, arXiv:1901.02860, sections 3.2 and 3.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baseline.models.attention import Heads, KeyValueCache, causal_mask, extended_mask, padding_mask
from baseline.models.block import BlockConfig, FeedForward, block_config, initialise, make_norm
from baseline.models.losses import Mask, linear_cross_entropy
from baseline.models.positions import sinusoidal


@dataclass(frozen=True)
class TransformerXLConfig:
    """Shape of a Transformer-XL.

    Attributes:
        norm_first, norm_epsilon: See `BlockConfig`; the original normalises after each part.
    """

    vocabulary_size: int  # number of tokens V
    width: int = 256  # channels D
    layers: int = 4  # number of blocks
    heads: int = 4  # attention heads H per block
    memory_length: int = 256  # tokens before this segment that each layer can look at
    hidden: int | None = None  # channels inside the feed-forward part; four times the width if None
    dropout: float = 0.0  # share of activations that training sets to zero
    norm_first: bool = False
    norm_epsilon: float = 1e-5


@dataclass
class TransformerXLState:
    """The memory.

    Attributes:
        memory: What each layer read lately, `(B, M, D)` per layer; empty before the first
            segment. No gradient flows into it.
        caches: Keys and values of the memory, one per layer, while a text is written; empty
            otherwise, since training changes how they are computed.
        far: Keys of the distances, `(1, H, K, d)` per layer; likewise.
    """

    memory: list[Tensor] = field(default_factory=list)
    mask: Mask = None  # true at tokens of the memory, `(B, M)`; None if nothing is padded
    length: int = 0  # number of tokens read so far
    caches: list[KeyValueCache] = field(default_factory=list)
    far: list[Tensor] = field(default_factory=list)

    def reorder(self, rows: Tensor) -> None:
        """Keep the batch rows `rows`, in that order."""
        self.memory = [layer[rows] for layer in self.memory]
        if self.mask is not None:
            self.mask = self.mask[rows]
        for cache in self.caches:
            cache.reorder(rows)


def shift(scores: Tensor) -> Tensor:
    """Slide each row so that scores per distance become scores per key.

    Row i of the input holds the query's score for the distances K-1, K-2, …, 0. Seen from the
    query i (of T, the last of K positions), key j is at distance `K - T + i - j`, so row i must
    move by `T - 1 - i` to the left. Adding a column and reading the memory in rows of another
    length does that for all rows at once. The shape stays `(..., T, K)`; entries of keys later
    than their query mean nothing: mask them.
    """
    *front, rows, columns = scores.shape
    padded = F.pad(scores, (1, 0))  # (..., T, K + 1)
    return padded.reshape(*front, columns + 1, rows)[..., 1:, :].reshape(scores.shape)


class RelativeSelfAttention(Heads):
    """Causal self-attention over the memory and the segment, with relative positions.

    The score of query i for key j is, over √d,

        (qᵢ + u) · kⱼ  +  (qᵢ + v) · W r₍ᵢ₋ⱼ₎

    where r are sinusoids of the distance, and u and v are what every query asks for, wherever
    it stands: u for content, v for distance.
    """

    def __init__(self, width: int, heads: int, *, dropout: float = 0.0) -> None:
        super().__init__(width, heads, dropout=dropout, bias=False)
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.distance = nn.Linear(width, width, bias=False)
        self.content_bias = nn.Parameter(torch.zeros(heads, 1, self.head_width))  # u
        self.distance_bias = nn.Parameter(torch.zeros(heads, 1, self.head_width))  # v

    def keys_and_values(self, context: Tensor) -> Tensor:
        """Of memory and segment `(B, K, D)`: `(2, B, H, K, d)`."""
        return self._split(self.key_value(context), 2)

    def distance_keys(self, waves: Tensor) -> Tensor:
        """Of the sinusoids of the distances K-1, …, 0, `(K, D)`: `(1, H, K, d)`."""
        return self._split(self.distance(waves).unsqueeze(0))[0]

    def forward(self, x: Tensor, key_value: Tensor, far: Tensor, allowed: Mask) -> Tensor:
        """Let each position of the segment `x`, `(B, T, D)`, look at the context.

        `key_value` are those of memory and segment, `(2, B, H, K, d)`, `far` the keys of the
        distances, `(1, H, K, d)`; `allowed` is true where a query may look, like `(B, H, T, K)`.
        """
        (query,) = self._split(self.query(x))  # (B, H, T, d)
        by_distance = (query + self.distance_bias) @ far.transpose(-2, -1)  # (B, H, T, K)
        by_key = shift(by_distance) if x.shape[1] > 1 else by_distance
        bias = by_key * self.head_width**-0.5
        key, value = key_value.unbind(0)
        return self._mix(query + self.content_bias, key, value, allowed, bias, causal=False)


class _Layer(nn.Module):
    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        self.norm_first = config.norm_first
        self.attention = RelativeSelfAttention(config.width, config.heads, dropout=config.dropout)
        self.attention_norm = make_norm(config)
        self.feed_forward = FeedForward(config)
        self.feed_forward_norm = make_norm(config)
        self.dropout = nn.Dropout(config.dropout)

    def keys_and_values(self, context: Tensor) -> Tensor:
        """What the layer looks at of `(B, K, D)`: `(2, B, H, K, d)`."""
        context = self.attention_norm(context) if self.norm_first else context
        return self.attention.keys_and_values(context)

    def forward(self, x: Tensor, key_value: Tensor, far: Tensor, allowed: Mask) -> Tensor:
        if self.norm_first:
            segment = self.attention_norm(x)
            x = x + self.dropout(self.attention(segment, key_value, far, allowed))
            return x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))
        x = self.attention_norm(x + self.dropout(self.attention(x, key_value, far, allowed)))
        return self.feed_forward_norm(x + self.dropout(self.feed_forward(x)))


class TransformerXL(nn.Module):
    """A language model with a memory.

    Read a text in segments with one state:
    `state = model.start()`, then `model.loss(segment, targets, state=state)` for each.
    """

    max_length: int | None = None

    def __init__(self, config: TransformerXLConfig) -> None:
        super().__init__()
        self.config = config
        block = block_config(config, activation="relu")
        self.tokens = nn.Embedding(config.vocabulary_size, config.width)
        layers = [_Layer(block) for _ in range(config.layers)]
        self.blocks: Sequence[_Layer] = nn.ModuleList(layers)  # type: ignore[assignment]
        self.norm = make_norm(block) if config.norm_first else nn.Identity()
        self.output_bias = nn.Parameter(torch.zeros(config.vocabulary_size))
        self.dropout = nn.Dropout(config.dropout)
        initialise(self, config.layers)

    def features(
        self,
        tokens: Tensor,  # the next segment, token ids, shape `(B, T)`
        mask: Mask = None,  # 1 for a token, 0 for padding, shape `(B, T)`
        state: TransformerXLState | None = None,
        *,
        writing: bool = False,
    ) -> Tensor:
        """Vectors that know each token, those before it and the memory, `(B, T, D)`.

        The segment is added to the memory in `state`; without one it is read by itself. `writing`
        keeps keys and values in the state; no gradient reaches how they are made.
        """
        rows, length = tokens.shape
        x = self.dropout(self.tokens(tokens) * self.config.width**0.5)  # (B, T, D)
        state = TransformerXLState() if state is None else state
        memory = state.memory or [x.new_zeros(rows, 0, x.shape[-1])] * len(self.blocks)
        past = memory[0].shape[1]
        seen, keep = past + length, self.config.memory_length
        # A single token sees everything before it.
        allowed = causal_mask(length, seen, tokens.device) if length > 1 else None  # (T, K)
        mask = extended_mask(state.mask, past, mask, tokens)  # (B, K)
        if mask is not None:
            allowed = padding_mask(mask) if allowed is None else allowed & padding_mask(mask)
        if writing and not state.caches:  # what was read before without them
            state.caches = [KeyValueCache() for _ in self.blocks]
            for layer, before, cache in zip(self.blocks, memory, state.caches, strict=True):
                cache.append(layer.keys_and_values(before))
        far = state.far
        if not writing or not far or far[0].shape[2] < seen:
            # While a text is written, for as far as it will ever look: they are the same each step.
            far = self._distance_keys(max(seen, keep + length) if writing else seen, x)
        if not writing:
            state.caches = []
        state.far = far if writing else []

        kept = []
        for i, (layer, before) in enumerate(zip(self.blocks, memory, strict=True)):
            context = torch.cat((before, x.detach()), dim=1)  # (B, K, D)
            kept.append(context[:, max(0, seen - keep) :])
            if writing:
                key_value = torch.stack(state.caches[i].append(layer.keys_and_values(x)))
                state.caches[i].forget(keep)
            else:
                key_value = layer.keys_and_values(torch.cat((before, x), dim=1))
            x = layer(x, key_value, far[i][:, :, -seen:], allowed)
        state.memory = kept
        state.mask = None if mask is None else mask[:, max(0, seen - keep) :]
        state.length += length
        return self.norm(x)

    def _distance_keys(self, seen: int, x: Tensor) -> list[Tensor]:
        """Keys of the distances `seen - 1`, …, 0, `(1, H, K, d)` per layer."""
        distances = torch.arange(seen - 1, -1, -1)  # on the processor: not all devices have float64
        waves = sinusoidal(distances, self.config.width).to(x)  # (K, D)
        return [layer.attention.distance_keys(waves) for layer in self.blocks]

    def forward(self, tokens: Tensor, mask: Mask = None) -> Tensor:
        """Logits of the next token at every position of one segment, `(B, T, V)`."""
        return F.linear(self.features(tokens, mask), self.tokens.weight, self.output_bias)

    def loss(
        self,
        tokens: Tensor,
        targets: Tensor,
        mask: Mask = None,
        state: TransformerXLState | None = None,
    ) -> Tensor:
        """Mean cross-entropy of the token after each, in nats; see `features`."""
        hidden = self.features(tokens, mask, state)
        return linear_cross_entropy(hidden, self.tokens.weight, targets, self.output_bias)

    def start(self) -> TransformerXLState:
        """An empty memory."""
        return TransformerXLState()

    def step(
        self, tokens: Tensor, state: TransformerXLState, mask: Mask = None
    ) -> tuple[Tensor, TransformerXLState]:
        """Read `(B, n)` more tokens; logits of the one after the last, `(B, V)`, and the state."""
        last = self.features(tokens, mask, state, writing=True)[:, -1]
        return F.linear(last, self.tokens.weight, self.output_bias), state
