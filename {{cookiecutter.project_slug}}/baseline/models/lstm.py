"""What came before attention: recurrent networks that pass a state from token to token.

`LstmLanguageModel` predicts the next token. `Seq2Seq` translates: its encoder squeezes the
source into one vector of fixed size, which is the bottleneck; with `attention=True` the decoder
may look back at every source position at every step, as Bahdanau proposed.

Reference:
    Hochreiter and Schmidhuber (1997), https://doi.org/10.1162/neco.1997.9.8.1735;
    Sutskever et al. (2014), arXiv:1409.3215; Bahdanau et al. (2015), arXiv:1409.0473.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baseline.models.losses import linear_cross_entropy


@dataclass(frozen=True)
class LstmConfig:
    """Shape of an LSTM language model.

    Attributes:
        vocabulary_size: Number of tokens V.
        width: Channels D of the token vectors and of the state.
        layers: Number of LSTM layers.
        dropout: Share of activations that training sets to zero.
    """

    vocabulary_size: int
    width: int = 256
    layers: int = 1
    dropout: float = 0.0


@dataclass
class LstmState:
    """Output and cell of every layer, both `(layers, B, D)`; None before the first token."""

    hidden: tuple[Tensor, Tensor] | None = None
    length: int = 0

    def reorder(self, rows: Tensor) -> None:
        """Keep the batch rows `rows`, in that order."""
        if self.hidden is not None:
            self.hidden = self.hidden[0][:, rows], self.hidden[1][:, rows]


class LstmLanguageModel(nn.Module):
    """A language model whose memory has a fixed size.

    Args:
        config: Its shape.
    """

    max_length: int | None = None

    def __init__(self, config: LstmConfig) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.vocabulary_size, config.width)
        nn.init.normal_(self.tokens.weight, std=config.width**-0.5)
        between = config.dropout if config.layers > 1 else 0.0
        self.lstm = nn.LSTM(
            config.width, config.width, config.layers, batch_first=True, dropout=between
        )
        self.dropout = nn.Dropout(config.dropout)
        self.output_bias = nn.Parameter(torch.zeros(config.vocabulary_size))

    def features(
        self, tokens: Tensor, mask: Tensor | None = None, state: LstmState | None = None
    ) -> Tensor:
        """Vectors that know each token and everything before it.

        Args:
            tokens: Token ids, shape `(B, T)`.
            mask: Not needed: padding on the right is never seen by what is before it.
            state: Earlier tokens; changed in place.

        Returns:
            Shape `(B, T, D)`.
        """
        vectors = self.dropout(self.tokens(tokens))  # (B, T, D)
        hidden, after = self.lstm(vectors, None if state is None else state.hidden)
        if state is not None:
            # Gradients stop here: a later segment learns from its own tokens only.
            state.hidden = after[0].detach(), after[1].detach()
            state.length += tokens.shape[1]
        return self.dropout(hidden)

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits of the next token at every position, `(B, T, V)`."""
        hidden = self.features(tokens, mask)
        return F.linear(hidden, self.tokens.weight, self.output_bias)

    def loss(
        self,
        tokens: Tensor,
        targets: Tensor,
        mask: Tensor | None = None,
        state: LstmState | None = None,
    ) -> Tensor:
        """Mean cross-entropy of the next token; see `Decoder.loss`.

        With a state, `tokens` continue those of the call before (truncated backpropagation).
        """
        hidden = self.features(tokens, mask, state)
        return linear_cross_entropy(hidden, self.tokens.weight, targets, self.output_bias)

    def start(self) -> LstmState:
        """An empty state for generation."""
        return LstmState()

    def step(
        self, tokens: Tensor, state: LstmState, mask: Tensor | None = None
    ) -> tuple[Tensor, LstmState]:
        """Read more tokens and predict the one after the last.

        Args:
            tokens: The tokens after those already in `state`, shape `(B, n)`.
            state: From `start` or the step before; changed in place.
            mask: 1 for a token, 0 for padding on the left, shape `(B, n)`.

        Returns:
            Logits, shape `(B, V)`, and the state.
        """
        if mask is None:
            last = self.features(tokens, state=state)[:, -1]
        else:  # one token at a time: padding must not change the state
            for token, real in zip(tokens.unbind(1), mask.bool().unbind(1), strict=True):
                before = state.hidden
                last = self.features(token.unsqueeze(1), state=state)[:, -1]  # (B, D)
                after = state.hidden
                if after is not None:
                    zero = torch.zeros_like(after[0])
                    old = (zero, zero) if before is None else before
                    keep = real.unsqueeze(-1)  # (B, 1)
                    state.hidden = (
                        torch.where(keep, after[0], old[0]),
                        torch.where(keep, after[1], old[1]),
                    )
        return F.linear(last, self.tokens.weight, self.output_bias), state


