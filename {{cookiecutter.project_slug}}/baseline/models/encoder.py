"""Encoder-only (BERT): every position sees the whole text; trained by guessing hidden words.

`Encoder` gives a vector per token. `MaskedLanguageModel` trains it; the heads for
classification, tagging and question answering are in `heads.py`.

Reference:
    Devlin et al. (2019), BERT, arXiv:1810.04805.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baseline.models.attention import padding_mask
from baseline.models.block import Block, block_config, initialise, make_norm
from baseline.models.losses import IGNORE, Mask, linear_cross_entropy
from baseline.models.positions import check_positions, make_positions, rotary_angles


@dataclass(frozen=True)
class EncoderConfig:
    """Shape of an encoder.

    Attributes:
        activation, norm_first, norm_epsilon: See `BlockConfig`; BERT normalises after each part.
    """

    vocabulary_size: int  # number of tokens V
    width: int = 256  # channels D
    layers: int = 4  # number of blocks
    heads: int = 4  # attention heads H per block
    max_length: int = 256  # longest sequence, in tokens
    hidden: int | None = None  # channels inside the feed-forward part; four times the width if None
    segments: int = 2  # kinds of text in one sequence, such as question and passage
    dropout: float = 0.0  # share of activations that training sets to zero
    positions: str = "learned"  # `learned` (BERT), `sinusoidal`, `rotary` or `none`
    activation: str = "gelu"
    norm_first: bool = False
    norm_epsilon: float = 1e-12

    def __post_init__(self) -> None:
        check_positions(self.positions, "rotary")


class Encoder(nn.Module):
    """Token vectors that know the text on both sides."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        block = block_config(config)
        self.tokens = nn.Embedding(config.vocabulary_size, config.width)
        self.segments = nn.Embedding(config.segments, config.width)
        self.positions = make_positions(config.positions, config.max_length, config.width)
        self.embedding_norm = make_norm(block)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(block) for _ in range(config.layers))
        self.norm = make_norm(block) if config.norm_first else nn.Identity()
        initialise(self, config.layers)

    def features(self, tokens: Tensor, mask: Mask = None, segments: Mask = None) -> Tensor:
        """Vectors that know each token and everything around it, `(B, T, D)`.

        Those of padding mean nothing. Without `segments`, all tokens are of kind 0.

        Raises:
            ValueError: If the sequence is longer than `max_length`.
        """
        length = tokens.shape[1]
        if length > self.config.max_length:
            raise ValueError(f"{length} tokens do not fit into max_length {self.config.max_length}")
        positions = torch.arange(length, device=tokens.device)
        kind = self.segments.weight[0] if segments is None else self.segments(segments)
        x = self.tokens(tokens) + kind  # (B, T, D)
        if self.positions is not None:
            x = x + self.positions(positions)
        angles = None
        if self.config.positions == "rotary":
            angles = rotary_angles(positions, self.config.width // self.config.heads)
        allowed = None if mask is None else padding_mask(mask)  # (B, 1, 1, T)

        x = self.dropout(self.embedding_norm(x))
        for block in self.blocks:
            x = block(x, allowed=allowed, angles=angles)
        return self.norm(x)

    forward = features


class MaskedLanguageModel(nn.Module):
    """An encoder with BERT's two pre-training heads.

    The first head guesses the hidden tokens. It is computed at the hidden positions only: six of
    seven positions are not hidden, and the vocabulary is by far the widest layer. The second
    head, if asked for, tells whether the second segment follows the first in the text.
    """

    def __init__(self, config: EncoderConfig, *, next_sentence: bool = False) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.transform = nn.Linear(config.width, config.width)
        self.transform_norm = nn.LayerNorm(config.width, eps=config.norm_epsilon)
        self.output_bias = nn.Parameter(torch.zeros(config.vocabulary_size))
        self.pooler = nn.Linear(config.width, config.width) if next_sentence else None
        self.next_sentence = nn.Linear(config.width, 2) if next_sentence else None
        initialise(self, config.layers)

    def _transformed(self, hidden: Tensor) -> Tensor:
        approximate = "tanh" if self.config.activation == "gelu_tanh" else "none"
        return self.transform_norm(F.gelu(self.transform(hidden), approximate=approximate))

    def forward(self, tokens: Tensor, mask: Mask = None, segments: Mask = None) -> Tensor:
        """Logits of the original token at every position, `(B, T, V)`; see `Encoder.features`."""
        hidden = self._transformed(self.encoder(tokens, mask, segments))
        return F.linear(hidden, self.encoder.tokens.weight, self.output_bias)

    def next_sentence_logits(self, features: Tensor) -> Tensor:
        """Scores of "follows" and "does not follow", `(B, 2)`, from features `(B, T, D)`.

        Raises:
            ValueError: If the model was made without this head.
        """
        if self.pooler is None or self.next_sentence is None:
            raise ValueError("this model was made without the next-sentence head")
        return self.next_sentence(self.pooler(features[:, 0]).tanh())

    def loss(
        self,
        tokens: Tensor,  # token ids, some of them hidden, shape `(B, T)`
        targets: Tensor,  # the original ids at hidden positions, -100 elsewhere, shape `(B, T)`
        mask: Mask = None,
        segments: Mask = None,
        follows: Tensor | None = None,  # 0 if the second segment follows the first, else 1, `(B,)`
    ) -> Tensor:
        """Mean cross-entropy of the hidden tokens, plus that of the second head, in nats."""
        features = self.encoder(tokens, mask, segments)
        hidden = targets != IGNORE
        loss = linear_cross_entropy(
            self._transformed(features[hidden]),  # (hidden positions, D)
            self.encoder.tokens.weight,
            targets[hidden],
            self.output_bias,
        )
        if follows is not None:
            loss = loss + F.cross_entropy(self.next_sentence_logits(features), follows)
        return loss
