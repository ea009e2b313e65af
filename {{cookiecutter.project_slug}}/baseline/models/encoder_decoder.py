"""Encoder-decoder (the first transformer, T5, BART): read a text, then write another one.

The encoder sees the whole source. The decoder writes the target from left to right; at each
step it looks at what it has written and, by cross-attention, at the source.

Reference:
    Vaswani et al. (2017), arXiv:1706.03762; Raffel et al. (2020), arXiv:1910.10683 (T5);
    Lewis et al. (2020), arXiv:1910.13461 (BART).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baseline.models.attention import KeyValueCache, causal_mask, padding_mask
from baseline.models.block import Block, block_config, initialise, make_norm
from baseline.models.losses import Mask, linear_cross_entropy
from baseline.models.positions import RelativeBias, check_positions, make_positions


@dataclass(frozen=True)
class EncoderDecoderConfig:
    """Shape of an encoder-decoder.

    Attributes:
        positions: `sinusoidal` (Vaswani), `learned` (BART), `relative` (T5) or `none`.
        count_from_end: Number the source's positions from its end, so that "the last token" has
            the same position in short and long sources.
        activation, norm, norm_first, norm_epsilon, bias: See `BlockConfig`.
        scale_embeddings: Multiply token vectors by √D before positions are added (Vaswani).
    """

    vocabulary_size: int  # number of tokens V, shared by source and target
    width: int = 256  # channels D
    layers: int = 3  # blocks of the encoder
    decoder_layers: int | None = None  # blocks of the decoder; as many as the encoder's if None
    heads: int = 4  # attention heads H per block
    max_length: int = 256  # longest source and target, in tokens
    hidden: int | None = None  # channels inside the feed-forward part; four times the width if None
    head_width: int | None = None  # channels per head; D/H if None
    dropout: float = 0.0  # share of activations that training sets to zero
    positions: str = "sinusoidal"
    count_from_end: bool = False
    activation: str = "relu"
    norm: str = "layer"
    norm_first: bool = True
    norm_epsilon: float = 1e-5
    bias: bool = True
    norm_embeddings: bool = False  # normalise the embeddings (BART)
    scale_embeddings: bool = True
    tie_output: bool = True  # use the token vectors as the output layer, too
    buckets: int = 32  # distance buckets of `relative` positions
    max_distance: int = 128  # from this distance on, they share a bucket

    def __post_init__(self) -> None:
        check_positions(self.positions, "relative")


@dataclass
class EncoderDecoderState:
    """What the decoder remembers between the steps of generation.

    Attributes:
        memory_allowed: True at tokens of the source, `(B, 1, 1, T)`; None if nothing is padded.
    """

    memory: Tensor  # the encoded source, `(B, T, D)`
    memory_allowed: Tensor | None
    caches: list[KeyValueCache]  # keys and values of the target so far, one per block
    memory_caches: list[KeyValueCache]  # keys and values of the source, one per block
    length: int = 0  # number of target positions seen

    def reorder(self, rows: Tensor) -> None:
        """Keep the batch rows `rows`, in that order."""
        self.memory = self.memory[rows]
        if self.memory_allowed is not None:
            self.memory_allowed = self.memory_allowed[rows]
        for cache in (*self.caches, *self.memory_caches):
            cache.reorder(rows)


class _Side(nn.Module):
    """One of the two halves: positions, a stack of blocks, and the last normalisation."""

    def __init__(self, config: EncoderDecoderConfig, *, decoder: bool) -> None:
        super().__init__()
        block = block_config(config)
        layers = config.layers
        if decoder and config.decoder_layers is not None:
            layers = config.decoder_layers
        self.scale = config.width**0.5 if config.scale_embeddings else 1.0
        self.positions = make_positions(config.positions, config.max_length, config.width)
        self.relative = None
        if config.positions == "relative":
            buckets = config.buckets, config.max_distance
            self.relative = RelativeBias(config.heads, *buckets, two_sided=not decoder)
        self.embedding_norm = make_norm(block) if config.norm_embeddings else nn.Identity()
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(block, cross=decoder) for _ in range(layers))
        self.norm = make_norm(block) if config.norm_first else nn.Identity()

    def embed(self, vectors: Tensor, positions: Tensor) -> Tensor:
        """Add positions `(T,)` or `(B, T)` to token vectors `(B, T, D)`."""
        x = vectors * self.scale if self.scale != 1.0 else vectors
        if self.positions is not None:
            x = x + self.positions(positions)
        return self.dropout(self.embedding_norm(x))


class EncoderDecoder(nn.Module):
    """A model that turns one sequence into another."""

    def __init__(self, config: EncoderDecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.max_length = config.max_length
        self.tokens = nn.Embedding(config.vocabulary_size, config.width)
        self.encoder = _Side(config, decoder=False)
        self.decoder = _Side(config, decoder=True)
        self.output = None
        if not config.tie_output:
            self.output = nn.Linear(config.width, config.vocabulary_size, bias=False)
        initialise(self, config.layers)

    @property
    def _output_weight(self) -> Tensor:
        return self.tokens.weight if self.output is None else self.output.weight

    def encode(self, source: Tensor, mask: Mask = None) -> Tensor:
        """Read the source, `(B, T)` with its mask: vectors `(B, T, D)`.

        Raises:
            ValueError: If the source is longer than `max_length` (unless positions are relative
                or there are none).
        """
        length = source.shape[1]
        self._check(length, "source")
        positions = torch.arange(length, device=source.device)
        if self.config.count_from_end:
            ends = length if mask is None else mask.long().sum(-1, keepdim=True)  # (B, 1)
            positions = (ends - 1 - positions).clamp(min=0)  # (T,) or (B, T)
        side = self.encoder
        x = side.embed(self.tokens(source), positions)  # (B, T, D)
        bias = None if side.relative is None else side.relative(length, length)
        allowed = None if mask is None else padding_mask(mask)  # (B, 1, 1, T)
        for block in side.blocks:
            x = block(x, allowed=allowed, bias=bias)
        return side.norm(x)

    features = encode  # under the name that the heads in `heads.py` look for

    def decode(self, target: Tensor, state: EncoderDecoderState, *, cached: bool) -> Tensor:
        """Vectors `(B, S, D)` from which the tokens after each are predicted.

        `target` `(B, S)` follows the tokens already in `state`. `cached` keeps keys and values for
        later steps; training does not.

        Raises:
            ValueError: If the target is longer than `max_length`.
        """
        past, length = state.length, target.shape[1]
        seen = past + length
        self._check(seen, "target")
        side = self.decoder
        positions = torch.arange(past, seen, device=target.device)
        x = side.embed(self.tokens(target), positions)  # (B, S, D)
        bias = None if side.relative is None else side.relative(length, seen)
        # The kernel's own causal masking is faster, but it takes no bias and no past.
        causal = past == 0 and bias is None
        allowed = None if causal or length == 1 else causal_mask(length, seen, target.device)
        for i, block in enumerate(side.blocks):
            x = block(
                x,
                allowed=allowed,
                bias=bias,
                causal=causal,
                cache=state.caches[i] if cached else None,
                memory=state.memory,
                memory_allowed=state.memory_allowed,
                memory_cache=state.memory_caches[i] if cached else None,
            )
        if cached:
            state.length = seen
        return side.norm(x)

    def _check(self, length: int, which: str) -> None:
        limited = self.config.positions in ("learned", "sinusoidal")
        if limited and length > self.config.max_length:
            raise ValueError(
                f"a {which} of {length} tokens does not fit into "
                f"max_length {self.config.max_length}"
            )

    def forward(self, source: Tensor, target: Tensor, source_mask: Mask = None) -> Tensor:
        """Logits of the token after each target token, `(B, S, V)`; see `loss`."""
        hidden = self.decode(target, self.start(source, source_mask), cached=False)
        return F.linear(hidden, self._output_weight)

    def loss(
        self,
        source: Tensor,  # token ids, shape `(B, T)`
        target: Tensor,  # what the decoder reads: the begin token, then the target, `(B, S)`
        targets: Tensor,  # what it should say: the target, then the end token, `(B, S)`
        source_mask: Mask = None,
        *,
        label_smoothing: float = 0.0,
    ) -> Tensor:
        """Mean cross-entropy of the target's tokens, in nats.

        Padding at the end of the target needs no mask: nothing before it can see it.
        `label_smoothing` is the share of a token's mass that is spread over the vocabulary.
        """
        hidden = self.decode(target, self.start(source, source_mask), cached=False)
        weight = self._output_weight
        return linear_cross_entropy(hidden, weight, targets, label_smoothing=label_smoothing)

    def start(self, source: Tensor, source_mask: Mask = None) -> EncoderDecoderState:
        """Encode the source, `(B, T)`, and prepare for writing."""
        return EncoderDecoderState(
            self.encode(source, source_mask),
            None if source_mask is None else padding_mask(source_mask),
            [KeyValueCache() for _ in self.decoder.blocks],
            [KeyValueCache() for _ in self.decoder.blocks],
        )

    def step(
        self, tokens: Tensor, state: EncoderDecoderState
    ) -> tuple[Tensor, EncoderDecoderState]:
        """Read `(B, n)` more tokens; logits `(B, V)` of the one after the last, and the state."""
        last = self.decode(tokens, state, cached=True)[:, -1]  # (B, D)
        return F.linear(last, self._output_weight), state