@dataclass(frozen=True)
class Seq2SeqConfig:
    """Shape of a recurrent encoder-decoder.

    Attributes:
        vocabulary_size: Number of tokens V, shared by source and target.
        width: Channels D of token vectors and states.
        attention: Whether the decoder looks back at the source at every step.
        dropout: Share of token vectors that training sets to zero.
    """

    vocabulary_size: int
    width: int = 256
    attention: bool = True
    dropout: float = 0.0


@dataclass
class Seq2SeqState:
    """What the decoder knows.

    Attributes:
        hidden: Its output, `(B, D)`.
        cell: Its cell, `(B, D)`.
        memory: Encoder outputs, `(B, T, 2D)`; empty without attention.
        keys: Their part of the attention score, `(B, T, D)`; empty without attention.
        blocked: True at padding of the source, `(B, T)`.
        length: Number of target tokens read.
    """

    hidden: Tensor
    cell: Tensor
    memory: Tensor
    keys: Tensor
    blocked: Tensor
    length: int = 0

    def reorder(self, rows: Tensor) -> None:
        """Keep the batch rows `rows`, in that order."""
        for name in ("hidden", "cell", "memory", "keys", "blocked"):
            setattr(self, name, getattr(self, name)[rows])


class BahdanauAttention(nn.Module):
    """Additive attention: a small network scores each source position for the present state.

    Args:
        width: Channels D.

    Reference:
        Bahdanau et al. (2015), arXiv:1409.0473, section 3.1 and appendix A.1.2.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(2 * width, width, bias=False)
        self.score = nn.Linear(width, 1, bias=False)

    def forward(
        self, hidden: Tensor, memory: Tensor, keys: Tensor, blocked: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Average the memory by how much each position matters now.

        Args:
            hidden: The decoder's output before this step, `(B, D)`.
            memory: Encoder outputs, `(B, T, 2D)`.
            keys: `self.key(memory)`, computed once per source, `(B, T, D)`.
            blocked: True at padding, `(B, T)`.

        Returns:
            The average, `(B, 2D)`, and the weights, `(B, T)`.
        """
        scores = self.score((self.query(hidden).unsqueeze(1) + keys).tanh()).squeeze(-1)  # (B, T)
        weights = scores.masked_fill(blocked, -math.inf).softmax(dim=-1)
        return (weights.unsqueeze(1) @ memory).squeeze(1), weights


class Seq2Seq(nn.Module):
    """An LSTM that reads (in both directions) and an LSTM that writes.

    Args:
        config: Its shape.
    """

    max_length: int | None = None

    def __init__(self, config: Seq2SeqConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.tokens = nn.Embedding(config.vocabulary_size, width)
        nn.init.normal_(self.tokens.weight, std=width**-0.5)
        self.dropout = nn.Dropout(config.dropout)
        self.encoder = nn.LSTM(width, width, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * width, 2 * width)
        self.attention = BahdanauAttention(width) if config.attention else None
        context = 2 * width if config.attention else 0
        self.decoder = nn.LSTMCell(width + context, width)
        self.output = nn.Linear(width + context, width)
        self.output_bias = nn.Parameter(torch.zeros(config.vocabulary_size))

    def start(self, source: Tensor, source_mask: Tensor | None = None) -> Seq2SeqState:
        """Read the source.

        Args:
            source: Token ids, shape `(B, T)`.
            source_mask: 1 for a token, 0 for padding on the right, shape `(B, T)`.

        Returns:
            The decoder's first state. Without attention it is all that is left of the source.

        Raises:
            ValueError: If a row is all padding.
        """
        vectors = self.dropout(self.tokens(source))  # (B, T, D)
        if source_mask is None:
            blocked = torch.zeros_like(source, dtype=torch.bool)
            memory, (last, _) = self.encoder(vectors)
        else:
            blocked = ~source_mask.bool()
            lengths = source_mask.sum(-1).cpu()
            if int(lengths.min()) == 0:
                raise ValueError("a source is all padding: there is nothing to read")
            packed = nn.utils.rnn.pack_padded_sequence(
                vectors, lengths, batch_first=True, enforce_sorted=False
            )
            packed, (last, _) = self.encoder(packed)
            memory, _ = nn.utils.rnn.pad_packed_sequence(
                packed, batch_first=True, total_length=source.shape[1]
            )
        both = torch.cat((last[0], last[1]), dim=-1)  # (B, 2D): end of each direction
        hidden, cell = self.bridge(both).chunk(2, dim=-1)
        if self.attention is None:
            memory = memory[:, :0]
            keys = memory
        else:
            keys = self.attention.key(memory)
        return Seq2SeqState(hidden.tanh(), cell.contiguous(), memory, keys, blocked)

    def decode(
        self, target: Tensor, state: Seq2SeqState, weights: list[Tensor] | None = None
    ) -> Tensor:
        """Read target tokens one after the other.

        Args:
            target: Token ids, shape `(B, S)`.
            state: From `start`; changed in place.
            weights: If given, the attention weights of each step, `(B, T)`, are appended.

        Returns:
            Vectors from which the next tokens are predicted, shape `(B, S, D)`.
        """
        outputs = []
        for vector in self.dropout(self.tokens(target)).unbind(1):  # (B, D) each
            if self.attention is not None:
                context, row = self.attention(state.hidden, state.memory, state.keys, state.blocked)
                if weights is not None:
                    weights.append(row.detach())
                vector = torch.cat((vector, context), dim=-1)
            state.hidden, state.cell = self.decoder(vector, (state.hidden, state.cell))
            seen = state.hidden
            if self.attention is not None:
                seen = torch.cat((seen, context), dim=-1)
            outputs.append(seen)
        state.length += target.shape[1]
        return self.output(torch.stack(outputs, dim=1)).tanh()  # (B, S, D)

    def forward(self, source: Tensor, target: Tensor, source_mask: Tensor | None = None) -> Tensor:
        """Logits `(B, S, V)`; see `EncoderDecoder.forward`."""
        hidden = self.decode(target, self.start(source, source_mask))
        return F.linear(hidden, self.tokens.weight, self.output_bias)

    def loss(
        self,
        source: Tensor,
        target: Tensor,
        targets: Tensor,
        source_mask: Tensor | None = None,
        *,
        label_smoothing: float = 0.0,
    ) -> Tensor:
        """Mean cross-entropy of the target's tokens; see `EncoderDecoder.loss`."""
        hidden = self.decode(target, self.start(source, source_mask))
        return linear_cross_entropy(
            hidden,
            self.tokens.weight,
            targets,
            self.output_bias,
            label_smoothing=label_smoothing,
        )

    def attention_map(
        self, source: Tensor, target: Tensor, source_mask: Tensor | None = None
    ) -> Tensor:
        """Where the decoder looks while it reads `target`, for heat maps.

        Returns:
            Weights, shape `(B, S, T)`.

        Raises:
            ValueError: If the model has no attention.
        """
        if self.attention is None:
            raise ValueError("this model was made without attention")
        weights: list[Tensor] = []
        with torch.no_grad():
            self.decode(target, self.start(source, source_mask), weights)
        return torch.stack(weights, dim=1)

    def step(self, tokens: Tensor, state: Seq2SeqState) -> tuple[Tensor, Seq2SeqState]:
        """Read `(B, n)` more tokens; logits of the one after the last, `(B, V)`, and the state."""
        last = self.decode(tokens, state)[:, -1]
        return F.linear(last, self.tokens.weight, self.output_bias), state
